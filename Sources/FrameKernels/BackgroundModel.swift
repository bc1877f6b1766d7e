/// What every pixel of a small luma plane usually shows, and for how long it has shown something else.
///
/// Per pixel there are two values. The *background* follows the picture slowly, and only while it matches. The
/// *candidate* is what the pixel shows instead: it lives while the pixel keeps equal to it, survives a short
/// occlusion, and dies when the background is seen again. The candidate's age is the pixel's dwell.
///
/// A change of light moves all pixels one way; the median difference of the frame tells how far, and a pixel that such
/// a shift explains matches. A change of the whole scene (lens covered, camera turned, infrared filter, another
/// stream) starts the model afresh; the former background is parked for a while in case it returns.
///
/// Time is the caller's: each frame comes with the media time since the one before, so frames may be seconds apart.
/// After `init` nothing is allocated.
public struct BackgroundModel: Sendable {
    /// What a pixel shows in the latest frame.
    public enum Verdict {
        /// The background.
        public static let background: UInt8 = 0
        /// The candidate: not the background, but the same as before.
        public static let still: UInt8 = 1
        /// Neither.
        public static let changed: UInt8 = 2
    }

    /// What a frame did to the model as a whole.
    public struct Change: Sendable, Equatable {
        /// The model (re)started with this frame: nothing that was known about the picture holds.
        public var restarted = false
        /// The parked background came back with this frame.
        public var returned = false
        /// Too early after a start to judge motion.
        public var learning = false
        /// Pixels that differ from the background, in 1/256 of the plane.
        public var changedShare = 0
        /// The shift of light that was allowed for, in levels.
        public var lightShift: Int32 = 0

        /// A frame that changed nothing.
        public init() {}
    }

    /// Size of the planes it takes.
    public let size: PlaneSize
    /// How it judges.
    public let settings: BackgroundSettings

    /// Verdict of every pixel on the latest frame.
    public internal(set) var verdicts: [UInt8]
    /// Background in 1/256 levels.
    var background: [UInt16]
    /// Mean absolute deviation from the background in 1/8 levels.
    var spread: [UInt8]
    /// Milliseconds in which the background was seen; saturates.
    var support: [UInt32]
    /// Candidate in 1/256 levels.
    var candidate: [UInt16]
    /// Clock of the first and the latest frame that showed the candidate.
    var began: [UInt32]
    var seen: [UInt32]
    /// Frames that showed the candidate (0: there is none) and frames since that did not; both saturate.
    var hits: [UInt8]
    var misses: [UInt8]
    var parked: [UInt8]
    /// What was the background before the present one, and the clock when it was replaced (0: never).
    var former: [UInt8]
    var formerAt: [UInt32]
    var histogram: [UInt32]

    /// Milliseconds of media time seen since `init`; wraps after 49 days, ages are differences.
    public internal(set) var clock: UInt32 = 0
    var isEmpty = true
    var startedAt: UInt32 = 0
    var pending: UInt32 = 0
    var parkedAt: UInt32?

    /// An empty model; the first frame becomes the background.
    public init(size: PlaneSize, settings: BackgroundSettings = BackgroundSettings()) {
        let count = max(0, size.pixels)
        self.size = size
        self.settings = settings
        verdicts = [UInt8](repeating: 0, count: count)
        background = [UInt16](repeating: 0, count: count)
        spread = [UInt8](repeating: 0, count: count)
        support = [UInt32](repeating: 0, count: count)
        candidate = [UInt16](repeating: 0, count: count)
        began = [UInt32](repeating: 0, count: count)
        seen = [UInt32](repeating: 0, count: count)
        hits = [UInt8](repeating: 0, count: count)
        misses = [UInt8](repeating: 0, count: count)
        parked = [UInt8](repeating: 0, count: count)
        former = [UInt8](repeating: 0, count: count)
        formerAt = [UInt32](repeating: 0, count: count)
        histogram = [UInt32](repeating: 0, count: 4 * 512)
    }

    /// Takes the next frame.
    ///
    /// - Parameters:
    ///   - frame: The small plane, `size.pixels` bytes; a shorter one is ignored.
    ///   - elapsed: Milliseconds of media time since the frame before.
    ///   - pinned: One byte per pixel; where it isn't 0 the candidate belongs to a known object and is kept until it's
    ///     forgotten by hand, however long it's hidden.
    /// - Returns: What the frame did to the model as a whole.
    public mutating func update(_ frame: Span<UInt8>, elapsed: UInt32, pinned: Span<UInt8>) -> Change {
        guard frame.count >= size.pixels, pinned.count >= size.pixels else { return Change() }
        let step = min(elapsed, settings.longestStep)
        clock = clock &+ step
        pending = pending &+ step
        var change = Change()
        if isEmpty {
            restart(frame)
            change.restarted = true
            change.learning = true
            return change
        }
        let shift = lightShift(of: frame)
        change.lightShift = shift
        let changed = classify(frame, shift: shift)
        change.changedShare = changed &* 256 / max(1, size.pixels)
        if parkedAt != nil, returnsToParked(frame) {
            change.returned = true
            change.learning = true
            return change
        }
        if change.changedShare >= settings.sceneChange {
            park()
            restart(frame)
            change.restarted = true
            change.learning = true
            return change
        }
        if pending >= settings.shortestStep {
            learn(frame, shift: shift, pinned: pinned)
            pending = 0
        }
        change.learning = clock &- startedAt < settings.learning
        return change
    }

