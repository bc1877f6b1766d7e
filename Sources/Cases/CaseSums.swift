package import Domain
package import Store

/// How many cases the units or the areas of a site have.
package struct CaseSums: Sendable {
    package enum Grouping: String, Sendable, CaseIterable {
        /// Along the tree: what a unit has holds what all below it have.
        case unit
        /// An area holds what its cells hold; areas of several kinds lie over each other.
        case area
    }

    package struct Line: Sendable, Equatable {
        /// Nil for the cases of no unit, or of no area.
        package var id: String?
        package var kind: String?
        package var name: String?
        package var nameEn: String?
        /// How many units are above it; 0 for areas.
        package var depth: Int
        /// Its own, without those below it.
        package var own: CaseCounts
        /// With those below it.
        package var all: CaseCounts
    }

    /// Units in the order of a walk through the tree, areas in the order of their file; what belongs to none is last.
    package let lines: [Line]

    init(byUnit tallies: [CaseTally], _ tree: UnitTree) {
        let walk = tree.walk
        var lines = walk.map { unit in
            Line(
                id: unit.id,
                kind: unit.kind.rawValue,
                name: unit.name,
                nameEn: unit.nameEn,
                depth: tree.depth(of: unit.id) ?? 0,
                own: CaseCounts(),
                all: CaseCounts()
            )
        }
        let places = Dictionary(walk.indices.map { (walk[$0].id, $0) }) { first, _ in first }
        var rest = CaseCounts()
        for tally in tallies {
            if let place = tally.unit.flatMap({ places[$0] }) {
                lines[place].own += tally.counts
            } else {
                rest += tally.counts
            }
        }
        // From the end of the walk on, whatever is below a unit has been summed before it.
        for place in lines.indices.reversed() {
            lines[place].all += lines[place].own
            guard let above = walk[place].parent.flatMap({ places[$0] }) else { continue }
            lines[above].all += lines[place].all
        }
        self.lines = lines + Self.rest(rest)
    }

    init(byArea tallies: [CaseTally], _ areas: AreaTable) {
        var counts = Array(repeating: CaseCounts(), count: areas.areas.count)
        var rest = CaseCounts()
        for tally in tallies {
            let holders = tally.cell.map(areas.indices(of:)) ?? []
            for area in holders { counts[area] += tally.counts }
            if holders.isEmpty { rest += tally.counts }
        }
        lines =
            zip(areas.areas, counts).map { area, counts in
                Line(
                    id: area.id,
                    kind: area.kind.rawValue,
                    name: area.name,
                    nameEn: area.nameEn,
                    depth: 0,
                    own: counts,
                    all: counts
                )
            } + Self.rest(rest)
    }

    private static func rest(_ counts: CaseCounts) -> [Line] {
        counts.total == 0 ? [] : [Line(depth: 0, own: counts, all: counts)]
    }
}

extension BaseData {
    /// A unit and all below it; an id that is none stands for itself.
    package func unitsWithin(_ unit: String) -> [String] {
        let tree = responsibility.tree.subtree(unit).map(\.id)
        return tree.isEmpty ? [unit] : tree
    }

    /// The cells of an area, or of one cell's code; nil for neither.
    package func cells(ofArea id: String) -> CaseFilter.Cells? {
        if CodePattern(id).isCell { return CaseFilter.Cells(whole: [id], beginnings: []) }
        guard let patterns = areas[id]?.patterns else { return nil }
        return CaseFilter.Cells(
            whole: patterns.filter { !$0.isPrefix }.map(\.text),
            beginnings: patterns.filter(\.isPrefix).map(\.text)
        )
    }
}

extension CaseService {
    /// How many cases the units or areas have, of those that a person may see.
    ///
    /// - Parameter opened: only cases opened from the first instant on and before the second; nil for all.
    package func sums(
        by grouping: CaseSums.Grouping,
        _ filter: CaseFilter,
        opened: Range<WallTime>?,
        for actor: CaseActor
    ) async throws -> CaseSums {
        let base = base
        var filter = filter
        if actor.role == .unit {
            let own = actor.unit.map(base.unitsWithin) ?? []
            filter.units = filter.units.map { $0.filter(Set(own).contains) } ?? own
        }
        let tallies = try await repository.tally(filter, opened: opened, now: clock.now())
        return switch grouping {
        case .unit: CaseSums(byUnit: tallies, base.responsibility.tree)
        case .area: CaseSums(byArea: tallies, base.areas)
        }
    }
}
