import Cases
import Domain
import Foundation
import HTTPTypes
import Store
import Testing

@testable import Console

@Suite("what a phone sends")
struct FieldRouteTests {
    private static let place = #""position": {"lat": 32.4912, "lon": 119.9234}"#

    /// A picture of its own: `mark` stands in its compressed data.
    private static func photo(_ mark: UInt8) -> [UInt8] {
        [0xFF, 0xD8, 0xFF, 0xDA, 0, 2, mark, 0x22, 0xFF, 0xD9]
    }

    private func upload(_ bytes: [UInt8], as who: String = "collector", _ world: ConsoleWorld) async throws -> String {
        let reply = try await world.ask(.post, "/api/v1/attachments", as: who, bytes: bytes)
        return try #require(reply.json["id"]?.text, "\(reply.text)")
    }

    @Test("a report from a phone whose clock is fast is taken as of now, and what the clock said stays beside it")
    func fastClock() async throws {
        let world = try await ConsoleWorld()
        let ahead = world.clock.now() + .seconds(3600)
        for path in ["/api/v1/reports", "/api/v1/cases"] {
            let body = #"{"class": "09009", "at": "\#(ahead.rfc3339)", \#(Self.place)}"#
            let told = try await world.ask(.post, path, as: "collector", body)
            #expect(told.status == 201, "\(told.text)")
        }
        let list = try await world.ask(.get, "/api/v1/reports?mine=true", as: "collector")
        let reports = try #require(list.json["items"]?.elements)
        #expect(reports.count == 2)
        for report in reports {
            #expect(report["happenedAt"]?.text == world.clock.now().rfc3339)
            #expect(report["toldAt"]?.text == ahead.rfc3339)
        }
        // Clocks differ a little; of that nothing is said.
        let near = (world.clock.now() + .seconds(30)).rfc3339
        let told = try await world.ask(
            .post,
            "/api/v1/reports",
            as: "collector",
            #"{"class": "09009", "at": "\#(near)"}"#
        )
        #expect(told.json["happenedAt"]?.text == near)
        #expect(told.json["toldAt"] == .null)
    }