    /// Starts afresh with the next frame, for example when the picture is known to be another one.
    public mutating func forget() {
        isEmpty = true
        parkedAt = nil
        for i in formerAt.indices { formerAt[i] = 0 }
    }

    // MARK: - Scene changes

    mutating func restart(_ frame: Span<UInt8>) {
        isEmpty = false
        startedAt = clock
        pending = 0
        for i in 0..<size.pixels {
            background[i] = UInt16(frame[i]) &<< 8
            spread[i] = 0
            support[i] = 0
            hits[i] = 0
            verdicts[i] = Verdict.background
        }
    }

    /// Keeps the background in case it comes back, if it's old enough to be worth it and none is kept already.
    private mutating func park() {
        guard parkedAt == nil, clock &- startedAt >= 20_000 else { return }
        for i in 0..<size.pixels { parked[i] = UInt8(truncatingIfNeeded: background[i] &>> 8) }
        parkedAt = clock
    }

    /// Whether the frame shows the parked background rather than the present one; if so, it's taken back.
    private mutating func returnsToParked(_ frame: Span<UInt8>) -> Bool {
        guard let since = parkedAt else { return false }
        guard clock &- since <= settings.parking else {
            parkedAt = nil
            return false
        }
        var differing = 0
        for i in 0..<size.pixels {
            let a = frame[i]
            let b = parked[i]
            let distance = max(a, b) &- min(a, b)
            differing = differing &+ (distance > 16 ? 1 : 0)
        }
        // Nearer to the parked picture than half of what counts as another scene, and than to the present one.
        guard differing &* 256 < size.pixels &* settings.sceneChange / 2 else { return false }
        parkedAt = nil
        startedAt = clock
        pending = 0
        for i in 0..<size.pixels {
            background[i] = UInt16(parked[i]) &<< 8
            spread[i] = 0
            support[i] = 10_000
            hits[i] = 0
            verdicts[i] = Verdict.background
        }
        return true
    }

    /// The median of frame minus background: how far the light moved the picture as a whole.
    ///
    /// A large shift counts as light only if the picture keeps its pattern: a covered lens or a truck before it also
    /// moves the median, but looks like something else.
    private mutating func lightShift(of frame: Span<UInt8>) -> Int32 {
        let count = size.pixels
        // Taken out of self for the time of its use, which copies nothing.
        var counts: [UInt32] = []
        swap(&counts, &histogram)
        defer { swap(&counts, &histogram) }
        var bins = counts.mutableSpan
        let backgrounds = background.span
        guard bins.count == 4 * 512, backgrounds.count >= count, frame.count >= count else { return 0 }
        for bin in 0..<bins.count { bins[bin] = 0 }
        // Four counts side by side: most pixels differ by nothing, and a count must not wait for the one before.
        for i in 0..<count {
            let bin = (i & 3) &* 512 &+ Int(frame[i]) &- Int(backgrounds[i] &>> 8) &+ 255
            bins[bin] = bins[bin] &+ 1
        }
        let half = UInt32(truncatingIfNeeded: count / 2)
        var below: UInt32 = 0
        var shift: Int32 = 0
        for bin in 0..<511 {
            below = below &+ bins[bin] &+ bins[512 &+ bin] &+ bins[1024 &+ bin] &+ bins[1536 &+ bin]
            if below > half {
                shift = Int32(truncatingIfNeeded: bin &- 255)
                break
            }
        }
        return abs(shift) < 12 || keepsPattern(frame) ? shift : 0
    }

    /// Whether frame and background are the same picture apart from brightness and contrast.
    private func keepsPattern(_ frame: Span<UInt8>) -> Bool {
        var now = 0
        var before = 0
        var squaredNow = 0
        var squaredBefore = 0
        var product = 0
        for i in 0..<size.pixels {
            let a = Int(frame[i])
            let b = Int(background[i] &>> 8)
            now = now &+ a
            before = before &+ b
            squaredNow = squaredNow &+ a &* a
            squaredBefore = squaredBefore &+ b &* b
            product = product &+ a &* b
        }
        let n = Double(max(1, size.pixels))
        let varianceNow = Double(squaredNow) / n - Double(now) / n * (Double(now) / n)
        let varianceBefore = Double(squaredBefore) / n - Double(before) / n * (Double(before) / n)
        let shared = Double(product) / n - Double(now) / n * (Double(before) / n)
        return shared > 0 && shared * shared >= 0.4 * varianceNow * varianceBefore
    }
}
