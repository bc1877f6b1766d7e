/// A CSV text (RFC 4180) with a header line, read into rows by column name.
///
/// Quoted fields may hold commas, quotes (doubled) and line breaks. A byte order mark, CR LF and blank lines are
/// accepted.
struct CSVTable {
    struct Row {
        /// The line it begins on, from 1.
        var line: Int
        /// By column name, without blanks around; absent fields are empty.
        var fields: [String: String]

        /// A field, or nil where it is empty.
        subscript(_ column: String) -> String? {
            guard let value = fields[column], !value.isEmpty else { return nil }
            return value
        }
    }

    let rows: [Row]

    /// - Parameters:
    ///   - required: columns that must be there.
    ///   - known: all columns that may be there.
    /// - Throws: `BaseDataError` with every mistake of the form.
    init(_ text: String, file: String, required: [String], known: [String]) throws(BaseDataError) {
        var scanner = CSVScanner(Array(text.utf8))
        var records: [CSVScanner.Record] = []
        while let record = scanner.next() { records.append(record) }
        let unclosed = scanner.unclosedSince
        guard let header = records.first else {
            throw BaseDataError(findings: [
                .init(
                    file: file,
                    problem: "the file is empty",
                    remedy: "begin it with the line \(known.joined(separator: ","))"
                )
            ])
        }
        var findings: [BaseDataError.Finding] = []
        if let unclosed {
            findings.append(
                .init(file: file, line: unclosed, problem: "a quote is never closed", remedy: "close it, or double it")
            )
        }
        let names = header.fields
        for name in names where !known.contains(name) {
            findings.append(
                .init(
                    file: file,
                    line: header.line,
                    column: name,
                    problem: "unknown column",
                    remedy: "use only \(known.joined(separator: ","))"
                )
            )
        }
        for name in Set(names) where names.filter({ $0 == name }).count > 1 {
            findings.append(
                .init(file: file, line: header.line, column: name, problem: "column stands twice", remedy: "keep one")
            )
        }
        for name in required where !names.contains(name) {
            findings.append(
                .init(file: file, line: header.line, column: name, problem: "column is missing", remedy: "add it")
            )
        }
        var rows: [Row] = []
        for record in records.dropFirst() {
            guard record.fields.count <= names.count else {
                findings.append(
                    .init(
                        file: file,
                        line: record.line,
                        problem: "\(record.fields.count) fields where the header has \(names.count)",
                        remedy: "put fields that hold commas in quotes"
                    )
                )
                continue
            }
            let fields = Dictionary(zip(names, record.fields)) { first, _ in first }
            rows.append(Row(line: record.line, fields: fields))
        }
        guard findings.isEmpty else { throw BaseDataError(findings: findings) }
        self.rows = rows
    }
}
