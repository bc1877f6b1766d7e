import Domain
import Media
import Recording

/// Which fragments make a clip of a range, and what it has to leave out. Pure.
///
/// Runs whose parameters are those of the first one are put together; where nothing was recorded or the parameters
/// differ, the clip jumps, and says so in `omitted`. A clip shows `[from, to)` exactly at its two ends: the edit list
/// cuts into the first and last group of pictures.
struct ClipPlan {
    struct Piece: Sendable {
        var segment: StoredSegment
        var fragments: Range<Int>
    }

    private(set) var pieces: [Piece] = []
    private(set) var omitted: [ClipFile.Omission] = []
    /// The range that the clip shows.
    private(set) var from: WallTime
    private(set) var to: WallTime
    /// From the first fragment's decoding time to `from`, in 90 kHz ticks.
    private(set) var startTicks: Int64 = 0
    private(set) var info: StreamInfo?

    /// - Parameters:
    ///   - segments: those that overlap the range, in order, with what their init segment says.
    ///   - gaps: the gaps of the range.
    init(segments: [(StoredSegment, StreamInfo)], gaps: [Timeline.Gap], from: WallTime, to: WallTime) {
        self.from = from
        self.to = to
        for gap in gaps { omitted.append(ClipFile.Omission(from: gap.from, to: gap.to, reason: gap.reason)) }
        var shownTo = from
        for (segment, stream) in segments {
            guard let range = Self.fragments(of: segment, from: from, to: to, first: pieces.isEmpty) else { continue }
            let start = segment.fragments[range.lowerBound].wall
            let end = segment.fragments[range.upperBound - 1].wallEnd
            if let info, !info.isSameFormat(as: stream) {
                omitted.append(ClipFile.Omission(from: max(start, from), to: min(end, to), reason: .discontinuity))
                continue
            }
            if info == nil {
                info = stream
                self.from = max(start, from)
                startTicks = MediaTime.ticks(microseconds: (self.from - start).microseconds)
            }
            pieces.append(Piece(segment: segment, fragments: range))
            shownTo = min(end, to)
        }
        self.to = shownTo
        omitted.sort { $0.from < $1.from }
    }

    /// How long the clip plays, in 90 kHz ticks: the media of all pieces less what the two ends cut off.
    var durationTicks: Int64 {
        var total: Int64 = 0
        for piece in pieces {
            for fragment in piece.segment.fragments[piece.fragments] { total += fragment.durationTicks }
        }
        guard let last = pieces.last?.segment.fragments[(pieces.last?.fragments.upperBound ?? 1) - 1] else { return 0 }
        let beyond = max(.zero, last.wallEnd - to)
        return max(1, total - startTicks - MediaTime.ticks(microseconds: beyond.microseconds))
    }

    private static func fragments(
        of segment: StoredSegment,
        from: WallTime,
        to: WallTime,
        first: Bool
    ) -> Range<Int>? {
        let all = segment.fragments
        guard let last = all.last, last.wallEnd > from, let end = all.lastIndex(where: { $0.wall < to }) else {
            return nil
        }
        guard let start = first ? segment.keyFragment(atOrBefore: from) : all.indices.first, start <= end else {
            return nil
        }
        return start..<end + 1
    }
}
