import Domain
import Foundation
import Store
import Testing

@testable import Archive

@Suite("accounting")
struct AccountingTests {
    /// 200 histories with ten windows each, 4,000 in the long run.
    private static let tens: UInt64 = ProcessInfo.processInfo.environment["GRIDWATCH_SOAK"] == "1" ? 400 : 20

    private static let frame: Int64 = 40_000
    private static let origin = TimelineTests.at(0)

    private static func at(_ microseconds: Int64) -> WallTime { origin + .microseconds(microseconds) }

    /// What is true of a stretch of time.
    private enum Truth: Equatable {
        case never, recorded, gap(StateReason), deleted
    }

    /// A camera's history by the frame: segments on several volumes, gaps, deletions, and one that grows.
    private struct History {
        var stretches: [(from: Int64, to: Int64, truth: Truth)] = []
        var segments: [Segment] = []
        var gaps: [Gap] = []
        var now: Int64 = 0
        let camera: String

        init(_ camera: String, _ random: inout SeededRandom) {
            self.camera = camera
            var time = Int64.random(in: 0...50, using: &random) * AccountingTests.frame
            stretches.append((-1_000_000_000, time, .never))
            var run = 0
            let reasons: [StateReason] = [.timeout, .noPackets, .restart, .power, .paused, .disk, .starting]
            for index in 0..<Int.random(in: 1...14, using: &random) {
                if Int.random(in: 0..<3, using: &random) == 0 {
                    let end = time + .random(in: 2...4000, using: &random) * AccountingTests.frame
                    let reason = reasons.randomElement(using: &random) ?? .timeout
                    gaps.append(
                        Gap(
                            node: "local",
                            cameraId: camera,
                            from: AccountingTests.at(time),
                            to: AccountingTests.at(end),
                            reason: reason,
                            laterReasons: [.closed]
                        )
                    )
                    stretches.append((time, end, .gap(reason)))
                    time = end
                    run += 1
                }
                let end = time + .random(in: 25...3000, using: &random) * AccountingTests.frame
                let volume = Int.random(in: 0..<3, using: &random)
                segments.append(
                    Segment(
                        node: "local",
                        cameraId: camera,
                        path: "\(volume == 0 ? "" : "@v\(volume)/")\(camera)/\(100 + index)",
                        run: "r\(run)",
                        from: AccountingTests.at(time),
                        to: AccountingTests.at(end),
                        bytes: 1000,
                        closed: true
                    )
                )
                stretches.append((time, end, .recorded))
                time = end
            }
            now = time
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                // Still growing, its last fragment a moment behind.
                segments[segments.count - 1].closed = false
                now = time + .random(in: 0...50, using: &random) * AccountingTests.frame
                stretches[stretches.count - 1].to = now
            case 1:
                now = time + .random(in: 1...5000, using: &random) * AccountingTests.frame
                gaps.append(
                    Gap(node: "local", cameraId: camera, from: AccountingTests.at(time), to: nil, reason: .refused)
                )
                stretches.append((time, now, .gap(.refused)))
            default: break
            }
        }

        /// Some segments go: the oldest, or (released holds, other volumes) any.
        mutating func delete(_ random: inout SeededRandom) -> [String] {
            var gone: [String] = []
            for segment in segments.dropLast() where Int.random(in: 0..<3, using: &random) == 0 {
                gone.append(segment.path)
                let from = (segment.from - AccountingTests.origin).microseconds
                for index in stretches.indices
                where stretches[index].from == from && stretches[index].truth == .recorded {
                    stretches[index].truth = .deleted
                }
            }
            return gone
        }

