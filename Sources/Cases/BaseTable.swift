/// A set of base data as rows of text: what is imported, edited row by row, written and stored.
package struct BaseTable: Sendable, Equatable {
    package let set: BaseSet
    /// In the order of the set's columns.
    package private(set) var rows: [[String]]

    /// Reads a CSV text of any order of columns.
    ///
    /// - Throws: `BaseDataError` with every mistake of the form.
    package init(_ set: BaseSet, csv text: String, file: String? = nil) throws(BaseDataError) {
        let names = set.columns.map(\.name)
        let table = try CSVTable(
            text,
            file: file ?? set.fileName,
            required: set.columns.filter(\.isRequired).map(\.name),
            known: names
        )
        self.set = set
        rows = table.rows.map { row in names.map { row.fields[$0] ?? "" } }
    }

    /// The line of a CSV text that a row stands on; nil when it doesn't.
    static func line(of row: [String], in text: String, _ set: BaseSet) -> Int? {
        let names = set.columns.map(\.name)
        let table = try? CSVTable(text, file: set.fileName, required: [], known: names)
        return table?.rows.first { found in names.map { found.fields[$0] ?? "" } == row }?.line
    }

    package init(_ set: BaseSet, rows: [[String]] = []) {
        self.set = set
        self.rows = rows
    }

    /// The table as CSV; reading it gives the same table.
    package var csv: String {
        CSVText.write(header: set.columns.map(\.name), rows: rows)
    }

    /// What tells a row apart: the texts of its key columns.
    package func key(of row: [String]) -> [String] {
        zip(set.columns, row).filter(\.0.isKey).map(\.1)
    }

    /// Puts rows in the place of those with the same keys, others at the end.
    package mutating func put(_ changed: [[String]]) {
        var places = Dictionary(rows.indices.map { (key(of: rows[$0]), $0) }) { first, _ in first }
        for row in changed {
            let key = key(of: row)
            if let place = places[key] {
                rows[place] = row
            } else {
                places[key] = rows.count
                rows.append(row)
            }
        }
    }

    /// Takes rows away; keys that no row has are passed over.
    ///
    /// - Returns: how many went.
    @discardableResult
    package mutating func remove(keys: Set<[String]>) -> Int {
        let before = rows.count
        rows = rows.filter { !keys.contains(key(of: $0)) }
        return before - rows.count
    }

    /// Rows that are new, that differ and that are gone against an earlier table.
    package func changes(since earlier: BaseTable) -> (added: Int, changed: Int, removed: Int) {
        let old = Dictionary(earlier.rows.map { (key(of: $0), $0) }) { first, _ in first }
        let new = Dictionary(rows.map { (key(of: $0), $0) }) { first, _ in first }
        var added = 0
        var changed = 0
        for (key, row) in new {
            if let before = old[key] { changed += before == row ? 0 : 1 } else { added += 1 }
        }
        return (added, changed, old.keys.count { new[$0] == nil })
    }
}

/// Writes CSV (RFC 4180).
enum CSVText {
    static func write(header: [String], rows: some Sequence<[String]>) -> String {
        var text = header.joined(separator: ",") + "\n"
        for row in rows { text += row.map(quoted).joined(separator: ",") + "\n" }
        return text
    }

    static func quoted(_ field: String) -> String {
        let special = field.utf8.contains { $0 == 44 || $0 == 34 || $0 == 10 || $0 == 13 }
        guard special || field.first?.isWhitespace == true || field.last?.isWhitespace == true else { return field }
        return "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    /// Without `.0` where it is whole.
    static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }
}
