import Domain
import Foundation
import Store
import Testing

@testable import Cases

/// Lists, each compared with looking at every case.
@Suite("Lists of cases")
struct CaseListTests {
    /// Two districts with departments and teams below them, and single departments.
    private static let units = """
        id,name,kind,parent
        city,市级中心,centre,
        east,东区中心,centre,city
        e1,东区市政,department,east
        e2,东区排水,department,east
        team,抢修队,team,e2
        west,西区中心,centre,city
        w1,西区市政,department,west
        gas,燃气,department,
        """
    private static let ids = ["city", "east", "e1", "e2", "team", "west", "w1", "gas"]

    private struct World {
        let base: CaseWorld
        let service: CaseService

        init() throws {
            base = try CaseWorld()
            var data = BaseData(timeZone: .gmt)
            try data.take(.units, CaseListTests.units, origin: .declared(file: "units.csv"))
            data.link(day: 0)
            service = CaseService(
                repository: CaseRepository(base.database),
                base: data,
                feed: base.feed,
                clock: base.clock
            )
        }
    }

    /// Cases in many states, some with units that take part, from one centre to the other.
    private func fill(_ world: World, _ count: Int, _ random: inout SeededRandom) async throws {
        func unit() -> String { Self.ids[Int.random(in: 0..<Self.ids.count, using: &random)] }
        let dispatcher = CaseActor(name: "pai", role: .dispatcher)
        for index in 0..<count {
            var request = world.base.request(
                ["E-05-06", "09009", "E-05-03"][index % 3],
                at: GeoPoint(
                    lat: .random(in: 32...33, using: &random),
                    lon: .random(in: 119...120, using: &random)
                ),
                alarm: "a\(index)",
                filed: index % 5 > 0
            )
            request.channel = ["camera", "sensor", "12345"][index % 3 == 0 ? 0 : Int.random(in: 0..<3, using: &random)]
            request.address = "路\(index % 7)号"
            let id = try await world.service.openOrJoin(request)
            world.base.clock.advance(by: .seconds(Int64.random(in: 1...900, using: &random)))
            guard request.filed, Int.random(in: 0..<6, using: &random) > 0 else { continue }
            let lead = unit()
            _ = try await world.service.act(id, .dispatch, by: dispatcher, input: CaseInput(unit: lead))
            if Bool.random(using: &random) {
                let other = unit()
                if other != lead {
                    _ = try await world.service.act(id, .engage, by: dispatcher, input: CaseInput(units: [other]))
                }
            } else if Bool.random(using: &random) {
                let actor = CaseActor(name: "gong", role: .unit, unit: lead)
                _ = try await world.service.act(id, .accept, by: actor)
                _ = try await world.service.act(id, .handle, by: actor, input: CaseInput(note: "done"))
            }
        }
    }

    private func randomFilter(_ random: inout SeededRandom, _ now: WallTime) -> CaseFilter {
        func sometimes<Value>(_ values: [Value]) -> Value? {
            Int.random(in: 0..<4, using: &random) == 0 ? values[Int.random(in: 0..<values.count, using: &random)] : nil
        }
        var filter = CaseFilter(
            state: sometimes([.filed, .dispatched, .handled, .reported]),
            classCode: sometimes(["E-05-06", "09009"]),
            unit: sometimes(Self.ids),
            open: sometimes([true, false]),
            query: sometimes(["路3", "2026", "没有"])
        )
        filter.channel = sometimes(["camera", "sensor"])
        filter.holder = sometimes([CaseHolder(.unit, "e1"), CaseHolder(.role, "dispatcher")])
        filter.due = sometimes([
            CaseFilter.Due(from: nil, to: now), CaseFilter.Due(from: now, to: now + .seconds(7200)),
        ])
        let south = Double.random(in: 32...32.8, using: &random)
        filter.box = sometimes([CaseFilter.Box(lat: south...(south + 0.3), lon: 119.1...119.9)])
        return filter
    }