    @Test("a step sent twice is taken once, and one of an earlier round is refused with who moved the case on")
    func steps() async throws {
        let world = try await ConsoleWorld()
        let value = try await world.reportCase()
        let actions = "/api/v1/cases/\(value.id)/actions"
        func act(_ action: String, _ who: String, _ body: String = "{}") async throws -> Reply {
            try await world.ask(.post, "\(actions)/\(action)", as: who, body)
        }
        #expect(try await act("askVerification", "acceptor").status == 200)
        let tasks = try await world.ask(.get, "/api/v1/field/tasks", as: "collector")
        let seen = try #require(tasks.json["items"]?.elements?.first?["seq"]?.double.map(Int.init))
        #expect(seen == 2)
        let verify = #"{"passed": true, "note": "so", "clientId": "v1", "ifSeq": \#(seen)}"#
        #expect(try await act("verify", "collector", verify).status == 200)
        let again = try await act("verify", "collector", verify)
        #expect(again.status == 200, "\(again.text)")
        #expect(again.json["state"] == "reported")
        // Asked once more: what waited on a phone since the first time is of that time.
        #expect(try await act("askVerification", "acceptor").status == 200)
        let stale = try await act("verify", "collector", #"{"passed": false, "note": "x", "ifSeq": \#(seen)}"#)
        #expect(stale.status == 409)
        #expect(stale.code == "movedOn")
        #expect(stale.json["params"]?["by"] == "acceptor")
        #expect(try await act("verify", "collector", #"{"passed": true, "note": "x", "ifSeq": 99}"#).field == "ifSeq")
        // Another person's step of the same name is another one.
        #expect(
            try await act("verify", "collector", #"{"passed": false, "note": "no", "clientId": "v2"}"#).status == 200
        )
        let log = try await world.ask(.get, "\(actions.dropLast(8))/log", as: "collector")
        let entries = log.json["items"]?.elements ?? []
        #expect(entries.filter { $0["action"] == "verify" }.map { $0["data"]?["clientId"]?.text } == ["v1", "v2"])
        #expect(try await world.cases.verifyLog(value.id) == .intact)
    }

    @Test("putting a thing right takes two different pictures, whichever way they are named")
    func twoPictures() async throws {
        let world = try await ConsoleWorld()
        let (before, after) = (try await upload(Self.photo(1), world), try await upload(Self.photo(2), world))
        let voice = try await upload([0x1A, 0x45, 0xDF, 0xA3, 0x80, 1], world)
        // The same picture under another id: somebody else brought it too, and it belongs to the case.
        let copy = try await upload(Self.photo(1), as: "acceptor", world)
        let told = try await world.ask(
            .post,
            "/api/v1/reports",
            as: "acceptor",
            #"{"class": "09009", "channel": "12345", "photos": ["\#(copy)"], \#(Self.place)}"#
        )
        let id = try #require(told.json["caseId"]?.text, "\(told.text)")
        let path = "/api/v1/cases/\(id)/actions/selfHandle"
        for (pictures, field) in [
            (#""photo": "\#(before)", "photoBefore": "\#(before)""#, "photo"),
            (#""photo": "\#(copy)", "photoBefore": "\#(before)""#, "photo"),
            (#""photo": "\#(before)""#, "photo"),
            (#""photo": "\#(voice)", "photoBefore": "\#(before)""#, "photo"),
            (#""photo": "\#(after)", "photoBefore": "\#(voice)""#, "photoBefore"),
        ] {
            let reply = try await world.ask(.post, path, as: "collector", #"{"note": "n", \#(pictures)}"#)
            #expect(reply.status == 422, "\(pictures)")
            #expect(reply.field == field, "\(pictures)")
        }
        let right =
            #"{"note": "swept", "photo": "\#(after)", "photoBefore": "\#(before)", "clientId": "s", "ifSeq": 1}"#
        let done = try await world.ask(.post, path, as: "collector", right)
        #expect(done.json["state"] == "selfHandled", "\(done.text)")
        #expect(try await world.ask(.post, path, as: "collector", right).status == 200)
    }

    @Test("among hundreds of cases that wait, one's own and what ends first are in the list")
    func manyTasks() async throws {
        let world = try await ConsoleWorld()
        let acceptor = CaseActor(name: "acceptor", role: .acceptor)
        let own = try await world.reportCase()
        _ = try await world.cases.act(
            own.id,
            .askVerification,
            by: acceptor,
            input: CaseInput(collector: "collector")
        )
        let urgent = try await world.reportCase()
        _ = try await world.cases.act(urgent.id, .askVerification, by: acceptor)
        world.clock.advance(by: .seconds(60))
        for _ in 0..<205 {
            let other = try await world.reportCase()
            _ = try await world.cases.act(other.id, .askVerification, by: acceptor)
        }
        let others = try await world.reportCase()
        _ = try await world.cases.act(
            others.id,
            .askVerification,
            by: acceptor,
            input: CaseInput(collector: "somebody")
        )
        let tasks = try await world.ask(.get, "/api/v1/field/tasks", as: "collector")
        let ids = (tasks.json["items"]?.elements ?? []).compactMap { $0["case"]?["id"]?.text }
        #expect(ids.count == 201)
        #expect(ids.first == own.id)
        #expect(tasks.json["items"]?.elements?.first?["asked"] == true)
        #expect(ids.dropFirst().first == urgent.id)
        #expect(!ids.contains(others.id))
    }

    @Test("positions of a wrong clock are refused by their places, and those beside them are kept")
    func positions() async throws {
        let world = try await ConsoleWorld()
        func position(_ seconds: Int64, _ more: String = "") -> String {
            let at = (world.clock.now() + .seconds(seconds)).rfc3339
            return #"{"at": "\#(at)", "position": {"lat": 32.4, "lon": 119.9}\#(more)}"#
        }
        func send(_ positions: [String]) async throws -> Reply {
            let body = #"{"positions": [\#(positions.joined(separator: ","))]}"#
            return try await world.ask(.post, "/api/v1/field/positions", as: "collector", body)
        }
        let sent = try await send([position(-60), position(301), position(-91 * 86_400), position(-30)])
        #expect(sent.status == 200, "\(sent.text)")
        #expect(sent.json["stored"] == 2)
        #expect(sent.json["refused"]?.elements?.map { $0["index"]?.double } == [1, 2])
        #expect(sent.json["refused"]?.elements?.map { $0["reason"]?.text } == ["future", "tooOld"])
        let wrong = try await send([position(-20, #", "accuracyMetres": "8""#)])
        #expect(wrong.status == 422)
        #expect(wrong.field == "positions.0.accuracyMetres")
    }

    @Test("tracks go after ninety days, also of who sends nothing any more")
    func forgotten() async throws {
        let world = try await ConsoleWorld()
        let tracks = try #require(world.services.fieldTracks)
        let now = world.clock.now()
        let here = GeoPoint(lat: 32.4, lon: 119.9)
        for user in ["left", "stays"] {
            let positions = [FieldPosition(at: now, point: here), FieldPosition(at: now + .seconds(3600), point: here)]
            _ = try await tracks.store(positions, of: user, at: now)
        }
        let later = now + FieldTrackRepository.kept + .seconds(60)
        _ = try await tracks.store([FieldPosition(at: later, point: here)], of: "stays", at: later)
        #expect(try await tracks.forget(now: later) == 2)
        #expect(try await tracks.track(of: "left", from: now, to: later).count == 1)
        #expect(try await tracks.track(of: "stays", from: now, to: later).count == 2)
    }
}
