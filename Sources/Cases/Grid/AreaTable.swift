/// What lies above cells: an administrative area named by its code, or a set of cells with a name of its own.
package struct Area: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// 6, 9 and 12 digits of a cell's code.
        case district, street, community
        /// 责任网格: exactly one for each cell, where there are any.
        case dutyGrid
        /// 重点区域; a cell may lie in several.
        case keyArea
        /// What a district's centre looks after.
        case centre

        /// Digits of the code that is such an area's id; nil for those that are named.
        package var digits: Int? {
            switch self {
            case .district: 6
            case .street: 9
            case .community: 12
            case .dutyGrid, .keyArea, .centre: nil
            }
        }

        /// Which of two areas that hold a cell is the more particular: the higher.
        package var rank: Int {
            switch self {
            case .centre: 1
            case .district: 6
            case .street: 9
            case .community: 12
            case .dutyGrid: 20
            case .keyArea: 25
            }
        }
    }

    /// Digits, or a slug.
    package var id: String
    package var kind: Kind
    package var name: String
    package var nameEn: String
    package var parent: String?
    /// Codes of cells or beginnings with `*`; empty for areas that are codes themselves.
    package var cells: [CodePattern]

    /// Codes of cells and beginnings of them that together are the area.
    package var patterns: [CodePattern] { kind.digits == nil ? cells : [CodePattern(id + "*")] }

    package func holds(_ cell: String) -> Bool {
        kind.digits == nil ? cells.contains { $0.matches(cell) } : cell.hasPrefix(id)
    }
}

/// The areas of a site.
package struct AreaTable: Sendable {
    package let areas: [Area]
    private let byId: [String: Int]
    /// Areas that are sets of cells, by whole codes; and those of them that name beginnings of codes.
    private let byCell: [String: [Int]]
    private let byBeginning: [(beginning: String, area: Int)]

    package init(areas: [Area] = []) {
        self.areas = areas
        byId = Dictionary(areas.indices.map { (areas[$0].id, $0) }) { first, _ in first }
        var byCell: [String: [Int]] = [:]
        var byBeginning: [(beginning: String, area: Int)] = []
        for (index, area) in areas.enumerated() where area.kind.digits == nil {
            for pattern in area.cells {
                if pattern.isPrefix {
                    byBeginning.append((pattern.text, index))
                } else {
                    byCell[pattern.text, default: []].append(index)
                }
            }
        }
        self.byCell = byCell
        self.byBeginning = byBeginning
    }

    package subscript(_ id: String) -> Area? { byId[id].map { areas[$0] } }

    /// Everything that holds a cell, the largest first.
    package func areas(of cell: String) -> [Area] { indices(of: cell).map { areas[$0] } }

    /// The places in `areas` of everything that holds a cell, the largest first.
    func indices(of cell: String) -> [Int] {
        let coded = [6, 9, 12].compactMap { byId[String(cell.prefix($0))] }
        var named = Set(byCell[cell] ?? [])
        for (beginning, area) in byBeginning where cell.utf8.starts(with: beginning.utf8) { named.insert(area) }
        return coded + named.sorted()
    }

    /// Reads `areas.csv`.
    package static func read(_ text: String, file: String = "areas.csv") throws(BaseDataError) -> AreaTable {
        guard !text.isEmpty else { return AreaTable() }
        let table = try CSVTable(
            text,
            file: file,
            required: ["id", "kind", "name"],
            known: BaseSet.areas.columns.map(\.name)
        )
        var rows = RowReader(file: file)
        var areas: [Area] = []
        var lines: [String: Int] = [:]
        for row in table.rows {
            guard let id = rows.slug(row, "id"), let kind = rows.choice(row, "kind", Area.Kind.self),
                let name = rows.text(row, "name")
            else { continue }
            let isDigits = id.utf8.allSatisfy { (48...57).contains($0) }
            if let digits = kind.digits, !isDigits || id.utf8.count != digits {
                rows.note(row, "id", "is not the \(digits)-digit code of a \(kind.rawValue)", "write its code")
            } else if kind.digits == nil, isDigits {
                rows.note(row, "id", "is all digits", "give a \(kind.rawValue) an id with a letter in it")
            }
            let patterns = RowReader.words(row["cells"]).map(CodePattern.init)
            for pattern in patterns where !pattern.isCell {
                rows.note(row, "cells", "\(pattern) is no cell", "write 15 digits, or fewer and a *")
            }
            if kind.digits == nil, patterns.isEmpty {
                rows.note(row, "cells", "is empty", "name its cells, or beginnings of their codes with a *")
            } else if kind.digits != nil, !patterns.isEmpty {
                rows.note(row, "cells", "is not needed: the code says which cells", "leave it empty")
            }
            if let line = lines.updateValue(row.line, forKey: id) {
                rows.note(row, "id", "stands on line \(line) already", "give each area an id of its own")
                continue
            }
            areas.append(
                Area(
                    id: id,
                    kind: kind,
                    name: name,
                    nameEn: row["nameEn"] ?? name,
                    parent: row["parent"],
                    cells: patterns
                )
            )
        }
        for area in areas {
            guard let parent = area.parent, lines[parent] == nil else { continue }
            rows.note("the parent \(parent) of area \(area.id) is no area of the file", "add it, or leave it empty")
        }
        try rows.finish()
        return AreaTable(areas: areas)
    }
}
