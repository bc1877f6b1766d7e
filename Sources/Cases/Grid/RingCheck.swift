/// Exact questions about rings in whole steps.
enum RingCheck {
    typealias Steps = CellIndex.Steps

    /// Twice the signed area of a triangle: positive when the corners run counter-clockwise.
    static func turn(_ a: Steps, _ b: Steps, _ c: Steps) -> Int64 {
        let (first, one) = (b.x - a.x).multipliedReportingOverflow(by: c.y - a.y)
        let (second, two) = (b.y - a.y).multipliedReportingOverflow(by: c.x - a.x)
        // Only sides of many degrees could; cells are small.
        return one || two ? 0 : first - second
    }

    /// Where a closed ring crosses or touches itself; nil for a simple one.
    static func selfIntersection(_ ring: [Steps]) -> Steps? {
        let count = ring.count - 1
        guard count >= 3 else { return ring.first }
        // By western end, so that sides far apart never meet.
        let sides = (0..<count).map { index -> (west: Int64, east: Int64, index: Int) in
            (min(ring[index].x, ring[index + 1].x), max(ring[index].x, ring[index + 1].x), index)
        }.sorted { $0.west < $1.west }
        for (place, side) in sides.enumerated() {
            let (a, b) = (ring[side.index], ring[side.index + 1])
            if a == b { return a }
            for other in sides[(place + 1)...] {
                if other.west > side.east { break }
                let (c, d) = (ring[other.index], ring[other.index + 1])
                let isNext = (side.index + 1) % count == other.index
                let isBefore = (other.index + 1) % count == side.index
                if isNext || isBefore {
                    // Neighbours share a corner; going back over itself is more.
                    let (corner, end, far) = isNext ? (b, a, d) : (a, b, c)
                    let back = turn(end, corner, far) == 0 && isBetween(corner, end, far) == false
                    if back, dot(corner, end, far) > 0 { return corner }
                    continue
                }
                if touches(a, b, c, d) { return meeting(a, b, c, d) }
            }
        }
        return nil
    }

    private static func dot(_ corner: Steps, _ a: Steps, _ b: Steps) -> Int64 {
        (a.x - corner.x) * (b.x - corner.x) + (a.y - corner.y) * (b.y - corner.y)
    }

    /// Whether a point of the line through two others lies between them.
    static func isBetween(_ point: Steps, _ a: Steps, _ b: Steps) -> Bool {
        min(a.x, b.x) <= point.x && point.x <= max(a.x, b.x) && min(a.y, b.y) <= point.y && point.y <= max(a.y, b.y)
    }

    private static func touches(_ a: Steps, _ b: Steps, _ c: Steps, _ d: Steps) -> Bool {
        let (first, second) = (turn(a, b, c).signum(), turn(a, b, d).signum())
        let (third, fourth) = (turn(c, d, a).signum(), turn(c, d, b).signum())
        if first * second < 0, third * fourth < 0 { return true }
        return (first == 0 && isBetween(c, a, b)) || (second == 0 && isBetween(d, a, b))
            || (third == 0 && isBetween(a, c, d)) || (fourth == 0 && isBetween(b, c, d))
    }

    private static func meeting(_ a: Steps, _ b: Steps, _ c: Steps, _ d: Steps) -> Steps {
        let below = turn(a, b, c)
        let above = turn(a, b, d)
        guard below != above else { return c }
        let share = Double(below) / Double(below - above)
        return Steps(
            x: c.x + Int64(share * Double(d.x - c.x)),
            y: c.y + Int64(share * Double(d.y - c.y))
        )
    }
}
