import Archive
import Domain
import HTTPTypes
import Testing

@testable import Console

@Suite("holds, gaps and storage over the API")
struct RecordingFactsTests {
    private static func query(_ from: WallTime, _ to: WallTime) -> String { "from=\(from.rfc3339)&to=\(to.rfc3339)" }

    @Test("a hold is made, extended and released; of several cameras a list comes back")
    func holds() async throws {
        let world = try await ConsoleWorld()
        let now = world.clock.now()
        let range = #""from": "\#((now - .seconds(60)).rfc3339)", "to": "\#(now.rfc3339)", "reason": "事故""#
        let until = (now + .seconds(3600)).rfc3339
        let made = try await world.ask(
            .post,
            "/api/v1/holds",
            as: "monitor",
            #"{"cameraId": "gate", \#(range), "until": "\#(until)"}"#
        )
        #expect(made.status == 201, "\(made.text)")
        #expect(made.json["state"] == "active" && made.json["recorded"] == "none" && made.json["owner"] == "monitor")
        #expect(made.json["until"]?.text == until)
        #expect(made.json["missing"]?.elements?.first?["reason"] == "notRecorded")
        let id = try #require(made.json["id"]?.text)
        let cameras = world.services.site.cameras.map(\.id)
        let list = cameras.map { "\"\($0)\"" }.joined(separator: ",")
        let several = try await world.ask(
            .post,
            "/api/v1/holds",
            as: "monitor",
            #"{"cameraIds": [\#(list)], \#(range)}"#
        )
        #expect(several.status == 201)
        #expect(several.json["items"]?.elements?.compactMap { $0["cameraId"]?.text } == cameras)
        let longer = try await world.ask(
            .post,
            "/api/v1/holds/\(id)/extend",
            as: "monitor",
            #"{"until": null, "reason": "court"}"#
        )
        #expect(longer.status == 200 && longer.json["until"] == .null)
        let released = try await world.ask(.post, "/api/v1/holds/\(id)/release", as: "monitor", #"{"reason": "done"}"#)
        #expect(released.json["state"] == "released" && released.json["releasedBy"] == "monitor")
        let late = try await world.ask(.post, "/api/v1/holds/\(id)/extend", as: "monitor", #"{"until": null}"#)
        #expect(late.status == 409 && late.code == "alreadyReleased")
        let one = try await world.ask(.get, "/api/v1/holds/\(id)", as: "leader")
        #expect(one.json["releaseReason"] == "done" && one.json["bytes"] == .integer(0))
    }

    @Test(
        "what makes no hold is named by its field",
        arguments: [
            (#""cameraIds": []"#, "cameraIds"), (#""cameraIds": ["nope"]"#, "cameraIds"),
            (#""cameraIds": ["gate"], "cameraId": "gate""#, "cameraIds"), (#""cameraId": "nope""#, "cameraId"),
            (#""cameraId": "gate", "until": "2020-01-01T00:00:00Z""#, "until"),
            (#""cameraId": "gate", "until": 5"#, "until"), (#""cameraIds": "gate""#, "cameraIds"),
        ]
    )
    func refused(members: String, field: String) async throws {
        let world = try await ConsoleWorld()
        let now = world.clock.now()
        let body = #"{\#(members), "from": "\#((now - .seconds(60)).rfc3339)", "to": "\#(now.rfc3339)", "reason": "r"}"#
        let answer = try await world.ask(.post, "/api/v1/holds", as: "monitor", body)
        #expect(answer.status == 422)
        #expect(answer.json["params"]?["field"]?.text == field)
    }

    @Test("accounting adds up to the window, gaps name their reasons, and both know a camera from none")
    func accounting() async throws {
        let world = try await ConsoleWorld()
        let range = try await world.record("indoor_persons_one_by_one.mp4")
        let window = Self.query(range.from - .seconds(30), range.to + .seconds(5))
        let found = try await world.ask(.get, "/api/v1/accounting?cameraId=gate&\(window)", as: "leader")
        let row = try #require(found.json["items"]?.elements?.first)
        let (recorded, missing) = (row["recordedSeconds"]?.double ?? 0, row["gapSeconds"]?.double ?? 0)
        #expect(abs(recorded + missing - (row["windowSeconds"]?.double ?? 0)) < 1e-6)
        #expect(abs(recorded - (range.to - range.from).seconds) < 0.04)
        #expect(row["byReason"]?["notRecorded"]?.double == 30)
        let gaps = try await world.ask(.get, "/api/v1/gaps?\(window)&cameraId=gate", as: "monitor")
        #expect(gaps.json["items"]?.elements?.compactMap { $0["reason"]?.text } == ["closed", "notRecorded"])
        let filtered = try await world.ask(
            .get,
            "/api/v1/gaps?\(window)&reason=notRecorded&minSeconds=29",
            as: "monitor"
        )
        #expect(filtered.json["items"]?.elements?.contains { $0["cameraId"] == "gate" } == true)
        let all = try await world.ask(.get, "/api/v1/accounting?\(window)", as: "leader")
        #expect(all.json["items"]?.elements?.count == world.services.site.cameras.count)
        #expect(try await world.ask(.get, "/api/v1/gaps?\(window)&cameraId=nope", as: "monitor").status == 422)
        #expect(try await world.ask(.get, "/api/v1/gaps?\(window)&reason=bored", as: "monitor").status == 422)
        #expect(try await world.ask(.get, "/api/v1/accounting", as: "monitor").status == 422)
        #expect(try await world.ask(.get, "/api/v1/accounting?\(window)", as: "viewer").status == 403)
    }

    @Test("storage tells what cameras take and how long it lasts; only an admin sees where it lies")
    func storage() async throws {
        let world = try await ConsoleWorld()
        let range = try await world.record("indoor_persons_one_by_one.mp4")
        _ = try await world.archive.createHold(cameraId: "gate", from: range.from, to: range.to, reason: "r", by: "m")
        let found = try await world.ask(.get, "/api/v1/storage", as: "admin")
        #expect(found.status == 200, "\(found.text)")
        let gate = try #require(found.json["cameras"]?.elements?.first { $0["cameraId"] == "gate" })
        #expect((gate["bytes"]?.double ?? 0) > 100_000)
        #expect(gate["heldBytes"] == gate["bytes"])
        #expect((gate["bytesPerDay"]?.double ?? 0) > 0)
        #expect(gate["recordedFrom"]?.text == range.from.rfc3339)
        #expect(found.json["volumes"]?.elements?.first?["id"] == "main")
        #expect(found.json["volumes"]?.elements?.first?["path"]?.text?.hasSuffix("/recordings") == true)
        let leader = try await world.ask(.get, "/api/v1/storage", as: "leader")
        #expect(leader.json["volumes"]?.elements?.first?["path"] == .null)
        #expect(try await world.ask(.get, "/api/v1/storage", as: "viewer").status == 403)
    }
}
