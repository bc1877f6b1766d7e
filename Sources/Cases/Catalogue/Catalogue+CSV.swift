import Domain

/// Whole catalogues as CSV: one line per level of a class, with the class and its limit in it.
extension Catalogue {
    /// The columns.
    package static let columns = [
        "code", "kind", "name", "nameEn", "level", "condition", "limit", "limitUnit", "unit", "duplicateRadiusM",
        "duplicateMinutes", "policy", "system", "major", "majorEn",
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
        if table.rows.isEmpty { reader.rows.note("no class in it", "add at least one line after the header") }
        let classes = reader.classesInOrder()
        try reader.rows.finish()
        self.init(classes: classes)
    }
}

/// Puts classes together from their lines and notes every mistake.
private struct CatalogueReader {
    var rows: RowReader
    private var order: [String] = []
    private var classes: [String: CaseClass] = [:]
    private var lines: [String: Int] = [:]

    init(file: String) {
        rows = RowReader(file: file)
    }

    mutating func take(_ row: CSVTable.Row) {
        let before = rows.findings.count
        let code = rows.text(row, "code")
        if let code, !ClassTable.isCode(code) {
            rows.note(row, "code", "is no class code", "use 1–16 letters, digits and hyphens, like E-05-06 or 09009")
        }
        let kind = rows.choice(row, "kind", CaseClass.Kind.self)
        let name = rows.text(row, "name")
        let level = rows.whole(row, "level", in: 1...99)
        let limit = rows.whole(row, "limit", in: 1...10_000)
        let unit = rows.choice(row, "limitUnit", TimeLimit.Unit.self)
        let policy = row["policy"] == nil ? nil : rows.choice(row, "policy", AlarmPolicy.self)
        let radius = rows.number(row, "duplicateRadiusM", in: 0...5000) ?? CaseClass.defaultDuplicateRadius
        let seconds =
            rows.number(row, "duplicateMinutes", in: 0...43_200).map { $0 * 60 } ?? CaseClass.defaultDuplicateSeconds
        if let slug = row["unit"], !Slug.isValid(slug) {
            rows.note(row, "unit", "is no unit's id", "use letters, digits, - _ . only")
        }
        guard rows.findings.count == before, let code, let kind, let name, let level, let limit, let unit else {
            return
        }
        let entry = CaseClass(
            code: code,
            kind: kind,
            name: name,
            nameEn: row["nameEn"] ?? name,
            system: row["system"] ?? "",
            major: row["major"] ?? "",
            majorEn: row["majorEn"] ?? row["major"] ?? "",
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

    func classesInOrder() -> [CaseClass] {
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
        for column in conflicts { rows.note(row, column, "differs from the class's first line", remedy) }
        for level in entry.levels {
            if known.levels.contains(where: { $0.level == level.level }) {
                rows.note(row, "level", "stands twice for class \(entry.code)", "number the levels 1, 2, 3 …")
            } else {
                known.levels.append(level)
            }
        }
        classes[entry.code] = known
    }
}
