package import Domain

/// Flow templates (流程模板) as CSV, one line each: `id,name,nameEn` and a column for every step that templates decide
/// about; an empty field is what is usual.
package struct FlowTable: Sendable, Equatable {
    /// A template with its names.
    package struct Entry: Sendable, Hashable {
        package var flow: CaseFlow
        package var name: String
        package var nameEn: String
    }

    package let entries: [Entry]
    private let byId: [String: Int]

    package init(_ entries: [Entry] = []) {
        self.entries = entries
        byId = Dictionary(entries.indices.map { (entries[$0].flow.id, $0) }) { first, _ in first }
    }

    package subscript(id: String) -> Entry? { byId[id].map { entries[$0] } }

    /// The columns after the names.
    static let steps: [BaseSet.Column] = CaseFlow.Step.allCases.map {
        .may($0.rawValue, .choice($0.choices.map(\.rawValue)))
    }

    /// Reads `flows.csv`.
    package static func read(_ text: String, file: String = "flows.csv") throws(BaseDataError) -> FlowTable {
        guard !text.isEmpty else { return FlowTable() }
        let known = BaseSet.flows.columns.map(\.name)
        let table = try CSVTable(text, file: file, required: ["id", "name"], known: known)
        var rows = RowReader(file: file)
        var found: [Entry] = []
        for row in table.rows {
            var modes: [CaseFlow.Step: CaseFlow.Mode] = [:]
            for step in CaseFlow.Step.allCases {
                guard let word = row[step.rawValue] else { continue }
                if let mode = CaseFlow.Mode(rawValue: word), step.choices.contains(mode) {
                    modes[step] = mode
                } else {
                    let choices = step.choices.map(\.rawValue).joined(separator: ", ")
                    rows.note(row, step.rawValue, "is none of the known words", "use one of \(choices)")
                }
            }
            guard let id = rows.slug(row, "id"), let name = rows.text(row, "name") else { continue }
            if found.contains(where: { $0.flow.id == id }) { rows.note(row, "id", "stands twice", "keep one") }
            found.append(Entry(flow: CaseFlow(id: id, modes: modes), name: name, nameEn: row["nameEn"] ?? name))
        }
        try rows.finish()
        return FlowTable(found)
    }

    /// The templates as rows; reading them gives the same templates.
    package var table: BaseTable {
        BaseTable(
            .flows,
            rows: entries.map { entry in
                [entry.flow.id, entry.name, entry.nameEn]
                    + CaseFlow.Step.allCases.map { entry.flow.modes[$0]?.rawValue ?? "" }
            }
        )
    }
}
