package import Domain

/// The levels of classes with their limits as CSV: one line per class, level and timed phase.
package enum LimitTable {
    /// Reads `limits.csv`.
    ///
    /// - Returns: the levels by class code, in order.
    /// - Throws: `BaseDataError`: besides wrong fields, a phase that stands twice, lines of a level that disagree, a
    ///   level without the limit of its end, phases whose order their limits contradict.
    package static func read(
        _ text: String,
        file: String = "limits.csv"
    ) throws(BaseDataError) -> [String: [CaseClass.Level]] {
        let table = try CSVTable(
            text,
            file: file,
            required: ["code", "level", "condition", "phase", "limit", "limitUnit"],
            known: BaseSet.limits.columns.map(\.name)
        )
        var rows = RowReader(file: file)
        var drafts: [String: [Int: Draft]] = [:]
        for row in table.rows {
            let code = rows.text(row, "code")
            let level = rows.whole(row, "level", in: 1...99)
            let condition = rows.text(row, "condition")
            let phase = rows.choice(row, "phase", TimedPhase.Phase.self)
            let value = rows.whole(row, "limit", in: 1...10_000)
            let unit = rows.choice(row, "limitUnit", TimeLimit.Unit.self)
            let start = row["start"] == nil ? TimedPhase.Start.filed : rows.choice(row, "start", TimedPhase.Start.self)
            let basis =
                row["basis"] == nil
                ? CaseClass.Level.Basis.published : rows.choice(row, "basis", CaseClass.Level.Basis.self)
            guard let code, let level, let condition, let phase, let value, let unit, let start, let basis else {
                continue
            }
            var draft = drafts[code]?[level] ?? Draft(condition: condition, basis: basis, line: row.line)
            if draft.condition != condition {
                rows.note(row, "condition", "differs from line \(draft.line) of the same level", "make them the same")
            }
            let timed = TimedPhase(phase: phase, limit: TimeLimit(value: value, unit: unit), start: start)
            if let line = draft.lines.updateValue(row.line, forKey: phase) {
                rows.note(row, "phase", "stands on line \(line) already for this level", "keep one limit")
            }
            draft.phases.append(timed)
            drafts[code, default: [:]][level] = draft
        }
        var found: [String: [CaseClass.Level]] = [:]
        for code in drafts.keys.sorted() {
            for (number, draft) in (drafts[code] ?? [:]).sorted(by: { $0.key < $1.key }) {
                guard let finish = draft.phases.first(where: { $0.phase == .finish }) else {
                    rows.note(
                        "level \(number) of class \(code) (line \(draft.line)) has no limit for its end",
                        "add its line with the phase finish"
                    )
                    continue
                }
                found[code, default: []].append(
                    CaseClass.Level(
                        level: number,
                        name: draft.condition,
                        limit: finish.limit,
                        start: finish.start,
                        basis: draft.basis,
                        earlier: draft.phases.filter { $0.phase != .finish }.sorted { $0.phase < $1.phase }
                    )
                )
            }
        }
        try rows.finish()
        return found
    }

    private struct Draft {
        var condition: String
        var basis: CaseClass.Level.Basis
        var line: Int
        var phases: [TimedPhase] = []
        var lines: [TimedPhase.Phase: Int] = [:]
    }

    /// The table of classes' levels; reading it gives the same levels.
    package static func table(of classes: [CaseClass]) -> BaseTable {
        var rows: [[String]] = []
        for entry in classes {
            for level in entry.levels {
                for phase in level.phases {
                    rows.append([
                        entry.code, String(level.level), level.name, phase.phase.rawValue, String(phase.limit.value),
                        phase.limit.unit.rawValue, phase.start.rawValue, level.basis.rawValue,
                    ])
                }
            }
        }
        return BaseTable(.limits, rows: rows)
    }
}

/// What a case of each class and level counts in an evaluation, as CSV: `code,level,points`.
package enum ScoreTable {
    /// Reads `scores.csv`.
    ///
    /// - Returns: points by class code and level.
    package static func read(
        _ text: String,
        file: String = "scores.csv"
    ) throws(BaseDataError) -> [String: [Int: Double]] {
        guard !text.isEmpty else { return [:] }
        let table = try CSVTable(
            text,
            file: file,
            required: ["code", "level", "points"],
            known: BaseSet.scores.columns.map(\.name)
        )
        var rows = RowReader(file: file)
        var found: [String: [Int: Double]] = [:]
        for row in table.rows {
            let level = rows.whole(row, "level", in: 1...99)
            let points = rows.number(row, "points", in: -1000...1000)
            if row["points"] == nil { rows.note(row, "points", "is empty", "write a number") }
            guard let code = rows.text(row, "code"), let level, let points else { continue }
            if found[code, default: [:]].updateValue(points, forKey: level) != nil {
                rows.note(row, "level", "stands twice for class \(code)", "keep one")
            }
        }
        try rows.finish()
        return found
    }
}
