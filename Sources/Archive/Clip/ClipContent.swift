import Domain
import Media
import Recording

/// What exactly a clip holds and shows: right to the frame. Pure.
///
/// A frame belongs to `[from, to)` when the moment at which it is shown does. That moment is the fragment's wall time
/// plus the frame's presentation time in it, less the reordering delay of its segment: a stream with reordered frames
/// shows its first frame when that is decoded, as live pictures do. The edit list begins at the first of these frames and
/// ends with the last; the media is whole groups of pictures, from the key frame that the first frame needs.
struct ClipContent: Sendable {
    struct Fragment: Sendable {
        /// Index in `segments`.
        var segment: Int
        /// Index in the segment's fragments.
        var index: Int
        var record: FragmentRecord
        var header: FragmentInfo
    }

    /// A stretch of the clip without a jump: `[from, to)` is shown from `seconds` on.
    struct Stretch: Sendable, Equatable {
        var from: WallTime
        var to: WallTime
        var seconds: Double
    }

    private struct Frame {
        var fragment: Int
        /// From the first candidate fragment's decoding time.
        var ticks: Int64
        var duration: Int64
        var shown: WallTime
    }

    let info: StreamInfo
    private(set) var segments: [StoredSegment]
    private(set) var fragments: [Fragment]
    /// Presentation time of the first frame shown, from the first sample's decoding time, 90 kHz.
    private(set) var startTicks: Int64
    private(set) var durationTicks: Int64
    /// When the first frame shown was taken, and the end of the last.
    let from: WallTime
    let to: WallTime
    /// Frames shown.
    let frameCount: Int
    let stretches: [Stretch]
    let omitted: [ClipFile.Omission]

    /// Two frames further apart than their durations by more than this are a jump.
    private static let seam = Duration.milliseconds(100)

    /// - Parameter headers: of each planned piece's fragments.
    /// - Returns: nil where no frame lies in the range.
    init?(plan: ClipPlan, headers: [[FragmentInfo]]) {
        guard let info = plan.info else { return nil }
        self.info = info
        omitted = plan.omitted
        var fragments: [Fragment] = []
        var starts: [Int64] = []
        var frames: [Frame] = []
        var cursor: Int64 = 0
        var delay: Int64 = 0
        // When the last of the frames so far has been shown.
        var presentationEnd: Int64 = 0
        for (number, piece) in plan.pieces.enumerated() {
            guard let first = headers[number].first?.samples.first else { continue }
            let overlap = presentationEnd - cursor - first.compositionTicks
            if number > 0, overlap > 0, piece.segment.opened.runId != plan.pieces[number - 1].segment.opened.runId,
                let last = fragments.indices.last, let end = fragments[last].header.samples.indices.last
            {
                // What the run before still has to show comes first: its last frame stays for so long.
                fragments[last].header.samples[end].durationTicks += overlap
                cursor += overlap
            }
            delay = first.compositionTicks
            for (offset, header) in headers[number].enumerated() {
                let index = piece.fragments.lowerBound + offset
                let record = piece.segment.fragments[index]
                starts.append(cursor)
                var within: Int64 = 0
                for sample in header.samples {
                    let position = MediaTime.microseconds(within + sample.compositionTicks - delay)
                    frames.append(
                        Frame(
                            fragment: fragments.count,
                            ticks: cursor + sample.compositionTicks,
                            duration: sample.durationTicks,
                            shown: record.wall + .microseconds(position)
                        )
                    )
                    presentationEnd = max(
                        presentationEnd,
                        cursor + sample.compositionTicks + sample.durationTicks
                    )
                    cursor += sample.durationTicks
                    within += sample.durationTicks
                }
                fragments.append(Fragment(segment: number, index: index, record: record, header: header))
            }
        }
        frames.sort { $0.ticks < $1.ticks }
        var chosen = frames.indices.filter { frames[$0].shown >= plan.from && frames[$0].shown < plan.to }
        if chosen.isEmpty {
            // Shorter than a frame: the one on the screen.
            chosen = frames.indices.filter {
                frames[$0].shown <= plan.from
                    && frames[$0].shown + .microseconds(MediaTime.microseconds(frames[$0].duration)) > plan.from
            }
        }
        guard let first = chosen.first, let last = chosen.last else { return nil }
        let shown = Array(frames[first...last])
        // A key frame that is shown later than the first frame doesn't help to decode it.
        let keys = fragments.indices.filter { index in
            guard fragments[index].header.startsWithKey, let sample = fragments[index].header.samples.first else {
                return false
            }
            return starts[index] + sample.compositionTicks <= frames[first].ticks
        }
        guard let begin = keys.last else { return nil }
        let end = shown.map(\.fragment).max() ?? begin
        startTicks = frames[first].ticks - starts[begin]
        let endTicks = last + 1 < frames.count ? frames[last + 1].ticks : frames[last].ticks + frames[last].duration
        durationTicks = max(1, endTicks - frames[first].ticks)
        from = frames[first].shown
        to = frames[last].shown + .microseconds(MediaTime.microseconds(endTicks - frames[last].ticks))
        frameCount = shown.count
        stretches = Self.stretches(shown, fragments.map(\.segment), until: endTicks)
        let kept = fragments[begin...end]
        let used = Set(kept.map(\.segment)).sorted()
        segments = used.map { plan.pieces[$0].segment }
        self.fragments = kept.map { fragment in
            var fragment = fragment
            fragment.segment = used.firstIndex(of: fragment.segment) ?? 0
            return fragment
        }
    }

    /// - Parameter pieces: the piece of each fragment: only between two of them can the clip jump.
    private static func stretches(_ frames: [Frame], _ pieces: [Int], until endTicks: Int64) -> [Stretch] {
        guard let first = frames.first else { return [] }
        var found: [Stretch] = []
        var begin = first
        for (index, frame) in frames.enumerated() {
            let next = index + 1 < frames.count ? frames[index + 1] : nil
            let duration = (next?.ticks ?? endTicks) - frame.ticks
            let end = frame.shown + .microseconds(MediaTime.microseconds(duration))
            if let next,
                pieces[next.fragment] == pieces[frame.fragment] || abs((next.shown - end).seconds) <= seam.seconds
            {
                continue
            }
            found.append(
                Stretch(from: begin.shown, to: end, seconds: Double(begin.ticks - first.ticks) / 90_000)
            )
            if let next { begin = next }
        }
        return found
    }
}
