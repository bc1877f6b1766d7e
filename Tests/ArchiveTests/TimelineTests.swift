import Domain
import Store
import Testing

@testable import Archive

@Suite("the timeline")
struct TimelineTests {
    private static let origin: Int64 = 1_795_428_000_000_000

    static func at(_ seconds: Double) -> WallTime { WallTime(microseconds: origin + Int64(seconds * 1_000_000)) }

    static func segment(_ from: Double, _ to: Double, run: String = "r1", closed: Bool = true) -> SegmentSpan {
        SegmentSpan(run: run, from: at(from), to: at(to), closed: closed)
    }

    private static func status(_ state: CameraState, _ reason: StateReason) -> CameraStatus {
        CameraStatus(cameraId: "c", state: state, reason: reason, since: at(0))
    }

    private static func build(
        _ segments: [SegmentSpan],
        _ gaps: [(Double, Double?, StateReason)] = [],
        status: CameraStatus? = nil,
        recorded: Range<Double>? = nil,
        now: Double,
        from: Double,
        to: Double
    ) -> Timeline {
        TimelineBuilder(
            segments: segments,
            gaps: gaps.map { Gap(node: "n", cameraId: "c", from: at($0.0), to: $0.1.map(at), reason: $0.2) },
            status: status,
            recorded: recorded.map { at($0.lowerBound)..<at($0.upperBound) }
                ?? segments.first.map { $0.from..<(segments.map(\.to).max() ?? $0.to) },
            now: at(now),
            liveSlack: .seconds(4)
        ).timeline(from: at(from), to: at(to))
    }

    @Test("segments of one run that follow each other are one run, also with a rounding between them")
    func joinsSegments() {
        let timeline = Self.build(
            [Self.segment(0, 10), Self.segment(10.000_011, 20), Self.segment(20, 30)],
            now: 100,
            from: 0,
            to: 25
        )
        #expect(timeline.runs == [Timeline.Run(from: Self.at(0), to: Self.at(25))])
        #expect(timeline.gaps.isEmpty)
    }

    @Test("a gap has the reason of its row, and its slivers belong to it")
    func namesGap() {
        let timeline = Self.build(
            [Self.segment(0, 10), Self.segment(30, 40, run: "r2")],
            [(10.02, 29.99, .timeout)],
            now: 100,
            from: 5,
            to: 35
        )
        #expect(timeline.runs.count == 2)
        #expect(timeline.gaps == [Timeline.Gap(from: Self.at(10), to: Self.at(30), reason: .timeout)])
    }

    @Test(
        "a growing segment counts as recorded up to now; one that stopped growing doesn't",
        arguments: [
            (3.0, true), (5.0, false),
        ]
    )
    func growing(silence: Double, recorded: Bool) {
        let timeline = Self.build(
            [Self.segment(0, 10, closed: false)],
            status: Self.status(.live, .ok),
            now: 10 + silence,
            from: 0,
            to: 60
        )
        #expect(timeline.runs == [Timeline.Run(from: Self.at(0), to: Self.at(recorded ? 10 + silence : 10))])
        #expect(timeline.gaps.map(\.reason) == (recorded ? [] : [.crash]))
    }

