package import Domain

/// Where a position is, in every way that the base data knows.
package struct Locality: Sendable {
    package var cell: String?
    /// The areas that hold the cell, the largest first.
    package var areas: [Area]
    /// `鼓楼路与海陵路口东北角`; nil where nothing with a name is near.
    package var address: String?
}

extension BaseData {
    /// The cell, its areas and the words for a position.
    package func locality(of point: GeoPoint) -> Locality {
        let cell = grid.cell(at: point)
        return Locality(cell: cell, areas: cell.map(areas.areas(of:)) ?? [], address: places.text(at: point))
    }
}
