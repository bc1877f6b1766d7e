import Cases
import Domain
import Foundation
import Store
import Testing

@Suite("Base data over time")
struct BaseDataBookTests {
    private struct World {
        let folder: URL
        let database: Database
        let clock = ManualClock()
        let book: BaseDataBook
        let service: BaseDataService
        let cases: CaseService

        init() async throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "gridwatch-base-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            database = try Database(directory: folder)
            let base = BaseData(timeZone: TimeZone(secondsFromGMT: 8 * 3600) ?? .gmt)
            let editions = BaseEditionRepository(database)
            book = try await BaseDataBook(base, repository: editions, clock: clock)
            service = BaseDataService(book: book, clock: clock)
            cases = CaseService(repository: CaseRepository(database), book: book, feed: ChangeFeed(), clock: clock)
        }

        func remove() {
            try? database.close()
            try? FileManager.default.removeItem(at: folder)
        }

        func order(_ note: String? = nil, from: WallTime? = nil, isTrial: Bool = false) -> BaseDataService.Order {
            BaseDataService.Order(by: "admin", note: note, validFrom: from, isTrial: isTrial)
        }

        func limit(_ hours: String) -> [String] {
            ["E-05-06", "1", "积水", "finish", hours, "urgentHour", "filed", "published"]
        }
    }

    @Test("a trial shows the effect and keeps nothing; the change then is an edition, and only limits have one")
    func edit() async throws {
        let world = try await World()
        defer { world.remove() }
        let trial = try await world.service.edit(
            .limits,
            put: [world.limit("9")],
            remove: [],
            order: world.order(isTrial: true)
        )
        #expect(trial.findings.isEmpty)
        #expect(trial.effect?.classesDueOtherwise == 1)
        #expect(trial.effect?.deadlines.map(\.code) == ["E-05-06"])
        #expect(world.book.editions.isEmpty)
        let done = try await world.service.edit(.limits, put: [world.limit("9")], remove: [], order: world.order("雨季"))
        #expect(done.editions.map(\.number) == [1])
        #expect(world.book.current.catalogue["E-05-06"]?.levels[0].limit == TimeLimit(value: 9, unit: .urgentHour))
        #expect(world.book.current.versions == ["limits": 1])
        #expect(world.book.edition(of: .classes, at: world.clock.now()) == nil)
        // The same after a restart.
        let again = try await BaseDataBook(
            world.book.declared,
            repository: BaseEditionRepository(world.database),
            clock: world.clock
        )
        #expect(again.current.catalogue["E-05-06"]?.levels[0].limit.value == 9)
    }

    @Test("what was valid on a date is answered, and rolling back makes it hold again as a new edition")
    func history() async throws {
        let world = try await World()
        defer { world.remove() }
        let first = world.clock.now()
        _ = try await world.service.edit(.limits, put: [world.limit("5")], remove: [], order: world.order())
        world.clock.advance(by: .seconds(86_400))
        _ = try await world.service.edit(.limits, put: [world.limit("7")], remove: [], order: world.order())
        func hours(_ base: BaseData) -> Int? { base.catalogue["E-05-06"]?.levels[0].limit.value }
        let earlier = try world.book.base(at: first - .seconds(1))
        let between = try world.book.base(at: first + .seconds(60))
        #expect(hours(earlier) == 2)
        #expect(hours(between) == 5)
        #expect(hours(world.book.current) == 7)
        world.clock.advance(by: .seconds(60))
        let back = try await world.service.rollBack(.limits, to: first + .seconds(60), order: world.order())
        #expect(back.editions.map(\.number) == [3])
        #expect(hours(world.book.current) == 5)
        let before = try await world.service.rollBack(.limits, to: first - .seconds(60), order: world.order())
        #expect(before.editions.map(\.number) == [4] && hours(world.book.current) == 2)
    }

    @Test("a change with a date in the future holds from then on")
    func future() async throws {
        let world = try await World()
        defer { world.remove() }
        let from = world.clock.now() + .seconds(3600)
        _ = try await world.service.edit(.limits, put: [world.limit("6")], remove: [], order: world.order(from: from))
        #expect(world.book.current.catalogue["E-05-06"]?.levels[0].limit.value == 2)
        world.clock.advance(by: .seconds(3601))
        #expect(world.book.current.catalogue["E-05-06"]?.levels[0].limit.value == 6)
    }

    @Test("a running case keeps its limit, its calendar and its versions when the data changes")
    func runningCase() async throws {
        let world = try await World()
        defer { world.remove() }
        let dispatched = ["E-05-06", "1", "积水", "finish", "1", "workDay", "dispatched", "published"]
        _ = try await world.service.edit(.limits, put: [dispatched], remove: [], order: world.order())
        let table = world.book.current.text(of: .calendar) ?? ""
        let calendar = try await world.service.importFile(
            .calendar,
            Array(table.utf8),
            mode: .replace,
            order: world.order()
        )
        #expect(calendar.findings.isEmpty && calendar.editions.map(\.number) == [1])
        let request = CaseRequest(
            classCode: "E-05-06",
            position: CaseWorld.here,
            channel: "monitor",
            at: world.clock.now(),
            filed: true
        )
        let id = try await world.cases.openOrJoin(request)
        let filed = try await world.cases.get(id, for: CaseWorld.actor(.dispatcher))
        #expect(filed.versions == ["limits": 1, "calendar": 1])
        #expect(filed.dueAt == nil)
        // Tomorrow becomes a holiday; the case knows nothing of it.
        let day = LocalDay.text(world.book.current.deadlines.localDay(world.clock.now()) + 1)
        let holiday = try await world.service.edit(
            .calendar,
            put: [["holiday", day, day, ""]],
            remove: [],
            order: world.order()
        )
        #expect(holiday.findings.isEmpty)
        let changed = try await world.cases.act(id, .dispatch, by: CaseWorld.actor(.dispatcher))
        let limit = TimeLimit(value: 1, unit: .workDay)
        let old = world.book.deadlines(calendar: 1).deadline(from: world.clock.now(), limit: limit)
        #expect(changed.dueAt == old && old != nil)
        #expect(world.book.current.deadlines.deadline(from: world.clock.now(), limit: limit) != old)
        #expect(changed.versions == ["limits": 1, "calendar": 1])
        #expect(try await world.cases.verifyLog(id) == .intact)
    }

    @Test("a set that the site file names is changed there and nowhere else")
    func declared() async throws {
        let world = try await World()
        defer { world.remove() }
        var base = world.book.declared
        try base.take(.scores, "code,level,points\nE-05-06,1,2\n", origin: .declared(file: "scores.csv"))
        base.link(day: 0)
        let book = try await BaseDataBook(base, repository: BaseEditionRepository(world.database), clock: world.clock)
        let report = try await BaseDataService(book: book, clock: world.clock)
            .edit(.scores, put: [["E-05-06", "1", "9"]], remove: [], order: world.order())
        #expect(report.findings.first?.problem.contains("site file names scores.csv") == true)
        #expect(book.editions.isEmpty)
    }

    @Test("what doesn't fit the other sets is told by the line of the file")
    func placedFindings() async throws {
        let world = try await World()
        defer { world.remove() }
        let rules = "unit,classes,area\nwater,E-05*,*\nnobody,E-04* E-03-01,*\ngas,E-05-06 E-99-99,*\n"
        let report = try await world.service.importFile(
            .responsibility,
            Array(rules.utf8),
            mode: .replace,
            order: world.order()
        )
        let places = report.findings.map { "\($0.line ?? 0) \($0.column ?? "") \($0.value ?? "")" }
        #expect(places == ["3 unit nobody", "4 classes E-99-99"], "\(report.findings)")
        // Merged with what is there, lines are still those of the file, which has a blank one.
        let first = "classes,area,unit\nE-05*,*,water\nE-04*,*,gas\n"
        _ = try await world.service.importFile(
            .responsibility,
            Array(first.utf8),
            mode: .replace,
            order: world.order()
        )
        let merged = try await world.service.importFile(
            .responsibility,
            Array("unit,classes,area,from\n\ngas,E-03*,*,\nparks,E-05*,*,2026-01-01\n".utf8),
            mode: .merge,
            order: world.order()
        )
        #expect(merged.findings.map(\.line) == [4], "\(merged.findings)")
        #expect(world.book.editions.count == 1)
    }

    @Test("a second town is added at run time: its areas, units and rules, and only its own")
    func secondTown() async throws {
        let world = try await World()
        defer { world.remove() }
        let before = world.book.current
        let areas = "id,kind,name\n321283,district,二镇\n"
        let units = before.table(of: .units).csv + "town2,二镇中心,Town 2,centre,\nteam2,二镇班组,Team 2,team,town2\n"
        let rules = "classes,area,unit,from\nE-05*,321283,team2,2026-01-01\n"
        for (set, text) in [(BaseSet.areas, areas), (.units, units), (.responsibility, rules)] {
            let report = try await world.service.importFile(set, Array(text.utf8), mode: .replace, order: world.order())
            #expect(report.findings.isEmpty, "\(set): \(report.findings)")
        }
        let now = world.book.current
        let entry = try #require(now.catalogue["E-05-06"])
        #expect(now.responsibility.unit(for: entry, cell: "321283001001001") == "team2")
        #expect(now.responsibility.unit(for: entry, cell: "321202001001001") == entry.unit)
        #expect(now.responsibility.tree.isWithin("team2", "town2"))
    }

    @Test("mutated files give a row report or a clean refusal, and the old data stays untouched")
    func mutations() async throws {
        let world = try await World()
        defer { world.remove() }
        var random = SeededRandom(seed: 91)
        let before = world.book.current
        let grid = try CellIndex(
            cells: GridGenerator().cells(over: [
                .init(code: "321202001001", polygons: [[Self.square]])
            ])
        )
        var samples: [(BaseSet, [UInt8])] = [(.grid, grid.geoJSON())]
        samples += [BaseSet.classes, .limits, .mapping, .calendar, .units, .systems].map { set in
            (set, Array((before.text(of: set) ?? "").utf8.prefix(3000)))
        }
        samples.append(
            (.responsibility, Array("classes,area,owner,unit,from,to,basis\nE-05*,*,,water,2026-01-01,,文件\n".utf8))
        )
        samples.append((.areas, Array("id,kind,name,cells\n321202,district,海陵,\nd1,dutyGrid,一格,3212020010*\n".utf8)))
        samples.append(
            (.places, Array("kind,name,number,lat,lon\naddress,鼓楼路,12,32.49,119.92\npoi,公园,,32.4,119.9\n".utf8))
        )
        let rounds = ProcessInfo.processInfo.environment["GRIDWATCH_SOAK"] == "1" ? 10_000 : 200
        for round in 0..<rounds {
            let (set, original) = samples[round % samples.count]
            var bytes = original
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[at] = .random(in: 0...255, using: &random)
                case 1: bytes.remove(at: at)
                case 2: bytes.insert([10, 13, 34, 44, 0, 45][Int.random(in: 0..<6, using: &random)], at: at)
                default: bytes.removeSubrange(at..<min(bytes.count, at + 40))
                }
                if bytes.isEmpty { bytes = [44] }
            }
            let report = try await world.service.importFile(
                set,
                bytes,
                mode: .replace,
                order: world.order(isTrial: true)
            )
            // Either something to mend, each with its remedy, or an effect that can be shown.
            #expect(report.findings.isEmpty == (report.effect != nil))
            #expect(report.findings.allSatisfy { !$0.problem.isEmpty && !$0.remedy.isEmpty })
        }
        #expect(world.book.editions.isEmpty)
        #expect(world.book.current.catalogue.classes == before.catalogue.classes)
        #expect(world.book.current.grid.codes.isEmpty)
    }

    @Test("changed cells take the place of those with their codes, a new one comes to them, and all others stay")
    func mergedGrid() async throws {
        let world = try await World()
        defer { world.remove() }
        let cells = try GridGenerator().cells(over: [.init(code: "321202001001", polygons: [[Self.square]])])
        let whole = try await world.service.importFile(
            .grid,
            CellIndex(cells: cells).geoJSON(),
            mode: .replace,
            order: world.order()
        )
        #expect(whole.findings.isEmpty && cells.count > 10)
        var moved = cells[3]
        let corner = moved.polygons[0][0][1]
        moved.polygons[0][0][1] = GeoPoint(lat: corner.lat + 0.00002, lon: corner.lon)
        var added = cells[0]
        added.code = "321202001001990"
        added.polygons = added.polygons.map { $0.map { $0.map { GeoPoint(lat: $0.lat + 0.05, lon: $0.lon) } } }
        let report = try await world.service.importFile(
            .grid,
            CellIndex(cells: [moved, added]).geoJSON(),
            mode: .merge,
            order: world.order()
        )
        #expect(report.findings.isEmpty && report.effect?.addedCells == 1 && report.effect?.removedCells == 0)
        guard case .loaded(let index) = world.book.current.grid else {
            Issue.record("no grid")
            return
        }
        #expect(index.cells.map(\.code) == cells.map(\.code) + [added.code])
        let now = try #require(index.cells.first { $0.code == moved.code }?.polygons[0][0][1])
        #expect(abs(now.lat - corner.lat - 0.00002) < 1e-8)
        // One corner alone has moved: what it left open is said.
        #expect(!report.faults.isEmpty)
    }

    private static let square = [(119.9, 32.4), (119.906, 32.4), (119.906, 32.405), (119.9, 32.405), (119.9, 32.4)]
        .map { GeoPoint(lat: $0.1, lon: $0.0) }
}
