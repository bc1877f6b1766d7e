package import Domain

/// Where a position is, in every way that the base data knows.
package struct Locality: Sendable {
    package var cell: String?
    /// The areas that hold the cell, the largest first.
    package var areas: [Area]
    /// `鼓楼路与海陵路口东北角`; nil where nothing with a name is near.
    package var address: String?
}

/// The areas of each cell of a loaded grid, so that a position's are read and not searched for.
struct AreasOfCells: Sendable {
    private let starts: [Int32]
    private let members: [Int32]

    init(_ areas: AreaTable = AreaTable(), cells: [String] = []) {
        var starts: [Int32] = [0]
        var members: [Int32] = []
        for cell in cells {
            members += areas.indices(of: cell).map { Int32($0) }
            starts.append(Int32(members.count))
        }
        self.starts = starts
        self.members = members
    }

    /// None for a cell that wasn't there when this was made.
    subscript(_ cell: Int) -> ArraySlice<Int32> {
        guard cell + 1 < starts.count else { return [] }
        return members[Int(starts[cell])..<Int(starts[cell + 1])]
    }
}

extension BaseData {
    /// Where a position is among the cells of a loaded grid and their areas, by their places in both; nil outside, and
    /// where no grid is loaded.
    package func place(of point: GeoPoint) -> (cell: Int, areas: ArraySlice<Int32>)? {
        guard case .loaded(let index) = grid, let cell = index.index(at: point) else { return nil }
        return (cell, areasOfCells[cell])
    }

    /// The cell, its areas and the words for a position.
    package func locality(of point: GeoPoint) -> Locality {
        guard case .loaded(let index) = grid else {
            let cell = grid.cell(at: point)
            return Locality(cell: cell, areas: cell.map(areas.areas(of:)) ?? [], address: places.text(at: point))
        }
        let found = point.isValid ? place(of: point) : nil
        return Locality(
            cell: found.map { index.cells[$0.cell].code },
            areas: found?.areas.map { areas.areas[Int($0)] } ?? [],
            address: places.text(at: point)
        )
    }
}
