import Cases
import Domain
import Foundation
import Testing

@Suite("Checks of a grid, and laying one")
struct GridAuditTests {
    private static let west = 119.9
    private static let south = 32.4

    private static func ring(_ corners: [(Double, Double)]) -> [GeoPoint] {
        (corners + [corners[0]]).map { GeoPoint(lat: south + $0.1 * 0.001, lon: west + $0.0 * 0.001) }
    }

    private static func square(_ x: Double, _ y: Double, _ width: Double = 1, _ height: Double = 1) -> [GeoPoint] {
        ring([(x, y), (x + width, y), (x + width, y + height), (x, y + height)])
    }

    private static func cell(_ serial: Int, _ ring: [GeoPoint], holes: [[GeoPoint]] = []) -> CellIndex.Cell {
        let digits = String(serial)
        return CellIndex.Cell(
            code: "321202001001" + String(repeating: "0", count: 3 - digits.count) + digits,
            polygons: [[ring] + holes]
        )
    }

    @Test("a whole grid has no fault, also where sides meet at corners of neighbours alone")
    func whole() {
        var cells = (0..<25).map { Self.cell($0 + 1, Self.square(Double($0 % 5), Double($0 / 5))) }
        // Two halves beside one whole: their common corner lies on its side.
        cells.append(Self.cell(90, Self.square(5, 0, 1, 0.5)))
        cells.append(Self.cell(91, Self.square(5, 0.5, 1, 0.5)))
        #expect(GridAudit(cells: cells).faults.isEmpty)
        #expect(GridAudit(cells: cells.map { $0.clockwise }).faults.isEmpty)
    }

    @Test("a gap is found with its size and the cells around it, a thin one too")
    func gaps() {
        var cells = (0..<25).filter { $0 != 12 }.map { Self.cell($0 + 1, Self.square(Double($0 % 5), Double($0 / 5))) }
        let whole = GridAudit(cells: cells).faults
        #expect(whole.map(\.kind) == [.gap])
        #expect(abs((whole.first?.area ?? 0) - 111.195 * 111.195 * 0.844) < 30)
        #expect(whole.first?.cells == [8, 12, 14, 18].map { Self.cell($0, Self.square(0, 0)).code })
        // Half a metre is left open.
        cells.append(Self.cell(13, Self.square(2, 2, 0.995, 1)))
        let thin = GridAudit(cells: cells).faults
        #expect(thin.map(\.kind) == [.gap])
        #expect(thin.first.map { ($0.area ?? 0) > 30 && ($0.area ?? 0) < 90 } == true)
    }

    @Test("two gaps that meet in a corner are two")
    func corner() {
        let cells = (0..<25).filter { $0 != 6 && $0 != 12 }.map {
            Self.cell($0 + 1, Self.square(Double($0 % 5), Double($0 / 5)))
        }
        #expect(GridAudit(cells: cells).faults.map(\.kind) == [.gap, .gap])
    }

    @Test("an overlap names both cells and its area; touching ones don't overlap")
    func overlaps() {
        let cells = [
            Self.cell(1, Self.square(0, 0)), Self.cell(2, Self.square(0.9, 0)), Self.cell(3, Self.square(0, 1)),
        ]
        let faults = GridAudit(cells: cells).faults.filter { $0.kind == .overlap }
        #expect(faults.count == 1)
        #expect(faults.first?.cells == [cells[0].code, cells[1].code])
        #expect(abs((faults.first?.area ?? 0) - 1044) < 20)
        // One within a hole of the other.
        let holed = Self.cell(4, Self.square(10, 10, 3, 3), holes: [Self.square(11, 11)])
        #expect(GridAudit(cells: [holed, Self.cell(5, Self.square(11, 11))]).faults.isEmpty)
        #expect(GridAudit(cells: [holed, Self.cell(5, Self.square(10.5, 11))]).faults.contains { $0.kind == .overlap })
    }

