package import Domain

/// Looks for what is wrong with a grid as a whole: overlaps, gaps, outlines that cross themselves, odd codes.
package struct GridAudit: Sendable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case overlap, gap, selfIntersection, code, dutyGrid
    }

    /// One thing that is wrong, with the cells it concerns and where it is.
    package struct Fault: Sendable, Hashable {
        package var kind: Kind
        package var cells: [String]
        /// Square metres; nil where it has none.
        package var area: Double?
        /// A place in it.
        package var at: GeoPoint?
        /// Its outline: of a gap.
        package var outline: [GeoPoint]
        /// Only for `code` and `dutyGrid`: what is wrong with it.
        package var detail: String?
    }

    /// Overlaps and gaps that are smaller are noise of drawing, in square metres.
    package static let smallest = 0.5
    /// No more faults of a kind are listed.
    package static let most = 500

    package let faults: [Fault]

    package init(cells: [CellIndex.Cell], areas: AreaTable = AreaTable()) {
        var faults = Self.oddCodes(cells, areas)
        faults += Self.dutyGrids(cells, areas)
        let crossing = Self.selfIntersections(cells)
        faults += crossing
        faults += Self.overlaps(cells)
        faults += GridGaps.find(cells).prefix(Self.most)
        self.faults = faults
    }

    /// Areas whose digits no list of areas knows, and serials that are none.
    private static func oddCodes(_ cells: [CellIndex.Cell], _ areas: AreaTable) -> [Fault] {
        var faults: [Fault] = []
        for kind in [Area.Kind.district, .street, .community] {
            let known = Set(areas.areas.filter { $0.kind == kind }.map(\.id))
            guard let digits = kind.digits, !known.isEmpty else { continue }
            for cell in cells where !known.contains(String(cell.code.prefix(digits))) {
                faults.append(fault(.code, [cell.code], at: cell.polygons.first?.first?.first, detail: kind.rawValue))
            }
        }
        for cell in cells where cell.code.hasSuffix("000") {
            faults.append(fault(.code, [cell.code], at: cell.polygons.first?.first?.first, detail: "serial"))
        }
        return Array(faults.prefix(most))
    }

    /// Each cell lies in exactly one duty grid, where there are any.
    private static func dutyGrids(_ cells: [CellIndex.Cell], _ areas: AreaTable) -> [Fault] {
        let grids = areas.areas.filter { $0.kind == .dutyGrid }
        guard !grids.isEmpty else { return [] }
        return Array(
            cells.lazy.compactMap { cell -> Fault? in
                let holders = grids.filter { $0.holds(cell.code) }
                guard holders.count != 1 else { return nil }
                let names = holders.map(\.id).joined(separator: " ")
                return fault(.dutyGrid, [cell.code], at: cell.polygons.first?.first?.first, detail: names)
            }.prefix(most)
        )
    }

    private static func fault(_ kind: Kind, _ cells: [String], at: GeoPoint?, detail: String? = nil) -> Fault {
        Fault(kind: kind, cells: cells, area: nil, at: at, outline: [], detail: detail)
    }

    private static func selfIntersections(_ cells: [CellIndex.Cell]) -> [Fault] {
        var faults: [Fault] = []
        for cell in cells {
            for ring in cell.polygons.joined() {
                guard let at = RingCheck.selfIntersection(ring.map(CellIndex.steps)) else { continue }
                faults.append(fault(.selfIntersection, [cell.code], at: CellIndex.point(at)))
                break
            }
        }
        return Array(faults.prefix(most))
    }

    private static func overlaps(_ cells: [CellIndex.Cell]) -> [Fault] {
        let boxes = cells.map { GeoBox($0.polygons.joined().joined()) }
        var faults: [Fault] = []
        // From west to east: only those whose boxes still reach as far can overlap the next.
        var active: [Int] = []
        for index in cells.indices.sorted(by: { boxes[$0].west < boxes[$1].west }) {
            active.removeAll { boxes[$0].east <= boxes[index].west }
            for other in active where boxes[other].overlaps(boxes[index]) {
                let rings = Array(cells[index].polygons.joined())
                let others = Array(cells[other].polygons.joined())
                let area = PolygonArea(around: boxes[index].south).shared(rings, others)
                guard area > smallest else { continue }
                faults.append(
                    Fault(
                        kind: .overlap,
                        cells: [cells[other].code, cells[index].code].sorted(),
                        area: area,
                        at: boxes[index].middleOfShared(boxes[other]),
                        outline: [],
                        detail: nil
                    )
                )
                if faults.count >= most { return faults }
            }
            active.append(index)
        }
        return faults
    }
}

/// The rectangle around points, in degrees.
package struct GeoBox: Sendable, Hashable {
    package var south = 90.0
    package var north = -90.0
    package var west = 180.0
    package var east = -180.0

    package init(_ points: some Sequence<GeoPoint>) {
        for point in points {
            south = min(south, point.lat)
            north = max(north, point.lat)
            west = min(west, point.lon)
            east = max(east, point.lon)
        }
    }

    package init(south: Double, north: Double, west: Double, east: Double) {
        self.south = south
        self.north = north
        self.west = west
        self.east = east
    }

    /// Whether more than a border is shared.
    package func overlaps(_ other: GeoBox) -> Bool {
        south < other.north && other.south < north && west < other.east && other.west < east
    }

    func middleOfShared(_ other: GeoBox) -> GeoPoint {
        GeoPoint(
            lat: (max(south, other.south) + min(north, other.north)) / 2,
            lon: (max(west, other.west) + min(east, other.east)) / 2
        )
    }
}
