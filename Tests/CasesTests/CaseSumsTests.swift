import Cases
import Domain
import Foundation
import Store
import Testing

/// Cases counted along the tree of units and by areas, against a count of the list.
@Suite("Sums of cases")
struct CaseSumsTests {
    private struct World {
        let folder: URL
        let database: Database
        let service: CaseService
        let clock = ManualClock()

        init(_ base: BaseData) throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "gridwatch-sums-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            database = try Database(directory: folder)
            service = CaseService(
                repository: CaseRepository(database),
                base: base,
                feed: ChangeFeed(),
                clock: clock
            )
        }

        func remove() {
            try? database.close()
            try? FileManager.default.removeItem(at: folder)
        }

        func open(at point: GeoPoint) async throws -> String {
            try await service.openOrJoin(
                CaseRequest(classCode: "E-05-06", position: point, channel: "sensor", at: clock.now(), filed: true)
            )
        }
    }

    private static let box = GeoBox(south: 32.4, north: 32.42, west: 119.9, east: 119.92)

    /// A grid of two communities, one above the other; rules give each of its rows' cells to one of the units.
    private static func base(units: String, leaves: [String]) throws -> BaseData {
        let north = ring(32.41, box.north)
        let south = ring(box.south, 32.41)
        let cells = try GridGenerator(side: 200).cells(over: [
            .init(code: "321202001001", polygons: [[north]]), .init(code: "321202002001", polygons: [[south]]),
        ])
        let key = cells.filter { $0.code.hasSuffix("1") }.map(\.code).joined(separator: " ")
        var base = BaseData(timeZone: .gmt)
        try base.take(.grid, String(decoding: CellIndex(cells: cells).geoJSON(), as: UTF8.self), origin: .edition(1))
        let areas = "id,kind,name,cells\n321202,district,区,\n321202001,street,北街,\n321202002,street,南街,\n"
        try base.take(.areas, areas + "key,keyArea,重点,\(key)\n", origin: .edition(1))
        try base.take(.units, units, origin: .edition(1))
        let rules = leaves.enumerated().map { "E-0*,32120200\($0 % 2 + 1)0010\($0 / 2)*,\($1)\n" }.joined()
        try base.take(.responsibility, "classes,area,unit\n" + rules, origin: .edition(1))
        base.link(day: 0)
        return base
    }

    private static func ring(_ south: Double, _ north: Double) -> [GeoPoint] {
        [(box.west, south), (box.east, south), (box.east, north), (box.west, north), (box.west, south)]
            .map { GeoPoint(lat: $0.1, lon: $0.0) }
    }

    @Test("on trees of depth 2, 3 and 4 each unit has what its own list has, and all below it", arguments: [2, 3, 4])
    func rolledUp(depth: Int) async throws {
        // A chain of centres with a department on each step; the leaves answer for the cells.
        var units = "id,name,kind,parent\n"
        for step in 0..<depth {
            units += "c\(step),中心\(step),centre,\(step == 0 ? "" : "c\(step - 1)")\n"
            units += "d\(step),部门\(step),department,c\(step)\n"
        }
        let leaves = (0..<depth).map { "d\($0)" }
        let world = try World(try Self.base(units: units, leaves: leaves))
        defer { world.remove() }
        var random = SeededRandom(seed: UInt64(depth))
        for _ in 0..<60 {
            world.clock.advance(by: .seconds(3600))
            let point = GeoPoint(
                lat: .random(in: 32.4...32.42, using: &random),
                lon: .random(in: 119.9...119.92, using: &random)
            )
            _ = try await world.open(at: point)
        }
        let leader = CaseWorld.actor(.leader)
        let all = try await world.service.list(CaseFilter(), page: PageRequest(limit: 1000), for: leader).items
        let sums = try await world.service.sums(by: .unit, CaseFilter(), opened: nil, for: leader)
        #expect(sums.lines.compactMap(\.id).count == 2 * depth)
        for line in sums.lines {
            let own = all.filter { $0.unit == line.id }
            #expect(line.own.total == own.count && line.own.open == own.count)
            #expect(line.own.overdue == own.count { $0.isOverdue(at: world.clock.now()) })
            guard let id = line.id else { continue }
            let filter = CaseFilter(units: world.service.base.unitsWithin(id))
            let below = try await world.service.list(filter, page: PageRequest(limit: 1000), for: leader).items
            #expect(line.all.total == below.count)
            #expect(line.depth == world.service.base.responsibility.tree.depth(of: id))
        }
        #expect(sums.lines.first?.all.total == all.count { $0.unit != nil })
        // A centre's user sees its own queue and no other's, in lists and sums alike.
        let centre = CaseWorld.actor(.unit, unit: "c1")
        let queue = try await world.service.list(CaseFilter(), page: PageRequest(limit: 1000), for: centre).items
        let own = try await world.service.sums(by: .unit, CaseFilter(), opened: nil, for: centre)
        #expect(Set(queue.compactMap(\.unit)).allSatisfy { world.service.base.responsibility.tree.isWithin($0, "c1") })
        #expect(own.lines.first { $0.id == "c1" }?.all.total == queue.count)
        #expect(own.lines.first { $0.id == "c0" }?.own.total == 0)
    }

    @Test("an area's sum is the number of cases that its filter finds, for key areas too")
    func areas() async throws {
        let units = "id,name,kind,parent\nc,中心,centre,\nd,部门,department,c\n"
        let world = try World(try Self.base(units: units, leaves: ["d", "d"]))
        defer { world.remove() }
        var random = SeededRandom(seed: 9)
        for _ in 0..<50 {
            world.clock.advance(by: .seconds(3600))
            let point = GeoPoint(
                lat: .random(in: 32.395...32.42, using: &random),
                lon: .random(in: 119.9...119.92, using: &random)
            )
            _ = try await world.open(at: point)
        }
        let leader = CaseWorld.actor(.leader)
        let sums = try await world.service.sums(by: .area, CaseFilter(), opened: nil, for: leader)
        var found = 0
        for line in sums.lines {
            guard let id = line.id else { continue }
            var filter = CaseFilter()
            let cells: CaseFilter.Cells = try #require(world.service.base.cells(ofArea: id))
            filter.cells = cells
            let list = try await world.service.list(filter, page: PageRequest(limit: 1000), for: leader).items
            #expect(line.all.total == list.count, "\(id)")
            found += list.count
        }
        #expect(found > 0 && sums.lines.first { $0.id == "key" }?.all.total ?? 0 > 0)
        // Half of the time: only what was opened in it.
        let middle = world.clock.now() - .seconds(25 * 3600)
        let late = try await world.service.sums(
            by: .area,
            CaseFilter(),
            opened: middle + .seconds(1)..<world.clock.now() + .seconds(1),
            for: leader
        )
        let part = late.lines.first { $0.id == "321202" }?.all.total ?? 0
        #expect(part > 0 && part < sums.lines.first { $0.id == "321202" }?.all.total ?? 0)
    }

    @Test("a case goes over to another centre's unit and comes back, and stands in one queue at a time")
    func acrossCentres() async throws {
        let units = """
            id,name,kind,parent
            city,市级中心,centre,
            east,东区中心,centre,city
            west,西区中心,centre,city
            e1,东区市政,department,east
            w1,西区市政,department,west
            """
        let world = try World(try Self.base(units: units, leaves: ["e1", "w1"]))
        defer { world.remove() }
        let id = try await world.open(at: GeoPoint(lat: 32.415, lon: 119.91))
        func queues() async throws -> [String] {
            var holders: [String] = []
            for unit in ["city", "east", "west"] {
                let actor = CaseWorld.actor(.unit, unit: unit)
                let list = try await world.service.list(CaseFilter(open: true), page: PageRequest(), for: actor)
                if list.items.contains(where: { $0.id == id }) { holders.append(unit) }
            }
            return holders
        }
        let dispatcher = CaseWorld.actor(.dispatcher)
        _ = try await world.service.act(id, .dispatch, by: dispatcher, input: CaseInput(unit: "e1"))
        #expect(try await queues() == ["city", "east"])
        _ = try await world.service.act(
            id,
            .return,
            by: CaseWorld.actor(.unit, unit: "e1"),
            input: CaseInput(reason: "beyond the border")
        )
        _ = try await world.service.act(id, .dispatch, by: dispatcher, input: CaseInput(unit: "w1"))
        #expect(try await queues() == ["city", "west"])
        // The eastern centre may not touch it now; the western may, for its unit.
        await #expect(throws: CaseError.self) {
            _ = try await world.service.act(id, .accept, by: CaseWorld.actor(.unit, unit: "east"))
        }
        _ = try await world.service.act(id, .accept, by: CaseWorld.actor(.unit, unit: "west"))
        _ = try await world.service.act(
            id,
            .return,
            by: CaseWorld.actor(.unit, unit: "w1"),
            input: CaseInput(reason: "yours after all")
        )
        // The second return is for the dispatcher to adjudicate.
        let ruling = CaseInput(reason: "the border of 2019", unit: "e1")
        let back = try await world.service.act(id, .adjudicate, by: dispatcher, input: ruling)
        #expect(back.unit == "e1")
        #expect(try await queues() == ["city", "east"])
    }
}
