import Domain
import Foundation
import Store
import TestSupport
import Testing

@testable import Archive

/// 90 days of 200 cameras in segments of ten minutes: 2.6 million rows, made as the follower makes them. The default
/// run has a tenth of the days. Figures are printed; only what can't depend on the machine is expected.
@Suite("an index of 90 days and 200 cameras")
struct LargeIndexTests {
    private static let isLong = ProcessInfo.processInfo.environment["GRIDWATCH_SOAK"] == "1"
    private static let days = isLong ? 90 : 2
    private static let cameras = isLong ? 200 : 20

    private static func path(_ camera: Int, _ number: Int) -> String {
        let name = String(10_000_000 + number).dropFirst()
        return "cam-\(camera)/2026-11-23/2026\(name)T000000000Z-00.mp4"
    }

    private static func fill(_ database: Store.Database, from start: WallTime) async throws {
        let head = String(repeating: "0123456789abcdef", count: 4)
        var batch = IndexBatch(node: "local")
        for number in 0..<(days * 144) {
            for camera in 0..<cameras {
                let from = start + .seconds(number * 600)
                batch.segments.append(
                    Segment(
                        node: "local",
                        cameraId: "cam-\(camera)",
                        path: path(camera, number),
                        run: "018f-\(camera)-\(number / 144)",
                        from: from,
                        to: from + .seconds(600),
                        bytes: 300_000_000,
                        fragments: 1200,
                        previousHead: head,
                        head: head,
                        closed: true
                    )
                )
                if number % 48 == 47 {
                    batch.gaps.append(
                        Gap(
                            node: "local",
                            cameraId: "cam-\(camera)",
                            from: from + .seconds(599),
                            to: from + .seconds(600),
                            reason: .restart
                        )
                    )
                }
            }
            guard number % 72 == 71 else { continue }
            _ = try await IndexRepository(database).apply(batch)
            batch = IndexBatch(node: "local")
        }
    }

    private static func measure(_ count: Int, _ body: (Int) async throws -> Void) async rethrows -> (
        median: Double, p95: Double
    ) {
        let clock = ContinuousClock()
        var times: [Double] = []
        for index in 0..<count {
            let start = clock.now
            try await body(index)
            times.append((clock.now - start).seconds * 1000)
        }
        times.sort()
        return (times[count / 2], times[count * 95 / 100])
    }

    @Test("finds any instant, draws timelines, plans retention and opens without reading it all")
    func large() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gridwatch-large-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let clock = ManualClock()
        let start = clock.now()
        let begin = ContinuousClock.now
        do {
            let database = try Store.Database(directory: folder)
            try await Self.fill(database, from: start)
            try database.close()
        }
        let filled = (ContinuousClock.now - begin).seconds
        clock.advance(by: .seconds(Self.days * 86_400))
        let opening = ContinuousClock.now
        let database = try Store.Database(directory: folder)
        let opened = (ContinuousClock.now - opening).seconds
        let archive = Archive(dataDirectory: folder, database: database, clock: clock)
        var random = SeededRandom(seed: 1)
        let seconds = Self.days * 86_400
        var found = 0
        let instant = try await Self.measure(400) { _ in
            let camera = "cam-\(Int.random(in: 0..<Self.cameras, using: &random))"
            let at = start + .seconds(Int.random(in: 0..<seconds, using: &random))
            let segments = try await archive.segments.overlapping(cameraId: camera, from: at, to: at + .seconds(1))
            if let first = segments.first, first.from <= at { found += 1 }
        }
        #expect(found == 400)
        let timeline = try await Self.measure(60) { index in
            let from = start + .seconds(Int.random(in: 0..<(seconds - 86_400), using: &random))
            let timeline = try await archive.timeline(
                cameraId: "cam-\(index % Self.cameras)",
                from: from,
                to: from + .seconds(86_400)
            )
            #expect(timeline.runs.count >= 1)
        }
        let accounting = try await Self.measure(1) { _ in
            let found = try await archive.accounting(
                cameraIds: (0..<Self.cameras).map { "cam-\($0)" },
                from: start,
                to: start + .seconds(min(seconds, 7 * 86_400))
            )
            #expect(found.allSatisfy { $0.recorded + $0.missing == $0.window && $0.gaps == 0 })
        }
        let usage = UsageRepository(database)
        let facts = RetentionPlanner.Facts(
            usage: try await usage.all(node: "local"),
            volumes: [VolumeRoom(id: "main", freeBytes: .max / 2, floorBytes: 0)],
            holds: [],
            now: clock.now()
        )
        let planner = RetentionPlanner(policies: RetentionPolicies(recording: Domain.RecordingSettings()))
        let plan = try await Self.measure(20) { _ in
            _ = try await usage.scan(node: "local") { try planner.plan(facts, source: $0) }
        }
        let rates = try await Self.measure(3) { _ in
            _ = try await usage.recorded(node: "local", since: clock.now() - .seconds(3 * 86_400))
        }
        #expect(facts.usage.reduce(0) { $0 + $1.segments } == Self.days * 144 * Self.cameras)
        let size = try FileManager.default.attributesOfItem(atPath: folder.appending(path: "gridwatch.db").path)[.size]
        print(
            "LARGE INDEX rows \(Self.days * 144 * Self.cameras) file \(size ?? 0) B filled \(filled) s opened \(opened) s",
            "instant \(instant) ms, timeline of a day \(timeline) ms, accounting \(accounting.median) ms,",
            "plan \(plan) ms, rates \(rates.median) ms"
        )
        try database.close()
    }
}