    private func matches(_ value: Case, _ filter: CaseFilter) -> Bool {
        if let state = filter.state, value.state != state { return false }
        if let code = filter.classCode, value.classCode != code { return false }
        if let unit = filter.unit, value.unit != unit { return false }
        if let open = filter.open, value.state.isOpen != open { return false }
        if let channel = filter.channel, value.channel != channel { return false }
        if let holder = filter.holder, value.holder != holder { return false }
        if let query = filter.query, !"\(value.number) \(value.address ?? "")".contains(query) { return false }
        if let due = filter.due {
            guard value.state.isOpen, let dueAt = value.dueAt, dueAt < due.to else { return false }
            // What was done in time is neither late nor about to be.
            if let done = value.timers?.last?.metAt, done <= dueAt { return false }
            if let from = due.from, dueAt < from { return false }
        }
        if let box = filter.box {
            guard let point = value.position, box.lat.contains(point.lat), box.lon.contains(point.lon) else {
                return false
            }
        }
        return true
    }

    @Test("every list is what looking at each case gives, for every role and every unit, page by page and on the map")
    func reference() async throws {
        let world = try World()
        defer { world.base.remove() }
        var random = SeededRandom(seed: 12)
        try await fill(world, 150, &random)
        let service = world.service
        let leader = CaseActor(name: "ling", role: .leader)
        let all = try await service.list(CaseFilter(), page: PageRequest(limit: 1000), for: leader).items
        #expect(all.count == 150)
        let tree = service.base.responsibility.tree
        let actors = [leader] + Self.ids.map { CaseActor(name: "ren", role: .unit, unit: $0) }
        var found = 0
        for _ in 0..<400 {
            let actor = actors[Int.random(in: 0..<actors.count, using: &random)]
            let filter = randomFilter(&random, world.base.clock.now())
            let expected = all.filter { value in
                guard matches(value, filter) else { return false }
                guard let own = actor.unit else { return true }
                // Whoever names a unit asks for the cases that it leads.
                let units = filter.unit == nil ? value.subject(at: value.openedAt).units : [value.unit ?? ""]
                return units.contains { $0 == own || tree.isWithin($0, own) }
            }.map(\.id)
            var listed: [String] = []
            var cursor: String?
            repeat {
                let page = try await service.list(filter, page: PageRequest(limit: 7, cursor: cursor), for: actor)
                listed += page.items.map(\.id)
                cursor = page.next
            } while cursor != nil
            #expect(listed == expected, "\(actor.unit ?? "all") \(filter)")
            let marks = try await service.places(filter, limit: 1000, for: actor)
            #expect(marks.map(\.id) == expected)
            found += listed.count
        }
        #expect(found > 1000)
    }

    @Test("replaying all logs finds the one that was changed, and says where")
    func verifyAll() async throws {
        let world = try World()
        defer { world.base.remove() }
        var random = SeededRandom(seed: 2)
        try await fill(world, 30, &random)
        let report = try await world.service.verifyAll(workers: 2)
        #expect(report.cases == 30 && report.faulty == 0 && report.entries >= 30)
        let leader = CaseActor(name: "ling", role: .leader)
        let victim = try #require(
            try await world.service.list(CaseFilter(), page: PageRequest(limit: 1000), for: leader).items.dropFirst(9)
                .first
        )
        var (stored, entries) = try #require(try await world.service.repository.log(victim.id))
        #expect(CaseLog.verify(stored, entries) == .intact)
        stored.value.address = "elsewhere"
        var changed = CaseLogReport()
        changed.take(stored, entries)
        #expect(changed.faults == [.init(caseId: victim.id, number: victim.number, finding: .differs)])
        entries[0].entry += " "
        changed.take(stored, entries)
        #expect(changed.faulty == 2 && changed.faults.last?.finding == .broken(seq: 1))
    }
}
