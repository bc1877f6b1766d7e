import Domain

/// Catalogues as CSV: one line per level of a class.
extension Catalogue {
    /// The columns, in the order in which they are written.
    package static let columns = [
        "code", "kind", "name", "nameEn", "level", "condition", "limit", "limitUnit", "unit", "duplicateRadiusM",
        "duplicateMinutes", "policy",
    ]

    /// Reads a whole catalogue.
    ///
    /// - Parameter file: the name that findings carry.
    /// - Throws: `BaseDataError` with every mistake; nothing is taken of a file that has one.
    package init(csv text: String, file: String = "catalogue.csv") throws(BaseDataError) {
        let table = try CSVTable(
            text,
            file: file,
            required: ["code", "kind", "name", "level", "limit", "limitUnit"],
            known: Self.columns
        )
        var reader = CatalogueReader(file: file)
        for row in table.rows { reader.take(row) }
        if table.rows.isEmpty {
            reader.findings.append(
                .init(file: file, problem: "no class in it", remedy: "add at least one line after the header")
            )
        }
        let classes = reader.finish()
        guard reader.findings.isEmpty else { throw BaseDataError(findings: reader.findings) }
        self.init(classes: classes)
    }

    /// The catalogue as CSV; reading it gives the same catalogue.
    package var csv: String {
        var lines = [Self.columns.joined(separator: ",")]
        for entry in classes {
            for level in entry.levels {
                let fields = [
                    entry.code, entry.kind.rawValue, entry.name, entry.nameEn, String(level.level), level.name,
                    String(level.limit.value), level.limit.unit.rawValue, entry.unit ?? "",
                    Self.number(entry.duplicateRadius), Self.number(entry.duplicateSeconds / 60),
                    entry.policy?.rawValue ?? "",
                ]
                lines.append(fields.map(Self.quoted).joined(separator: ","))
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() ? String(Int(value)) : String(value)
    }

    private static func quoted(_ field: String) -> String {
        let special =
            field.contains { $0 == "," || $0 == "\"" || $0.isNewline } || field.first == " "
            || field.last == " "
        guard special else { return field }
        return "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}

/// Puts classes together from their lines and notes every mistake.
private struct CatalogueReader {
    let file: String
    var findings: [BaseDataError.Finding] = []
    private var order: [String] = []
    private var classes: [String: CaseClass] = [:]
    private var lines: [String: Int] = [:]

    init(file: String) {
        self.file = file
    }

    mutating func take(_ row: CSVTable.Row) {
        let before = findings.count
        let code = text(row, "code")
        if let code, !Self.isCode(code) {
            note(row, "code", "is no class code", "use 1–16 letters, digits and hyphens, like E-05-06 or 09009")
        }
        let kind = choice(row, "kind", CaseClass.Kind.self)
        let name = text(row, "name")
        let level = whole(row, "level", in: 1...99)
        let limit = whole(row, "limit", in: 1...10_000)
        let unit = choice(row, "limitUnit", TimeLimit.Unit.self)
        let policy = row["policy"] == nil ? nil : choice(row, "policy", AlarmPolicy.self)
        let radius = number(row, "duplicateRadiusM", in: 0...5000) ?? CaseClass.defaultDuplicateRadius
        let seconds =
            number(row, "duplicateMinutes", in: 0...43_200).map { $0 * 60 } ?? CaseClass.defaultDuplicateSeconds
        if let slug = row["unit"], !Slug.isValid(slug) {
            note(row, "unit", "is no unit's id", "use letters, digits, - _ . only")
        }
        guard findings.count == before, let code, let kind, let name, let level, let limit, let unit else { return }
        let entry = CaseClass(
            code: code,
            kind: kind,
            name: name,
            nameEn: row["nameEn"] ?? name,
            levels: [
                CaseClass.Level(
                    level: level,
                    name: row["condition"] ?? name,
                    limit: TimeLimit(value: limit, unit: unit)
                )
            ],
            unit: row["unit"],
            duplicateRadius: radius,
            duplicateSeconds: seconds,
            policy: policy
        )
        add(entry, row)
    }

    func finish() -> [CaseClass] {
        order.compactMap { code in
            guard var entry = classes[code] else { return nil }
            entry.levels.sort { $0.level < $1.level }
            return entry
        }
    }

    /// Joins a further level to its class; what the class's lines say of the class itself must agree.
    private mutating func add(_ entry: CaseClass, _ row: CSVTable.Row) {
        guard var known = classes[entry.code] else {
            order.append(entry.code)
            classes[entry.code] = entry
            lines[entry.code] = row.line
            return
        }
        let remedy = "make it the same as on line \(lines[entry.code] ?? 0), or use another code"
        let agree: [(String, Bool)] = [
            ("kind", known.kind == entry.kind), ("name", known.name == entry.name),
            ("nameEn", known.nameEn == entry.nameEn), ("unit", known.unit == entry.unit),
            ("duplicateRadiusM", known.duplicateRadius == entry.duplicateRadius),
            ("duplicateMinutes", known.duplicateSeconds == entry.duplicateSeconds),
            ("policy", known.policy == entry.policy),
        ]
        let conflicts = agree.filter { !$0.1 }.map(\.0)
        for column in conflicts { note(row, column, "differs from the class's first line", remedy) }
        for level in entry.levels {
            if known.levels.contains(where: { $0.level == level.level }) {
                note(row, "level", "stands twice for class \(entry.code)", "number the levels 1, 2, 3 …")
            } else {
                known.levels.append(level)
            }
        }
        classes[entry.code] = known
    }

    private mutating func text(_ row: CSVTable.Row, _ column: String) -> String? {
        if let value = row[column] { return value }
        note(row, column, "is empty", "fill it in")
        return nil
    }

    private mutating func choice<Value: RawRepresentable & CaseIterable>(
        _ row: CSVTable.Row,
        _ column: String,
        _ type: Value.Type
    ) -> Value? where Value.RawValue == String {
        if let value = row[column].flatMap(Value.init(rawValue:)) { return value }
        let choices = Value.allCases.map(\.rawValue).joined(separator: ", ")
        note(row, column, row[column] == nil ? "is empty" : "is none of the known words", "use one of \(choices)")
        return nil
    }

    private mutating func whole(_ row: CSVTable.Row, _ column: String, in range: ClosedRange<Int>) -> Int? {
        if let value = row[column].flatMap({ Int($0) }), range.contains(value) { return value }
        note(row, column, "is no whole number from \(range.lowerBound) to \(range.upperBound)", "write one")
        return nil
    }

    private mutating func number(_ row: CSVTable.Row, _ column: String, in range: ClosedRange<Double>) -> Double? {
        guard let text = row[column] else { return nil }
        if let value = Double(text), range.contains(value) { return value }
        note(
            row,
            column,
            "is no number from \(Int(range.lowerBound)) to \(Int(range.upperBound))",
            "write one, or leave it empty"
        )
        return nil
    }

    private mutating func note(_ row: CSVTable.Row, _ column: String, _ problem: String, _ remedy: String) {
        findings.append(
            .init(
                file: file,
                line: row.line,
                column: column,
                value: row[column] ?? "",
                problem: problem,
                remedy: remedy
            )
        )
    }

    private static func isCode(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return (1...16).contains(bytes.count)
            && bytes.allSatisfy { (48...57).contains($0) || (65...90).contains($0 & 0xDF) || $0 == 45 }
    }
}
