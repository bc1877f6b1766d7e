// What base data costs: deadlines, places, responsibility, addresses, parts. See Benchmarks/README.md.
import Cases
import Domain
import Foundation
import Store

/// Numbers that are the same in every run.
struct Random: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

func printed(_ seconds: Double) -> String {
    seconds < 1e-5
        ? "\(Int((seconds * 1e9).rounded())) ns"
        : seconds < 1e-1 ? "\((seconds * 1e8).rounded() / 1e5) ms" : "\((seconds * 100).rounded() / 100) s"
}

func row(_ what: String, _ seconds: Double, aim: String) {
    print("| \(what) | \(printed(seconds)) | \(aim) |")
}

/// The best of five rounds, for each of `count` calls.
func best(_ count: Int, _ body: (Int) -> Int) -> Double {
    var sum = 0
    var best = Double.infinity
    for _ in 0..<5 {
        let start = ContinuousClock.now
        for index in 0..<count { sum &+= body(index) }
        best = min(best, (ContinuousClock.now - start) / .seconds(1) / Double(count))
    }
    // What was computed has to be used.
    if sum == .min { print(sum) }
    return best
}

func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

@main
enum BaseBench {
    static func main() async throws {
        var random = Random(seed: 7)
        func degrees(_ range: ClosedRange<Double>) -> Double { .random(in: range, using: &random) }

        print("| what | each | aim |\n|---|---:|---:|")

        // Deadlines

        let zone = ZoneOffsets(fixed: 8 * 3600)
        let deadlines = DeadlineClock(calendar: .china, zone: zone)
        let firstDay = WallTime.days(year: 2026, month: 1, day: 1)
        let starts = (0..<100_000).map { _ in
            WallTime(microseconds: (firstDay * 86_400 + .random(in: 0..<365 * 86_400, using: &random)) * 1_000_000)
        }
        for unit in TimeLimit.Unit.allCases {
            let limit = TimeLimit(value: 5, unit: unit)
            let each = best(starts.count) { Int(deadlines.deadline(from: starts[$0], limit: limit)?.microseconds ?? 0) }
            row("deadline, 5 × \(unit.rawValue)", each, aim: "2 µs")
        }
        let limit = TimeLimit(value: 20, unit: .workHour)
        let paused = best(starts.count) { index in
            let start = starts[index]
            let pauses = [
                start + .seconds(3600)..<start + .seconds(90_000),
                start + .seconds(100_000)..<start + .seconds(200_000),
            ]
            return Int(deadlines.deadline(from: start, limit: limit, pauses: pauses)?.microseconds ?? 0)
        }
        row("deadline with two pauses", paused, aim: "2 µs")

        // Grid

        /// 99 × 82 cells with shifted corners.
        let corners = (0...82).map { row in
            (0...99).map { column in
                GeoPoint(
                    lat: 32.4 + Double(row) * 0.001 + degrees(-0.0003...0.0003),
                    lon: 119.9 + Double(column) * 0.001 + degrees(-0.0003...0.0003)
                )
            }
        }
        let cells = (0..<8118).map { number -> CellIndex.Cell in
            let (row, column) = (number / 99, number % 99)
            let ring = [
                corners[row][column], corners[row][column + 1], corners[row + 1][column + 1], corners[row + 1][column],
                corners[row][column],
            ]
            return CellIndex.Cell(
                code: "\(321_202_001_000 + number / 900)" + padded(number % 900 + 1, 3),
                polygons: [[ring]]
            )
        }
        let geoJSON = CellIndex(cells: cells).geoJSON()
        let points = (0..<100_000).map { _ in GeoPoint(lat: degrees(32.4...32.482), lon: degrees(119.9...119.999)) }
        let loadStart = ContinuousClock.now
        let index = try CellIndex(geoJSON: Data(geoJSON))
        row("load 8,118 cells from GeoJSON", (ContinuousClock.now - loadStart) / .seconds(1), aim: "5 s")
        row("point → cell", best(points.count) { index.index(at: points[$0]) ?? 0 }, aim: "1 µs")

        // Areas and responsibility

        var base = BaseData(timeZone: TimeZone(secondsFromGMT: 8 * 3600) ?? .gmt)
        let communities = Set(cells.map { String($0.code.prefix(12)) }).sorted()
        var areas = "id,kind,name,cells\n321202,district,区,\n321202001,street,街,\n"
        areas += communities.map { "\($0),community,社区,\n" }.joined()
        for grid in 0..<37 {
            let own = cells.indices.filter { $0 * 37 / cells.count == grid }.map { cells[$0].code }
            areas += "duty-\(grid),dutyGrid,责任网格,\(own.joined(separator: " "))\n"
        }
        let codes = (0..<3000).map { "C-\($0 / 100)-\($0)" }
        let classes = "code,kind,name\n" + codes.map { "\($0),event,类\n" }.joined()
        let limits =
            "code,level,condition,phase,limit,limitUnit\n" + codes.map { "\($0),1,c,finish,4,workHour\n" }.joined()
        let units =
            "id,name,kind,parent\n" + (0..<174).map { "u\($0),单位,team,\($0 == 0 ? "" : "u\(($0 - 1) / 5)")\n" }.joined()
        var rules = "classes,area,unit\n"
        for number in 0..<600 {
            let area =
                number % 3 == 0
                ? "*" : number % 3 == 1 ? "duty-\(number % 37)" : communities[number % communities.count]
            rules += "C-\(number % 30)-\(number)*,\(area),u\(number % 174)\n"
        }
        let texts: [(BaseSet, String)] = [
            (.classes, classes), (.limits, limits), (.grid, String(decoding: geoJSON, as: UTF8.self)), (.areas, areas),
            (.units, units), (.responsibility, rules),
        ]
        for (set, text) in texts { try base.take(set, text, origin: .edition(1)) }
        let linkStart = ContinuousClock.now
        base.link(day: firstDay)
        row("put 3,000 classes × 8,118 cells together", (ContinuousClock.now - linkStart) / .seconds(1), aim: "–")
        row("point → cell, areas", best(points.count) { base.place(of: points[$0])?.areas.count ?? 0 }, aim: "1 µs")
        let answers = best(1_000_000) { number in
            base.responsibility.answer(classIndex: number % 3000, cellIndex: number * 31 % 8118).unit == nil ? 0 : 1
        }
        row("responsibility, class and cell by their places", answers, aim: "1 µs")
        let entries = base.catalogue.classes
        let byCode = best(100_000) { number in
            base.responsibility.unit(for: entries[number % 3000], cell: cells[number * 31 % 8118].code) == nil ? 0 : 1
        }
        row("responsibility, class and cell by their codes", byCode, aim: "1 ms")

        // Addresses

        var places = "kind,name,number,lat,lon,line\n"
        let roads = (0..<100).map { "路\($0 / 10)大道\($0 % 10)街" }
        for (number, road) in roads.enumerated() {
            let at = 32.4 + Double(number % 50) * 0.0016
            let line =
                number < 50
                ? "119.9 \(at); 120.0 \(at)"
                : "\(119.9 + Double(number % 50) * 0.002) 32.4; \(119.9 + Double(number % 50) * 0.002) 32.48"
            places += "road,\(road),,,,\(line)\n"
            for house in 1...100 {
                let along = Double(house) / 101
                let (lat, lon) =
                    number < 50 ? (at, 119.9 + along * 0.1) : (32.4 + along * 0.08, 119.9 + Double(number % 50) * 0.002)
                places += "address,\(road),\(house),\(lat),\(lon),\n"
            }
        }
        for number in 0..<10_000 {
            places += "poi,场所\(number)号公园,,\(degrees(32.4...32.48)),\(degrees(119.9...120.0)),\n"
        }
        try base.take(.places, places, origin: .edition(1))
        let typed = roads.map { $0 + "57号" } + roads.map { $0 + "与" + roads[99] + "口" }
        row(
            "address → point among 20,000 places",
            best(typed.count) { base.places.search(typed[$0]).count },
            aim: "5 ms"
        )
        row("point → text", best(2000) { base.places.text(at: points[$0])?.count ?? 0 }, aim: "5 ms")

        // Parts

        let folder = FileManager.default.temporaryDirectory.appending(path: "gridwatch-base-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let database = try Database(directory: folder)
        let book = BaseDataBook(BaseData(timeZone: .gmt))
        let service = PartService(repository: PartRepository(database), book: book, clock: SystemClock())
        var file = "code,owner,lat,lon,since\n"
        for number in 0..<196_430 {
            let code = "321202010\(number % 2 + 1)" + padded(number, 6)
            file += "\(code),owner-\(number % 5),\(degrees(32.4...32.5)),\(degrees(119.9...120.0)),2026-01-01\n"
        }
        let bytes = Array(file.utf8)
        let importStart = ContinuousClock.now
        let report = try await service.importFile(bytes, datum: .wgs84, isTrial: false, by: "bench")
        row("import \(report.counts.added) parts", (ContinuousClock.now - importStart) / .seconds(1), aim: "60 s")
        let firstStart = ContinuousClock.now
        _ = try await service.nearest(to: points[0], classCode: "P-01-01", most: 1, within: 500)
        row("nearest part, with the index built", (ContinuousClock.now - firstStart) / .seconds(1), aim: "–")
        let nearStart = ContinuousClock.now
        for point in points.prefix(2000) {
            _ = try await service.nearest(to: point, classCode: "P-01-01", most: 1, within: 500)
        }
        row("nearest part of a class", (ContinuousClock.now - nearStart) / .seconds(1) / 2000, aim: "10 ms")
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let peak =
            status.split(separator: "\n").first { $0.hasPrefix("VmHWM") }.map { $0.split(separator: " ")[1] } ?? "?"
        print("\nLargest memory of the whole run: \(peak) KiB, the texts of all files in it.")
        try database.close()
        try FileManager.default.removeItem(at: folder)
    }
}
