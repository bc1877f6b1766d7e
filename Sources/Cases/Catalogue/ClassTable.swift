package import Domain

/// Classes without their limits as CSV, one line each.
package enum ClassTable {
    /// Reads `classes.csv`; the classes have no levels yet.
    package static func read(_ text: String, file: String = "classes.csv") throws(BaseDataError) -> [CaseClass] {
        let table = try CSVTable(
            text,
            file: file,
            required: ["code", "kind", "name"],
            known: BaseSet.classes.columns.map(\.name)
        )
        var rows = RowReader(file: file)
        var found: [CaseClass] = []
        var lines: [String: Int] = [:]
        for row in table.rows {
            let code = rows.text(row, "code")
            if let code, !isCode(code) {
                rows.note(
                    row,
                    "code",
                    "is no class code",
                    "use 1–16 letters, digits and hyphens, like E-05-06 or 09009"
                )
            }
            let kind = rows.choice(row, "kind", CaseClass.Kind.self)
            let name = rows.text(row, "name")
            let policy = row["policy"] == nil ? nil : rows.choice(row, "policy", AlarmPolicy.self)
            let radius = rows.number(row, "duplicateRadiusM", in: 0...5000) ?? CaseClass.defaultDuplicateRadius
            let minutes = rows.number(row, "duplicateMinutes", in: 0...43_200)
            let isProfessional = rows.flag(row, "professional")
            if let unit = row["unit"], !Slug.isValid(unit) {
                rows.note(row, "unit", "is no unit's id", "use letters, digits, - _ . only")
            }
            guard let code, let kind, let name else { continue }
            if let line = lines[code] {
                rows.note(row, "code", "stands on line \(line) already", "give each class a code of its own")
                continue
            }
            lines[code] = row.line
            found.append(
                CaseClass(
                    code: code,
                    kind: kind,
                    name: name,
                    nameEn: row["nameEn"] ?? name,
                    system: row["system"] ?? "",
                    major: row["major"] ?? "",
                    majorEn: row["majorEn"] ?? row["major"] ?? "",
                    levels: [],
                    unit: row["unit"],
                    detection: RowReader.words(row["detection"]),
                    checkList: RowReader.words(row["checkList"]),
                    isProfessional: isProfessional,
                    flow: row["flow"],
                    duplicateRadius: radius,
                    duplicateSeconds: minutes.map { $0 * 60 } ?? CaseClass.defaultDuplicateSeconds,
                    policy: policy
                )
            )
        }
        if table.rows.isEmpty { rows.note("no class in it", "add at least one line after the header") }
        try rows.finish()
        return found
    }

    /// The table of classes; reading it gives the same classes.
    package static func table(of classes: [CaseClass]) -> BaseTable {
        BaseTable(
            .classes,
            rows: classes.map { entry in
                [
                    entry.system, entry.code, entry.kind.rawValue, entry.major, entry.majorEn, entry.name, entry.nameEn,
                    entry.detection.joined(separator: " "), entry.checkList.joined(separator: " "),
                    entry.isProfessional ? "yes" : "", entry.unit ?? "", CSVText.number(entry.duplicateRadius),
                    CSVText.number(entry.duplicateSeconds / 60), entry.flow ?? "", entry.policy?.rawValue ?? "",
                ]
            }
        )
    }

    static func isCode(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return (1...16).contains(bytes.count)
            && bytes.allSatisfy { (48...57).contains($0) || (65...90).contains($0 & 0xDF) || $0 == 45 }
    }
}
