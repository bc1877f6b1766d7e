/// A line of the ownership table (确权): who answers for classes in an area, from a day on.
package struct ResponsibilityRule: Sendable, Hashable {
    /// Where a rule holds.
    package enum Place: Sendable, Hashable {
        case everywhere
        /// A cell's code or the beginning of one.
        case cells(CodePattern)
        /// An area by its id.
        case area(String)

        init(_ text: String) {
            let pattern = CodePattern(text)
            if pattern == .all {
                self = .everywhere
            } else if pattern.isCell {
                self = .cells(pattern)
            } else {
                self = .area(text)
            }
        }

        package var text: String {
            switch self {
            case .everywhere: "*"
            case .cells(let pattern): pattern.description
            case .area(let id): id
            }
        }
    }

    package var classes: CodePattern
    package var place: Place
    /// The owner of the part; nil for any.
    package var owner: String?
    package var unit: String
    /// The first local day on which it holds; nil for always.
    package var from: Int64?
    /// The first local day on which it no longer holds; nil for never.
    package var to: Int64?
    /// The document that says so.
    package var basis: String?

    package init(
        classes: CodePattern,
        place: Place,
        owner: String? = nil,
        unit: String,
        from: Int64? = nil,
        to: Int64? = nil,
        basis: String? = nil
    ) {
        self.classes = classes
        self.place = place
        self.owner = owner
        self.unit = unit
        self.from = from
        self.to = to
        self.basis = basis
    }

    package func holds(on day: Int64) -> Bool { day >= from ?? .min && day < to ?? .max }

    /// Reads `responsibility.csv`: `classes,area,owner,unit,from,to,basis`.
    ///
    /// - Throws: `BaseDataError`: besides wrong fields, two lines that claim the same for different units on one day.
    package static func read(
        _ text: String,
        file: String = "responsibility.csv"
    ) throws(BaseDataError) -> [ResponsibilityRule] {
        guard !text.isEmpty else { return [] }
        let table = try CSVTable(
            text,
            file: file,
            required: ["classes", "unit"],
            known: BaseSet.responsibility.columns.map(\.name)
        )
        var rows = RowReader(file: file)
        var rules: [ResponsibilityRule] = []
        var claims: [Claim: [(rule: ResponsibilityRule, line: Int)]] = [:]
        for row in table.rows {
            let from = rows.day(row, "from")
            let to = rows.day(row, "to")
            if let from, let to, from >= to { rows.note(row, "to", "is not after from", "check the two dates") }
            let classes = RowReader.words(row["classes"])
            if classes.isEmpty { rows.note(row, "classes", "is empty", "write codes, or * for all") }
            guard let unit = rows.slug(row, "unit") else { continue }
            let places = RowReader.words(row["area"])
            for classText in classes {
                for placeText in places.isEmpty ? ["*"] : places {
                    let rule = ResponsibilityRule(
                        classes: CodePattern(classText),
                        place: Place(placeText),
                        owner: row["owner"],
                        unit: unit,
                        from: from,
                        to: to,
                        basis: row["basis"]
                    )
                    let claim = Claim(classes: rule.classes, place: rule.place, owner: rule.owner)
                    for other in claims[claim] ?? [] where rule.overlaps(other.rule) {
                        rows.note(
                            row,
                            "unit",
                            "claims what \(other.rule.unit) claims on line \(other.line) for the same days",
                            "keep one of the two, or give them dates that follow each other"
                        )
                    }
                    claims[claim, default: []].append((rule, row.line))
                    rules.append(rule)
                }
            }
        }
        try rows.finish()
        return rules
    }

    private struct Claim: Hashable {
        var classes: CodePattern
        var place: Place
        var owner: String?
    }

    private func overlaps(_ other: ResponsibilityRule) -> Bool {
        (from ?? .min) < (other.to ?? .max) && (other.from ?? .min) < (to ?? .max)
    }

    /// The table of rules; reading it gives the same rules.
    package static func table(of rules: [ResponsibilityRule]) -> BaseTable {
        BaseTable(
            .responsibility,
            rows: rules.map {
                [
                    $0.classes.description, $0.place.text, $0.owner ?? "", $0.unit, $0.from.map(LocalDay.text) ?? "",
                    $0.to.map(LocalDay.text) ?? "", $0.basis ?? "",
                ]
            }
        )
    }
}
