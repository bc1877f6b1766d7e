package import Domain

/// The city's organisations (centres, departments, streets, communities, contractors, teams, people) as a forest of any
/// depth. What is granted on a node holds for everything below it, and for nothing above or beside.
package struct UnitTree: Sendable {
    /// In the order of the file.
    package let units: [CaseUnit]
    private let byId: [String: Int]
    /// When a walk through the forest enters each unit, and when it has left everything below it.
    private let entered: [Int]
    private let left: [Int]
    /// 0 for a root.
    private let depths: [Int]

    /// - Parameter units: with ids that differ, parents that exist and no circle; a unit whose parent is none of them
    ///   counts as a root.
    package init(units: [CaseUnit]) {
        self.units = units
        let byId = Dictionary(units.indices.map { (units[$0].id, $0) }) { first, _ in first }
        self.byId = byId
        var children: [[Int]] = Array(repeating: [], count: units.count)
        var roots: [Int] = []
        for (index, unit) in units.enumerated() {
            if let parent = unit.parent.flatMap({ byId[$0] }), parent != index {
                children[parent].append(index)
            } else {
                roots.append(index)
            }
        }
        var entered = Array(repeating: -1, count: units.count)
        var left = entered
        var depths = Array(repeating: 0, count: units.count)
        var clock = 0
        // A stack and no recursion: the depth is the data's.
        var stack = roots.reversed().map { (index: $0, isDone: false) }
        while let (index, isDone) = stack.popLast() {
            if isDone {
                left[index] = clock
                continue
            }
            entered[index] = clock
            clock += 1
            stack.append((index, true))
            for child in children[index].reversed() {
                depths[child] = depths[index] + 1
                stack.append((child, false))
            }
        }
        self.entered = entered
        self.left = left
        self.depths = depths
    }

    package subscript(_ id: String) -> CaseUnit? { byId[id].map { units[$0] } }

    package func index(of id: String) -> Int? { byId[id] }

    /// Whether a unit is `ancestor` or lies anywhere below it. False where one of the two doesn't exist.
    package func isWithin(_ id: String, _ ancestor: String) -> Bool {
        guard let unit = byId[id], let above = byId[ancestor], entered[unit] >= 0, entered[above] >= 0 else {
            return false
        }
        return entered[above] <= entered[unit] && entered[unit] < left[above]
    }

    /// A unit and everything below it, in the order of a walk through the tree.
    package func subtree(_ id: String) -> [CaseUnit] {
        units.filter { isWithin($0.id, id) }.sorted { entered[byId[$0.id] ?? 0] < entered[byId[$1.id] ?? 0] }
    }

    /// All units in the order of a walk through the forest: each before what is below it.
    package var walk: [CaseUnit] {
        units.indices.filter { entered[$0] >= 0 }.sorted { entered[$0] < entered[$1] }.map { units[$0] }
    }

    /// 0 for a root; nil for no unit.
    package func depth(of id: String) -> Int? { byId[id].map { depths[$0] } }

    /// Reads `units.csv`.
    ///
    /// - Throws: `BaseDataError`: besides wrong fields, a parent that doesn't exist and a circle.
    package static func read(_ text: String, file: String = "units.csv") throws(BaseDataError) -> UnitTree {
        let table = try CSVTable(
            text,
            file: file,
            required: ["id", "name", "kind"],
            known: BaseSet.units.columns.map(\.name)
        )
        var rows = RowReader(file: file)
        var units: [CaseUnit] = []
        var lines: [String: CSVTable.Row] = [:]
        for row in table.rows {
            guard let id = rows.slug(row, "id"), let name = rows.text(row, "name"),
                let kind = rows.choice(row, "kind", CaseUnit.Kind.self)
            else { continue }
            if let first = lines[id] {
                rows.note(row, "id", "stands on line \(first.line) already", "give each unit an id of its own")
                continue
            }
            lines[id] = row
            units.append(CaseUnit(id: id, name: name, nameEn: row["nameEn"] ?? name, kind: kind, parent: row["parent"]))
        }
        let parents = Dictionary(units.map { ($0.id, $0.parent) }) { first, _ in first }
        for unit in units {
            guard let row = lines[unit.id], let parent = unit.parent else { continue }
            guard parents[parent] != nil else {
                rows.note(row, "parent", "is no unit of the file", "name one, or leave it empty for a root")
                continue
            }
            var above: String? = parent
            var steps = 0
            while let here = above, here != unit.id, steps <= units.count {
                above = parents[here] ?? nil
                steps += 1
            }
            if above == unit.id { rows.note(row, "parent", "leads back to the unit itself", "break the circle") }
        }
        if units.isEmpty, rows.findings.isEmpty { rows.note("no unit in it", "add at least one line") }
        try rows.finish()
        return UnitTree(units: units)
    }

    /// The table of units; reading it gives the same tree.
    package var table: BaseTable {
        BaseTable(.units, rows: units.map { [$0.id, $0.name, $0.nameEn, $0.kind.rawValue, $0.parent ?? ""] })
    }
}
