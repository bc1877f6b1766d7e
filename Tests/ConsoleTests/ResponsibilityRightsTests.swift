import Cases
import Domain
import HTTPTypes
import Testing

@testable import Console

@Suite("responsibility kept by the departments")
struct ResponsibilityRightsTests {
    /// A centre in which `enforcement` has a squad below it, and three rules: of the squad, of its own and of another's.
    private func world() async throws -> ConsoleWorld {
        let world = try await ConsoleWorld()
        let units = world.cases.base.table(of: .units).csv + "squad,一队,Squad,team,enforcement\n"
        let rules =
            "classes,area,owner,unit,from,to,basis\nE-05*,,,enforcement,,,文件一\nE-04*,,,squad,,,\nE-03*,,,municipal,,,\n"
        for (set, text) in [("units", units), ("responsibility", rules)] {
            let path = "/api/v1/base/sets/\(set)/import"
            let reply = try await world.ask(.post, path, as: "admin", bytes: Array(text.utf8))
            #expect(reply.json["findings"]?.elements?.isEmpty == true, "\(reply.text)")
        }
        return world
    }

    private func edit(_ world: ConsoleWorld, as who: String, _ body: String) async throws -> Reply {
        try await world.ask(.post, "/api/v1/base/sets/responsibility/edit", as: who, body)
    }

    private func rules(_ world: ConsoleWorld, as who: String) async throws -> [String] {
        let reply = try await world.ask(.get, "/api/v1/base/sets/responsibility/rows", as: who)
        return (reply.json["items"]?.elements ?? []).map { "\($0["classes"]?.text ?? "") \($0["unit"]?.text ?? "")" }
    }

    @Test("a unit sees the rules of its own and of the units below it, and no other set")
    func reading() async throws {
        let world = try await world()
        #expect(try await rules(world, as: "unit") == ["E-05* enforcement", "E-04* squad"])
        #expect(try await rules(world, as: "unit2") == ["E-03* municipal"])
        #expect(try await rules(world, as: "admin").count == 3)
        let sets = try await world.ask(.get, "/api/v1/base/sets", as: "unit").json["items"]?.elements ?? []
        #expect(sets.map { $0["set"]?.text } == ["responsibility"])
        #expect(sets.first?["count"] == 2)
        let file = try await world.ask(.get, "/api/v1/base/sets/responsibility/file", as: "unit2").text
        #expect(file.contains("E-03*") && !file.contains("E-05*"))
        for path in ["limits/rows", "units/file", "classes/editions"] {
            let reply = try await world.ask(.get, "/api/v1/base/sets/\(path)", as: "unit")
            #expect(reply.status == 403 && reply.code == "forbidden", "\(path)")
        }
        let limits = try await world.ask(.post, "/api/v1/base/sets/limits/edit", as: "unit", "{}")
        #expect(limits.status == 403)
    }

    @Test("a unit changes, adds and deletes its own rules and those below it; history and audit log name the user")
    func own() async throws {
        let world = try await world()
        let trial = try await edit(
            world,
            as: "unit",
            #"{"put": [{"classes": "E-05*", "unit": "squad"}], "trial": true}"#
        )
        #expect(trial.status == 200 && trial.json["editions"]?.elements?.isEmpty == true, "\(trial.text)")
        let gains = trial.json["effect"]?["units"]?.elements ?? []
        #expect(gains.map { $0["unit"]?.text } == ["enforcement", "squad"])
        #expect(gains.first?["lost"] == gains.last?["gained"])
        let done = try await edit(
            world,
            as: "unit",
            #"{"put": [{"classes": "E-05*", "unit": "squad", "basis": "文件二"}, {"classes": "E-02*", "unit": "enforcement"}],"#
                + #" "remove": [{"classes": "E-04*"}], "note": "交接"}"#
        )
        #expect(done.json["editions"]?.elements?.count == 1, "\(done.text)")
        #expect(try await rules(world, as: "unit") == ["E-05* squad", "E-02* enforcement"])
        #expect(try await rules(world, as: "unit2") == ["E-03* municipal"])
        let history = try await world.ask(.get, "/api/v1/base/sets/responsibility/editions", as: "unit")
        let edition = history.json["items"]?.elements?.first
        #expect(edition?["by"] == "unit" && edition?["note"] == "交接")
        let audit = try await world.ask(.get, "/api/v1/audit?user=unit", as: "admin").json["items"]?.elements ?? []
        let entry = audit.first { $0["action"] == "changeBaseData" }
        #expect(entry?["data"]?["unit"] == "enforcement" && entry?["role"] == "unit", "\(audit)")
        let entryClass = try #require(world.cases.base.catalogue["E-05-06"])
        #expect(world.cases.base.responsibility.unit(for: entryClass, cell: nil) == "squad")
    }

