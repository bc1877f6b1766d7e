import Domain

/// Reads the fields of rows and notes every mistake by line and column.
struct RowReader {
    let file: String
    private(set) var findings: [BaseDataError.Finding] = []

    init(file: String) {
        self.file = file
    }

    /// - Throws: what was noted, when anything was.
    func finish() throws(BaseDataError) {
        guard findings.isEmpty else { throw BaseDataError(findings: findings) }
    }

    mutating func note(_ row: CSVTable.Row, _ column: String, _ problem: String, _ remedy: String) {
        let value = row[column] ?? ""
        findings.append(
            .init(file: file, line: row.line, column: column, value: value, problem: problem, remedy: remedy)
        )
    }

    mutating func note(_ problem: String, _ remedy: String) {
        findings.append(.init(file: file, problem: problem, remedy: remedy))
    }

    mutating func text(_ row: CSVTable.Row, _ column: String) -> String? {
        if let value = row[column] { return value }
        note(row, column, "is empty", "fill it in")
        return nil
    }

    mutating func slug(_ row: CSVTable.Row, _ column: String) -> String? {
        guard let value = text(row, column) else { return nil }
        if Slug.isValid(value) { return value }
        note(row, column, "is no id", "use 1–63 letters, digits, - _ . only")
        return nil
    }

    mutating func choice<Value: RawRepresentable & CaseIterable>(
        _ row: CSVTable.Row,
        _ column: String,
        _ type: Value.Type
    ) -> Value? where Value.RawValue == String {
        if let value = row[column].flatMap(Value.init(rawValue:)) { return value }
        let choices = Value.allCases.map(\.rawValue).joined(separator: ", ")
        note(row, column, row[column] == nil ? "is empty" : "is none of the known words", "use one of \(choices)")
        return nil
    }

    mutating func whole(_ row: CSVTable.Row, _ column: String, in range: ClosedRange<Int>) -> Int? {
        if let value = row[column].flatMap({ Int($0) }), range.contains(value) { return value }
        note(row, column, "is no whole number from \(range.lowerBound) to \(range.upperBound)", "write one")
        return nil
    }

    /// A number that may be absent.
    mutating func number(_ row: CSVTable.Row, _ column: String, in range: ClosedRange<Double>) -> Double? {
        guard let text = row[column] else { return nil }
        if let value = Double(text), range.contains(value) { return value }
        let bounds = "\(CSVText.number(range.lowerBound)) to \(CSVText.number(range.upperBound))"
        note(row, column, "is no number from \(bounds)", "write one, or leave it empty")
        return nil
    }

    /// `yes` or empty.
    mutating func flag(_ row: CSVTable.Row, _ column: String) -> Bool {
        switch row[column]?.lowercased() {
        case nil, "no", "false", "0", "否": return false
        case "yes", "true", "1", "是": return true
        default:
            note(row, column, "is neither yes nor no", "write yes, or leave it empty")
            return false
        }
    }

    /// A day that may be absent, `2026-11-23`, counted since 1970-01-01.
    mutating func day(_ row: CSVTable.Row, _ column: String) -> Int64? {
        guard let text = row[column] else { return nil }
        if let day = LocalDay.parse(text) { return day }
        note(row, column, "is no day", "write it like 2026-11-23")
        return nil
    }

    /// Words separated by blanks or semicolons.
    static func words(_ text: String?) -> [String] {
        (text ?? "").split { $0 == ";" || $0 == "；" || $0.isWhitespace }.map(String.init)
    }
}

/// Days as they stand in files: `2026-11-23`, counted since 1970-01-01.
package enum LocalDay {
    package static func parse(_ text: some StringProtocol) -> Int64? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].utf8.count == 4, parts[1].utf8.count == 2, parts[2].utf8.count == 2,
            parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let year = Int64(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]), year >= 1900,
            (1...12).contains(month), day >= 1, day <= WallTime.daysInMonth(year: year, month: month)
        else { return nil }
        return WallTime.days(year: year, month: month, day: day)
    }

    package static func text(_ day: Int64) -> String {
        let (year, month, dayOfMonth) = WallTime.civil(fromDays: day)
        return "\(year)-" + pad(month) + "-" + pad(dayOfMonth)
    }

    static func pad(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }
}
