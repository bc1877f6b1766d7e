extension BackgroundModel {
    /// The difference from 0 that a pixel with this spread may show, in 1/256 levels.
    @inline(__always)
    func tolerance(_ spread: UInt8) -> Int32 {
        let wanted = settings.threshold &+ (Int32(spread) &* 3) / 8
        return min(wanted, max(settings.largestThreshold, settings.threshold)) &* 256
    }

    /// Sets the verdict of every pixel.
    ///
    /// The range of differences that match is stretched by the shift of light: as far as an offset of half as much
    /// again, or as a gain that moves the mean by the shift, would move this pixel.
    ///
    /// - Returns: The number of pixels that don't show the background.
    mutating func classify(_ frame: Span<UInt8>, shift: Int32) -> Int {
        let count = size.pixels
        var total = 0
        if shift != 0 { for i in 0..<count { total = total &+ Int(background[i] &>> 8) } }
        let mean = Int32(truncatingIfNeeded: total / max(1, count))
        // By how much of its level a pixel may move: the gain, and a quarter more for gamma; at most by all of it.
        let gain = max(-256, min(256, shift &* 320 / max(16, mean)))
        let threshold = settings.threshold
        let largest = max(settings.largestThreshold, threshold)
        // Taken out of self for the time of its use, which copies nothing.
        var judged: [UInt8] = []
        swap(&judged, &self.verdicts)
        defer { swap(&judged, &self.verdicts) }
        var verdicts = judged.mutableSpan
        let backgrounds = background.span
        let spreads = spread.span
        let candidates = candidate.span
        let hits = self.hits.span
        guard frame.count >= count, backgrounds.count >= count, spreads.count >= count, candidates.count >= count,
            hits.count >= count, verdicts.count >= count
        else { return 0 }
        let lowest = min(0, shift &* 384)
        let highest = max(0, shift &* 384)
        // Without a branch, in numbers that are 0 or 1: so the loop is vectorised.
        var differing: Int32 = 0
        for i in 0..<count {
            let value = Int32(frame[i]) &* 256
            let usual = Int32(backgrounds[i])
            let limit = min(threshold &+ (Int32(spreads[i]) &* 3) &>> 3, largest) &* 256
            let stretch = (usual &>> 8) &* gain
            let low = min(lowest, stretch) &- limit
            let high = max(highest, stretch) &+ limit
            let fromBackground = value &- usual
            let fromCandidate = value &- Int32(candidates[i])
            let hasCandidate: Int32 = hits[i] > 0 ? 1 : 0
            let isBackground = Self.isWithin(fromBackground, low, high)
            let isNearer: Int32 = Self.size(fromCandidate) < Self.size(fromBackground) ? 1 : 0
            let isStill =
                hasCandidate & Self.isWithin(fromCandidate, low, high) & ((1 &- isBackground) | isNearer)
            let verdict = isStill != 0 ? Verdict.still : isBackground != 0 ? Verdict.background : Verdict.changed
            verdicts[i] = verdict
            differing = differing &+ (isStill | (1 &- isBackground))
        }
        return Int(differing)
    }

    @inline(__always)
    private static func isWithin(_ value: Int32, _ low: Int32, _ high: Int32) -> Int32 {
        (value >= low ? 1 : 0) & (value <= high ? 1 : 0)
    }

    @inline(__always)
    private static func size(_ value: Int32) -> Int32 { max(value, 0 &- value) }

    /// Moves every pixel's background and candidate on by the frame, as `classify` judged it.
    mutating func learn(_ frame: Span<UInt8>, shift: Int32, pinned: Span<UInt8>) {
        let step = min(pending, settings.longestStep)
        // A shift of light is followed four times as fast: it is the whole picture that says so.
        let constant = abs(shift) >= 3 ? settings.adaptation / 4 : settings.adaptation
        let young = max(step, clock &- startedAt)
        // While the model is young its background is the mean of what was seen.
        let rate = Int32(truncatingIfNeeded: step &* 256 / (min(constant, young) &+ step))
        followBackground(frame, rate: rate, step: step, pinned: pinned)
        for i in 0..<size.pixels where verdicts[i] != Verdict.background {
            let value = Int32(frame[i]) &* 256
            if verdicts[i] == Verdict.still {
                let difference = value &- Int32(candidate[i])
                candidate[i] = UInt16(truncatingIfNeeded: Int32(candidate[i]) &+ (difference &* 64) / 256)
                hits[i] = min(hits[i], 254) &+ 1
                misses[i] = 0
                seen[i] = clock
            } else {
                miss(value, at: i, isPinned: pinned[i] != 0)
            }
        }
    }

    /// `learn` for the pixels that show the background, which are nearly all: loops over all pixels without a branch, each
    /// of which writes one array, so that they are vectorised.
    private mutating func followBackground(_ frame: Span<UInt8>, rate: Int32, step: UInt32, pinned: Span<UInt8>) {
        // Taken out of self for the time of their use, which copies nothing.
        var verdicts: [UInt8] = []
        swap(&verdicts, &self.verdicts)
        defer { swap(&verdicts, &self.verdicts) }
        do {
            var taken: [UInt8] = []
            swap(&taken, &spread)
            defer { swap(&taken, &spread) }
            var spreads = taken.mutableSpan
            Self.followSpread(frame, verdicts.span, background.span, into: &spreads)
        }
        var backgrounds = background.mutableSpan
        Self.followLevel(frame, verdicts.span, rate: rate, into: &backgrounds)
        var supports = support.mutableSpan
        Self.addSupport(step, verdicts.span, into: &supports)
        var counts = hits.mutableSpan
        Self.endCandidates(verdicts.span, pinned, in: &counts)
    }

    private static func followSpread(
        _ frame: Span<UInt8>,
        _ verdicts: Span<UInt8>,
        _ backgrounds: Span<UInt16>,
        into spreads: inout MutableSpan<UInt8>
    ) {
        let count = spreads.count
        guard frame.count >= count, verdicts.count >= count, backgrounds.count >= count else { return }
        for i in 0..<count {
            let difference = Int32(frame[i]) &* 256 &- Int32(backgrounds[i])
            let old = spreads[i]
            let moved = followed(difference, spread: old)
            spreads[i] = verdicts[i] == Verdict.background ? moved : old
        }
    }

    private static func followLevel(
        _ frame: Span<UInt8>,
        _ verdicts: Span<UInt8>,
        rate: Int32,
        into backgrounds: inout MutableSpan<UInt16>
    ) {
        let count = backgrounds.count
        guard frame.count >= count, verdicts.count >= count else { return }
        for i in 0..<count {
            let old = backgrounds[i]
            let difference = Int32(frame[i]) &* 256 &- Int32(old)
            let moved = UInt16(truncatingIfNeeded: Int32(old) &+ (difference &* rate) / 256)
            backgrounds[i] = verdicts[i] == Verdict.background ? moved : old
        }
    }

    private static func addSupport(_ step: UInt32, _ verdicts: Span<UInt8>, into supports: inout MutableSpan<UInt32>) {
        let count = supports.count
        guard verdicts.count >= count else { return }
        for i in 0..<count {
            let old = supports[i]
            let more = min(old &+ step, 3_600_000)
            supports[i] = verdicts[i] == Verdict.background ? more : old
        }
    }

    private static func endCandidates(
        _ verdicts: Span<UInt8>,
        _ pinned: Span<UInt8>,
        in hits: inout MutableSpan<UInt8>
    ) {
        let count = hits.count
        guard verdicts.count >= count, pinned.count >= count else { return }
        for i in 0..<count {
            let old = hits[i]
            let ends: UInt8 = (verdicts[i] == Verdict.background ? 1 : 0) & (pinned[i] == 0 ? 1 : 0)
            hits[i] = ends != 0 ? 0 : old
        }
    }

    /// A spread moved towards a deviation, in 1/256 levels.
    @inline(__always)
    private static func followed(_ difference: Int32, spread: UInt8) -> UInt8 {
        let deviation = min(size(difference) &>> 5, 255)
        let old = Int32(spread)
        let delta = deviation &- old
        // At least one step, so that rounding can't hold it.
        let sign: Int32 = (delta > 0 ? 1 : 0) &- (delta < 0 ? 1 : 0)
        let move = delta / 16
        return UInt8(truncatingIfNeeded: old &+ (move != 0 ? move : sign))
    }

    /// The pixel shows neither value: keep the candidate while it may be hidden, else begin a new one.
    private mutating func miss(_ value: Int32, at i: Int, isPinned: Bool) {
        if hits[i] > 0 {
            misses[i] = min(misses[i], 254) &+ 1
            if isPinned { return }
            let hidden = clock &- seen[i]
            let patience = min((seen[i] &- began[i]) / 2, settings.occlusion)
            // One missed frame is forgiven to whatever was seen twice, however far apart the frames are.
            if hits[i] >= 2, misses[i] == 1 || hidden <= patience { return }
            // What never holds still is noise of this pixel (leaves, water, a flag).
            if hits[i] == 1 { spread[i] = Self.followed(value &- Int32(background[i]), spread: spread[i]) }
        }
        candidate[i] = UInt16(truncatingIfNeeded: value)
        hits[i] = 1
        misses[i] = 0
        began[i] = clock
        seen[i] = clock
    }
}
