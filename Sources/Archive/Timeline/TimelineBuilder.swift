import Domain
import Store

/// Lays segments and gap rows over a window so that every instant of it belongs to exactly one run or gap. Pure.
///
/// Segments win over gap rows. What neither explains is a gap too: `notRecorded` before the first recording ever,
/// `deleted` up to the last frame ever (it was recorded, and is gone), and behind that recording that stopped without a
/// word.
struct TimelineBuilder {
    /// Sorted by start.
    var segments: [SegmentSpan]
    /// Sorted by start.
    var gaps: [Gap]
    /// The latest state that the journals give.
    var status: CameraStatus?
    /// From when to when the camera was ever recorded, whether that is still there or not; nil: never.
    var recorded: Range<WallTime>?
    var now: WallTime
    /// How far a growing segment may lag behind `now` and still count as recording.
    var liveSlack: Duration

    /// Rounding between two segments of one run; never a gap.
    private static let seam = Duration.milliseconds(40)

    func timeline(from: WallTime, to: WallTime) -> Timeline {
        let end = min(to, now)
        var result = Timeline()
        guard from < end else { return result }
        var covered = from
        var lastRun: String?
        for (index, segment) in segments.enumerated() {
            var segmentEnd = segment.to
            if index == segments.count - 1, !segment.closed, now - segment.to <= liveSlack,
                !gaps.contains(where: { $0.to == nil && $0.from >= segment.from })
            {
                segmentEnd = max(segmentEnd, now)
            }
            segmentEnd = min(segmentEnd, end)
            guard segmentEnd > covered, segment.from < end else { continue }
            let continues =
                lastRun == segment.run && result.runs.last?.to == covered && segment.from - covered <= Self.seam
            if continues, let last = result.runs.indices.last {
                result.runs[last].to = segmentEnd
            } else {
                if segment.from > covered { fill(covered, segment.from, &result) }
                result.runs.append(Timeline.Run(from: max(covered, segment.from), to: segmentEnd))
            }
            covered = segmentEnd
            lastRun = segment.run
        }
        if covered < end { fill(covered, end, &result) }
        return result
    }

    /// Covers `from..<to`, where no segment is, with gaps.
    private func fill(_ from: WallTime, _ to: WallTime, _ result: inout Timeline) {
        var pieces: [Timeline.Gap] = []
        var covered = from
        for gap in gaps {
            let start = max(gap.from, covered)
            let end = min(gap.to ?? to, to)
            guard start < end else { continue }
            if start > covered { pieces += unexplained(covered, start) }
            pieces.append(
                Timeline.Gap(
                    from: start,
                    to: end,
                    reason: gap.reason,
                    laterReasons: gap.laterReasons,
                    detail: gap.detail
                )
            )
            covered = end
        }
        if covered < to { pieces += unexplained(covered, to) }
        for piece in pieces {
            // Within one hole: a sliver beside an explained gap is the time of one frame, not a cause of its own.
            guard let last = result.gaps.last, last.to == piece.from, piece.from > from,
                isSliver(piece) || isSliver(last) || (last.reason == piece.reason && last.detail == piece.detail)
            else {
                result.gaps.append(piece)
                continue
            }
            let cause = isSliver(last) ? piece : last
            result.gaps[result.gaps.count - 1] = Timeline.Gap(
                from: last.from,
                to: piece.to,
                reason: cause.reason,
                laterReasons: cause.laterReasons,
                detail: cause.detail
            )
        }
    }

    private func isSliver(_ gap: Timeline.Gap) -> Bool {
        gap.detail == Self.unknown && gap.to - gap.from <= Self.seam
    }

    /// The detail of a gap for which there is no row.
    static let unknown = "it was recorded and is deleted, or its journal is missing"

    private func unexplained(_ from: WallTime, _ to: WallTime) -> [Timeline.Gap] {
        guard let recorded else { return neverRecorded(from, to) }
        var pieces: [Timeline.Gap] = []
        func add(_ until: WallTime, _ reason: StateReason, _ detail: String?) {
            let start = pieces.last?.to ?? from
            guard start < min(until, to) else { return }
            pieces.append(Timeline.Gap(from: start, to: min(until, to), reason: reason, detail: detail))
        }
        add(recorded.lowerBound, .notRecorded, "before the first recording")
        let last = segments.last.map { max($0.to, recorded.upperBound) } ?? recorded.upperBound
        add(last, .deleted, Self.unknown)
        // After the last frame: what capture last said of the camera, or that it stopped without a word.
        if let status, status.state != .live {
            add(to, status.reason, status.detail)
        } else {
            add(to, .crash, "capture stopped writing")
        }
        return pieces
    }

    /// Of a camera that never recorded only its last state is known, and only from when on it has been in it.
    private func neverRecorded(_ from: WallTime, _ to: WallTime) -> [Timeline.Gap] {
        let since = status.map { $0.reason == .ok ? to : min(max($0.since, from), to) } ?? to
        var pieces: [Timeline.Gap] = []
        if from < since {
            pieces.append(
                Timeline.Gap(from: from, to: since, reason: .notRecorded, detail: "nothing is recorded of this camera")
            )
        }
        if let status, since < to {
            pieces.append(Timeline.Gap(from: since, to: to, reason: status.reason, detail: status.detail))
        }
        return pieces
    }
}
