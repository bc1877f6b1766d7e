import Alarms
import Archive
import Cases
import Domain
import HTTPTypes
import Store
import Testing

@testable import Console

@Suite("the work of a day")
struct WorkTests {
    @Test("four users take a case to closed; the wrong ones get 403, the wrong moment 409 with the state")
    func caseToClosed() async throws {
        let world = try await ConsoleWorld()
        let reported = try await world.ask(
            .post,
            "/api/v1/cases",
            as: "monitor",
            #"{"class": "09009", "position": {"lat": 32.4912, "lon": 119.9234}, "clientId": "c1", "description": "占道"}"#
        )
        #expect(reported.status == 201)
        let id = try #require(reported.json["id"]?.text)
        let again = try await world.ask(.post, "/api/v1/cases", as: "monitor", #"{"class": "09009", "clientId": "c1"}"#)
        #expect(again.status == 200)
        #expect(again.json["id"]?.text == id)
        // The same clientId of another reporter is another report.
        let other = try await world.ask(
            .post,
            "/api/v1/cases",
            as: "collector",
            #"{"class": "09009", "clientId": "c1"}"#
        )
        #expect(other.status == 201)
        #expect(other.json["id"]?.text != id)
        #expect(other.json["channel"] == "collector")
        let unit = world.cases.units[0].id
        let steps: [(action: String, by: String, wrong: [String], body: String, state: String)] = [
            ("file", "acceptor", ["monitor", "dispatcher", "admin"], "{}", "filed"),
            ("dispatch", "dispatcher", ["acceptor", "unit"], #"{"unit": "\#(unit)"}"#, "dispatched"),
            ("accept", "unit", ["unit2", "dispatcher", "leader"], "{}", "handling"),
            ("handle", "unit", ["unit2", "collector"], #"{"note": "清理完毕"}"#, "handled"),
            ("check", "collector", ["unit", "acceptor"], #"{"passed": true, "note": "已核查"}"#, "checked"),
            ("close", "acceptor", ["collector", "admin"], "{}", "closed"),
        ]
        for step in steps {
            let path = "/api/v1/cases/\(id)/actions/\(step.action)"
            for who in step.wrong {
                let refused = try await world.ask(.post, path, as: who, step.body)
                #expect(refused.status == 403, "\(step.action) by \(who)")
                #expect(refused.code == "forbidden")
            }
            let done = try await world.ask(.post, path, as: step.by, step.body)
            #expect(done.status == 200, "\(step.action): \(done.text)")
            #expect(done.json["state"]?.text == step.state)
        }
        let late = try await world.ask(.post, "/api/v1/cases/\(id)/actions/file", as: "acceptor", "{}")
        #expect(late.status == 409)
        #expect(late.code == "illegalAction")
        #expect(late.json["params"]?["state"] == "closed")
        let log = try await world.ask(.get, "/api/v1/cases/\(id)/log", as: "leader")
        #expect(log.json["items"]?.elements?.compactMap { $0["action"]?.text } == ["report"] + steps.map(\.action))
        let foreign = try await world.ask(.get, "/api/v1/cases/\(id)", as: "unit2")
        #expect(foreign.status == 404, "another unit's case is not there")
        let own = try await world.ask(.get, "/api/v1/cases", as: "unit2")
        #expect(own.json["items"] == [])
    }

    @Test(
        "a report's channel is any word but those of the devices",
        arguments: ["vehicle", "sensor", "system", "carrier pigeon"]
    )
    func channel(wrong: String) async throws {
        let world = try await ConsoleWorld()
        let refused = try await world.ask(
            .post,
            "/api/v1/cases",
            as: "acceptor",
            #"{"class": "09009", "channel": "\#(wrong)"}"#
        )
        #expect(refused.status == 422)
        #expect(refused.json["params"]?["field"] == "channel")
        for right in ["hotline", "12345", "video"] {
            let taken = try await world.ask(
                .post,
                "/api/v1/cases",
                as: "acceptor",
                #"{"class": "09009", "channel": "\#(right)"}"#
            )
            #expect(taken.status == 201)
            #expect(taken.json["channel"]?.text == right)
        }
    }

    @Test("an alarm is judged once; confirming one that asks opens its case")
    func judging() async throws {
        let world = try await ConsoleWorld()
        let alarm = try await world.raiseAlarm()
        let confirmed = try await world.ask(.post, "/api/v1/alarms/\(alarm.id)/confirm", as: "monitor", "{}")
        #expect(confirmed.status == 200)
        #expect(confirmed.json["verdict"] == "confirmed")
        let caseId = try #require(confirmed.json["caseId"]?.text)
        let opened = try await world.ask(.get, "/api/v1/cases/\(caseId)", as: "dispatcher")
        #expect(opened.json["state"] == "filed")
        #expect(opened.json["actions"] == ["dispatch", "suspend", "announce", "escalate", "handOver"])
        let second = try await world.ask(
            .post,
            "/api/v1/alarms/\(alarm.id)/reject",
            as: "monitor",
            #"{"reason": "rain"}"#
        )
        #expect(second.status == 409)
        #expect(second.code == "alreadyDecided")
    }

    @Test("a case from the picture carries the camera's place, and a locked clip from 10 s before to 20 s after")
    func fromThePicture() async throws {
        let world = try await ConsoleWorld()
        let at = world.clock.now() - .seconds(30)
        let reply = try await world.ask(
            .post,
            "/api/v1/cases",
            as: "monitor",
            #"{"class": "09009", "cameraId": "gate", "at": "\#(at.rfc3339)"}"#
        )
        #expect(reply.status == 201, "\(reply.text)")
        #expect(reply.json["address"] == "海陵路 1 号")
        #expect(reply.json["position"]?["lat"]?.double == 32.4912)
        let clip = try #require(reply.json["clips"]?.elements?.first)
        #expect(clip["from"]?.text == (at - .seconds(10)).rfc3339)
        #expect(clip["to"]?.text == (at + .seconds(20)).rfc3339)
        let hold = try await world.archive.hold(id: try #require(clip["holdId"]?.text))
        #expect(hold.releasedAt == nil)
        #expect(hold.caseId == reply.json["id"]?.text)
    }

    @Test("a bookmark with a hold, its deletion by its owner only, and the release of the hold")
    func evidence() async throws {
        let world = try await ConsoleWorld()
        try await world.users.add(name: "other", role: .monitor, password: ConsoleWorld.password)
        guard
            case .signedIn(let other) = try await world.users.signIn(
                name: "other",
                password: ConsoleWorld.password,
                address: nil
            )
        else { throw CancellationError() }
        let changes = world.feed.listen()
        let from = world.clock.now() - .seconds(60)
        let reply = try await world.ask(
            .post,
            "/api/v1/bookmarks",
            as: "monitor",
            #"{"cameraId": "gate", "from": "\#(from.rfc3339)", "to": "\#((from + .seconds(30)).rfc3339)", "title": "翻墙", "hold": true}"#
        )
        #expect(reply.status == 201)
        #expect(reply.json["recorded"] == "none")
        var iterator = changes.makeAsyncIterator()
        #expect(await iterator.next()?.change.topic == .bookmark)
        let id = try #require(reply.json["id"]?.text)
        let holdId = try #require(reply.json["holdId"]?.text)
        let refused = try await world.ask(
            .delete,
            "/api/v1/bookmarks/\(id)",
            as: nil,
            headers: [.authorization: "Bearer \(other.token)"]
        )
        #expect(refused.status == 403)
        #expect(try await world.ask(.delete, "/api/v1/bookmarks/\(id)", as: "monitor").status == 204)
        let holds = try await world.ask(.get, "/api/v1/holds", as: "leader")
        #expect(holds.json["items"]?.elements?.first?["releasedAt"] == .null, "the hold stays")
        let path = "/api/v1/holds/\(holdId)/release"
        #expect(try await world.ask(.post, path, as: "monitor", #"{"reason": "done"}"#).status == 200)
        let twice = try await world.ask(.post, path, as: "monitor", #"{"reason": "done"}"#)
        #expect(twice.status == 409)
        #expect(twice.code == "alreadyReleased")
    }

    @Test("an attachment's type is told from its bytes, whatever the sender says")
    func attachments() async throws {
        let world = try await ConsoleWorld()
        let kept = try await world.ask(
            .post,
            "/api/v1/attachments",
            as: "collector",
            bytes: ConsoleWorld.jpeg,
            headers: [.contentType: "text/html"]
        )
        #expect(kept.status == 201)
        let url = try #require(kept.json["url"]?.text)
        let got = try await world.ask(.get, url + "?original=true", as: "collector")
        #expect(got.bytes == ConsoleWorld.jpeg)
        #expect(got.headers[.contentType] == "image/jpeg")
        #expect(got.headers[.xContentTypeOptions] == "nosniff")
        let script = try await world.ask(
            .post,
            "/api/v1/attachments",
            as: "collector",
            bytes: Array("<script>".utf8),
            headers: [.contentType: "image/jpeg"]
        )
        #expect(script.status == 415)
    }

    @Test("no answer holds a camera's password")
    func credentials() async throws {
        let world = try await ConsoleWorld()
        for path in ["/api/v1/config", "/api/v1/cameras", "/api/v1/cameras/gate", "/api/v1/site", "/metrics"] {
            let reply = try await world.ask(.get, path, as: "admin")
            #expect(reply.status == 200)
            #expect(!reply.text.contains("s3cret"), "\(path)")
            #expect(!reply.text.contains("operator:"), "\(path)")
        }
    }

    @Test("lists are paged by a cursor that stays right while the list grows")
    func paging() async throws {
        let world = try await ConsoleWorld()
        for _ in 0..<5 {
            _ = try await world.reportCase()
            world.clock.advance(by: .seconds(1))
        }
        var seen: [String] = []
        var cursor: String? = ""
        while let next = cursor {
            let reply = try await world.ask(.get, "/api/v1/cases?limit=2&cursor=\(next)", as: "leader")
            seen += reply.json["items"]?.elements?.compactMap { $0["id"]?.text } ?? []
            cursor = reply.json["next"]?.text
            if seen.count == 2 { _ = try await world.reportCase() }
        }
        #expect(seen.count == 5)
        #expect(Set(seen).count == 5)
        let cameras = try await world.ask(.get, "/api/v1/cameras?limit=1", as: "viewer")
        #expect(cameras.json["next"] == "gate")
    }

    @Test("metrics are Prometheus text with the names that dashboards rely on")
    func metrics() async throws {
        let world = try await ConsoleWorld()
        _ = try await world.raiseAlarm()
        world.set(CameraStatus(cameraId: "gate", state: .live, reason: .ok, since: .epoch))
        let reply = try await world.ask(.get, "/metrics", as: nil)
        #expect(reply.text.contains("gridwatch_cameras{state=\"live\"} 1\n"))
        #expect(reply.text.contains("gridwatch_alarms_open 1\n"))
        let lines = reply.text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.allSatisfy { $0.contains(/^[a-z_]+(\{[a-z]+="[^"]*"\})? -?[0-9.e+-]+$/) })
    }
}

@Suite("pages")
struct AssetTests {
    @Test("the page is served with its policy, and not again while it has not changed")
    func index() async throws {
        let world = try await ConsoleWorld()
        let page = try await world.ask(.get, "/", as: nil)
        #expect(page.status == 200)
        #expect(page.headers[.contentType] == "text/html; charset=utf-8")
        #expect(page.headers[.contentSecurityPolicy]?.contains("frame-ancestors 'none'") == true)
        let tag = try #require(page.headers[.eTag])
        let same = try await world.ask(.get, "/", as: nil, headers: [.ifNoneMatch: tag])
        #expect(same.status == 304)
        #expect(same.bytes.isEmpty)
        let named = try await world.ask(.get, "/assets/app/index.html", as: nil)
        #expect(named.bytes == page.bytes)
    }
}
