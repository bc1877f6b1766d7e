package import Domain

/// The site's cells with an index of square buckets, so that a look-up tests only the few cells of one bucket.
package struct CellIndex: Sendable {
    /// One cell: its code and its polygons. A polygon's first ring is its outline, the others are holes.
    package struct Cell: Sendable {
        package var code: String
        package var polygons: [[[GeoPoint]]]

        package init(code: String, polygons: [[[GeoPoint]]]) {
            self.code = code
            self.polygons = polygons
        }

        /// By the even-odd rule over all rings; a border belongs to the cell to its north or east.
        func contains(_ point: GeoPoint) -> Bool {
            polygons.contains { rings in
                rings.reduce(false) { $0 != Self.crossesOddly($1, point) }
            }
        }

        private static func crossesOddly(_ ring: [GeoPoint], _ point: GeoPoint) -> Bool {
            var inside = false
            guard var previous = ring.last else { return false }
            for corner in ring {
                if (corner.lat > point.lat) != (previous.lat > point.lat) {
                    let share = (point.lat - corner.lat) / (previous.lat - corner.lat)
                    if point.lon < corner.lon + (previous.lon - corner.lon) * share { inside.toggle() }
                }
                previous = corner
            }
            return inside
        }
    }

    private struct Bucket: Hashable {
        var row: Int32
        var column: Int32
    }

    /// In the order of the file.
    package let cells: [Cell]
    /// Degrees.
    private let bucketSize: Double
    private let buckets: [Bucket: [Int32]]

    package init(cells: [Cell]) {
        self.cells = cells
        let boxes = cells.map(Self.box)
        let spans = boxes.map { max($0.north - $0.south, $0.east - $0.west) }.sorted()
        // About as large as a middling cell: few cells a bucket, few buckets a cell.
        let size = max(spans.isEmpty ? 0.001 : spans[spans.count / 2], 0.0005)
        var buckets: [Bucket: [Int32]] = [:]
        for (index, box) in boxes.enumerated() where box.south <= box.north {
            // A cell as large as a country would fill millions of buckets; its size is limited on loading.
            for row in Self.step(box.south, size)...Self.step(box.north, size) {
                for column in Self.step(box.west, size)...Self.step(box.east, size) {
                    buckets[Bucket(row: row, column: column), default: []].append(Int32(index))
                }
            }
        }
        bucketSize = size
        self.buckets = buckets
    }

    /// The code of the first cell of the file that holds the position; nil outside them all.
    package func cell(at point: GeoPoint) -> String? {
        let bucket = Bucket(row: Self.step(point.lat, bucketSize), column: Self.step(point.lon, bucketSize))
        return buckets[bucket]?.first { cells[Int($0)].contains(point) }.map { cells[Int($0)].code }
    }

    private static func step(_ degrees: Double, _ size: Double) -> Int32 {
        Int32((degrees / size).rounded(.down))
    }

    private static func box(_ cell: Cell) -> (south: Double, north: Double, west: Double, east: Double) {
        var box = (south: 90.0, north: -90.0, west: 180.0, east: -180.0)
        for point in cell.polygons.joined().joined() {
            box.south = min(box.south, point.lat)
            box.north = max(box.north, point.lat)
            box.west = min(box.west, point.lon)
            box.east = max(box.east, point.lon)
        }
        return box
    }
}
