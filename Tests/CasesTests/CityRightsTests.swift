import Domain
import Foundation
import Store
import Testing

@testable import Cases

/// A centre of the size that cities have: 174 units in a tree, 40 of them with cases, 255 accounts.
@Suite("Lists and rights in a whole city")
struct CityRightsTests {
    private struct City {
        let base: CaseWorld
        let service: CaseService
        /// The unit above each unit.
        let parents: [String: String]
        let units: [String]
        /// Those that cases are given to.
        let working: [String]
        let accounts: [CaseActor]

        init(_ random: inout SeededRandom) throws {
            base = try CaseWorld()
            var text = "id,name,kind,parent\n"
            var parents: [String: String] = [:]
            var units: [String] = []
            for number in 0..<174 {
                let id = "u\(number)"
                // Three trees; the deeper ones have lines of a dozen units below each other.
                let parent = number < 3 ? nil : units[Int.random(in: max(0, number - 30)..<number, using: &random)]
                parents[id] = parent
                units.append(id)
                text += "\(id),单位\(number),\(number < 3 ? "centre" : "department"),\(parent ?? "")\n"
            }
            var data = BaseData(timeZone: .gmt)
            try data.take(.units, text, origin: .declared(file: "units.csv"))
            data.link(day: 0)
            service = CaseService(
                repository: CaseRepository(base.database),
                base: data,
                feed: base.feed,
                clock: base.clock
            )
            self.parents = parents
            self.units = units
            working = units.shuffled(using: &random).prefix(40).sorted()
            let others = Role.allCases.filter { $0 != .unit }
            accounts = (0..<255).map { number in
                number % 5 < 3
                    ? CaseActor(name: "ren-\(number)", role: .unit, unit: units[number * 174 / 255])
                    : CaseActor(name: "ren-\(number)", role: others[number % others.count])
            }
        }

        /// Walks up, one unit after the other.
        func isAtOrBelow(_ unit: String, _ own: String) -> Bool {
            var here: String? = unit
            while let id = here {
                if id == own { return true }
                here = parents[id]
            }
            return false
        }
    }

    private func fill(_ city: City, _ count: Int, _ random: inout SeededRandom) async throws {
        func unit() -> String { city.working[Int.random(in: 0..<city.working.count, using: &random)] }
        let dispatcher = CaseActor(name: "pai", role: .dispatcher)
        for index in 0..<count {
            let point = GeoPoint(lat: 32 + Double(index) * 0.01, lon: 119)
            let id = try await city.service.openOrJoin(city.base.request("09009", at: point, alarm: "a\(index)"))
            city.base.clock.advance(by: .seconds(60))
            guard index % 8 > 0 else { continue }
            let lead = unit()
            let worker = CaseActor(name: "gong", role: .unit, unit: lead)
            _ = try await city.service.act(id, .dispatch, by: dispatcher, input: CaseInput(unit: lead))
            let other = unit()
            if index % 3 == 0, other != lead {
                _ = try await city.service.act(id, .engage, by: dispatcher, input: CaseInput(units: [other]))
            }
            if index % 2 == 0 { _ = try await city.service.act(id, .accept, by: worker) }
            if index % 4 == 0, index % 3 > 0 {
                _ = try await city.service.act(id, .handle, by: worker, input: CaseInput(note: "done"))
            }
        }
    }

    @Test("255 accounts on 174 units, 40 of them at work: every list and every right is what a slow reference says")
    func reference() async throws {
        var random = SeededRandom(seed: 40)
        let city = try City(&random)
        defer { city.base.remove() }
        #expect(city.units.count == 174 && city.working.count == 40 && city.accounts.count == 255)
        try await fill(city, 120, &random)
        let leader = CaseActor(name: "ling", role: .leader)
        let all = try await city.service.list(CaseFilter(), page: PageRequest(limit: 1000), for: leader).items
        #expect(all.count == 120)
        let now = city.base.clock.now()
        var seen = 0
        var rights = 0
        for actor in city.accounts {
            let expected = all.filter { value in
                guard actor.role == .unit, let own = actor.unit else { return true }
                return value.subject(at: now).units.contains { city.isAtOrBelow($0, own) }
            }
            let listed = try await city.service.list(CaseFilter(), page: PageRequest(limit: 1000), for: actor).items
            #expect(listed.map(\.id) == expected.map(\.id), "\(actor.name) \(actor.unit ?? "")")
            seen += listed.count
            let visible = Set(expected.map(\.id))
            for value in all {
                // As each unit at or below its own, one after the other; others as what they are.
                let subject = value.subject(at: now)
                let possible =
                    actor.role == .unit
                    ? city.units.filter { city.isAtOrBelow($0, actor.unit ?? "") }
                        .map { CaseActor(name: actor.name, role: .unit, unit: $0) } : [actor]
                let own = Set(possible.flatMap { CaseMachine.actions(on: subject, for: $0) })
                #expect(Set(city.service.actions(on: value, for: actor)) == own, "\(actor.name) \(value.number)")
                #expect(own.allSatisfy { $0.role == actor.role })
                if !visible.contains(value.id) { #expect(own.isEmpty, "\(actor.name) \(value.number)") }
                rights += own.count
            }
        }
        #expect(seen > 5000 && rights > 5000)
        // What isn't in the list isn't there by its id either, nor can anything be done to it.
        for actor in city.accounts where actor.role == .unit {
            let listed = try await city.service.list(CaseFilter(), page: PageRequest(limit: 1000), for: actor).items
            guard let foreign = all.first(where: { value in !listed.contains { $0.id == value.id } }) else { continue }
            let error = await #expect(throws: CaseError.self) {
                _ = try await city.service.get(foreign.id, for: actor)
            }
            #expect(error?.code == .notFound)
            await #expect(throws: CaseError.self) { _ = try await city.service.act(foreign.id, .accept, by: actor) }
        }
    }
}
