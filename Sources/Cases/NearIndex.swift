package import Domain

#if canImport(Glibc)
    import Glibc
#endif

/// Points by square buckets over flat arrays: the nearest one, or all within a distance.
package struct NearIndex: Sendable {
    private let points: [GeoPoint]
    private let south: Double
    private let west: Double
    /// Degrees of latitude and of longitude that a bucket has.
    private let height: Double
    private let width: Double
    private let columns: Int
    private let rows: Int
    private let starts: [Int32]
    private let members: [Int32]

    /// - Parameter side: of a bucket in metres; nil for one that holds a few points.
    package init(_ points: [GeoPoint], side: Double? = nil) {
        self.points = points
        let box = GeoBox(points)
        guard !points.isEmpty else {
            (south, west, height, width, columns, rows, starts, members) = (0, 0, 1, 1, 0, 0, [0], [])
            return
        }
        south = box.south
        west = box.west
        let shrink = max(0.01, cos((box.south + box.north) / 2 * .pi / 180))
        let (tall, wide) = (box.north - box.south, (box.east - box.west) * shrink)
        let fitting = (max(tall * wide, 1e-12) / Double(points.count) * 4).squareRoot()
        let height = side.map { $0 / PolygonArea.metresPerDegree } ?? max(fitting, 1e-5, max(tall, wide) / 4000)
        let width = height / shrink
        let columns = Int((box.east - box.west) / width) + 1
        rows = Int(tall / height) + 1
        self.height = height
        self.width = width
        self.columns = columns
        var counts = Array(repeating: Int32(0), count: columns * rows + 1)
        let buckets = points.map { point in
            Int((point.lat - box.south) / height) * columns + Int((point.lon - box.west) / width)
        }
        for bucket in buckets { counts[bucket + 1] += 1 }
        for bucket in 1..<counts.count { counts[bucket] += counts[bucket - 1] }
        starts = counts
        var next = counts
        var members = Array(repeating: Int32(0), count: points.count)
        for (index, bucket) in buckets.enumerated() {
            members[Int(next[bucket])] = Int32(index)
            next[bucket] += 1
        }
        self.members = members
    }

    /// The nearest point, and how many metres away; nil when none is within `metres`.
    package func nearest(to point: GeoPoint, within metres: Double = .infinity) -> (index: Int, metres: Double)? {
        nearest(to: point, most: 1, within: metres).first
    }

    /// The nearest points, the nearest first.
    package func nearest(to point: GeoPoint, most: Int, within metres: Double = .infinity) -> [(
        index: Int, metres: Double
    )] {
        guard columns > 0, most > 0 else { return [] }
        let row = Int(((point.lat - south) / height).rounded(.down))
        let column = Int(((point.lon - west) / width).rounded(.down))
        let side = height * PolygonArea.metresPerDegree
        var best: [(index: Int, metres: Double)] = []
        // Rings of buckets from the inside out, from the first that meets the index at all.
        let firstRing = max(0, -row, row - rows + 1, -column, column - columns + 1)
        let lastRing = max(abs(row), abs(row - rows), abs(column), abs(column - columns)) + 1
        guard firstRing <= lastRing else { return [] }
        for ring in firstRing...lastRing {
            // Nothing of this ring is nearer than this; the shrinking of longitudes over the city is in the margin.
            let least = Double(ring - 1) * side * 0.98
            if least > metres { break }
            if best.count == most, let farthest = best.last, farthest.metres <= least { break }
            for r in max(0, row - ring)...min(rows - 1, row + ring) where r >= 0 {
                let isEdge = abs(r - row) == ring
                for c in stride(from: column - ring, through: column + ring, by: isEdge ? 1 : max(1, 2 * ring)) {
                    guard c >= 0, c < columns else { continue }
                    let bucket = r * columns + c
                    for place in Int(starts[bucket])..<Int(starts[bucket + 1]) {
                        let index = Int(members[place])
                        let distance = points[index].distance(to: point)
                        guard distance <= metres, best.count < most || distance < best[best.count - 1].metres else {
                            continue
                        }
                        let at = best.firstIndex { distance < $0.metres } ?? best.count
                        best.insert((index, distance), at: at)
                        if best.count > most { best.removeLast() }
                    }
                }
            }
        }
        return best
    }

    /// All points within a distance, in no order.
    package func all(near point: GeoPoint, within metres: Double) -> [Int] {
        guard columns > 0 else { return [] }
        let reach = Int(metres / (height * PolygonArea.metresPerDegree * 0.98)) + 1
        let row = Int(((point.lat - south) / height).rounded(.down))
        let column = Int(((point.lon - west) / width).rounded(.down))
        guard row + reach >= 0, row - reach < rows, column + reach >= 0, column - reach < columns else { return [] }
        var found: [Int] = []
        for r in max(0, row - reach)...min(rows - 1, row + reach) {
            for c in max(0, column - reach)...min(columns - 1, column + reach) {
                let bucket = r * columns + c
                for place in Int(starts[bucket])..<Int(starts[bucket + 1]) {
                    let index = Int(members[place])
                    if points[index].distance(to: point) <= metres { found.append(index) }
                }
            }
        }
        return found
    }
}
