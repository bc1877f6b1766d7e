// What a day of a large city's sensors costs: storing, packing, and asking for one curve. See Benchmarks/README.md.
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

/// One day in which every device reports each ten minutes: a value with one decimal that wanders.
struct SyntheticDay {
    static let perDevice = 144
    /// 2026-11-23T00:00:00Z.
    static let begin = WallTime(microseconds: 1_795_392_000_000_000)
    static let end = begin + .seconds(86_400)

    let devices: Int
    private var random: Random
    private var levels: [Double]

    init(devices: Int) {
        self.devices = devices
        var random = Random(seed: 66)
        levels = (0..<devices).map { _ in Double.random(in: 20...90, using: &random) }
        self.random = random
    }

    /// The readings of some devices in one of the day's rounds, a few seconds apart and some seconds on their way.
    mutating func readings(of range: Range<Int>, round: Int) -> [Reading] {
        var random = random
        defer { self.random = random }
        return range.map { device in
            levels[device] = max(0, levels[device] + Double.random(in: -2...2, using: &random))
            let at = Self.begin + .seconds(Double(round) * 600 + Double(device % 600))
            return Reading(
                sensorId: "s-\(device)",
                occurredAt: at,
                receivedAt: at + .milliseconds(Int64.random(in: 200...5000, using: &random)),
                values: ["value": (levels[device] * 10).rounded() / 10]
            )
        }
    }
}

@main
enum SeriesBench {
    /// Readings that go into one transaction, as one batch of a broker's does at most.
    private static let batch = 5000

    static func main() async throws {
        let devices = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 200_000
        guard devices > 0 else {
            print("usage: series-bench [DEVICES]")
            exit(2)
        }
        let folder = FileManager.default.temporaryDirectory.appending(path: "gw-series-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let series = try SeriesDatabase(directory: folder)
        let count = devices * SyntheticDay.perDevice
        print("\(devices) devices, \(count) readings of one day\n\n| what | measured | aim |\n|---|---:|---:|")

        var day = SyntheticDay(devices: devices)
        let storing = try ContinuousClock().measure {
            for round in 0..<SyntheticDay.perDevice {
                for first in stride(from: 0, to: devices, by: batch) {
                    var rows = SeriesBatch()
                    rows.readings = day.readings(of: first..<min(devices, first + batch), round: round)
                    _ = try series.store(rows)
                }
            }
            try series.sync()
        }
        row("stored, in batches of \(batch)", "\(rate(count, storing)) readings/s", "–")
        try await curves(series, devices, "as rows, while the day runs")

        let compactor = SeriesCompactor(series)
        let now = SyntheticDay.end + .seconds(86_400)
        let packing = try await ContinuousClock().measure {
            while try await compactor.compact(now: now, limit: 500) == 500 {}
        }
        row("packed into blocks and summaries", "\(rate(count, packing)) readings/s", "–")
        let bytes = try await compactor.packedBytes()
        row("disk, blocks and summaries", "\(tenths(Double(bytes) / Double(count))) bytes a reading", "≤ 12")
        try await curves(series, devices, "as blocks, on the days after")
        try series.close()
    }

    /// Asks for the day's curve of a thousand devices, one after the other, in no order.
    private static func curves(_ series: SeriesDatabase, _ devices: Int, _ state: String) async throws {
        let repository = CurveRepository(series)
        var random = Random(seed: 67)
        var times: [Duration] = []
        for _ in 0..<1000 {
            let device = Int.random(in: 0..<devices, using: &random)
            var points = 0
            times.append(
                try await ContinuousClock().measure {
                    let curve = try await repository.curve(
                        sensorId: "s-\(device)",
                        from: SyntheticDay.begin,
                        to: SyntheticDay.end,
                        points: 800
                    )
                    points = (curve["value"] ?? []).reduce(0) { $0 + $1.count }
                }
            )
            guard points == SyntheticDay.perDevice else {
                print("the curve of s-\(device) holds \(points) readings of \(SyntheticDay.perDevice)")
                exit(1)
            }
        }
        times.sort()
        let shown = [500, 950, 990].map { "\(tenths(times[$0] / .milliseconds(1)))" }.joined(separator: "; ")
        row("one curve of the day, \(state): p50; p95; p99", "\(shown) ms", "p95 ≤ 50 ms")
    }

    private static func row(_ what: String, _ measured: String, _ aim: String) {
        print("| \(what) | \(measured) | \(aim) |")
    }

    private static func rate(_ count: Int, _ time: Duration) -> Int { Int(Double(count) / (time / .seconds(1))) }

    private static func tenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}
