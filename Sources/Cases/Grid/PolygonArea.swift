import Domain

#if canImport(Glibc)
    import Glibc
#endif

/// Areas of polygons and of what they share, in square metres.
///
/// Works on a plane whose metres are right at the polygons' middle; for cells of a city the error is below a
/// hundred-thousandth.
struct PolygonArea {
    /// Metres to a degree of latitude on the sphere that `GeoPoint.distance` uses.
    static let metresPerDegree = 111_195.079_734_632

    private let middle: Double
    private let shrink: Double

    init(around latitude: Double) {
        middle = latitude
        shrink = cos(latitude * .pi / 180)
    }

    private struct Side {
        var x0: Double
        var y0: Double
        var x1: Double
        var y1: Double

        func x(at y: Double) -> Double { x0 + (x1 - x0) * (y - y0) / (y1 - y0) }
    }

    /// The sides that rise, in metres, southern end first.
    private func sides(_ rings: some Sequence<[GeoPoint]>) -> [Side] {
        rings.flatMap { ring in
            zip(ring, ring.dropFirst()).compactMap { from, to -> Side? in
                let (low, high) = from.lat < to.lat ? (from, to) : (to, from)
                guard low.lat < high.lat else { return nil }
                let scale = Self.metresPerDegree
                return Side(
                    x0: low.lon * shrink * scale,
                    y0: (low.lat - middle) * scale,
                    x1: high.lon * shrink * scale,
                    y1: (high.lat - middle) * scale
                )
            }
        }
    }

    /// The area of one ring, whatever its direction.
    func area(_ ring: [GeoPoint]) -> Double { abs(signedArea(ring)) }

    /// Positive when the ring runs counter-clockwise.
    func signedArea(_ ring: [GeoPoint]) -> Double {
        guard let first = ring.first else { return 0 }
        var sum = 0.0
        for (a, b) in zip(ring, ring.dropFirst() + [first]) {
            sum += (a.lon - first.lon) * (b.lat - first.lat) - (b.lon - first.lon) * (a.lat - first.lat)
        }
        return sum / 2 * shrink * Self.metresPerDegree * Self.metresPerDegree
    }

    /// The area that two sets of rings (even-odd) share: between neighbouring heights of corners and crossings no side
    /// bends or crosses another, so there each is a straight strip.
    func shared(_ first: [[GeoPoint]], _ second: [[GeoPoint]]) -> Double {
        let left = sides(first)
        let right = sides(second)
        var heights = Set(left.flatMap { [$0.y0, $0.y1] } + right.flatMap { [$0.y0, $0.y1] })
        for a in left {
            for b in right {
                let low = max(a.y0, b.y0)
                let high = min(a.y1, b.y1)
                guard low < high else { continue }
                let before = a.x(at: low) - b.x(at: low)
                let after = a.x(at: high) - b.x(at: high)
                if before * after < 0 { heights.insert(low + (high - low) * before / (before - after)) }
            }
        }
        let sorted = heights.sorted()
        var sum = 0.0
        for (low, high) in zip(sorted, sorted.dropFirst()) where high - low > 1e-9 {
            let y = (low + high) / 2
            let a = left.filter { $0.y0 < y && y < $0.y1 }.map { $0.x(at: y) }.sorted()
            let b = right.filter { $0.y0 < y && y < $0.y1 }.map { $0.x(at: y) }.sorted()
            var width = 0.0
            for i in stride(from: 0, to: a.count - 1, by: 2) {
                for j in stride(from: 0, to: b.count - 1, by: 2) {
                    width += max(0, min(a[i + 1], b[j + 1]) - max(a[i], b[j]))
                }
            }
            sum += width * (high - low)
        }
        return sum
    }
}
