import Domain

/// Units as CSV: `id,name,nameEn,classes,cells`; several lines of one unit make several claims.
extension Responsibility {
    /// The columns; `classes` and `cells` hold codes or beginnings with `*`, separated by blanks or semicolons.
    package static let columns = ["id", "name", "nameEn", "classes", "cells"]

    /// Reads all units.
    ///
    /// - Parameter file: the name that findings carry.
    /// - Throws: `BaseDataError` with every mistake; nothing is taken of a file that has one.
    package init(csv text: String, file: String = "units.csv") throws(BaseDataError) {
        let table = try CSVTable(text, file: file, required: ["id", "name"], known: Self.columns)
        var findings: [BaseDataError.Finding] = []
        var units: [CaseUnit] = []
        var claims: [Claim] = []
        var claimed: [[Pattern]: (unit: String, line: Int)] = [:]
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
            let cells = Self.patterns(row["cells"])
            for pattern in cells where !Self.isCellPattern(pattern) {
                note(row, "cells", pattern, "is no cell", "write 15 digits, or fewer and a *")
            }
            if !cells.isEmpty, row["classes"] == nil {
                note(row, "classes", "", "is empty although cells are named", "write the classes, or * for all")
            }
            for classText in Self.patterns(row["classes"]) {
                for cellText in cells.isEmpty ? ["*"] : cells {
                    let claim = Claim(classPattern: Pattern(classText), cellPattern: Pattern(cellText), unit: id)
                    let key = [claim.classPattern, claim.cellPattern]
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
                        claims.append(claim)
                    }
                }
            }
        }
        if units.isEmpty, findings.isEmpty {
            findings.append(.init(file: file, problem: "no unit in it", remedy: "add at least one line"))
        }
        guard findings.isEmpty else { throw BaseDataError(findings: findings) }
        self.init(units: units, claims: claims)
    }

    private static func patterns(_ text: String?) -> [String] {
        (text ?? "").split { $0 == ";" || $0.isWhitespace }.map(String.init)
    }

    private static func isCellPattern(_ text: String) -> Bool {
        let pattern = Pattern(text)
        guard pattern.text.utf8.allSatisfy({ (48...57).contains($0) }) else { return false }
        return pattern.isPrefix ? pattern.text.utf8.count < 15 : pattern.text.utf8.count == 15
    }
}
