package import Domain
import GRDB

/// The lists of cases that don't move, and the orders about them.
package struct SupervisionRepository: Sendable {
    private let cases: CaseRepository

    package init(_ cases: CaseRepository) {
        self.cases = cases
    }

    /// The cases of a list, those first that are longest in it.
    ///
    /// - Parameters:
    ///   - soon: what counts as soon, from `now` on.
    ///   - silence: for how long nothing was done.
    package func list(
        _ list: SupervisionList,
        now: WallTime,
        soon: Duration,
        silence: Duration,
        page: PageRequest
    ) async throws -> Page<Case> {
        let order = Self.order(list)
        let sql = Self.sql(list, isLater: page.after != nil)
        var arguments = Self.arguments(now: now, soon: soon, silence: silence)
        if let after = page.after {
            let time: any DatabaseValueConvertible =
                order == .lastStepAt ? after.time.rfc3339 : after.time.microseconds
            arguments += ["time": time, "id": after.id]
        }
        arguments += ["limit": page.limit + 1]
        return try await cases.read { [arguments] connection in
            let cases = try String.fetchAll(connection, sql: sql, arguments: arguments).map(CaseTransaction.decode)
            return Page(rows: cases, limit: page.limit) { found in
                let time =
                    switch order {
                    case .dueAt: found.dueAt
                    case .lastStepAt: found.course.last?.at
                    case .reviewAt: found.reviewAt
                    case .openedAt: found.openedAt
                    }
                return Cursor(time: time ?? found.openedAt, id: found.id)
            }
        }
    }

    /// - Parameter isLater: from a cursor on.
    static func sql(_ list: SupervisionList, isLater: Bool) -> String {
        let order = order(list).rawValue
        return """
            SELECT body FROM caseFile WHERE \(condition(list))\(isLater ? " AND (\(order), id) > (:time, :id)" : "")
            ORDER BY \(order), id LIMIT :limit
            """
    }

    static func countSQL(_ list: SupervisionList) -> String {
        "SELECT count(*) FROM caseFile WHERE \(condition(list))"
    }

    /// How many cases each list has.
    package func counts(now: WallTime, soon: Duration, silence: Duration) async throws -> [SupervisionList: Int] {
        let arguments = Self.arguments(now: now, soon: soon, silence: silence)
        return try await cases.read { connection in
            var counts: [SupervisionList: Int] = [:]
            for list in SupervisionList.allCases {
                counts[list] =
                    try Int.fetchOne(
                        connection,
                        sql: Self.countSQL(list),
                        arguments: arguments
                    ) ?? 0
            }
            return counts
        }
    }

    private enum Order: String {
        case dueAt, lastStepAt, reviewAt, openedAt
    }

    private static func order(_ list: SupervisionList) -> Order {
        switch list {
        case .dueSoon, .overdue: .dueAt
        case .silent: .lastStepAt
        case .reviewDue: .reviewAt
        case .bounced, .withoutHolder: .openedAt
        }
    }

    private static func condition(_ list: SupervisionList) -> String {
        let which =
            switch list {
            case .dueSoon: "dueAt >= :now AND dueAt < :soon"
            case .overdue: "dueAt < :now"
            case .bounced: "isReturned = 1"
            case .silent: "lastStepAt < :silent"
            case .reviewDue: "reviewAt < :now"
            case .withoutHolder:
                // No unit, or it lies with somebody who is no user (any more).
                """
                ((unit IS NULL AND state NOT IN ('reported', 'verifying'))
                    OR (holder >= 'person:' AND holder < 'person;'
                        AND substr(holder, 8) NOT IN (SELECT name FROM user)))
                """
            }
        return "isOpen = 1 AND \(which)"
    }

    private static func arguments(now: WallTime, soon: Duration, silence: Duration) -> StatementArguments {
        [
            "now": now.microseconds, "soon": (now + soon).microseconds, "silent": (now - silence).rfc3339,
        ]
    }

    // MARK: - Orders

    package func find(_ id: String) async throws -> SupervisionOrder? {
        try await cases.read { try Self.order(id, $0) }
    }

    /// Newest first.
    ///
    /// - Parameters:
    ///   - units: only about cases of these.
    ///   - overdueAt: only open ones whose time has passed then.
    package func orders(
        caseId: String?,
        state: SupervisionOrder.State?,
        units: [String]?,
        overdueAt: WallTime?,
        page: PageRequest
    ) async throws -> Page<SupervisionOrder> {
        var conditions = ["1"]
        var arguments: StatementArguments = ["limit": page.limit + 1]
        func require(_ condition: String, _ name: String, _ value: (any DatabaseValueConvertible)?) {
            guard let value else { return }
            conditions.append(condition)
            arguments += [name: value]
        }
        require("caseId = :caseId", "caseId", caseId)
        require("state = :state", "state", state?.rawValue)
        require("state = 'open' AND dueAt < :overdue", "overdue", overdueAt?.microseconds)
        require(
            "EXISTS (SELECT 1 FROM caseFile WHERE id = caseId AND unit IN (SELECT value FROM json_each(:units)))",
            "units",
            units.map(ReportRepository.json)
        )
        if let after = page.after {
            conditions.append("(atTime, id) < (:time, :id)")
            arguments += ["time": after.time.microseconds, "id": after.id]
        }
        let sql = """
            SELECT id FROM supervisionOrder WHERE \(conditions.joined(separator: " AND "))
            ORDER BY atTime DESC, id DESC LIMIT :limit
            """
        return try await cases.read { [arguments] connection in
            let rows = try String.fetchAll(connection, sql: sql, arguments: arguments)
                .compactMap { try Self.order($0, connection) }
            return Page(rows: rows, limit: page.limit) { Cursor(time: $0.at, id: $0.id) }
        }
    }

    /// How many orders nobody has answered.
    package func openOrders() async throws -> Int {
        try await cases.read { connection in
            try Int.fetchOne(connection, sql: "SELECT count(*) FROM supervisionOrder WHERE state = 'open'") ?? 0
        }
    }

    /// How many orders nobody has answered in time.
    package func overdueOrders(at now: WallTime) async throws -> Int {
        try await cases.read { connection in
            try Int.fetchOne(
                connection,
                sql: "SELECT count(*) FROM supervisionOrder WHERE state = 'open' AND dueAt < ?",
                arguments: [now.microseconds]
            ) ?? 0
        }
    }

    static func order(_ id: String, _ connection: GRDB.Database) throws -> SupervisionOrder? {
        let row = try Row.fetchOne(connection, sql: "SELECT * FROM supervisionOrder WHERE id = ?", arguments: [id])
        guard let row else { return nil }
        let answers = try Row.fetchAll(
            connection,
            sql: "SELECT * FROM supervisionAnswer WHERE orderId = ? ORDER BY seq",
            arguments: [id]
        ).compactMap { row in
            SupervisionOrder.State(rawValue: row["state"]).map { state in
                SupervisionOrder.Answer(to: state, by: row["who"], at: row.time("atTime"), note: row["note"])
            }
        }
        return SupervisionOrder(
            id: row["id"],
            caseId: row["caseId"],
            text: row["text"],
            by: row["who"],
            at: row.time("atTime"),
            dueAt: row.time("dueAt"),
            answers: answers
        )
    }
}

/// Orders inside a transaction of the cases: what was ordered and the log that tells of it are there together.
extension CaseTransaction {
    package func order(_ id: String) throws -> SupervisionOrder? {
        try SupervisionRepository.order(id, connection)
    }

    package func insert(_ order: SupervisionOrder) throws {
        try connection.execute(
            sql: """
                INSERT INTO supervisionOrder (id, caseId, text, who, atTime, dueAt, state) VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                order.id, order.caseId, order.text, order.by, order.at.microseconds, order.dueAt.microseconds,
                order.state.rawValue,
            ]
        )
    }

    /// Adds an answer.
    ///
    /// - Returns: the order with it.
    package func add(_ answer: SupervisionOrder.Answer, to order: SupervisionOrder) throws -> SupervisionOrder {
        var order = order
        order.answers.append(answer)
        try connection.execute(
            sql: "INSERT INTO supervisionAnswer (orderId, seq, state, who, atTime, note) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [
                order.id, order.answers.count, answer.to.rawValue, answer.by, answer.at.microseconds, answer.note,
            ]
        )
        try connection.execute(
            sql: "UPDATE supervisionOrder SET state = ? WHERE id = ?",
            arguments: [answer.to.rawValue, order.id]
        )
        return order
    }
}
