import Alarms
import Domain
import Foundation
import HTTPTypes
import Store
import Testing

@testable import Console

@Suite("duty, hand-over and the field")
struct DutyRouteTests {
    private func shift(_ user: String, _ rank: Int, in world: ConsoleWorld) async throws {
        let from = (world.clock.now() - .seconds(3600)).rfc3339
        let to = (world.clock.now() + .seconds(3600)).rfc3339
        let body = #"{"user": "\#(user)", "post": "night", "from": "\#(from)", "to": "\#(to)", "rank": \#(rank)}"#
        let reply = try await world.ask(.post, "/api/v1/duty/shifts", as: "leader", body)
        #expect(reply.status == 201, "\(reply.text)")
    }

    private func called(_ world: ConsoleWorld) async throws -> [String?] {
        let reply = try await world.ask(.get, "/api/v1/duty/calls", as: "leader")
        return (reply.json["items"]?.elements ?? []).reversed().map { $0["user"]?.text }
    }

    @Test(
        "a night's alarm reaches the unit on duty at once, the next after a minute, and nobody once it is attended to"
    )
    func escalation() async throws {
        let world = try await ConsoleWorld()
        let duty = try #require(world.services.duty)
        try await shift("unit", 1, in: world)
        try await shift("monitor", 2, in: world)
        let alarm = try await world.raiseAlarm()
        let first = try await duty.escalate()
        #expect(first.map(\.user) == ["unit"])
        #expect(try await duty.escalate().isEmpty)
        world.clock.advance(by: .seconds(60))
        #expect(try await duty.escalate().map(\.user) == ["monitor"])
        let id = try #require(first.first?.id)
        let answered = try await world.ask(.post, "/api/v1/duty/calls/\(id)/answer", as: "unit")
        #expect(answered.json["answeredBy"] == "unit")
        world.clock.advance(by: .seconds(600))
        #expect(try await duty.escalate().isEmpty)
        #expect(try await called(world) == ["unit", "monitor"])
        // One that a monitor judges before anybody is called twice is no longer anybody's.
        let second = try await world.raiseAlarm()
        #expect(try await duty.escalate().map(\.alarmId) == [second.id])
        _ = try await world.ask(.post, "/api/v1/alarms/\(second.id)/confirm", as: "monitor", "{}")
        world.clock.advance(by: .seconds(120))
        #expect(try await duty.escalate().isEmpty)
        #expect(alarm.id != second.id)
    }

    @Test("where nobody is on duty everybody is called, once")
    func nobody() async throws {
        let world = try await ConsoleWorld()
        let duty = try #require(world.services.duty)
        _ = try await world.raiseAlarm()
        #expect(try await duty.escalate().map(\.user) == [nil])
        world.clock.advance(by: .seconds(300))
        #expect(try await duty.escalate().isEmpty)
    }

    @Test("a hand-over lists what is open and is signed by both, each once")
    func handOver() async throws {
        let world = try await ConsoleWorld()
        _ = try await world.raiseAlarm()
        _ = try await world.reportCase()
        let unknown = try await world.ask(.post, "/api/v1/duty/handovers", as: "monitor", #"{"to": "ghost"}"#)
        #expect(unknown.status == 422)
        let given = try await world.ask(
            .post,
            "/api/v1/duty/handovers",
            as: "monitor",
            #"{"to": "acceptor", "note": "雨夜，注意积水"}"#
        )
        #expect(given.status == 201, "\(given.text)")
        #expect(given.json["content"]?["alarms"]?["count"] == 1)
        #expect(given.json["content"]?["toAccept"]?["count"] == 1)
        #expect(given.json["hash"]?.text?.count == 64)
        let path = "/api/v1/duty/handovers/\(try #require(given.json["id"]?.text))/sign"
        #expect(try await world.ask(.post, path, as: "leader", "{}").status == 403)
        let signed = try await world.ask(.post, path, as: "acceptor", #"{"note": "收到"}"#)
        #expect(signed.json["signedAt"]?.text == world.clock.now().rfc3339)
        let twice = try await world.ask(.post, path, as: "acceptor", "{}")
        #expect(twice.status == 409)
        #expect(twice.code == "alreadySigned")
    }

    @Test("a track sent twice is kept once, and only its own collector and the office see it")
    func tracks() async throws {
        let world = try await ConsoleWorld()
        let at = (world.clock.now() - .seconds(60)).rfc3339
        let body = #"{"positions": [{"at": "\#(at)", "position": {"lat": 32.4, "lon": 119.9}, "accuracyMetres": 8}]}"#
        let first = try await world.ask(.post, "/api/v1/field/positions", as: "collector", body)
        #expect(first.json["stored"] == 1)
        let second = try await world.ask(.post, "/api/v1/field/positions", as: "collector", body)
        #expect(second.json["known"] == 1)
        let range = "from=2026-11-23T00:00:00Z&to=2026-11-24T00:00:00Z"
        let own = try await world.ask(.get, "/api/v1/field/track?\(range)", as: "collector")
        #expect(own.json["items"]?.elements?.count == 1)
        let other = try await world.ask(.get, "/api/v1/field/track?\(range)&user=leader", as: "collector")
        #expect(other.status == 403)
        let office = try await world.ask(.get, "/api/v1/field/track?\(range)&user=collector", as: "leader")
        #expect(office.json["items"]?.elements?.count == 1)
        let list = try await world.ask(.get, "/api/v1/collectors", as: "leader")
        #expect(list.json["items"]?.elements?.first?["last"]?["at"]?.text == at)
    }

    @Test("a collector's tasks are what it may do now, the most urgent first")
    func tasks() async throws {
        let world = try await ConsoleWorld()
        let value = try await world.reportCase()
        #expect(try await world.ask(.get, "/api/v1/field/tasks", as: "collector").json["items"] == [])
        let ask = "/api/v1/cases/\(value.id)/actions/askVerification"
        #expect(try await world.ask(.post, ask, as: "acceptor", "{}").status == 200)
        let tasks = try await world.ask(.get, "/api/v1/field/tasks", as: "collector")
        let task = try #require(tasks.json["items"]?.elements?.first)
        #expect(task["kind"] == "verify")
        #expect(task["case"]?["id"]?.text == value.id)
    }
}
