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
        var sql = "SELECT body FROM caseFile WHERE \(Self.condition(list))"
        var arguments = Self.arguments(now: now, soon: soon, silence: silence)
        if let after = page.after {
            sql += " AND (\(order), id) > (:time, :id)"
            arguments += ["time": after.time.microseconds, "id": after.id]
        }
        sql += " ORDER BY \(order), id LIMIT :limit"
        arguments += ["limit": page.limit + 1]
        return try await cases.read { [sql, arguments] connection in
            let cases = try String.fetchAll(connection, sql: sql, arguments: arguments).map(CaseTransaction.decode)
            return Page(rows: cases, limit: page.limit) { found in
                switch order {
                case "dueAt": Cursor(time: found.dueAt ?? found.openedAt, id: found.id)
                case "reviewAt": Cursor(time: found.reviewAt ?? found.openedAt, id: found.id)
                default: Cursor(time: found.openedAt, id: found.id)
                }
            }
        }
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
                        sql: "SELECT count(*) FROM caseFile WHERE \(Self.condition(list))",
                        arguments: arguments
                    ) ?? 0
            }
            return counts
        }
    }

    private static func order(_ list: SupervisionList) -> String {
        switch list {
        case .dueSoon, .overdue: "dueAt"
        case .reviewDue: "reviewAt"
        case .bounced, .silent, .withoutHolder: "openedAt"
        }
    }

    private static func condition(_ list: SupervisionList) -> String {
        let which =
            switch list {
            case .dueSoon: "dueAt >= :now AND dueAt < :soon"
            case .overdue: "dueAt < :now"
            case .bounced: "json_extract(body, '$.course.returns') > 0"
            case .silent: "coalesce(json_extract(body, '$.course.last.at') < :silent, openedAt < :silentAt)"
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
            "silentAt": (now - silence).microseconds,
        ]
    }

    // MARK: - Orders

    package func insert(_ order: SupervisionOrder) async throws {
        try await cases.transaction { transaction in
            try transaction.connection.execute(
                sql: """
                    INSERT INTO supervisionOrder (id, caseId, text, who, atTime, dueAt, state)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    order.id, order.caseId, order.text, order.by, order.at.microseconds, order.dueAt.microseconds,
                    order.state.rawValue,
                ]
            )
        }
    }

    package func find(_ id: String) async throws -> SupervisionOrder? {
        try await cases.read { try Self.order(id, $0) }
    }

    /// Adds an answer, when `judge` finds that the order still takes it.
    ///
    /// - Returns: the order with the answer; nil where there is no such order.
    package func answer(
        _ id: String,
        _ answer: SupervisionOrder.Answer,
        judge: @escaping @Sendable (SupervisionOrder) throws -> Void
    ) async throws -> SupervisionOrder? {
        try await cases.transaction { transaction in
            let connection = transaction.connection
            guard var order = try Self.order(id, connection) else { return nil }
            try judge(order)
            order.answers.append(answer)
            try connection.execute(
                sql: """
                    INSERT INTO supervisionAnswer (orderId, seq, state, who, atTime, note) VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    id, order.answers.count, answer.to.rawValue, answer.by, answer.at.microseconds, answer.note,
                ]
            )
            try connection.execute(
                sql: "UPDATE supervisionOrder SET state = ? WHERE id = ?",
                arguments: [answer.to.rawValue, id]
            )
            return order
        }
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

    private static func order(_ id: String, _ connection: GRDB.Database) throws -> SupervisionOrder? {
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