        func length(_ from: Int64, _ to: Int64, _ isMeant: (Truth) -> Bool) -> Int64 {
            stretches.reduce(0) { sum, stretch in
                guard isMeant(stretch.truth) else { return sum }
                return sum + max(0, min(stretch.to, to, now) - max(stretch.from, from))
            }
        }
    }

    @Test(
        "for any history and window recorded and missing are the window, each by its reason, to one frame",
        arguments: 0..<tens
    )
    func histories(tens: UInt64) async throws {
        let fixture = try ArchiveFixture()
        for seed in tens * 10..<(tens + 1) * 10 {
            var random = SeededRandom(seed: seed)
            var history = History("c\(seed)", &random)
            var batch = IndexBatch(node: "local")
            (batch.segments, batch.gaps) = (history.segments, history.gaps)
            batch.statuses = [
                CameraStatus(cameraId: history.camera, state: .live, reason: .ok, since: Self.origin)
            ]
            _ = try await IndexRepository(fixture.database).apply(batch)
            let gone = history.delete(&random)
            try await SegmentRepository(fixture.database).delete(node: "local", paths: gone)
            fixture.clock.stepWall(by: Self.at(history.now) - fixture.clock.now())
            for _ in 0..<10 {
                let a = Int64.random(in: -100...(history.now / Self.frame + 100), using: &random) * Self.frame
                let b = a + .random(in: 1...20_000, using: &random) * Self.frame
                try await Self.check(history, fixture, a, b, seed)
            }
        }
    }

    private static func check(_ history: History, _ fixture: ArchiveFixture, _ a: Int64, _ b: Int64, _ seed: UInt64)
        async throws
    {
        let found = try await fixture.archive.accounting(cameraIds: [history.camera], from: at(a), to: at(b))
        let accounting = try #require(found.first)
        #expect(accounting.recorded + accounting.missing == accounting.window, "history \(seed), \(a)…\(b)")
        #expect(accounting.window == .microseconds(max(0, min(b, history.now) - a)))
        var byReason: [StateReason: Int64] = [:]
        for reason in Set(history.stretches.compactMap { if case .gap(let reason) = $0.truth { reason } else { nil } })
        {
            byReason[reason] = history.length(a, b) { $0 == .gap(reason) }
        }
        byReason[.deleted] = history.length(a, b) { $0 == .deleted }
        byReason[.notRecorded] = history.length(a, b) { $0 == .never }
        #expect(accounting.known == accounting.window - (accounting.byReason[.notRecorded] ?? .zero))
        let recorded = history.length(a, b) { $0 == .recorded }
        #expect(
            abs((accounting.recorded - .microseconds(recorded)).microseconds) <= frame,
            "history \(seed), \(a)…\(b)"
        )
        for (reason, length) in byReason {
            let said = accounting.byReason[reason] ?? .zero
            #expect(abs((said - .microseconds(length)).microseconds) <= frame, "history \(seed), \(a)…\(b): \(reason)")
        }
    }

    @Test("the time before a camera's first recording doesn't count against it")
    func newCamera() {
        let hour: Int64 = 3_600_000_000
        let at = { WallTime.epoch + .microseconds($0 * hour) }
        let timeline = Timeline(
            runs: [Timeline.Run(from: at(22), to: at(24))],
            gaps: [
                Timeline.Gap(from: at(0), to: at(20), reason: .notRecorded),
                Timeline.Gap(from: at(20), to: at(22), reason: .timeout),
            ]
        )
        let found = Accounting(cameraId: "new", timeline: timeline, from: at(0), to: at(30), now: at(24))
        #expect(found.window == .seconds(24 * 3600))
        #expect(found.known == .seconds(4 * 3600))
        #expect(found.knownShare == 0.5)
        #expect(found.recorded + found.missing == found.window)
    }

    @Test("lists give gaps newest first by pages, with what came later, and say which goes on")
    func list() async throws {
        let fixture = try ArchiveFixture()
        var batch = IndexBatch(node: "local")
        let second: Int64 = 1_000_000
        for camera in ["a", "b"] {
            for index in 0..<3 {
                let from = Int64(index) * 100 * second
                batch.segments.append(
                    Segment(
                        node: "local",
                        cameraId: camera,
                        path: "\(camera)/\(index)",
                        run: "r\(index)",
                        from: Self.at(from),
                        to: Self.at(from + 90 * second),
                        closed: true
                    )
                )
                batch.gaps.append(
                    Gap(
                        node: "local",
                        cameraId: camera,
                        from: Self.at(from + 90 * second),
                        to: index == 2 ? nil : Self.at(from + 100 * second),
                        reason: index == 1 ? .disk : .timeout,
                        laterReasons: [.restart]
                    )
                )
            }
        }
        _ = try await IndexRepository(fixture.database).apply(batch)
        fixture.clock.stepWall(by: Self.at(400 * second) - fixture.clock.now())
        func page(_ cursor: String? = nil, reason: StateReason? = nil, minimum: Duration = .zero) async throws -> Page<
            CameraGap
        > {
            try await fixture.archive.gaps(
                cameraIds: ["a", "b"],
                from: Self.at(0),
                to: Self.at(1000 * second),
                reason: reason,
                minimum: minimum,
                page: PageRequest(limit: 4, cursor: cursor)
            )
        }
        let first = try await page()
        #expect(first.items.map(\.cameraId) == ["b", "a", "b", "a"])
        #expect(first.items.map(\.isOpen) == [true, true, false, false])
        #expect(first.items.allSatisfy { $0.gap.laterReasons == [.restart] })
        let rest = try await page(first.next)
        #expect(rest.items.map(\.gap.reason) == [.timeout, .timeout] && rest.next == nil)
        #expect(try await page(reason: .disk).items.map(\.cameraId) == ["b", "a"])
        #expect(try await page(minimum: .seconds(50)).items.allSatisfy(\.isOpen))
    }
}
