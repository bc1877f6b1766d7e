package import Domain
import GRDB

/// How many cases a unit has in a cell.
package struct CaseTally: Sendable, Hashable {
    /// Nil for cases that nobody is responsible for yet.
    package var unit: String?
    /// Nil for cases without a position.
    package var cell: String?
    package var counts: CaseCounts

    package init(unit: String?, cell: String?, counts: CaseCounts) {
        self.unit = unit
        self.cell = cell
        self.counts = counts
    }
}

/// How many cases are where.
package struct CaseCounts: Sendable, Hashable {
    package var open: Int
    /// Of the open ones, those past their end.
    package var overdue: Int
    /// Closed, or put right by a collector.
    package var closed: Int
    /// Ended without: refused, joined to another, void.
    package var invalid: Int

    package init(open: Int = 0, overdue: Int = 0, closed: Int = 0, invalid: Int = 0) {
        self.open = open
        self.overdue = overdue
        self.closed = closed
        self.invalid = invalid
    }

    package var total: Int { open + closed + invalid }

    package static func += (left: inout CaseCounts, right: CaseCounts) {
        left.open += right.open
        left.overdue += right.overdue
        left.closed += right.closed
        left.invalid += right.invalid
    }
}

extension CaseRepository {
    /// Counts the cases that a filter lets through, by unit and cell.
    ///
    /// - Parameters:
    ///   - opened: only cases opened from the first instant on and before the second; nil for all.
    ///   - now: what overdue is judged by.
    package func tally(_ filter: CaseFilter, opened: Range<WallTime>?, now: WallTime) async throws -> [CaseTally] {
        var (conditions, arguments) = filter.conditions()
        if let query = filter.query {
            conditions.append("id IN (SELECT id FROM caseText WHERE instr(searched, :query) > 0)")
            arguments += ["query": query.lowercased()]
        }
        if let opened {
            conditions.append("openedAt >= :from AND openedAt < :to")
            arguments += ["from": opened.lowerBound.microseconds, "to": opened.upperBound.microseconds]
        }
        arguments += ["now": now.microseconds]
        let sql = """
            SELECT unit, cell, sum(isOpen) AS open, sum(isOpen = 1 AND dueAt < :now) AS overdue,
                sum(isOpen = 0 AND ending IN ('closed', 'selfHandled')) AS closed,
                sum(isOpen = 0 AND ending NOT IN ('closed', 'selfHandled')) AS invalid
            FROM caseFile WHERE \(conditions.joined(separator: " AND ")) GROUP BY unit, cell
            """
        return try await read { [arguments] connection in
            try Row.fetchAll(connection, sql: sql, arguments: arguments).map { row in
                CaseTally(
                    unit: row["unit"],
                    cell: row["cell"],
                    counts: CaseCounts(
                        open: row["open"],
                        overdue: row["overdue"] ?? 0,
                        closed: row["closed"],
                        invalid: row["invalid"]
                    )
                )
            }
        }
    }
}
