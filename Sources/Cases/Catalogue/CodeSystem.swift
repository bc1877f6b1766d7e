/// A code system of classes: a standard's, or a city's own. Several stand side by side, each with its dates.
package struct CodeSystem: Sendable, Hashable {
    package var id: String
    package var name: String
    package var nameEn: String
    /// The first local day on which its classes may be filed; nil for always.
    package var from: Int64?
    /// The first local day on which they no longer may; nil for never.
    package var to: Int64?

    package init(id: String, name: String, nameEn: String, from: Int64? = nil, to: Int64? = nil) {
        self.id = id
        self.name = name
        self.nameEn = nameEn
        self.from = from
        self.to = to
    }

    package func isValid(on day: Int64) -> Bool {
        day >= from ?? .min && day < to ?? .max
    }

    /// Reads `systems.csv`.
    package static func read(_ text: String, file: String = "systems.csv") throws(BaseDataError) -> [CodeSystem] {
        let names = BaseSet.systems.columns.map(\.name)
        let table = try CSVTable(text, file: file, required: ["id", "name"], known: names)
        var rows = RowReader(file: file)
        var found: [CodeSystem] = []
        for row in table.rows {
            guard let id = rows.slug(row, "id"), let name = rows.text(row, "name") else { continue }
            let system = CodeSystem(
                id: id,
                name: name,
                nameEn: row["nameEn"] ?? name,
                from: rows.day(row, "from"),
                to: rows.day(row, "to")
            )
            if let from = system.from, let to = system.to, from >= to {
                rows.note(row, "to", "is not after from", "check the two dates")
            }
            if found.contains(where: { $0.id == id }) { rows.note(row, "id", "stands twice", "keep one") }
            found.append(system)
        }
        try rows.finish()
        return found
    }
}

/// Which class means which in another system: `from,to,note`; an empty `to` says that there is none.
package struct ClassMapping: Sendable, Equatable {
    package struct Pair: Sendable, Hashable {
        package var from: String
        package var to: String?
        package var note: String?
    }

    package let pairs: [Pair]
    private let byFrom: [String: [Int]]
    private let byTo: [String: [Int]]

    package init(pairs: [Pair]) {
        self.pairs = pairs
        byFrom = Dictionary(grouping: pairs.indices) { pairs[$0].from }
        byTo = Dictionary(grouping: pairs.indices.filter { pairs[$0].to != nil }) { pairs[$0].to ?? "" }
    }

    /// The classes that mean the same as one, in either direction.
    package func counterparts(of code: String) -> [String] {
        let there = (byFrom[code] ?? []).compactMap { pairs[$0].to }
        return there + (byTo[code] ?? []).map { pairs[$0].from }
    }

    /// Reads `mapping.csv`.
    package static func read(_ text: String, file: String = "mapping.csv") throws(BaseDataError) -> ClassMapping {
        let table = try CSVTable(
            text,
            file: file,
            required: ["from", "to"],
            known: BaseSet.mapping.columns.map(\.name)
        )
        var rows = RowReader(file: file)
        var pairs: [Pair] = []
        var seen: Set<Pair> = []
        for row in table.rows {
            guard let from = rows.text(row, "from") else { continue }
            if from == row["to"] { rows.note(row, "to", "is the class itself", "name the class of the other system") }
            if !seen.insert(Pair(from: from, to: row["to"], note: nil)).inserted {
                rows.note(row, "from", "stands twice with the same counterpart", "keep one")
            }
            pairs.append(Pair(from: from, to: row["to"], note: row["note"]))
        }
        let fates = Dictionary(grouping: pairs, by: \.from)
        for (code, pairs) in fates.sorted(by: { $0.key < $1.key }) where pairs.count > 1 {
            if pairs.contains(where: { $0.to == nil }) {
                rows.note("class \(code) has a counterpart and has none", "delete one of the two lines")
            }
        }
        try rows.finish()
        return ClassMapping(pairs: pairs)
    }
}
