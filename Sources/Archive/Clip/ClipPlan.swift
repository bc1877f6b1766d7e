import Domain
import Media
import Recording

/// Which fragments may make a clip of a range, and what it has to leave out. Pure.
///
/// Runs whose parameters are those of the first one are put together; where nothing was recorded or the parameters
/// differ, the clip jumps, and says so in `omitted`. `ClipContent` settles the frames.
struct ClipPlan: Sendable {
    struct Piece: Sendable {
        var segment: StoredSegment
        var fragments: Range<Int>
    }

    private(set) var pieces: [Piece] = []
    private(set) var omitted: [ClipFile.Omission] = []
    /// The range that was asked for.
    let from: WallTime
    let to: WallTime
    private(set) var info: StreamInfo?

    /// Reordered pictures are decoded later than they are shown, by less than this.
    private static let reorder = Duration.seconds(1)

    /// - Parameters:
    ///   - segments: those that overlap the range, in order, with what their init segment says.
    ///   - gaps: the gaps of the range.
    init(segments: [(StoredSegment, StreamInfo)], gaps: [Timeline.Gap], from: WallTime, to: WallTime) {
        self.from = from
        self.to = to
        for gap in gaps { omitted.append(ClipFile.Omission(from: gap.from, to: gap.to, reason: gap.reason)) }
        for (segment, stream) in segments {
            guard let range = Self.fragments(of: segment, from: from, to: to, first: pieces.isEmpty) else { continue }
            if let info, !info.isSameFormat(as: stream) {
                let start = segment.fragments[range.lowerBound].wall
                let end = segment.fragments[range.upperBound - 1].wallEnd
                omitted.append(ClipFile.Omission(from: max(start, from), to: min(end, to), reason: .discontinuity))
                continue
            }
            info = info ?? stream
            pieces.append(Piece(segment: segment, fragments: range))
        }
        omitted.sort { $0.from < $1.from }
    }

    private static func fragments(
        of segment: StoredSegment,
        from: WallTime,
        to: WallTime,
        first: Bool
    ) -> Range<Int>? {
        let all = segment.fragments
        guard let last = all.last, last.wallEnd > from, let begin = all.first, begin.wall < to,
            let end = all.lastIndex(where: { $0.wall < to + reorder })
        else { return nil }
        guard let start = first ? segment.keyFragment(atOrBefore: from) : all.indices.first, start <= end else {
            return nil
        }
        return start..<end + 1
    }
}