    @Test("outlines that cross, touch or go back over themselves are named")
    func selfIntersections() {
        let bad: [[(Double, Double)]] = [
            [(0, 0), (1, 1), (1, 0), (0, 1)], [(0, 0), (2, 0), (2, 1), (1, 0), (0, 1)],
            [(0, 0), (1, 0), (1, 1), (1, 0), (0, 1)],
            [(0, 0), (1, 0), (1, 0), (1, 1)],
        ]
        for corners in bad {
            let faults = GridAudit(cells: [Self.cell(1, Self.ring(corners))]).faults
            #expect(faults.contains { $0.kind == .selfIntersection && $0.at != nil }, "\(corners)")
        }
        let fine = Self.cell(1, Self.ring([(0, 0), (2, 0), (2, 2), (1, 0.5), (0, 2)]))
        #expect(GridAudit(cells: [fine]).faults.isEmpty)
    }

    @Test("codes that no list of areas knows, and cells without exactly one duty grid")
    func codes() throws {
        let areas = try AreaTable.read(
            "id,kind,name,cells\n321202,district,a,\n321202001001,community,b,\nd1,dutyGrid,c,321202001001001\nd2,dutyGrid,c,32120200100100*"
        )
        let cells = [
            Self.cell(1, Self.square(0, 0)), Self.cell(2, Self.square(1, 0)), Self.cell(20, Self.square(2, 0)),
            CellIndex.Cell(code: "321202001009001", polygons: [[Self.square(3, 0)]]),
        ]
        let faults = GridAudit(cells: cells, areas: areas).faults
        #expect(faults.filter { $0.kind == .code }.map(\.cells) == [["321202001009001"]])
        #expect(
            faults.filter { $0.kind == .dutyGrid }.map(\.cells) == [[cells[0].code], [cells[2].code], [cells[3].code]]
        )
    }

    @Test("a grid laid over boundaries has valid codes, serials from north-west on, no gap and no overlap")
    func generator() throws {
        let border = Self.ring([(0, 0), (20, 1), (22, 20), (9, 23), (-1, 11)])
        let east = Self.ring([(20, 1), (40, 0), (38, 22), (22, 20)])
        let cells = try GridGenerator(side: 100).cells(over: [
            .init(code: "321202001001", polygons: [[border]]), .init(code: "321202001002", polygons: [[east]]),
        ])
        #expect(cells.count > 500)
        #expect(Set(cells.map(\.code)).count == cells.count)
        #expect(cells.allSatisfy { $0.code.utf8.count == 15 && !$0.code.hasSuffix("000") })
        #expect(GridAudit(cells: cells).faults.isEmpty)
        let first = try #require(cells.first { $0.code == "321202001001001" }?.polygons[0][0])
        let second = try #require(cells.first { $0.code == "321202001001002" }?.polygons[0][0])
        #expect(first[0].lat > second[0].lat || (first[0].lat == second[0].lat && first[0].lon < second[0].lon))
        // Read back as a file.
        let index = CellIndex(cells: cells)
        let again = try CellIndex(geoJSON: .init(index.geoJSON()))
        #expect(again.cells == cells)
    }

    @Test("a boundary that names no community gets blocks; one with too many cells for its code is refused")
    func codesOfGenerated() throws {
        let border = Self.square(0, 0, 70, 70)
        let cells = try GridGenerator(side: 100).cells(over: [.init(code: "321202", polygons: [[border]])])
        #expect(cells.count > 4000 && Set(cells.map { $0.code.prefix(12) }).count > 4)
        #expect(cells.allSatisfy { $0.code.hasPrefix("321202000") })
        for boundary in [("321202001001", border), ("3212", border), ("321202001001", [])] {
            #expect(throws: BaseDataError.self) {
                _ = try GridGenerator().cells(over: [.init(code: boundary.0, polygons: [[boundary.1]])])
            }
        }
    }
}

extension CellIndex.Cell {
    fileprivate var clockwise: CellIndex.Cell {
        CellIndex.Cell(code: code, polygons: polygons.map { $0.map { $0.reversed() } })
    }
}

@Suite("Point to cell")
struct PointToCellTests {
    private static let rounds = ProcessInfo.processInfo.environment["GRIDWATCH_SOAK"] == "1" ? 100_000 : 1000

