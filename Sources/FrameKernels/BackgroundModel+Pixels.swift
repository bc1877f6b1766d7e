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
        guard backgrounds.count >= count, spreads.count >= count, candidates.count >= count, hits.count >= count,
            verdicts.count >= count
        else { return 0 }
        var differing = 0
        for i in 0..<count {
            let value = Int32(frame[i]) &* 256
            let usual = Int32(backgrounds[i])
            let limit = min(threshold &+ (Int32(spreads[i]) &* 3) / 8, largest) &* 256
            let stretch = (usual &>> 8) &* gain
            let low = min(0, shift &* 384, stretch) &- limit
            let high = max(0, shift &* 384, stretch) &+ limit
            let fromBackground = value &- usual
            let isBackground = fromBackground >= low && fromBackground <= high
            let fromCandidate = value &- Int32(candidates[i])
            let isStill =
                hits[i] > 0 && fromCandidate >= low && fromCandidate <= high
                && (!isBackground || abs(fromCandidate) < abs(fromBackground))
            verdicts[i] = isStill ? Verdict.still : isBackground ? Verdict.background : Verdict.changed
            differing = differing &+ (isStill || !isBackground ? 1 : 0)
        }
        return differing
    }

    /// Moves every pixel's background and candidate on by the frame, as `classify` judged it.
    mutating func learn(_ frame: Span<UInt8>, shift: Int32, pinned: Span<UInt8>) {
        let step = min(pending, settings.longestStep)
        // A shift of light is followed four times as fast: it is the whole picture that says so.
        let constant = abs(shift) >= 3 ? settings.adaptation / 4 : settings.adaptation
        let young = max(step, clock &- startedAt)
        // While the model is young its background is the mean of what was seen.
        let rate = Int32(truncatingIfNeeded: step &* 256 / (min(constant, young) &+ step))
        for i in 0..<size.pixels {
            let value = Int32(frame[i]) &* 256
            switch verdicts[i] {
            case Verdict.background:
                let difference = value &- Int32(background[i])
                background[i] = UInt16(truncatingIfNeeded: Int32(background[i]) &+ (difference &* rate) / 256)
                follow(difference, at: i)
                support[i] = min(support[i] &+ step, 3_600_000)
                if pinned[i] == 0 { hits[i] = 0 }
            case Verdict.still:
                let difference = value &- Int32(candidate[i])
                candidate[i] = UInt16(truncatingIfNeeded: Int32(candidate[i]) &+ (difference &* 64) / 256)
                hits[i] = min(hits[i], 254) &+ 1
                misses[i] = 0
                seen[i] = clock
            default:
                miss(value, at: i, isPinned: pinned[i] != 0)
            }
        }
    }

    /// Lets the spread follow a deviation, in 1/256 levels.
    @inline(__always)
    private mutating func follow(_ difference: Int32, at i: Int) {
        let deviation = min(Int32(truncatingIfNeeded: difference.magnitude) / 32, 255)
        let old = Int32(spread[i])
        let delta = deviation &- old
        // At least one step, so that rounding can't hold it.
        let move = delta / 16
        spread[i] = UInt8(truncatingIfNeeded: old &+ (move != 0 ? move : delta.signum()))
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
            if hits[i] == 1 { follow(value &- Int32(background[i]), at: i) }
        }
        candidate[i] = UInt16(truncatingIfNeeded: value)
        hits[i] = 1
        misses[i] = 0
        began[i] = clock
        seen[i] = clock
    }
}
