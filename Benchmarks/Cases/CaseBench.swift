// What a year of cases costs: replaying all logs, lists, search, map, opening one. See Benchmarks/README.md.
//
// case-bench [COUNT …]: 76,125, 105,903 and 1,000,000 cases unless told otherwise.
import Cases
import Domain
import Foundation
import Store

func printed(_ seconds: Double) -> String {
    seconds < 1 ? "\((seconds * 1e5).rounded() / 100) ms" : "\((seconds * 100).rounded() / 100) s"
}

func row(_ count: Int, _ what: String, _ text: String, aim: String) {
    print("| \(count) | \(what) | \(text) | \(aim) |")
}

@main
enum CaseBench {
    /// Cases of which more are loaded with two entries of log each: what is measured there depends on rows, not on logs.
    private static let whole = 200_000

    static func main() async throws {
        let asked = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        print("| cases | what | median, 95 % | aim |\n|---:|---|---:|---:|")
        for count in asked.isEmpty ? [76_125, 105_903, 1_000_000] : asked { try await measure(count) }
    }

    private static func measure(_ count: Int) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "case-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let database = try Database(directory: folder)
        let repository = CaseRepository(database)
        let base = BaseData(timeZone: TimeZone(secondsFromGMT: 8 * 3600) ?? .gmt)
        let service = CaseService(repository: repository, base: base, feed: ChangeFeed())
        let ids = try await load(count, base, repository)
        if count <= whole {
            let start = ContinuousClock.now
            let report = try await service.verifyAll(workers: 2)
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            guard report.cases == count, report.faulty == 0 else { throw CancellationError() }
            row(count, "replay of all logs, \(report.entries) entries", printed(seconds), aim: "30 s")
        }
        let aim = count > whole ? "50 ms" : "100 ms"
        for question in questions(base, ids) + supervision(base, ids) {
            try await time(count, question.what, aim: aim, service, question.ask)
        }
        var random = Random(seed: 3)
        let leader = CaseActor(name: "l", role: .leader)
        try await time(count, "open a case with its log", aim: "20 ms", service) { service in
            let id = ids[Int.random(in: 0..<ids.count, using: &random)]
            _ = try await service.get(id, for: leader)
            return try await service.log(id, for: leader).count
        }
        try database.close()
    }

    private static func load(_ count: Int, _ base: BaseData, _ repository: CaseRepository) async throws -> [String] {
        var year = CaseYear(base: base, count: count, isShort: count > whole)
        var ids: [String] = []
        let start = ContinuousClock.now
        var index = 0
        while index < count {
            let batch = try (index..<min(count, index + 2000)).map { try year.make($0) }
            try await repository.transaction { transaction in
                for (value, log) in batch {
                    try transaction.append(log, making: value)
                    try transaction.insert(Self.report(of: value))
                }
            }
            ids += batch.map(\.value.id)
            index += batch.count
        }
        row(count, "loaded", printed((ContinuousClock.now - start) / .seconds(1)), aim: "–")
        return ids
    }

    /// What opened a case; of every second one the reporter is called back.
    private static func report(of value: Case) -> StoredReport {
        let last = value.number.utf8.last ?? 0
        return StoredReport(
            report: Report(
                id: value.id,
                ticket: "R\(value.number)",
                openedCaseId: value.id,
                channel: value.channel,
                classCode: value.classCode,
                position: value.position,
                address: value.address,
                description: value.description,
                by: .system,
                details: ReportDetails(),
                clientId: nil,
                alarmId: nil,
                happenedAt: value.openedAt,
                receivedAt: value.openedAt
            ),
            caseId: value.id,
            code: "",
            callsBack: last % 2 == 0,
            callBack: value.state == .closed && !value.number.hasSuffix("00") ? .satisfied : nil
        )
    }

    /// What supervision, call-backs and the search for duplicates ask; polled by pages.
    private static func supervision(_ base: BaseData, _ ids: [String]) -> [Question] {
        var random = Random(seed: 7)
        let acceptor = CaseActor(name: "a", role: .acceptor)
        let units = base.responsibility.units.map(\.id)
        let lists = SupervisionList.allCases.map { list in
            Question(what: "supervision, \(list.rawValue)") {
                try await $0.supervised(list, page: PageRequest()).items.count
            }
        }
        return lists + [
            Question(what: "supervision, counts of all lists") {
                try await $0.supervisionCounts().lists.values.reduce(0, +)
            },
            Question(what: "call-backs due, sums") {
                try await $0.callBackSums(from: .epoch, to: WallTime(microseconds: 1)).due
            },
            Question(what: "call-backs due, list") {
                try await $0.reports(ReportFilter(callBackDue: true), page: PageRequest(), for: acceptor).items.count
            },
            Question(what: "reports of a unit") {
                let unit = units[Int.random(in: 0..<units.count, using: &random)]
                let actor = CaseActor(name: "u", role: .unit, unit: unit)
                return try await $0.reports(ReportFilter(), page: PageRequest(), for: actor).items.count
            },
            Question(what: "duplicates of a case") {
                let id = ids[Int.random(in: 0..<ids.count, using: &random)]
                return try await $0.duplicates(of: id, for: acceptor).count
            },
            Question(what: "reports of a year by channel") {
                try await $0.reportCounts(byUnit: false, from: .epoch, to: WallTime(microseconds: .max)).count
            },
        ]
    }

    private struct Question {
        var what: String
        var ask: (CaseService) async throws -> Int
    }

    private static func questions(_ base: BaseData, _ ids: [String]) -> [Question] {
        var random = Random(seed: 5)
        let leader = CaseActor(name: "l", role: .leader)
        let now = WallTime(microseconds: WallTime.days(year: 2025, month: 12, day: 31) * 86_400_000_000)
        func list(_ filter: CaseFilter, _ actor: CaseActor? = nil, limit: Int = 100) -> (CaseService) async throws ->
            Int
        {
            { try await $0.list(filter, page: PageRequest(limit: limit), for: actor ?? leader).items.count }
        }
        func filter(_ change: (inout CaseFilter) -> Void) -> CaseFilter {
            var filter = CaseFilter()
            change(&filter)
            return filter
        }
        let codes = base.catalogue.classes.map(\.code)
        let units = base.responsibility.units.map(\.id)
        func any<Value>(_ values: [Value]) -> Value { values[Int.random(in: 0..<values.count, using: &random)] }
        func box(_ size: Double) -> CaseFilter.Box {
            let south = CaseYear.south + .random(in: 0..<(CaseYear.size - size), using: &random)
            let west = CaseYear.west + .random(in: 0..<(CaseYear.size - size), using: &random)
            return CaseFilter.Box(lat: south...(south + size), lon: west...(west + size))
        }
        func map(_ service: CaseService, _ box: CaseFilter.Box, open: Bool? = nil) async throws -> Int {
            try await service.places(
                filter {
                    $0.box = box
                    $0.open = open
                },
                limit: 1000,
                for: leader
            ).count
        }
        return [
            Question(what: "newest", ask: list(CaseFilter())),
            Question(what: "deep page") { service in
                let deep = ids[ids.count / 10]
                let opened = try await service.get(deep, for: leader).openedAt
                let cursor = Cursor(time: opened, id: deep).text
                return try await service.list(CaseFilter(), page: PageRequest(cursor: cursor), for: leader).items.count
            },
            Question(what: "open ones", ask: list(CaseFilter(open: true))),
            Question(what: "by state") { try await list(CaseFilter(state: any(CaseState.allCases)))($0) },
            Question(what: "by class") { try await list(CaseFilter(classCode: any(codes)))($0) },
            Question(what: "by class and state") {
                try await list(CaseFilter(state: any([.closed, .handling]), classCode: any(codes)))($0)
            },
            Question(what: "by unit") { try await list(CaseFilter(unit: any(units)))($0) },
            Question(what: "a unit's own") {
                try await list(CaseFilter(), CaseActor(name: "u", role: .unit, unit: any(units)))($0)
            },
            Question(what: "a unit's own, dispatched") {
                try await list(CaseFilter(state: .dispatched), CaseActor(name: "u", role: .unit, unit: any(units)))($0)
            },
            Question(what: "by cell") { service in
                let point = GeoPoint(lat: CaseYear.south + 0.1, lon: CaseYear.west + 0.1)
                return try await list(
                    filter { $0.cells = .init(whole: [service.cell(at: point) ?? ""], beginnings: []) }
                )(
                    service
                )
            },
            Question(what: "by channel") { service in
                let channel = any(CaseYear.channels)
                return try await list(filter { $0.channel = channel })(service)
            },
            Question(what: "by holder") { service in
                let holder = any([CaseHolder(.role, "acceptor"), CaseHolder(.unit, any(units))])
                return try await list(filter { $0.holder = holder })(service)
            },
            Question(what: "late", ask: list(filter { $0.due = .init(from: nil, to: now) })),
            Question(
                what: "about to be late",
                ask: list(filter { $0.due = .init(from: now, to: now + .seconds(3600)) })
            ),
            Question(what: "search, frequent text", ask: list(CaseFilter(query: "海陵"))),
            Question(what: "search, rare text") {
                try await list(CaseFilter(query: "第\(Int.random(in: 0..<ids.count, using: &random))件"))($0)
            },
            Question(what: "search, nothing found", ask: list(CaseFilter(query: "没有这样的"))),
            Question(what: "list, 1 % of the area") { service in
                let box = box(CaseYear.size / 10)
                return try await list(filter { $0.box = box })(service)
            },
            Question(what: "list, a quarter of the area") { service in
                let box = box(CaseYear.size / 2)
                return try await list(filter { $0.box = box })(service)
            },
            Question(what: "map, 1 % of the area") { try await map($0, box(CaseYear.size / 10)) },
            Question(what: "map, a quarter of the area") { try await map($0, box(CaseYear.size / 2)) },
            Question(what: "map, open ones of the whole area") {
                try await map($0, box(CaseYear.size / 1.01), open: true)
            },
        ]
    }

    private static func time(
        _ count: Int,
        _ what: String,
        aim: String,
        _ service: CaseService,
        _ body: (CaseService) async throws -> Int
    ) async throws {
        var times: [Double] = []
        var found = 0
        for _ in 0..<100 {
            let start = ContinuousClock.now
            found += try await body(service)
            times.append((ContinuousClock.now - start) / .seconds(1))
        }
        times.sort()
        let text = "\(printed(times[times.count / 2])), \(printed(times[times.count * 95 / 100]))"
        row(count, "\(what) (\(found / times.count) found)", text, aim: aim)
    }
}
