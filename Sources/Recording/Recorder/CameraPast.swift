import Domain

/// What is known of a camera's recording so far: where the next segment goes on.
struct CameraPast: Sendable, Hashable {
    /// The newest segment and the last value of its chain.
    var lastSegment: SegmentName?
    var lastHead: ContentHash?
    /// Wall time of the end of the last recorded frame.
    var lastEnd: WallTime?
    /// The gap that is open.
    var gap: GapRecord?
    /// When the last gap line was noted; the next one is noted later.
    var notedAt: WallTime?

    init(_ outcome: SegmentRecovery.Outcome) {
        lastSegment = outcome.lastSegment
        lastHead = outcome.lastHead
        lastEnd = outcome.lastEnd
        gap = outcome.openGap
        notedAt = outcome.notedAt
    }

    /// Takes a cause of the gap that is open, or opens one.
    ///
    /// - Returns: false when the gap says so already.
    mutating func beginGap(_ reason: StateReason, _ detail: String?, now: WallTime) -> Bool {
        guard var current = gap else {
            gap = GapRecord(from: lastEnd ?? now, to: nil, reason: reason, detail: detail)
            return true
        }
        let latest = current.laterReasons.last ?? current.reason
        // Bounded: after the first few causes the repetition says nothing.
        guard reason != latest, reason != .starting, current.laterReasons.count < 20 else { return false }
        if current.reason == .starting, current.laterReasons.isEmpty {
            current.reason = reason
            current.detail = detail
        } else {
            current.laterReasons.append(reason)
        }
        gap = current
        return true
    }

    /// The time for the next gap line.
    mutating func note(now: WallTime) -> WallTime {
        let at = notedAt.map { max(now, $0 + .microseconds(1)) } ?? now
        notedAt = at
        return at
    }
}
