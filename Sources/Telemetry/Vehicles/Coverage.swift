package import Domain

/// What a plan's vehicles have done of it, reckoned from their tracks: pure.
package struct Coverage: Sendable, Equatable, Encodable {
    /// A stretch of a vehicle's track that proves it.
    package struct Proof: Sendable, Equatable, Encodable {
        package var vehicle: String
        package var from: WallTime
        package var to: WallTime
    }

    package struct Section: Sendable, Equatable, Encodable {
        package var name: String
        package var metres: Double
        /// How much of it was driven slowly enough, 0...1.
        package var share: Double
        package var isDone: Bool
        package var proofs: [Proof]
    }

    package struct Bin: Sendable, Equatable, Encodable {
        package var id: String
        /// When a vehicle stood or crept beside it; nil when none did.
        package var at: WallTime?
        package var vehicle: String?
    }

    /// The cells of an area and how many of them were walked.
    package struct Cells: Sendable, Equatable, Encodable {
        package var all: Int
        package var visited: Int
        package var share: Double
        /// The middles of cells that nobody came to; at most 500.
        package var missed: [GeoPoint]
    }

    package var sections: [Section]
    package var bins: [Bin]
    /// Absent where the plan has no area.
    package var cells: Cells?

    /// Sections and bins that are not done.
    package var missing: Int { sections.count { !$0.isDone } + bins.count { $0.at == nil } }

    /// The step along a section that is either covered or not, in metres.
    static let step = 5.0
    /// Two positions further apart than this in time prove nothing of the way between them.
    static let longestGap = Duration.seconds(120)

    /// - Parameter tracks: positions of each vehicle, oldest first.
    package init(plan: CoveragePlan, tracks: [String: [VehiclePosition]]) {
        var sections: [Section] = []
        for section in plan.sections { sections.append(Self.section(section, plan, tracks)) }
        self.sections = sections
        bins = plan.bins.map { Self.bin($0, plan, tracks) }
        cells = plan.area.map { Self.cells($0, plan, tracks) }
    }

    /// More cells than this make each of them larger.
    private static let maximumCells = 10_000.0

    private struct Cell: Hashable {
        var x: Int
        var y: Int
    }

    private static func cells(_ area: GeoArea, _ plan: CoveragePlan, _ tracks: [String: [VehiclePosition]]) -> Cells {
        let corners: [GeoPoint]
        let origin: GeoPoint
        switch area.shape {
        case .polygon(let points):
            origin = GeoPoint.middle(of: points) ?? GeoPoint(lat: 0, lon: 0)
            corners = points
        case .circle(let centre, let metres):
            origin = centre
            let plane = LocalPlane(origin: centre)
            corners = [(-metres, -metres), (metres, metres)].map { plane.point(.init(x: $0.0, y: $0.1)) }
        }
        let plane = LocalPlane(origin: origin)
        let places = corners.map(plane.place)
        let (xs, ys) = (places.map(\.x), places.map(\.y))
        guard let west = xs.min(), let east = xs.max(), let south = ys.min(), let north = ys.max() else {
            return Cells(all: 0, visited: 0, share: 0, missed: [])
        }
        let side = max(plan.cellMetres, ((east - west) * (north - south) / maximumCells).squareRoot(), 1)
        func cell(_ place: LocalPlane.Place) -> Cell {
            Cell(x: Int((place.x / side).rounded(.down)), y: Int((place.y / side).rounded(.down)))
        }
        func middle(_ cell: Cell) -> GeoPoint {
            plane.point(.init(x: (Double(cell.x) + 0.5) * side, y: (Double(cell.y) + 0.5) * side))
        }
        var all: Set<Cell> = []
        let (low, high) = (cell(.init(x: west, y: south)), cell(.init(x: east, y: north)))
        for x in low.x...high.x {
            for y in low.y...high.y where area.edgeDistance(middle(Cell(x: x, y: y))) <= 0 {
                all.insert(Cell(x: x, y: y))
            }
        }
        var visited: Set<Cell> = []
        for track in tracks.values {
            for position in track where position.quality == .good || position.quality == .drift {
                visited.insert(cell(plane.place(position.point)))
            }
            for (before, after) in zip(track, track.dropFirst()) where counts(before, after, plan) {
                let (a, b) = (plane.place(before.point), plane.place(after.point))
                let metres = before.point.distance(to: after.point)
                let steps = min(1000, Int(metres / (side / 4)) + 1)
                for step in 0...steps {
                    let along = Double(step) / Double(steps)
                    visited.insert(cell(.init(x: a.x + (b.x - a.x) * along, y: a.y + (b.y - a.y) * along)))
                }
            }
        }
        visited.formIntersection(all)
        let missed = all.subtracting(visited).sorted { ($0.y, $0.x) < ($1.y, $1.x) }.prefix(500).map(middle)
        return Cells(
            all: all.count,
            visited: visited.count,
            share: all.isEmpty ? 0 : Double(visited.count) / Double(all.count),
            missed: missed
        )
    }

    private static func section(
        _ section: CoveragePlan.Section,
        _ plan: CoveragePlan,
        _ tracks: [String: [VehiclePosition]]
    ) -> Section {
        guard let origin = section.line.first else {
            return Section(name: section.name, metres: 0, share: 0, isDone: false, proofs: [])
        }
        let plane = LocalPlane(origin: origin)
        let points = steps(section.line.map(plane.place))
        var isCovered = [Bool](repeating: false, count: points.count)
        var proofs: [Proof] = []
        for (vehicle, track) in tracks.sorted(by: { $0.key < $1.key }) {
            for (before, after) in zip(track, track.dropFirst()) where counts(before, after, plan) {
                let (a, b) = (plane.place(before.point), plane.place(after.point))
                var hits = false
                for (index, point) in points.enumerated()
                where LocalPlane.distance(point, from: a, to: b).metres <= plan.withinMetres {
                    isCovered[index] = true
                    hits = true
                }
                guard hits else { continue }
                if let last = proofs.last, last.vehicle == vehicle, before.occurredAt <= last.to {
                    proofs[proofs.count - 1].to = after.occurredAt
                } else {
                    proofs.append(Proof(vehicle: vehicle, from: before.occurredAt, to: after.occurredAt))
                }
            }
        }
        let share = points.isEmpty ? 0 : Double(isCovered.count { $0 }) / Double(points.count)
        return Section(
            name: section.name,
            metres: Double(max(0, points.count - 1)) * step,
            share: share,
            isDone: share >= plan.share,
            proofs: proofs
        )
    }

    private static func bin(
        _ bin: CoveragePlan.Bin,
        _ plan: CoveragePlan,
        _ tracks: [String: [VehiclePosition]]
    ) -> Bin {
        let plane = LocalPlane(origin: bin.position)
        let here = LocalPlane.Place(x: 0, y: 0)
        var found = Bin(id: bin.id)
        for (vehicle, track) in tracks.sorted(by: { $0.key < $1.key }) {
            for (before, after) in zip(track, track.dropFirst()) where counts(before, after, plan) {
                let way = LocalPlane.distance(here, from: plane.place(before.point), to: plane.place(after.point))
                guard way.metres <= plan.withinMetres else { continue }
                if found.at.map({ before.occurredAt < $0 }) ?? true {
                    found.at = before.occurredAt + .seconds((after.occurredAt - before.occurredAt).seconds * way.along)
                    found.vehicle = vehicle
                }
                break
            }
        }
        return found
    }

    /// Whether the way between two positions can count: both believed, close in time, slow enough.
    private static func counts(_ before: VehiclePosition, _ after: VehiclePosition, _ plan: CoveragePlan) -> Bool {
        let usable: Set<VehiclePosition.Quality> = [.good, .drift]
        let lasted = after.occurredAt - before.occurredAt
        guard usable.contains(before.quality), usable.contains(after.quality), lasted > .zero, lasted <= longestGap
        else { return false }
        return before.point.distance(to: after.point) / lasted.seconds * 3.6 <= plan.maximumKmh
    }

    /// Points along a line, `step` metres apart.
    private static func steps(_ line: [LocalPlane.Place]) -> [LocalPlane.Place] {
        guard var previous = line.first else { return [] }
        var points = [previous]
        var rest = step
        for next in line.dropFirst() {
            var (dx, dy) = (next.x - previous.x, next.y - previous.y)
            var length = (dx * dx + dy * dy).squareRoot()
            while length >= rest, length > 0 {
                previous = LocalPlane.Place(x: previous.x + dx / length * rest, y: previous.y + dy / length * rest)
                points.append(previous)
                (dx, dy) = (next.x - previous.x, next.y - previous.y)
                length = (dx * dx + dy * dy).squareRoot()
                rest = step
            }
            rest -= length
            previous = next
        }
        return points
    }
}
