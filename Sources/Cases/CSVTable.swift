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
        let (records, unclosed) = Self.records(text)
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

    private struct Record {
        var line: Int
        var fields: [String]
    }

    private static func records(_ text: String) -> ([Record], unclosed: Int?) {
        var records: [Record] = []
        var fields: [String] = []
        var field: [UInt8] = []
        var wasQuoted = false
        var quotedSince: Int?
        var line = 1
        var start = 1
        let bytes = Array(text.utf8)
        var at = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0

        func endField() {
            let value = String(decoding: field, as: UTF8.self)
            fields.append(wasQuoted ? value : trimmed(value))
            field = []
            wasQuoted = false
        }
        func endRecord() {
            endField()
            if fields.contains(where: { !$0.isEmpty }) { records.append(Record(line: start, fields: fields)) }
            fields = []
        }
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            if byte == 10 { line += 1 }
            if quotedSince != nil {
                if byte != 34 {
                    field.append(byte)
                } else if at < bytes.count, bytes[at] == 34 {
                    field.append(34)
                    at += 1
                } else {
                    quotedSince = nil
                }
                continue
            }
            switch byte {
            case 34 where field.allSatisfy({ $0 == 32 }):
                field = []
                quotedSince = line
                wasQuoted = true
            case 44: endField()
            case 13 where at < bytes.count && bytes[at] == 10: break
            case 10:
                endRecord()
                start = line
            default: field.append(byte)
            }
        }
        if !field.isEmpty || !fields.isEmpty || wasQuoted { endRecord() }
        return (records, quotedSince)
    }

    private static func trimmed(_ text: String) -> String {
        var slice = text[...]
        while slice.first?.isWhitespace == true { slice.removeFirst() }
        while slice.last?.isWhitespace == true { slice.removeLast() }
        return String(slice)
    }
}
