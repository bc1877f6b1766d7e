import Domain

/// The alarm policies (报警处置策略) of a site: `classes,sourceKind,source,days,from,to,policy,note`.
///
/// The most particular line that matches decides (source before kind of source before class before hours); of equal
/// ones the first.
package struct PolicyTable: Sendable, Equatable {
    /// In the order of the file.
    package let rules: [PolicyRule]
    /// The most particular first; equal ones in the order of the file.
    private let byRank: [PolicyRule]

    package init(_ rules: [PolicyRule] = []) {
        self.rules = rules
        byRank = rules.enumerated().sorted { left, right in
            left.element.rank == right.element.rank
                ? left.offset < right.offset : left.element.rank > right.element.rank
        }.map(\.element)
    }

    /// The line that decides; nil when none matches.
    ///
    /// - Parameter clock: the site's days and hours.
    func rule(for origin: AlarmOrigin, classCode: String, clock: DeadlineClock) -> PolicyRule? {
        guard !byRank.isEmpty else { return nil }
        let (day, minute) = clock.localMinute(origin.at)
        return byRank.first {
            $0.concerns(origin, classCode: classCode)
                && $0.holds(day: day, minute: minute, calendar: clock.calendar)
        }
    }

    /// The lines that speak of a class, in the order in which they are tried.
    func rules(ofClass code: String) -> [PolicyRule] {
        byRank.filter { $0.classes.matches(code) }
    }

    /// Reads `policies.csv`.
    package static func read(_ text: String, file: String = "policies.csv") throws(BaseDataError) -> PolicyTable {
        guard !text.isEmpty else { return PolicyTable() }
        let table = try CSVTable(
            text,
            file: file,
            required: ["classes", "policy"],
            known: BaseSet.policies.columns.map(\.name)
        )
        var rows = RowReader(file: file)
        var found: [PolicyRule] = []
        for row in table.rows {
            let mistakes = rows.findings.count
            let kind = row["sourceKind"] == nil ? nil : rows.choice(row, "sourceKind", AlarmSignal.SourceKind.self)
            let days = row["days"] == nil ? nil : rows.choice(row, "days", PolicyRule.Days.self)
            let hours = Self.hours(row, &rows)
            guard let classes = rows.text(row, "classes"), let policy = rows.choice(row, "policy", AlarmPolicy.self)
            else { continue }
            // What can't be read whole can't be compared either.
            guard rows.findings.count == mistakes else { continue }
            let rule = PolicyRule(
                classes: CodePattern(classes),
                sourceKind: kind,
                source: row["source"].map(CodePattern.init),
                days: days,
                hours: hours,
                policy: policy,
                note: row["note"]
            )
            var unnamed = rule
            unnamed.note = nil
            let isTwice = found.contains {
                var other = $0
                other.note = nil
                other.policy = policy
                return other == unnamed
            }
            if isTwice { rows.note(row, "classes", "stands twice for the same sources and hours", "keep one") }
            found.append(rule)
        }
        try rows.finish()
        return PolicyTable(found)
    }

    private static func hours(_ row: CSVTable.Row, _ rows: inout RowReader) -> PolicyRule.Hours? {
        guard row["from"] != nil || row["to"] != nil else { return nil }
        let from = CalendarTable.seconds(row["from"])
        let to = CalendarTable.seconds(row["to"])
        if from == nil || from == 86_400 {
            rows.note(row, "from", "is no time of day", "write it like 22:00, or leave both times empty")
        }
        if to == nil { rows.note(row, "to", "is no time of day", "write it like 06:00, or leave both times empty") }
        guard let from, let to else { return nil }
        return PolicyRule.Hours(from: Int(from / 60), to: Int(to / 60))
    }

    /// The lines as rows; reading them gives the same table.
    package var table: BaseTable {
        func time(_ minute: Int?) -> String {
            minute.map { LocalDay.pad($0 / 60) + ":" + LocalDay.pad($0 % 60) } ?? ""
        }
        return BaseTable(
            .policies,
            rows: rules.map {
                [
                    $0.classes.description, $0.sourceKind?.rawValue ?? "", $0.source?.description ?? "",
                    $0.days?.rawValue ?? "", time($0.hours?.from), time($0.hours?.to), $0.policy.rawValue,
                    $0.note ?? "",
                ]
            }
        )
    }
}
