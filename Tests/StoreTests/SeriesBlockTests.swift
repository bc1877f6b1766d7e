import Domain
import Foundation
import GRDB
import Testing

@testable import Store

@Suite("Days of readings as blocks")
struct SeriesBlockTests {
    private static let day = WallTime(microseconds: 1_795_392_000_000_000)

    private static func open() throws -> SeriesDatabase {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gw-series-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return try SeriesDatabase(directory: folder)
    }

    /// A level that wanders, read every ten minutes, arriving some seconds later.
    private static func readings(_ sensor: Int, days: Int, _ random: inout SeededRandom) -> [Reading] {
        var level = Double.random(in: 20...90, using: &random)
        return (0..<days * 144).map { index in
            level = max(0, level + Double.random(in: -2...2, using: &random))
            let at = day + .seconds(Double(index) * 600 + Double(sensor % 600))
            return Reading(
                sensorId: "s-\(sensor)",
                occurredAt: at,
                receivedAt: at + .milliseconds(Int64.random(in: 200...5000, using: &random)),
                values: ["value": (level * 10).rounded() / 10]
            )
        }
    }

    @Test("what is packed comes back: values of any kind, gaps, doubled times, many fields")
    func roundTrip() throws {
        var random = SeededRandom(seed: 5)
        for round in 0..<200 {
            var time = Self.day
            let names = (0..<Int.random(in: 1...5, using: &random)).map { "field\($0)" }
            let readings = (0..<Int.random(in: 0...60, using: &random)).map { _ -> Reading in
                time = time + .microseconds(Int64.random(in: 0...90_000_000, using: &random))
                if round % 2 == 0 { time = WallTime(microseconds: time.microseconds / 1000 * 1000) }
                var values: [String: Double] = [:]
                for name in names where Int.random(in: 0..<5, using: &random) > 0 {
                    values[name] =
                        round % 3 == 0
                        ? Double.random(in: -1e6...1e6, using: &random)
                        : (Double.random(in: -500...500, using: &random) * 10).rounded() / 10
                }
                let late = Int64.random(in: -100_000...100_000_000, using: &random)
                return Reading(
                    sensorId: "s",
                    occurredAt: time,
                    receivedAt: WallTime(microseconds: time.microseconds + late * 1000),
                    values: values,
                    timeIsArrival: Bool.random(using: &random)
                )
            }
            #expect(ReadingBlock.decode(ReadingBlock.encode(readings), sensorId: "s") == readings)
        }
        for special in [0.0, -0.0, 1e300, .leastNonzeroMagnitude, .pi, -1.5, 9_007_199_254_740_992] {
            let one = [Reading(sensorId: "s", occurredAt: Self.day, receivedAt: Self.day, values: ["value": special])]
            let back = try #require(ReadingBlock.decode(ReadingBlock.encode(one), sensorId: "s")?.first)
            #expect(back.values["value"]?.bitPattern == special.bitPattern)
        }
    }

    @Test("no bytes crash the reader")
    func garbage() {
        var random = SeededRandom(seed: 6)
        let whole = ReadingBlock.encode(Self.readings(1, days: 1, &random))
        for _ in 0..<3000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            }
            _ = ReadingBlock.decode(Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random))), sensorId: "s")
            _ = SummaryBlock.decode(bytes)
        }
    }

    @Test(
        "a day of ten-minute readings takes at most 12 bytes a reading on disk, and its pages and curves stay the same"
    )
    func size() async throws {
        let series = try Self.open()
        var random = SeededRandom(seed: 7)
        let (sensors, days) = (100, 10)
        var all: [Int: [Reading]] = [:]
        for sensor in 0..<sensors {
            let readings = Self.readings(sensor, days: days, &random)
            all[sensor] = readings
            var batch = SeriesBatch()
            batch.readings = readings
            _ = try series.store(batch)
        }
        let repository = ReadingRepository(series)
        let curves = CurveRepository(series)
        let from = Self.day
        let to = Self.day + .seconds(Double(days) * 86_400)
        func pages(_ sensor: Int) async throws -> [Reading] {
            var found: [Reading] = []
            var cursor: String?
            repeat {
                let page = try await repository.readings(
                    sensorId: "s-\(sensor)",
                    from: from,
                    to: to,
                    page: PageRequest(limit: 100, cursor: cursor)
                )
                found += page.items
                cursor = page.next
            } while cursor != nil
            return found
        }
        let before = try await curves.curve(sensorId: "s-7", from: from, to: to, points: 200)
        let compactor = SeriesCompactor(series)
        while try await compactor.compact(now: to + .seconds(86_400), limit: 200) == 200 {}
        let bytes = try await compactor.packedBytes()
        let perReading = Double(bytes) / Double(sensors * days * 144)
        print("series: \(perReading) bytes a reading with its summaries")
        #expect(perReading > 0 && perReading <= 12)
        for sensor in [0, 7, 99] {
            let found = try await pages(sensor)
            #expect(found == all[sensor])
        }
        let after = try await curves.curve(sensorId: "s-7", from: from, to: to, points: 200)
        let lows = { (curve: [String: [SeriesSummary]]) in (curve["value"] ?? []).map(\.low).min() }
        #expect(lows(before) == lows(after))
        #expect((after["value"] ?? []).map(\.count).reduce(0, +) == days * 144)
        // One curve.
        let clock = ContinuousClock()
        var times: [Duration] = []
        for sensor in 0..<sensors {
            times.append(
                try await clock.measure {
                    _ = try await curves.curve(sensorId: "s-\(sensor)", from: from, to: to, points: 600)
                }
            )
        }
        times.sort()
        print("series: one curve of \(days) days p50 \(times[50]) p95 \(times[95])")
        // What comes late for a day that is packed is not lost.
        var late = SeriesBatch()
        late.readings = [Reading(sensorId: "s-0", occurredAt: from + .seconds(1), receivedAt: to, values: ["value": 1])]
        _ = try series.store(late)
        #expect(try await pages(0).count == days * 144 + 1)
        #expect(try await compactor.compact(now: to + .seconds(86_400), limit: 200) == 1, "its day is packed again")
        #expect(try await pages(0).count == days * 144 + 1)
        // A month is forgotten by dropping its table.
        try await compactor.forget(.init(rawDays: 1), now: to + .seconds(90 * 86_400))
        #expect(try await pages(3).count <= 1)
    }

    @Test("a beat brings the log to the disk, and does nothing where nothing was written")
    func sync() throws {
        let series = try Self.open()
        try series.sync()
        var batch = SeriesBatch()
        batch.readings = [Reading(sensorId: "s", occurredAt: Self.day, receivedAt: Self.day, values: ["value": 1])]
        _ = try series.store(batch)
        try series.sync()
        try series.sync()
        try series.close()
    }
}
