package import Domain

#if canImport(Glibc)
    import Glibc
#endif

/// Lays a regular grid with valid codes over boundaries, for a centre that has none.
///
/// All squares belong to one grid, whose lines are common to every boundary; a square belongs to the boundary that holds
/// its middle. So neighbouring communities neither overlap nor leave gaps, however crooked their border is.
package struct GridGenerator: Sendable {
    /// What is to be covered, with the code it is in: 6, 9 or 12 digits.
    package struct Boundary: Sendable {
        package var code: String
        package var polygons: [[[GeoPoint]]]

        package init(code: String, polygons: [[[GeoPoint]]]) {
            self.code = code
            self.polygons = polygons
        }
    }

    /// The side of a cell in metres.
    package var side: Double

    package init(side: Double = 100) {
        self.side = side
    }

    /// Squares to a side of the blocks that stand for communities where a boundary names none: 30 × 30 = 900 serials.
    private static let block = 30

    /// Lays the grid.
    ///
    /// Serials run from west to east and from north to south within a community. Where the boundary's code ends before
    /// the community, blocks of 30 × 30 squares are numbered in its place.
    ///
    /// - Throws: `BaseDataError`: a code that is none, a community with more than 999 cells, too many cells.
    package func cells(over boundaries: [Boundary], file: String = "boundary") throws(BaseDataError) -> [CellIndex.Cell]
    {
        var findings: [BaseDataError.Finding] = []
        func note(_ code: String, _ problem: String, _ remedy: String) {
            findings.append(.init(file: file, column: "code", value: code, problem: problem, remedy: remedy))
        }
        let codes = boundaries.map(\.code)
        for code in codes
        where ![6, 9, 12].contains(code.utf8.count) || !code.utf8.allSatisfy({ (48...57).contains($0) }) {
            note(code, "is no code of 6, 9 or 12 digits", "name the district, street or community")
        }
        for code in Set(codes) where codes.filter({ $0 == code || $0.hasPrefix(code) }).count > 1 {
            note(code, "covers another boundary's code", "give each boundary a code of its own")
        }
        let box = GeoBox(boundaries.flatMap { $0.polygons.joined().joined() })
        guard findings.isEmpty, box.south < box.north else {
            if findings.isEmpty { note("", "has no area", "draw it") }
            throw BaseDataError(findings: findings)
        }
        let height = side / PolygonArea.metresPerDegree
        let width = height / cos((box.south + box.north) / 2 * .pi / 180)
        let rows = Int(((box.north - box.south) / height).rounded(.up))
        let columns = Int(((box.east - box.west) / width).rounded(.up))
        guard rows * columns <= 2_000_000 else {
            note("", "would need \(rows * columns) squares", "use larger cells or a smaller boundary")
            throw BaseDataError(findings: findings)
        }
        let index = CellIndex(cells: boundaries.map { CellIndex.Cell(code: $0.code, polygons: $0.polygons) })
        var members: [String: [(row: Int, column: Int)]] = [:]
        for row in 0..<rows {
            for column in 0..<columns {
                let middle = GeoPoint(
                    lat: box.north - (Double(row) + 0.5) * height,
                    lon: box.west + (Double(column) + 0.5) * width
                )
                guard let code = index.cell(at: middle) else { continue }
                members[code, default: []].append((row, column))
            }
        }
        var cells: [CellIndex.Cell] = []
        for code in codes {
            for (community, squares) in Self.communities(code, members[code] ?? []) {
                guard squares.count <= 999, community.utf8.count == 12 else {
                    note(code, "would need \(squares.count) cells in one community", "split it, or use larger cells")
                    continue
                }
                for (serial, square) in squares.enumerated() {
                    let north = box.north - Double(square.row) * height
                    let west = box.west + Double(square.column) * width
                    let south = box.north - Double(square.row + 1) * height
                    let east = box.west + Double(square.column + 1) * width
                    let ring = [(south, west), (south, east), (north, east), (north, west), (south, west)]
                        .map { GeoPoint(lat: Self.round($0.0), lon: Self.round($0.1)) }
                    cells.append(CellIndex.Cell(code: community + Self.pad(serial + 1, 3), polygons: [[ring]]))
                }
            }
        }
        guard findings.isEmpty else { throw BaseDataError(findings: findings) }
        return cells
    }

    /// Squares by the 12 digits they are numbered in, each from north to south and west to east.
    private static func communities(
        _ code: String,
        _ squares: [(row: Int, column: Int)]
    ) -> [(String, [(row: Int, column: Int)])] {
        guard code.utf8.count < 12 else { return [(code, squares)] }
        struct Block: Hashable {
            var row: Int
            var column: Int
        }
        let blocks = Dictionary(grouping: squares) { Block(row: $0.row / block, column: $0.column / block) }
        return blocks.sorted { ($0.key.row, $0.key.column) < ($1.key.row, $1.key.column) }.enumerated().map {
            number,
            block in
            (code + pad(number + 1, 12 - code.utf8.count), block.value)
        }
    }

    /// To the step of the index, so that neighbours share their corners exactly.
    private static func round(_ degrees: Double) -> Double { (degrees * CellIndex.scale).rounded() / CellIndex.scale }

    private static func pad(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
