import Domain

/// The responsibility atlas (责任图册): for every class, and every group of cells that all rules treat alike, who answers;
/// what is unclear is a list of work.
package struct ResponsibilityAtlas: Sendable {
    package struct Entry: Sendable {
        package var classCode: String
        package var className: String
        /// Names of the areas that the cells have in common; empty without a loaded grid.
        package var places: [String]
        /// How many cells.
        package var cells: Int
        /// One of them.
        package var example: String?
        package var answer: Responsibility.Answer
    }

    package let base: BaseData
    private let classes: [CaseClass]
    private let unit: String?
    private let unclearOnly: Bool

    /// - Parameters:
    ///   - classes: only these; nil for all.
    ///   - unit: only what it answers for.
    package init(base: BaseData, classes: CodePattern? = nil, unit: String? = nil, unclearOnly: Bool = false) {
        self.base = base
        self.classes = base.catalogue.classes.filter { classes?.matches($0.code) ?? true }
        self.unit = unit
        self.unclearOnly = unclearOnly
    }

    /// The matching entries in order of classes, from the `from`-th on.
    package func entries(from start: Int, most: Int) -> [Entry] {
        var found: [Entry] = []
        var passed = 0
        forEach { entry in
            passed += 1
            if passed > start { found.append(entry) }
            return found.count < most
        }
        return found
    }

    /// All matching entries as CSV.
    package func csv() -> String {
        var rows: [[String]] = []
        forEach { entry in
            var (unit, name, unclear) = ("", "", "")
            switch entry.answer {
            case .unit(let id, _): (unit, name) = (id, base.responsibility[id]?.name ?? id)
            case .unclear(let reason): unclear = reason.rawValue
            }
            rows.append([
                entry.classCode, entry.className, entry.places.joined(separator: " "), String(entry.cells),
                entry.example ?? "", unit, name, unclear,
            ])
            return true
        }
        return CSVText.write(
            header: ["class", "className", "areas", "cells", "example", "unit", "unitName", "unclear"],
            rows: rows
        )
    }

    /// - Parameter body: whether it wants more.
    private func forEach(_ body: (Entry) -> Bool) {
        let codes = base.grid.codes
        let zones = base.responsibility.zones
        let places = zones.map { cells in Self.common(cells.prefix(50).map { base.areas.areas(of: codes[$0]) }) }
        for entry in classes {
            let groups: [(cell: String?, cells: Int, places: [String])] =
                zones.isEmpty
                ? [(nil, 0, [])] : zones.indices.map { (codes[zones[$0][0]], zones[$0].count, places[$0]) }
            for group in groups {
                let answer = base.responsibility.answer(for: entry, cell: group.cell)
                if let unit, answer.unit != unit { continue }
                if unclearOnly, answer.unit != nil { continue }
                let found = Entry(
                    classCode: entry.code,
                    className: entry.name,
                    places: group.places,
                    cells: group.cells,
                    example: group.cell,
                    answer: answer
                )
                if !body(found) { return }
            }
        }
    }

    private static func common(_ areas: [[Area]]) -> [String] {
        guard let first = areas.first else { return [] }
        return first.filter { area in areas.allSatisfy { $0.contains(area) } }.map(\.name)
    }
}