    @Test("points among 8,118 cells, those on borders and corners too, lie in the cell that trying all says")
    func bruteForce() throws {
        let cells = try Self.crookedGrid()
        let index = CellIndex(cells: cells)
        var random = SeededRandom(seed: 31)
        let rings = cells.map { $0.polygons[0][0] }
        let boxes = rings.map { GeoBox($0) }
        for round in 0..<Self.rounds {
            let point: GeoPoint
            if round % 4 == 0 {
                // A corner, or a point on a side.
                let ring = rings[Int.random(in: 0..<rings.count, using: &random)]
                let side = Int.random(in: 0..<ring.count - 1, using: &random)
                let share = Double(Int.random(in: 0...4, using: &random)) / 4
                point = GeoPoint(
                    lat: ring[side].lat + (ring[side + 1].lat - ring[side].lat) * share,
                    lon: ring[side].lon + (ring[side + 1].lon - ring[side].lon) * share
                )
            } else {
                point = GeoPoint(
                    lat: .random(in: 32.399...32.484, using: &random),
                    lon: .random(in: 119.899...120.002, using: &random)
                )
            }
            let margin = 1e-7
            var holders: [Int] = []
            for (cell, box) in boxes.enumerated() {
                let isNear =
                    point.lat >= box.south - margin && point.lat <= box.north + margin && point.lon >= box.west - margin
                    && point.lon <= box.east + margin
                if isNear, Self.holds(rings[cell], point) { holders.append(cell) }
            }
            // Neighbours share their corners exactly: nobody is in two cells.
            guard holders.count <= 1, index.index(at: point) == holders.first else {
                Issue.record("\(point) is in \(holders), not \(String(describing: index.index(at: point)))")
                return
            }
        }
    }

    /// 99 × 82 cells with shifted corners.
    static func crookedGrid() throws -> [CellIndex.Cell] {
        var random = SeededRandom(seed: 30)
        var corners: [[GeoPoint]] = []
        for row in 0...82 {
            var line: [GeoPoint] = []
            for column in 0...99 {
                let north = Double.random(in: -0.0003...0.0003, using: &random)
                let east = Double.random(in: -0.0003...0.0003, using: &random)
                let lat = 32.4 + Double(row) * 0.001 + north
                line.append(GeoPoint(lat: lat, lon: 119.9 + Double(column) * 0.001 + east))
            }
            corners.append(line)
        }
        return (0..<8118).map { (number: Int) -> CellIndex.Cell in
            let (row, column) = (number / 99, number % 99)
            let ring = [
                corners[row][column], corners[row][column + 1], corners[row + 1][column + 1], corners[row + 1][column],
                corners[row][column],
            ]
            let serial = String(number % 900 + 1)
            let zeros = String(repeating: "0", count: 3 - serial.count)
            let community = 321_202_001_000 + number / 900
            return CellIndex.Cell(code: "\(community)\(zeros)\(serial)", polygons: [[ring]])
        }
    }

    /// By turns of the boundary around the point, in whole steps; a point on the border belongs to the cell that lies to
    /// its east, or on a level side to the cell to its north: as if it were moved there by less than a step.
    private static func holds(_ ring: [GeoPoint], _ point: GeoPoint) -> Bool {
        func steps(_ point: GeoPoint) -> (x: Int64, y: Int64) {
            (Int64((point.lon * 1e8).rounded()), Int64((point.lat * 1e8).rounded()))
        }
        let here = steps(point)
        var winding = 0
        for (from, to) in zip(ring, ring.dropFirst()) {
            let (a, b) = (steps(from), steps(to))
            // Moved north by half a step, no corner is level with the point any more; moved east by next to nothing, it
            // lies on no side: a side through it is to its west.
            let isLeft = (b.x - a.x) * (here.y - a.y) - (here.x - a.x) * (b.y - a.y)
            if a.y <= here.y, b.y > here.y, isLeft > 0 { winding += 1 }
            if a.y > here.y, b.y <= here.y, isLeft < 0 { winding -= 1 }
        }
        return winding != 0
    }
}
