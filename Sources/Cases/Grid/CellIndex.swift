package import Domain

/// The site's cells with an index of square buckets over flat arrays, so that a look-up tests a few edges in memory that
/// lies together.
///
/// Positions are compared in whole steps of 1e-8° (about a millimetre), so that no rounding decides on which side of a
/// shared border a point lies: a border belongs to the cell to its north or east, and of cells that don't overlap
/// exactly one holds any point of theirs.
package struct CellIndex: Sendable {
    /// One cell: its code and its polygons. A polygon's first ring is its outline, the others are holes.
    package struct Cell: Sendable, Hashable {
        package var code: String
        package var polygons: [[[GeoPoint]]]

        package init(code: String, polygons: [[[GeoPoint]]]) {
            self.code = code
            self.polygons = polygons
        }
    }

    /// A side of a ring in steps from the index's origin, its southern end first; level ones are left out.
    private struct Edge: Sendable {
        var south: Int32
        var north: Int32
        /// The longitude of the southern end, and of the northern.
        var southX: Int32
        var northX: Int32
    }

    /// Steps to a degree.
    static let scale = 1e8
    /// Cells further apart can't be in one index: its steps are 32 bits wide.
    package static let largestExtent = 20.0

    /// In the order of the file.
    package let cells: [Cell]
    private let originX: Int64
    private let originY: Int64
    private let edges: [Edge]
    /// Where each cell's edges begin; one more than there are cells.
    private let edgeStarts: [Int32]
    private let columns: Int
    private let rows: Int
    /// Steps to a bucket's side.
    private let bucketSize: Int64
    /// Where each bucket's cells begin in `bucketCells`; one more than there are buckets.
    private let bucketStarts: [Int32]
    private let bucketCells: [Int32]

    package init(cells: [Cell]) {
        self.cells = cells
        let rings = cells.map { cell in cell.polygons.joined().map { $0.map(Self.steps) } }
        let points = rings.joined().joined()
        originX = points.lazy.map(\.x).min() ?? 0
        originY = points.lazy.map(\.y).min() ?? 0
        let width = (points.lazy.map(\.x).max() ?? 0) - originX
        let height = (points.lazy.map(\.y).max() ?? 0) - originY
        let spans = rings.map { rings in
            let points = rings.joined()
            let x = (points.lazy.map(\.x).max() ?? 0) - (points.lazy.map(\.x).min() ?? 0)
            return max(x, (points.lazy.map(\.y).max() ?? 0) - (points.lazy.map(\.y).min() ?? 0))
        }.sorted()
        // About as large as a middling cell, and no more than four million of them.
        var size = max(spans.isEmpty ? 100_000 : spans[spans.count / 2], 10_000)
        while (width / size + 1) * (height / size + 1) > 4_000_000 { size *= 2 }
        bucketSize = size
        columns = Int(width / size) + 1
        rows = Int(height / size) + 1

        var edges: [Edge] = []
        var edgeStarts: [Int32] = [0]
        var places: [(bucket: Int, cell: Int32)] = []
        for (index, rings) in rings.enumerated() {
            for ring in rings {
                for (from, to) in zip(ring, ring.dropFirst()) where from.y != to.y {
                    let (south, north) = from.y < to.y ? (from, to) : (to, from)
                    edges.append(
                        Edge(
                            south: Int32(clamping: south.y - originY),
                            north: Int32(clamping: north.y - originY),
                            southX: Int32(clamping: south.x - originX),
                            northX: Int32(clamping: north.x - originX)
                        )
                    )
                }
            }
            edgeStarts.append(Int32(edges.count))
            let points = rings.joined()
            guard let west = points.lazy.map(\.x).min(), let east = points.lazy.map(\.x).max(),
                let south = points.lazy.map(\.y).min(), let north = points.lazy.map(\.y).max()
            else { continue }
            for row in Int((south - originY) / size)...Int((north - originY) / size) {
                for column in Int((west - originX) / size)...Int((east - originX) / size) {
                    places.append((row * columns + column, Int32(index)))
                }
            }
        }
        self.edges = edges
        self.edgeStarts = edgeStarts
        var counts = Array(repeating: Int32(0), count: columns * rows + 1)
        for place in places { counts[place.bucket + 1] += 1 }
        for bucket in 1..<counts.count { counts[bucket] += counts[bucket - 1] }
        bucketStarts = counts
        var next = counts
        var bucketCells = Array(repeating: Int32(0), count: places.count)
        for place in places {
            bucketCells[Int(next[place.bucket])] = place.cell
            next[place.bucket] += 1
        }
        self.bucketCells = bucketCells
    }

    /// The place in `cells` of the first cell that holds the position; nil outside them all.
    package func index(at point: GeoPoint) -> Int? {
        let here = Self.steps(point)
        let x = here.x - originX
        let y = here.y - originY
        guard x >= 0, y >= 0 else { return nil }
        let column = Int(x / bucketSize)
        let row = Int(y / bucketSize)
        guard column < columns, row < rows else { return nil }
        let bucket = row * columns + column
        for place in Int(bucketStarts[bucket])..<Int(bucketStarts[bucket + 1]) {
            let cell = Int(bucketCells[place])
            if holds(cell, x, y) { return cell }
        }
        return nil
    }

    /// The code of the first cell of the file that holds the position; nil outside them all.
    package func cell(at point: GeoPoint) -> String? {
        index(at: point).map { cells[$0].code }
    }

    /// By the even-odd rule over all rings.
    private func holds(_ cell: Int, _ x: Int64, _ y: Int64) -> Bool {
        var isInside = false
        for index in Int(edgeStarts[cell])..<Int(edgeStarts[cell + 1]) {
            let edge = edges[index]
            let south = Int64(edge.south)
            let north = Int64(edge.north)
            guard y >= south, y < north else { continue }
            let rise = north - south
            let run = Int64(edge.northX) - Int64(edge.southX)
            // Whether the point lies west of the side, without a division.
            if (x - Int64(edge.southX)) * rise < run * (y - south) { isInside.toggle() }
        }
        return isInside
    }

    struct Steps: Hashable {
        var x: Int64
        var y: Int64
    }

    static func steps(_ point: GeoPoint) -> Steps {
        Steps(x: Int64((point.lon * scale).rounded()), y: Int64((point.lat * scale).rounded()))
    }

    static func point(_ steps: Steps) -> GeoPoint {
        GeoPoint(lat: Double(steps.y) / scale, lon: Double(steps.x) / scale)
    }
}
