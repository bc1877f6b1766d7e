import Domain

#if canImport(Glibc)
    import Glibc
#endif

/// Finds the holes that a grid's cells leave among them.
///
/// Every side of a cell is cut at the corners of others that lie on it. Where two cells meet, each piece then appears
/// once in each direction and the two cancel; what is left over is the border of the whole: its outline, and around
/// every gap a ring in the other direction. Corners are taken to within a centimetre.
enum GridGaps {
    private struct Corner: Hashable {
        var x: Int64
        var y: Int64
    }

    private struct Piece: Hashable {
        var from: Corner
        var to: Corner
    }

    /// Steps of 1e-7°: about a centimetre.
    private static let scale = 1e7

    static func find(_ cells: [CellIndex.Cell]) -> [GridAudit.Fault] {
        var rings: [(cell: Int, corners: [Corner])] = []
        for (index, cell) in cells.enumerated() {
            for polygon in cell.polygons {
                for (place, ring) in polygon.enumerated() {
                    guard let first = ring.first else { continue }
                    // Outlines counter-clockwise, holes clockwise: the cell is always to the left.
                    let isLeft = PolygonArea(around: first.lat).signedArea(ring) > 0
                    let corners = ring.map(corner)
                    rings.append((index, isLeft == (place == 0) ? corners : corners.reversed()))
                }
            }
        }
        let corners = CornerIndex(rings.flatMap(\.corners))
        var owners: [Piece: Int] = [:]
        for (cell, ring) in rings {
            for (from, to) in zip(ring, ring.dropFirst()) where from != to {
                var last = from
                for next in corners.onSide(from, to) + [to] {
                    let back = Piece(from: next, to: last)
                    if owners[back] != nil {
                        owners[back] = nil
                    } else {
                        owners[Piece(from: last, to: next)] = cell
                    }
                    last = next
                }
            }
        }
        return loops(owners, cells)
    }

    /// Chains what is left over to rings, and keeps those around gaps.
    private static func loops(_ owners: [Piece: Int], _ cells: [CellIndex.Cell]) -> [GridAudit.Fault] {
        var onward: [Corner: [Piece]] = [:]
        for piece in owners.keys { onward[piece.from, default: []].append(piece) }
        // The same order on every run.
        for key in onward.keys { onward[key]?.sort { ($0.to.x, $0.to.y) < ($1.to.x, $1.to.y) } }
        var faults: [GridAudit.Fault] = []
        for start in onward.keys.sorted(by: { ($0.x, $0.y) < ($1.x, $1.y) }) {
            while let first = onward[start]?.popLast() {
                var ring = [first.from, first.to]
                var touching: Set<Int> = [owners[first] ?? 0]
                var before = first
                while before.to != start, let next = takeNext(after: before, &onward) {
                    ring.append(next.to)
                    touching.insert(owners[next] ?? 0)
                    before = next
                }
                let outline = ring.map { GeoPoint(lat: Double($0.y) / scale, lon: Double($0.x) / scale) }
                guard let corner = outline.first, ring.last == start else { continue }
                let area = PolygonArea(around: corner.lat).signedArea(outline)
                guard area < -GridAudit.smallest else { continue }
                faults.append(
                    GridAudit.Fault(
                        kind: .gap,
                        cells: touching.map { cells[$0].code }.sorted(),
                        area: -area,
                        at: corner,
                        outline: outline,
                        detail: nil
                    )
                )
            }
        }
        return faults
    }

    /// Where rings touch in a corner, the sharpest turn to the right keeps each gap a ring of its own.
    private static func takeNext(after piece: Piece, _ onward: inout [Corner: [Piece]]) -> Piece? {
        guard let choices = onward[piece.to], !choices.isEmpty else { return nil }
        var best = 0
        if choices.count > 1 {
            func angle(_ next: Piece) -> Double {
                let (x, y) = (Double(piece.to.x - piece.from.x), Double(piece.to.y - piece.from.y))
                let (u, v) = (Double(next.to.x - next.from.x), Double(next.to.y - next.from.y))
                return atan2(x * v - y * u, x * u + y * v)
            }
            best = choices.indices.min { angle(choices[$0]) < angle(choices[$1]) } ?? 0
        }
        return onward[piece.to]?.remove(at: best)
    }

    private static func corner(_ point: GeoPoint) -> Corner {
        Corner(x: Int64((point.lon * scale).rounded()), y: Int64((point.lat * scale).rounded()))
    }

    /// Corners by bucket, to find those on a side.
    private struct CornerIndex {
        /// About 50 m.
        private static let bucket: Int64 = 5000
        private var buckets: [Corner: [Corner]] = [:]

        init(_ corners: [Corner]) {
            for corner in Set(corners) { buckets[Self.place(corner), default: []].append(corner) }
        }

        private static func place(_ corner: Corner) -> Corner {
            Corner(
                x: Int64((Double(corner.x) / Double(bucket)).rounded(.down)),
                y: Int64((Double(corner.y) / Double(bucket)).rounded(.down))
            )
        }

        /// The corners strictly within a side, from its beginning to its end.
        func onSide(_ from: Corner, _ to: Corner) -> [Corner] {
            let (dx, dy) = (to.x - from.x, to.y - from.y)
            let length = (Double(dx) * Double(dx) + Double(dy) * Double(dy)).squareRoot()
            guard length > 0 else { return [] }
            let low = Self.place(Corner(x: min(from.x, to.x) - 1, y: min(from.y, to.y) - 1))
            let high = Self.place(Corner(x: max(from.x, to.x) + 1, y: max(from.y, to.y) + 1))
            var found: [(at: Double, corner: Corner)] = []
            for y in low.y...high.y {
                for x in low.x...high.x {
                    for corner in buckets[Corner(x: x, y: y)] ?? [] where corner != from && corner != to {
                        let (cx, cy) = (corner.x - from.x, corner.y - from.y)
                        let along = (Double(cx) * Double(dx) + Double(cy) * Double(dy)) / length
                        let aside = abs(Double(cx) * Double(dy) - Double(cy) * Double(dx)) / length
                        // Within one step: a corner that both sides of a border were rounded to.
                        if aside <= 1, along > 0, along < length { found.append((along, corner)) }
                    }
                }
            }
            return found.sorted { $0.at < $1.at }.map(\.corner)
        }
    }
}