    @Test(
        "what another unit has, or would get, is refused with the row, and nothing is kept",
        arguments: [
            // Another's rule changed, and given away by whoever has it.
            (#"{"put": [{"classes": "E-03*", "unit": "enforcement"}]}"#, "municipal"),
            (#"{"put": [{"classes": "E-05*", "unit": "municipal"}]}"#, "municipal"),
            (#"{"put": [{"classes": "E-01*", "unit": "nobody"}]}"#, "nobody"),
            (#"{"remove": [{"classes": "E-03*"}]}"#, "municipal"),
            (#"{"put": [{"classes": "E-01* E-03*", "area": "*", "unit": "squad"}]}"#, "municipal"),
            // One of two.
            (#"{"put": [{"classes": "E-02*", "unit": "squad"}], "remove": [{"classes": "E-03*"}]}"#, "municipal"),
        ]
    )
    func foreign(body: String, unit: String) async throws {
        let world = try await world()
        let before = try await rules(world, as: "admin")
        let reply = try await edit(world, as: "unit", body)
        #expect(reply.status == 403 && reply.code == "foreignRow", "\(reply.text)")
        #expect(reply.json["params"]?["unit"]?.text == unit)
        #expect(reply.json["params"]?["row"]?.elements?.contains(.string(unit)) == true)
        #expect(try await rules(world, as: "admin") == before)
    }

    @Test("rights go downward only: the unit below doesn't touch what the one above it has")
    func downward() async throws {
        let world = try await world()
        let service = BaseDataService(book: world.cases.book, clock: world.clock)
        let order = BaseDataService.Order(by: "squad", isTrial: false)
        await #expect(throws: BaseDataService.ForeignRow.self) {
            _ = try await service.edit(
                .responsibility,
                put: [["E-05*", "*", "", "squad", "", "", ""]],
                remove: [],
                order: order,
                within: "squad"
            )
        }
        let own = try await service.edit(
            .responsibility,
            put: [["E-04*", "", "", "squad", "", "", "文件"]],
            remove: [],
            order: order,
            within: "squad"
        )
        #expect(own.editions.count == 1)
    }

    @Test(
        "a rule that another unit has for the same is a finding that names it, and a date of the future holds from then on"
    )
    func overlapAndDate() async throws {
        let world = try await world()
        let clash = try await edit(
            world,
            as: "unit",
            #"{"put": [{"classes": "E-03*", "from": "2026-01-01", "unit": "squad"}]}"#
        )
        #expect(clash.status == 200 && clash.json["editions"]?.elements?.isEmpty == true)
        #expect(
            clash.json["findings"]?.elements?.first?["problem"]?.text?.contains("municipal") == true,
            "\(clash.text)"
        )
        let from = (world.clock.now() + .seconds(3600)).rfc3339
        let body = #"{"put": [{"classes": "E-04*", "unit": "enforcement"}], "validFrom": "\#(from)"}"#
        #expect(try await edit(world, as: "unit", body).json["editions"]?.elements?.count == 1)
        #expect(try await rules(world, as: "unit").contains("E-04* squad"))
        world.clock.advance(by: .seconds(3601))
        #expect(try await rules(world, as: "unit").contains("E-04* enforcement"))
    }
}
