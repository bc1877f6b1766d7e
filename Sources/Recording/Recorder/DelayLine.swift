/// The lower edge of the delays between a source's clock and arrival, as a straight line over the last two hours. All
/// times in microseconds.
///
/// The network makes packets late, never early, so the shortest delays lie on a line whose slope is the difference of the
/// two clocks' rates. Of all lines that no delay lies below, an edge of the delays' lower convex hull is taken (Moon,
/// Skelly and Towsley, Estimation and Removal of Clock Skew, 1999): the one a third into the two hours, so congestion of
/// up to an hour and a quarter leaves the line where it was.
struct DelayLine: Sendable, Equatable {
    private struct Point: Equatable {
        var media: Int64
        var delay: Int64
    }

    /// The shortest delay of each 10 s of the last minutes, and of each 2 min before.
    private static let fine: Int64 = 10_000_000
    private static let coarse: Int64 = 120_000_000
    private static let finePoints = 12
    private static let coarsePoints = 60
    /// No clock is further off.
    private static let steepest = 505e-6

    private var points: [Point] = []
    private var coarseCount = 0
    private var lowest: Point?
    private var windowStart: Int64 = 0
    private var hasSettled = false
    /// The line: `delay` at `media`, and its slope.
    private var anchor = Point(media: 0, delay: 0)
    private var slope = 0.0

    mutating func observe(media: Int64, delay: Int64) {
        if !hasSettled {
            if lowest.map({ delay < $0.delay }) ?? true {
                lowest = Point(media: media, delay: delay)
                anchor = Point(media: media, delay: delay)
            }
            return
        }
        if let lowest {
            let expected = Double(media - lowest.media) * slope
            if Double(delay - lowest.delay) < expected { self.lowest = Point(media: media, delay: delay) }
        } else {
            lowest = Point(media: media, delay: delay)
        }
        // Earlier than the line allows: it has to yield at once.
        if delay < self.delay(at: media) { anchor = Point(media: media, delay: delay) }
        if media - windowStart >= Self.fine { closeWindow(media) }
    }

    /// The anchor has been chosen.
    mutating func settle() {
        hasSettled = true
        if let lowest { points = [lowest] }
        lowest = nil
    }

    /// The delay that a packet sent at once would have at `media`.
    func delay(at media: Int64) -> Int64 {
        anchor.delay + Int64(Double(media - anchor.media) * slope)
    }

    /// Moves the origin of media time.
    mutating func rebase(by media: Int64) {
        for index in points.indices {
            points[index].media -= media
            points[index].delay += media
        }
        if let point = lowest { lowest = Point(media: point.media - media, delay: point.delay + media) }
        anchor = Point(media: anchor.media - media, delay: anchor.delay + media)
        windowStart -= media
    }

    private mutating func closeWindow(_ media: Int64) {
        if let lowest { points.append(lowest) }
        lowest = nil
        windowStart = media
        if points.count - coarseCount >= 2 * Self.finePoints { coarsen() }
        fit()
    }

    /// Puts the older fine points together to one coarse one: the one that lies lowest on the slope.
    private mutating func coarsen() {
        let group = points[coarseCount..<coarseCount + Self.finePoints]
        guard var best = group.first else { return }
        for point in group where Double(point.delay - best.delay) < Double(point.media - best.media) * slope {
            best = point
        }
        points.replaceSubrange(coarseCount..<coarseCount + Self.finePoints, with: [best])
        coarseCount += 1
        if coarseCount > Self.coarsePoints {
            points.removeFirst()
            coarseCount -= 1
        }
    }

    private mutating func fit() {
        guard let first = points.first, let last = points.last, points.count > 1 else { return }
        // Monotone chain: points come in order of time.
        var hull: [Point] = []
        for point in points {
            while hull.count > 1, Self.turn(hull[hull.count - 2], hull[hull.count - 1], point) <= 0 {
                hull.removeLast()
            }
            hull.append(point)
        }
        let third = first.media + (last.media - first.media) / 3
        let right = max(1, hull.firstIndex { $0.media >= third } ?? hull.count - 1)
        let (from, to) = (hull[right - 1], hull[right])
        let found = Double(to.delay - from.delay) / Double(max(1, to.media - from.media))
        slope = max(-Self.steepest, min(Self.steepest, found))
        var lowest = from
        for point in points where Double(point.delay - lowest.delay) < Double(point.media - lowest.media) * slope {
            lowest = point
        }
        anchor = lowest
    }

    /// Above 0 where the way from `a` over `b` to `c` turns upwards.
    private static func turn(_ a: Point, _ b: Point, _ c: Point) -> Double {
        Double(b.media - a.media) * Double(c.delay - a.delay) - Double(b.delay - a.delay) * Double(c.media - a.media)
    }
}
