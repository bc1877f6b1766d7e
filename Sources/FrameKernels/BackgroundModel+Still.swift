extension BackgroundModel {
    /// Marks with 1 the pixels that move: changed, or still for less than `settings.settling`.
    public func markMoving(into mask: inout MutableSpan<UInt8>) {
        let count = size.pixels
        let verdicts = self.verdicts.span
        let began = self.began.span
        let seen = self.seen.span
        guard mask.count >= count, verdicts.count >= count, began.count >= count, seen.count >= count else { return }
        let settling = settings.settling
        for i in 0..<count {
            let isYoung: UInt8 = seen[i] &- began[i] < settling ? 1 : 0
            let isStill: UInt8 = verdicts[i] == Verdict.still ? 1 : 0
            mask[i] = (verdicts[i] == Verdict.changed ? 1 : 0) | (isStill & isYoung)
        }
    }

    /// Marks with 1 the pixels that show something still for at least `dwell` milliseconds and three frames, are seen
    /// to do so in the latest frame, and belong to no known object.
    public func markStill(dwell: UInt32, pinned: Span<UInt8>, into mask: inout MutableSpan<UInt8>) {
        let count = size.pixels
        let verdicts = self.verdicts.span
        let hits = self.hits.span
        let began = self.began.span
        let seen = self.seen.span
        guard mask.count >= count, pinned.count >= count, verdicts.count >= count, hits.count >= count,
            began.count >= count, seen.count >= count
        else { return }
        for i in 0..<count {
            let isOld: UInt8 = seen[i] &- began[i] >= dwell ? 1 : 0
            let isStill: UInt8 = (verdicts[i] == Verdict.still ? 1 : 0) & (hits[i] >= 3 ? 1 : 0)
            mask[i] = isOld & isStill & (pinned[i] == 0 ? 1 : 0)
        }
    }

    /// How long the pixel's candidate has stood, in milliseconds; 0 when there is none.
    public func dwell(at pixel: Int) -> UInt32 {
        hits[pixel] == 0 ? 0 : seen[pixel] &- began[pixel]
    }

    /// What the pixel usually shows.
    public func backgroundLevel(at pixel: Int) -> UInt8 { UInt8(truncatingIfNeeded: background[pixel] &>> 8) }

    /// What the pixel shows instead, where it has a dwell.
    public func candidateLevel(at pixel: Int) -> UInt8 { UInt8(truncatingIfNeeded: candidate[pixel] &>> 8) }

    /// How long the pixel's background was seen, in milliseconds.
    public func backgroundSupport(at pixel: Int) -> UInt32 { support[pixel] }

    /// Whether the pixel shows again what its background was before the present one.
    public func isFormer(_ pixel: Int) -> Bool {
        guard formerAt[pixel] != 0, hits[pixel] > 0, clock &- formerAt[pixel] <= settings.memory else { return false }
        let difference = Int32(former[pixel]) &- Int32(candidateLevel(at: pixel))
        return abs(difference) &* 256 <= tolerance(spread[pixel])
    }

    /// Makes the pixel's candidate its background.
    public mutating func absorb(_ pixel: Int) {
        guard hits[pixel] > 0 else { return }
        // Only what was seen for a while is worth remembering, not somebody in the first frame.
        if support[pixel] >= 4000 {
            former[pixel] = backgroundLevel(at: pixel)
            formerAt[pixel] = max(1, clock)
        }
        background[pixel] = candidate[pixel]
        support[pixel] = seen[pixel] &- began[pixel]
        spread[pixel] = 0
        hits[pixel] = 0
        verdicts[pixel] = Verdict.background
    }

    /// Makes candidates that have stood for more than `age` milliseconds their pixels' background, but for pixels that
    /// belong to a known object (`pinned` is not 0).
    public mutating func absorb(olderThan age: UInt32, pinned: Span<UInt8>) {
        // There is hardly ever one: a pass without branches finds that out.
        guard hasCandidate(olderThan: age, pinned: pinned) else { return }
        for i in 0..<size.pixels where pinned[i] == 0 && dwell(at: i) > age { absorb(i) }
    }

    private func hasCandidate(olderThan age: UInt32, pinned: Span<UInt8>) -> Bool {
        let count = size.pixels
        let hits = self.hits.span
        let began = self.began.span
        let seen = self.seen.span
        guard pinned.count >= count, hits.count >= count, began.count >= count, seen.count >= count else {
            return false
        }
        var found: UInt8 = 0
        for i in 0..<count {
            let isOld: UInt8 = seen[i] &- began[i] > age ? 1 : 0
            found |= isOld & (hits[i] > 0 ? 1 : 0) & (pinned[i] == 0 ? 1 : 0)
        }
        return found != 0
    }

    /// Drops the pixel's candidate.
    public mutating func dropCandidate(_ pixel: Int) { hits[pixel] = 0 }
}
