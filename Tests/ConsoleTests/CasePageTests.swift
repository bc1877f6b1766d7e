import Cases
import Domain
import HTTPTypes
import Testing

@testable import Console

@Suite("the page of a case over the API")
struct CasePageTests {
    private func act(
        _ world: ConsoleWorld,
        _ id: String,
        _ action: String,
        as user: String,
        _ body: String = "{}"
    ) async throws -> Reply {
        try await world.ask(.post, "/api/v1/cases/\(id)/actions/\(action)", as: user, body)
    }

    @Test("one answer holds log, alarms, class, cameras, neighbours and related cases")
    func oneAnswer() async throws {
        let world = try await ConsoleWorld()
        let alarm = try await world.raiseAlarm()
        let confirmed = try await world.ask(.post, "/api/v1/alarms/\(alarm.id)/confirm", as: "monitor", "{}")
        let id = try #require(confirmed.json["caseId"]?.text)
        let first = try await world.ask(.get, "/api/v1/cases/\(id)", as: "leader")
        let position = try #require(first.json["position"])
        let made = try await world.ask(
            .post,
            "/api/v1/cases",
            as: "acceptor",
            #"{"class": "09009", "position": \#(String(decoding: position.encoded, as: UTF8.self))}"#
        )
        let other = try #require(made.json["id"]?.text)
        #expect(try await act(world, other, "merge", as: "acceptor", #"{"into": "\#(id)"}"#).status == 200)
        let page = try await world.ask(.get, "/api/v1/cases/\(id)", as: "leader").json
        #expect(page["log"]?.elements?.compactMap { $0["action"]?.text }.last == "absorb")
        #expect(page["alarms"]?.elements?.first?["id"]?.text == alarm.id)
        #expect(page["classFacts"]?["steps"]?["check"] == "required")
        #expect(page["related"]?.elements?.map { $0["id"]?.text } == [other])
        #expect(page["related"]?.elements?.first?["relation"] == "merged")
        #expect(page["neighbours"]?.elements?.map { $0["id"]?.text } == [other])
        #expect(page["cameras"]?.elements?.first?["id"] == "gate")
        #expect(page["holder"] == ["kind": "role", "id": "dispatcher"])
        #expect(page["sevenStep"] == "file" && page["sixLink"] == "fileAndDispatch")
        let joined = try await world.ask(.get, "/api/v1/cases/\(other)", as: "leader").json
        #expect(joined["mergedInto"]?.text == id && joined["ending"] == "merged")
    }

    @Test("a step that comes too late, one that is held up and one of another side are told apart, with who and when")
    func refusals() async throws {
        let world = try await ConsoleWorld()
        let alarm = try await world.raiseAlarm()
        let confirmed = try await world.ask(.post, "/api/v1/alarms/\(alarm.id)/confirm", as: "monitor", "{}")
        let id = try #require(confirmed.json["caseId"]?.text)
        #expect(try await act(world, id, "dispatch", as: "dispatcher").status == 200)
        let late = try await act(world, id, "dispatch", as: "dispatcher")
        #expect(late.status == 409 && late.code == "illegalAction")
        #expect(late.json["params"]?["state"] == "dispatched" && late.json["params"]?["by"] == "dispatcher")
        #expect(late.json["params"]?["action"] == "dispatch" && late.json["params"]?["secondsAgo"] == 0)
        let reason = #"{"reason": "rain"}"#
        #expect(try await act(world, id, "extend", as: "dispatcher", reason).status == 200)
        let again = try await act(world, id, "extend", as: "dispatcher", reason)
        #expect(again.status == 409 && again.code == "blocked")
        #expect(again.json["params"]?["obstacle"] == "alreadyExtended")
        // The same person as acceptor may not judge what they have dispatched.
        let dispatcher = CaseActor(name: "dispatcher", role: .acceptor)
        let refused = await #expect(throws: CaseError.self) {
            _ = try await world.cases.act(id, .void, by: dispatcher, input: CaseInput(reason: "x"))
        }
        #expect(refused?.code == .conflict(.command))
        let problem = refused.flatMap { ProblemMapping.problem(for: $0) }
        #expect(problem?.status == .forbidden && problem?.code == "conflictOfDuties")
    }

    @Test(
        "dates, lists of units and filters are read strictly, field by field",
        arguments: [
            (
                "suspend", #"{"reason": "x", "owner": "leader", "until": "soon", "review": "2027-01-01T00:00:00Z"}"#,
                "until"
            ),
            (
                "suspend",
                #"{"reason": "x", "owner": "li", "until": "2099-01-01T00:00:00Z", "review": "2098-01-01T00:00:00Z"}"#,
                "owner"
            ),
            (
                "suspend",
                #"{"reason": "x", "owner": "leader", "until": "2020-01-01T00:00:00Z", "review": "2020-01-01T00:00:00Z"}"#,
                "until"
            ),
            ("engage", #"{"units": "gas"}"#, "units"), ("engage", #"{"units": ["nobody"]}"#, "units"),
            ("handOver", #"{"reason": "x"}"#, "centre"), ("escalate", #"{"committee": "x"}"#, "reason"),
            ("adjudicate", #"{"unknown": 1}"#, "unknown"),
        ]
    )
    func strict(action: String, body: String, field: String) async throws {
        let world = try await ConsoleWorld()
        let alarm = try await world.raiseAlarm()
        let confirmed = try await world.ask(.post, "/api/v1/alarms/\(alarm.id)/confirm", as: "monitor", "{}")
        let id = try #require(confirmed.json["caseId"]?.text)
        if action == "engage" { _ = try await act(world, id, "dispatch", as: "dispatcher") }
        let reply = try await act(world, id, action, as: "dispatcher", body)
        #expect(reply.status == 422, "\(reply.text)")
        #expect(reply.json["params"]?["field"]?.text == field)
    }

    @Test("the list takes channel, holder, due and a part of the map; wrong ones are told by name")
    func filters() async throws {
        let world = try await ConsoleWorld()
        let value = try await world.reportCase()
        func count(_ query: String) async throws -> Int? {
            try await world.ask(.get, "/api/v1/cases?\(query)", as: "leader").json["items"]?.elements?.count
        }
        #expect(try await count("holder=role:acceptor") == 1)
        #expect(try await count("holder=unit:gas") == 0)
        #expect(try await count("channel=\(value.channel)") == 1)
        #expect(try await count("channel=110") == 0)
        #expect(try await count("due=late") == 0)
        #expect(try await count("bbox=-180,-90,180,90") == (value.position == nil ? 0 : 1))
        for (query, field) in [
            ("holder=gas", "holder"), ("due=never", "due"), ("bbox=1,2,3", "bbox"),
            ("due=soon&soonMinutes=0", "soonMinutes"),
        ] {
            let reply = try await world.ask(.get, "/api/v1/cases?\(query)", as: "leader")
            #expect(reply.status == 422 && reply.json["params"]?["field"]?.text == field, "\(query)")
        }
        let map = try await world.ask(.get, "/api/v1/cases/map", as: "leader")
        #expect(map.status == 422)
    }

    @Test("every log is replayed for a leader")
    func verify() async throws {
        let world = try await ConsoleWorld()
        _ = try await world.reportCase()
        let reply = try await world.ask(.post, "/api/v1/cases/verify", as: "leader")
        #expect(reply.json["cases"] == 1 && reply.json["faulty"] == 0 && reply.json["faults"] == [])
    }
}