    @Test(
        "while nothing is recorded the open gap goes up to now, with the row's or the state's reason",
        arguments: [
            true, false,
        ]
    )
    func openGap(row: Bool) {
        let timeline = Self.build(
            [Self.segment(0, 10)],
            row ? [(10, nil, .closed)] : [],
            status: Self.status(.offline, .refused),
            now: 50,
            from: 0,
            to: 60
        )
        #expect(
            timeline.gaps == [Timeline.Gap(from: Self.at(10), to: Self.at(50), reason: row ? .closed : .refused)]
        )
    }

    @Test("before the first recording the time is a gap; without any recording all of it is")
    func beforeFirst() {
        let timeline = Self.build([Self.segment(20, 30)], now: 100, from: 0, to: 30)
        #expect(timeline.gaps.map(\.reason) == [.notRecorded])
        #expect(timeline.gaps.first?.to == Self.at(20))
        let never = Self.build([], status: Self.status(.unauthorised, .unauthorised), now: 100, from: 0, to: 30)
        #expect(never.runs.isEmpty)
        #expect(never.gaps.map(\.reason) == [.unauthorised])
        #expect(never.gaps.first?.to == Self.at(30))
        // A state says nothing of the time before it.
        let late = Self.build([], status: Self.status(.unauthorised, .unauthorised), now: 100, from: -20, to: 30)
        #expect(late.gaps.map(\.reason) == [.notRecorded, .unauthorised])
        #expect(late.gaps.first?.to == Self.at(0))
        #expect(Self.build([], now: 100, from: 0, to: 30).gaps.map(\.reason) == [.notRecorded])
    }

    @Test("what was recorded and is gone is told from what never was, and from what came after the last frame")
    func deleted() {
        let timeline = Self.build(
            [Self.segment(20, 30), Self.segment(50, 60)],
            [(30, 40, .timeout)],
            recorded: 10..<70,
            now: 100,
            from: 0,
            to: 100
        )
        #expect(timeline.gaps.map(\.reason) == [.notRecorded, .deleted, .timeout, .deleted, .deleted, .crash])
        #expect(timeline.gaps.map(\.from) == [0, 10, 30, 40, 60, 70].map(Self.at))
        // Everything is gone: the state doesn't explain the time before the last frame.
        let empty = Self.build(
            [],
            status: Self.status(.offline, .refused),
            recorded: 10..<70,
            now: 100,
            from: 0,
            to: 100
        )
        #expect(empty.gaps.map(\.reason) == [.notRecorded, .deleted, .refused])
    }

    @Test("a window in the future is empty, one that reaches into it ends now")
    func future() {
        #expect(Self.build([Self.segment(0, 10)], now: 5, from: 6, to: 9) == Timeline())
        let timeline = Self.build([Self.segment(0, 10)], now: 5, from: 0, to: 9)
        #expect(timeline.runs == [Timeline.Run(from: Self.at(0), to: Self.at(5))])
    }

    @Test(
        "for random histories runs and gaps cover the window exactly, and runs lie where segments are",
        arguments: 0..<400
    )
    func covers(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var segments: [SegmentSpan] = []
        var gaps: [(Double, Double?, StateReason)] = []
        var time = Double.random(in: 0...20, using: &random)
        var run = 0
        for _ in 0..<Int.random(in: 0...12, using: &random) {
            let length = Double.random(in: 0.04...30, using: &random)
            // Sometimes they overlap, as a wrong index might have it; sometimes their row is missing.
            segments.append(Self.segment(time, time + length, run: "r\(run)", closed: Bool.random(using: &random)))
            time += length
            switch Int.random(in: 0..<5, using: &random) {
            case 0:
                let silence = Double.random(in: 0.001...40, using: &random)
                gaps.append((time, time + silence, StateReason.allCases.randomElement(using: &random) ?? .timeout))
                time += silence
                run += 1
            case 1: time += Double.random(in: 0...5, using: &random)
            case 2: time = max(0, time - Double.random(in: 0...3, using: &random))
            case 3: gaps.append((time, nil, .timeout))
            default: break
            }
        }
        segments.sort { $0.from < $1.from }
        gaps.sort { $0.0 < $1.0 }
        let (a, b) = (Double.random(in: -10...200, using: &random), Double.random(in: -10...200, using: &random))
        let (from, to) = (min(a, b), max(a, b))
        let now = Double.random(in: 0...220, using: &random)
        let timeline = Self.build(segments, gaps, status: nil, now: now, from: from, to: to)

        let pieces =
            (timeline.runs.map { ($0.from, $0.to) } + timeline.gaps.map { ($0.from, $0.to) }).sorted { $0.0 < $1.0 }
        var covered = Self.at(from)
        for piece in pieces {
            #expect(piece.0 == covered)
            #expect(piece.1 > piece.0)
            covered = piece.1
        }
        #expect(covered == max(Self.at(from), min(Self.at(to), Self.at(now))))
        var recorded = Duration.zero
        for run in timeline.runs { recorded += run.to - run.from }
        #expect(recorded >= .zero)
        for gap in timeline.gaps where gap.detail != "capture stopped writing" {
            let middle = gap.from + (gap.to - gap.from) / 2
            #expect(!segments.contains { $0.from < middle && middle < $0.to })
        }
    }
}
