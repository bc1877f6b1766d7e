import Domain

/// Units with what they claim in one CSV: `id,name,nameEn,classes,cells`; several lines of one unit make several claims.
package enum ClaimTable {
    /// The columns; `classes` and `cells` hold codes or beginnings with `*`, separated by blanks or semicolons.
    package static let columns = ["id", "name", "nameEn", "classes", "cells"]

    /// Whether a text is such a table, and not one of the tree of units.
    package static func isMeant(by text: String) -> Bool {
        let header = text.prefix { !$0.isNewline }.split(separator: ",")
        return header.contains { $0.contains("classes") || $0.contains("cells") }
            || !header.contains { $0.contains("kind") }
    }

    /// Reads all units and their claims.
    ///
    /// - Parameter file: the name that findings carry.
    /// - Throws: `BaseDataError` with every mistake; nothing is taken of a file that has one.
    package static func read(
        _ text: String,
        file: String = "units.csv"
    ) throws(BaseDataError) -> (tree: UnitTree, rules: [ResponsibilityRule]) {
        let table = try CSVTable(text, file: file, required: ["id", "name"], known: columns)
        var findings: [BaseDataError.Finding] = []
        var units: [CaseUnit] = []
        var rules: [ResponsibilityRule] = []
        var claimed: [[CodePattern]: (unit: String, line: Int)] = [:]
        func note(_ row: CSVTable.Row, _ column: String, _ value: String, _ problem: String, _ remedy: String) {
            findings.append(
                .init(file: file, line: row.line, column: column, value: value, problem: problem, remedy: remedy)
            )
        }
        for row in table.rows {
            guard let id = row["id"], Slug.isValid(id) else {
                note(row, "id", row["id"] ?? "", "is no id", "use 1–63 letters, digits, - _ . only")
                continue
            }
            guard let name = row["name"] else {
                note(row, "name", "", "is empty", "fill it in")
                continue
            }
            let unit = CaseUnit(id: id, name: name, nameEn: row["nameEn"] ?? name)
            if let known = units.first(where: { $0.id == id }) {
                if known != unit {
                    note(row, "id", id, "stands twice with different names", "use one name, or two ids")
                }
            } else {
                units.append(unit)
            }
            let cells = RowReader.words(row["cells"])
            for pattern in cells where !CodePattern(pattern).isCell {
                note(row, "cells", pattern, "is no cell", "write 15 digits, or fewer and a *")
            }
            if !cells.isEmpty, row["classes"] == nil {
                note(row, "classes", "", "is empty although cells are named", "write the classes, or * for all")
            }
            for classText in RowReader.words(row["classes"]) {
                for cellText in cells.isEmpty ? ["*"] : cells {
                    let key = [CodePattern(classText), CodePattern(cellText)]
                    if let other = claimed[key] {
                        note(
                            row,
                            "classes",
                            classText,
                            "is claimed by \(other.unit) on line \(other.line) for the same cells",
                            "keep one of the two"
                        )
                    } else {
                        claimed[key] = (id, row.line)
                        rules.append(ResponsibilityRule(classes: key[0], place: .init(cellText), unit: id))
                    }
                }
            }
        }
        if units.isEmpty, findings.isEmpty {
            findings.append(.init(file: file, problem: "no unit in it", remedy: "add at least one line"))
        }
        guard findings.isEmpty else { throw BaseDataError(findings: findings) }
        return (UnitTree(units: units), rules)
    }
}
