import Domain
import Foundation
import Media
import Recording
import Testing

@Suite("random histories of cameras and clocks")
struct HistoryTests {
    static let isLong = ProcessInfo.processInfo.environment["GRIDWATCH_SOAK"] != nil
    static let batches = isLong ? 40 : 8
    static let histories = isLong ? 150 : 20

    /// Instants around which clocks do odd things: summer time begins and ends in most of Europe, a day and a leap
    /// second end, and nothing at all.
    static let starts = [
        "2026-03-29T00:59:40Z", "2026-10-25T00:59:40Z", "2016-12-31T23:59:40Z", "2026-11-23T15:59:40Z",
        "2026-11-23T10:00:00Z",
    ]

    @Test(
        "recording goes on, runs don't overlap, and every second is recorded or a gap",
        arguments: 0..<batches
    )
    func histories(batch: Int) throws {
        let folder = RecordingFolder()
        for number in 0..<Self.histories { try Self.live(seed: batch * 10_000 + number, in: folder) }
    }

    /// Each failed once, for the reason beside it.
    @Test(
        "histories that once told less than the truth",
        arguments: [70124, 80076, 190_074, 270_097, 330_130, 320_112]
    )
    func regressions(seed: Int) throws { try Self.live(seed: seed, in: RecordingFolder()) }

    private static func live(seed: Int, in folder: RecordingFolder) throws {
        let clock = ManualClock(try #require(WallTime(rfc3339: starts[seed / 10_000 % starts.count])))
        let volume = RecordingVolumes(
            layout: folder.layout,
            files: folder.files,
            clock: clock,
            settings: RecordingSettings(segmentLength: .seconds(7), syncBeat: .milliseconds(50))
        )
        volume.start()
        let camera = "cam-\(seed)"
        let recorder = try volume.recorder(cameraId: camera)
        var history = HistorySimulation(seed: seed, recorder: recorder, clock: clock)
        history.run(seconds: 60)
        volume.stop()
        #expect(recorder.counters.droppedFragments == 0)
        try check(history, folder, camera, "seed \(seed)")
    }

    private static func check(
        _ history: HistorySimulation,
        _ folder: RecordingFolder,
        _ camera: String,
        _ seed: String
    ) throws {
        let segments = try folder.segments(camera)
        var recorded: [UInt32] = []
        var fragments: [FragmentRecord] = []
        var worst = 0.0
        var firstBad: UInt32 = 0
        let frame = 1 / history.framesPerSecond
        for (name, index) in segments {
            #expect(index.fragments.first?.startsWithKey == true, "\(seed)")
            let bytes = try folder.bytes(camera, name)
            for record in index.fragments {
                let fragment = try #require(try FragmentParser.fragment(bytes, at: record.offset))
                let ids = fragment.samples.map { sample in
                    bytes[(record.offset + sample.offset + 4)..<(record.offset + sample.offset + 8)]
                        .reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                }
                if let first = ids.first, history.isTruthKnown {
                    let error = (record.wall - history.sent[Int(first)].due).seconds
                    if abs(error) > 0.1, abs(worst) <= 0.1 { firstBad = first }
                    if abs(error) > abs(worst) { worst = error }
                }
                #expect(Set(ids.map { history.sent[Int($0)].format }).count == 1, "\(seed)")
                recorded += ids
                fragments.append(record)
            }
        }
        #expect(
            abs(worst) <= 0.1 + (history.reorders ? frame : 0),
            "\(seed): \(worst) s, from frame \(firstBad) on; \(history.events)"
        )
        // Not one lost but those before a connection's first key frame, not one twice, none out of order.
        let expected = history.sent.filter(\.isKept).map(\.id)
        #expect(recorded == expected, "\(seed): \(recorded.count) of \(expected.count)")
        for (one, two) in zip(fragments, fragments.dropFirst()) where two.wall < one.wallEnd - .milliseconds(1) {
            Issue.record("\(seed): a fragment begins at \(two.wall.rfc3339), before \(one.wallEnd.rfc3339)")
        }
        for (one, two) in zip(segments, segments.dropFirst()) { #expect(one.name < two.name, "\(seed)") }
        // What neither a fragment nor a gap covers.
        guard let first = fragments.first?.wall, let last = fragments.last?.wallEnd else { return }
        var spans = fragments.map { ($0.wall, $0.wallEnd) }
        // One without length says nothing of the time: a recorder begins it, and the host's clock is set back before the
        // first frame.
        for gap in try folder.gaps(camera) { if let to = gap.to, to > gap.from { spans.append((gap.from, to)) } }
        var reached = first
        var uncovered = 0.0
        var holes: [String] = []
        for (from, to) in spans.sorted(by: { $0.0 < $1.0 }) {
            if from > reached {
                uncovered += (from - reached).seconds
                if from - reached > .seconds(frame) { holes.append("\(reached.rfc3339) to \(from.rfc3339)") }
            }
            reached = max(reached, to)
        }
        // Slewing opens 500 millionths between fragments.
        let allowed = frame + (last - first).seconds * 510e-6
        #expect(
            reached >= last && uncovered <= allowed,
            "\(seed): \(uncovered) s are neither recorded nor a gap, \(holes); \(history.events)"
        )
    }
}
