import Alarms
import Cases
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
        world.clock.advance(by: .seconds(599))
        #expect(try await duty.escalate().isEmpty)
        #expect(try await called(world) == ["unit", "monitor"])
        // Nobody has judged it ten minutes after the answer: the first on duty is called again.
        world.clock.advance(by: .seconds(1))
        #expect(try await duty.escalate().map(\.user) == ["unit"])
        _ = try await world.ask(.post, "/api/v1/alarms/\(alarm.id)/confirm", as: "monitor", "{}")
        // One that a monitor judges before anybody is called twice is no longer anybody's.
        let second = try await world.raiseAlarm()
        #expect(try await duty.escalate().map(\.alarmId) == [second.id])
        _ = try await world.ask(.post, "/api/v1/alarms/\(second.id)/confirm", as: "monitor", "{}")
        world.clock.advance(by: .seconds(120))
        #expect(try await duty.escalate().isEmpty)
        #expect(alarm.id != second.id)
    }

    @Test("a call is answered by whoever was called, is on duty or watches, and silenced by nobody else")
    func answering() async throws {
        let world = try await ConsoleWorld()
        let duty = try #require(world.services.duty)
        try await shift("unit", 1, in: world)
        try await shift("dispatcher", 2, in: world)
        func call() async throws -> String {
            _ = try await world.raiseAlarm()
            return "/api/v1/duty/calls/\(try #require(try await duty.escalate().last?.id))/answer"
        }
        let first = try await call()
        for who in ["unit2", "collector", "acceptor"] {
            let reply = try await world.ask(.post, first, as: who)
            #expect(reply.status == 403, "\(who)")
            #expect(reply.code == "forbidden")
        }
        let list = try await world.ask(.get, "/api/v1/duty/calls", as: "leader")
        #expect(list.json["items"]?.elements?.first?["answeredAt"] == .null)
        #expect(try await world.ask(.post, first, as: "unit").json["answeredBy"] == "unit")
        for who in ["dispatcher", "monitor", "leader", "admin"] {
            #expect(try await world.ask(.post, call(), as: who).json["answeredBy"]?.text == who)
        }
    }

    @Test("a critical alarm that opens its case by itself calls the night's unit, until its case is moved on")
    func critical() async throws {
        let world = try await ConsoleWorld()
        let duty = try #require(world.services.duty)
        try await shift("unit", 1, in: world)
        let policies = "class,policy\nE-05-06,open\n"
        let set = try await world.ask(
            .post,
            "/api/v1/base/sets/policies/import",
            as: "admin",
            bytes: Array(policies.utf8)
        )
        #expect(set.status < 300, "\(set.text)")
        func raise(_ part: String, _ severity: AlarmSignal.Severity) async throws -> Alarm {
            try await world.alarms.receive(
                AlarmSignal(
                    source: "culvert-01",
                    sourceKind: .sensor,
                    kind: "above",
                    part: part,
                    phase: .raised,
                    severity: severity,
                    at: world.clock.now(),
                    classCode: "E-05-06",
                    position: GeoPoint(lat: 32.4 + Double(part.utf8.first ?? 0) / 100, lon: 119.9)
                )
            )
            let page = try await world.alarms.list(AlarmFilter(source: "culvert-01"), page: PageRequest())
            return try #require(page.items.first { $0.part == part })
        }
        let warning = try await raise("a", .warning)
        #expect(warning.verdict == .confirmed && warning.caseId != nil)
        #expect(try await duty.escalate().isEmpty, "a case that was opened by itself waits for the dispatcher")
        let alarm = try await raise("b", .critical)
        #expect(alarm.verdict == .confirmed)
        let calls = try await duty.escalate()
        #expect(calls.map(\.alarmId) == [alarm.id])
        #expect(calls.map(\.user) == ["unit"])
        // Once somebody has taken a step of its case, it is in somebody's hands.
        let id = try #require(alarm.caseId)
        let dispatch = "/api/v1/cases/\(id)/actions/dispatch"
        #expect(try await world.ask(.post, dispatch, as: "dispatcher", "{}").status == 200)
        world.clock.advance(by: .seconds(120))
        #expect(try await duty.escalate().isEmpty)
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

    @Test("a roster is people in turn without a gap; a shift that is changed is one, and a viewer can't be on it")
    func roster() async throws {
        let world = try await ConsoleWorld()
        func plan(_ users: String, _ more: String = "") async throws -> Reply {
            let from = world.clock.now().rfc3339
            let body = #"{"users": \#(users), "post": "room", "from": "\#(from)"\#(more)}"#
            return try await world.ask(.post, "/api/v1/duty/roster", as: "leader", body)
        }
        #expect(try await plan(#"["monitor", "viewer"]"#).status == 422)
        #expect(try await plan("[]").status == 422)
        #expect(try await plan(#"["monitor"]"#, #", "days": 32"#).status == 422)
        let planned = try await plan(#"["monitor", "acceptor", "leader"]"#, #", "hours": 10, "days": 2"#)
        #expect(planned.status == 201, "\(planned.text)")
        let shifts = planned.json["items"]?.elements ?? []
        #expect(shifts.map { $0["user"]?.text } == ["monitor", "acceptor", "leader", "monitor", "acceptor"])
        #expect(zip(shifts, shifts.dropFirst()).allSatisfy { $0["to"]?.text == $1["from"]?.text })
        #expect(shifts.last?["to"]?.text == (world.clock.now() + .seconds(2 * 86_400)).rfc3339)

        let id = try #require(shifts[1]["id"]?.text)
        let from = try #require(shifts[1]["from"]?.text)
        let to = try #require(shifts[1]["to"]?.text)
        let changed = try await world.ask(
            .put,
            "/api/v1/duty/shifts/\(id)",
            as: "admin",
            #"{"user": "dispatcher", "post": "room", "from": "\#(from)", "to": "\#(to)"}"#
        )
        #expect(changed.status == 200, "\(changed.text)")
        let range = "to=\((world.clock.now() + .seconds(3 * 86_400)).rfc3339)"
        let list = try await world.ask(.get, "/api/v1/duty/shifts?\(range)", as: "unit")
        let users = (list.json["items"]?.elements ?? []).map { $0["user"]?.text }
        #expect(users == ["monitor", "dispatcher", "leader", "monitor", "acceptor"])
        // The old one is gone: it can't be changed twice.
        let again = #"{"user": "leader", "post": "room", "from": "\#(from)", "to": "\#(to)"}"#
        #expect(try await world.ask(.put, "/api/v1/duty/shifts/\(id)", as: "admin", again).status == 404)
        let people = try await world.ask(.get, "/api/v1/duty/people", as: "unit")
        let names = (people.json["items"]?.elements ?? []).compactMap { $0["name"]?.text }
        #expect(names.contains("collector") && !names.contains("viewer"))
    }

    @Test("who may not sign can't be handed over to")
    func receivers() async throws {
        let world = try await ConsoleWorld()
        for (name, status) in [("viewer", 422), ("unit", 422), ("monitor", 422), ("leader", 201)] {
            let reply = try await world.ask(.post, "/api/v1/duty/handovers", as: "monitor", #"{"to": "\#(name)"}"#)
            #expect(reply.status == status, "\(name)")
        }
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
        // Counted whole, however many are named.
        let due = (world.clock.now() + .seconds(3600)).rfc3339
        let cases = try await world.ask(.get, "/api/v1/cases", as: "leader")
        let caseId = try #require(cases.json["items"]?.elements?.first?["id"]?.text)
        for _ in 0..<52 {
            let order = #"{"text": "tonight", "dueAt": "\#(due)"}"#
            #expect(try await world.ask(.post, "/api/v1/cases/\(caseId)/orders", as: "leader", order).status == 201)
        }
        let whole = try await world.ask(.post, "/api/v1/duty/handovers", as: "leader", #"{"to": "acceptor"}"#)
        #expect(whole.json["content"]?["orders"]?["count"] == 52)
        #expect(whole.json["content"]?["orders"]?["items"]?.elements?.count == 50)
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

    @Test("a collector's day: what was walked of the duty grid, and silence within the shift")
    func day() async throws {
        let world = try await ConsoleWorld()
        let cell = try #require(world.services.cases.cell(at: GeoPoint(lat: 32.4, lon: 119.9)))
        let areas = "id,kind,name,cells\nduty-a,dutyGrid,A,\(cell) 900000000000001\n"
        let taken = try await world.ask(.post, "/api/v1/base/sets/areas/import", as: "admin", bytes: Array(areas.utf8))
        #expect(taken.status < 300, "\(taken.text)")
        let given = #"{"areas": ["duty-a"]}"#
        #expect(try await world.ask(.post, "/api/v1/collectors/collector/areas", as: "leader", given).status == 200)
        try await shift("collector", 1, in: world)
        let at = (world.clock.now() - .seconds(600)).rfc3339
        let sent = #"{"positions": [{"at": "\#(at)", "position": {"lat": 32.4, "lon": 119.9}, "accuracyMetres": 8}]}"#
        #expect(try await world.ask(.post, "/api/v1/field/positions", as: "collector", sent).status == 200)
        func day(_ query: String = "") async throws -> JSONValue {
            let from = (world.clock.now() - .seconds(3600)).rfc3339
            let to = (world.clock.now() + .seconds(1)).rfc3339
            let reply = try await world.ask(.get, "/api/v1/collectors/days?from=\(from)&to=\(to)\(query)", as: "leader")
            return try #require(reply.json["items"]?.elements?.first, "\(reply.text)")
        }
        let first = try await day("&user=collector")
        #expect(first["cells"] == 2 && first["walked"] == 1 && first["share"]?.double == 0.5)
        #expect(first["walkedCells"]?.elements?.first?.text == cell)
        // Nothing in the first fifty minutes; not silent now.
        #expect(first["silences"]?.elements?.count == 1)
        #expect(first["absent"] == false)
        world.clock.advance(by: .seconds(2400))
        #expect(try await day()["absent"] == true)
        #expect(try await world.ask(.get, "/api/v1/collectors/days?user=ghost", as: "leader").status == 404)
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
