/// What the pixels of something still say about what it is; see `BackgroundModel.evidence`.
public struct StillEvidence: Sendable, Equatable {
    /// Pixels of it.
    public var area = 0
    /// Pixels of it that have stood long enough.
    public var ripe = 0
    /// Mean dwell of the ripe ones, in milliseconds.
    public var dwell: UInt32 = 0
    /// Mean time that its pixels' background was seen, in milliseconds.
    public var support: UInt32 = 0
    /// Mean difference between candidate and background inside, in levels.
    public var contrast = 0
    /// Pixels that show again what their background was before the present one.
    public var former = 0
    /// Pairs of pixels compared across its border.
    public var pairs = 0
    /// Mean step across the border now, in 1/16 levels.
    public var edgeNow = 0
    /// Mean step across the border in the background, in 1/16 levels.
    public var edgeBefore = 0
    /// Standard deviation of the background inside, in levels.
    public var texture = 0
    /// How alike candidate and background are inside apart from brightness: correlation in 1/100, −100…100.
    public var likeness = 0

    /// Nothing seen yet.
    public init() {}
}

extension BackgroundModel {
    /// Collects what tells a new object from uncovered background and from a change of light.
    ///
    /// A new object has an edge now where the background had none. Where an object went away, or the background was
    /// learnt with something in front of it, the picture now runs on smoothly across the border and the *background*
    /// has the edge. Outside pixels are taken from the background in both cases, so passers-by don't matter.
    ///
    /// - Parameters:
    ///   - group: The group (not 0) to look at.
    ///   - groups: Group of every pixel, `size.pixels` values.
    ///   - box: Columns and rows of the group, as a blob.
    ///   - dwell: From how many milliseconds on a pixel is ripe.
    public func evidence(of group: UInt8, in groups: Span<UInt8>, box: Blob, dwell: UInt32) -> StillEvidence {
        var result = StillEvidence()
        guard groups.count >= size.pixels else { return result }
        var sums = Sums()
        for y in max(0, box.top)..<min(size.height, box.bottom) {
            for x in max(0, box.left)..<min(size.width, box.right) {
                let i = y &* size.width &+ x
                guard groups[i] == group, hits[i] > 0 else { continue }
                addInside(i, dwell: dwell, to: &sums)
                addBorder(x: x, y: y, group: group, groups: groups, to: &sums)
            }
        }
        guard sums.area > 0 else { return result }
        result.area = sums.area
        result.ripe = sums.ripe
        result.former = sums.former
        result.dwell = UInt32(truncatingIfNeeded: sums.dwell / max(1, sums.ripe))
        result.support = UInt32(truncatingIfNeeded: sums.support / sums.area)
        result.contrast = sums.difference / sums.area
        result.pairs = sums.pairs
        result.edgeNow = sums.edgeNow &* 16 / max(1, sums.pairs)
        result.edgeBefore = sums.edgeBefore &* 16 / max(1, sums.pairs)
        let n = Double(sums.area)
        let varianceBefore = max(0, Double(sums.squaredBefore) / n - square(Double(sums.before) / n))
        let varianceNow = max(0, Double(sums.squaredNow) / n - square(Double(sums.now) / n))
        let shared = Double(sums.product) / n - Double(sums.before) / n * Double(sums.now) / n
        result.texture = Int(varianceBefore.squareRoot())
        let scale = (varianceBefore * varianceNow).squareRoot()
        result.likeness = scale > 1 ? Int(max(-1, min(1, shared / scale)) * 100) : 0
        return result
    }

    private struct Sums {
        var area = 0
        var ripe = 0
        var former = 0
        var dwell = 0
        var support = 0
        var difference = 0
        var pairs = 0
        var edgeNow = 0
        var edgeBefore = 0
        var before = 0
        var now = 0
        var squaredBefore = 0
        var squaredNow = 0
        var product = 0
    }

    private func square(_ value: Double) -> Double { value * value }

    private func addInside(_ i: Int, dwell: UInt32, to sums: inout Sums) {
        let before = Int(backgroundLevel(at: i))
        let now = Int(candidateLevel(at: i))
        let stood = self.dwell(at: i)
        sums.area &+= 1
        if stood >= dwell {
            sums.ripe &+= 1
            sums.dwell &+= Int(stood)
        }
        if isFormer(i) { sums.former &+= 1 }
        sums.support &+= Int(support[i])
        sums.difference &+= abs(now &- before)
        sums.before &+= before
        sums.now &+= now
        sums.squaredBefore &+= before &* before
        sums.squaredNow &+= now &* now
        sums.product &+= before &* now
    }

    /// Compares one pixel inside with one three pixels further out, in the four directions in which the border lies.
    private func addBorder(x: Int, y: Int, group: UInt8, groups: Span<UInt8>, to sums: inout Sums) {
        for direction in 0..<4 {
            let dx = direction == 0 ? 1 : direction == 1 ? -1 : 0
            let dy = direction == 2 ? 1 : direction == 3 ? -1 : 0
            let farX = x &+ 3 &* dx
            let farY = y &+ 3 &* dy
            guard farX >= 0, farX < size.width, farY >= 0, farY < size.height else { continue }
            let far = farY &* size.width &+ farX
            let next = (y &+ dy) &* size.width &+ x &+ dx
            guard groups[next] != group, groups[far] == 0 else { continue }
            // One pixel inwards where there is one: the outermost is a mixture.
            var inner = y &* size.width &+ x
            let deeper = (y &- dy) &* size.width &+ x &- dx
            if x &- dx >= 0, x &- dx < size.width, y &- dy >= 0, y &- dy < size.height, groups[deeper] == group {
                inner = deeper
            }
            let outside = Int(backgroundLevel(at: far))
            sums.pairs &+= 1
            sums.edgeNow &+= abs(Int(candidateLevel(at: inner)) &- outside)
            sums.edgeBefore &+= abs(Int(backgroundLevel(at: inner)) &- outside)
        }
    }

    /// Gives a pixel the candidate that it had before the model was restarted.
    public mutating func restoreCandidate(_ pixel: Int, level: UInt8, dwell: UInt32) {
        candidate[pixel] = UInt16(level) &<< 8
        hits[pixel] = 3
        misses[pixel] = 0
        seen[pixel] = clock
        began[pixel] = clock &- dwell
    }
}
