package import Domain

/// The unit grid: which 15-digit cell a position lies in.
package enum Grid: Sendable {
    /// Computed cells over the whole globe.
    case builtIn
    /// The site's own cells.
    case loaded(CellIndex)

    /// The codes of all loaded cells, in their order; none of the built-in grid, which is computed.
    package var codes: [String] {
        switch self {
        case .builtIn: []
        case .loaded(let index): index.cells.map(\.code)
        }
    }

    /// The cell of a position; nil outside every loaded cell, or for a position that is none.
    package func cell(at point: GeoPoint) -> String? {
        guard point.isValid else { return nil }
        switch self {
        case .builtIn: return BuiltInGrid.cell(at: point)
        case .loaded(let index): return index.cell(at: point)
        }
    }
}

/// Cells of about 100 m × 100 m for a centre that has no grid of its own.
///
/// A code is `900` (no Chinese area code begins so), four digits of the block's row from the south pole, five of its
/// column from the antimeridian eastward, and three of the cell in the block. A block is 30 × 30 cells of 0.0009° of
/// latitude; cells are counted 001–900 from west to east and from north to south, as GB/T 30428.1 counts them. Blocks
/// of a row are as many as make cells about 100 m wide at the row's middle.
enum BuiltInGrid {
    private static let cellHeight = 0.0009
    private static let side = 30
    private static let blockHeight = cellHeight * Double(side)

    static func cell(at point: GeoPoint) -> String {
        let rows = Int((180 / blockHeight).rounded(.up))
        let row = min(Int((point.lat + 90) / blockHeight), rows - 1)
        let columns = self.columns(ofRow: row)
        let blockWidth = 360 / Double(columns)
        // 180° E is 180° W.
        let east = point.lon >= 180 ? 0 : point.lon + 180
        let column = min(Int(east / blockWidth), columns - 1)
        let south = point.lat + 90 - Double(row) * blockHeight
        let cellRow = min(Int(south / cellHeight), side - 1)
        let west = east - Double(column) * blockWidth
        let cellColumn = min(Int(west / blockWidth * Double(side)), side - 1)
        let serial = (side - 1 - cellRow) * side + cellColumn + 1
        return "900" + pad(row, 4) + pad(column, 5) + pad(serial, 3)
    }

    /// How many blocks lie side by side around the globe in a row.
    private static func columns(ofRow row: Int) -> Int {
        let middle = (Double(row) + 0.5) * blockHeight - 90
        let here = GeoPoint(lat: middle, lon: 0)
        // The length of a small arc of the parallel; the haversine needs no cosine from here.
        let metresPerDegree = here.distance(to: GeoPoint(lat: middle, lon: 0.01)) * 100
        let blockMetres = Double(side) * 100
        return max(1, Int((360 * metresPerDegree / blockMetres).rounded()))
    }

    private static func pad(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
