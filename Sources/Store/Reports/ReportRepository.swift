package import Domain
import Foundation
import GRDB

/// A report with what changes of it.
package struct StoredReport: Sendable, Hashable {
    package var report: Report
    /// The case that it belongs to now.
    package var caseId: String
    /// What a reporter without a login asks for its progress with.
    package var code: String
    package var callsBack: Bool
    package var callBack: CallBack.Result?

    package init(report: Report, caseId: String, code: String, callsBack: Bool, callBack: CallBack.Result? = nil) {
        self.report = report
        self.caseId = caseId
        self.code = code
        self.callsBack = callsBack
        self.callBack = callBack
    }
}

/// Which reports of the list are asked for; nil means any.
package struct ReportFilter: Sendable, Equatable {
    package var caseId: String?
    package var channels: [String]?
    /// Entered by this user.
    package var by: String?
    /// Of cases of any of these units, of their people, or entered by `reader`.
    package var units: [String]?
    package var reader: String?
    /// True: only those whose case is closed and whose reporter is still to be called back.
    package var callBackDue: Bool
    package var isSelfFound: Bool?

    package init(
        caseId: String? = nil,
        channels: [String]? = nil,
        by: String? = nil,
        units: [String]? = nil,
        reader: String? = nil,
        callBackDue: Bool = false,
        isSelfFound: Bool? = nil
    ) {
        self.caseId = caseId
        self.channels = channels
        self.by = by
        self.units = units
        self.reader = reader
        self.callBackDue = callBackDue
        self.isSelfFound = isSelfFound
    }
}

/// How many reports came in on a channel.
package struct ReportCount: Sendable, Hashable {
    /// A channel's id, or a unit's slug; nil for the cases of no unit.
    package var key: String?
    package var reports: Int
    /// Cases that they opened and that stand for themselves.
    package var cases: Int
    /// Of those, the ones that were filed, however they ended; void ones are not.
    package var filed: Int
    package var selfFound: Int

    package init(key: String?, reports: Int, cases: Int, filed: Int, selfFound: Int) {
        self.key = key
        self.reports = reports
        self.cases = cases
        self.filed = filed
        self.selfFound = selfFound
    }
}

/// What call-backs have found.
package struct CallBackSums: Sendable, Hashable {
    package var due = 0
    package var satisfied = 0
    package var unsatisfied = 0
    package var unreachable = 0
    package var reopened = 0

    package init() {}

    package var done: Int { satisfied + unsatisfied + unreachable }
}

/// The tables `report` and `callBack`.
package struct ReportRepository: Sendable {
    private let cases: CaseRepository

    package init(_ cases: CaseRepository) {
        self.cases = cases
    }

    package func find(ticket: String) async throws -> StoredReport? {
        try await cases.read { connection in
            try Row.fetchOne(connection, sql: "SELECT * FROM report WHERE ticket = ?", arguments: [ticket])
                .map(CaseTransaction.report)
        }
    }

    /// Newest first.
    package func list(_ filter: ReportFilter, page: PageRequest) async throws -> Page<StoredReport> {
        let (sql, arguments) = Self.query(filter, page)
        return try await cases.read { connection in
            let rows = try Row.fetchAll(connection, sql: sql, arguments: arguments).map(CaseTransaction.report)
            return Page(rows: rows, limit: page.limit) { Cursor(time: $0.report.receivedAt, id: $0.report.id) }
        }
    }

    /// Every report of a case, oldest first.
    package func all(ofCase id: String) async throws -> [StoredReport] {
        try await cases.read { connection in
            try Row.fetchAll(
                connection,
                sql: "SELECT * FROM report WHERE caseId = ? ORDER BY receivedAt, id",
                arguments: [id]
            ).map(CaseTransaction.report)
        }
    }

    /// The cases that reports belong to, by id, in one query.
    package func cases(of reports: [StoredReport]) async throws -> [String: Case] {
        let ids = Self.json(Array(Set(reports.map(\.caseId))))
        return try await cases.read { connection in
            let found = try String.fetchAll(connection, sql: Self.casesSQL, arguments: [ids])
            return try Dictionary(found.map { try CaseTransaction.decode($0) }.map { ($0.id, $0) }) { first, _ in first
            }
        }
    }

    /// The cases that were joined to one, at once or by way of others; the oldest first.
    package func joined(to id: String) async throws -> [Case] {
        try await cases.read { connection in
            try String.fetchAll(connection, sql: Self.joinedSQL, arguments: ["id": id]).map(CaseTransaction.decode)
        }
    }

    static let joinedSQL = """
        WITH RECURSIVE joined (id) AS (
            SELECT id FROM caseFile WHERE mergedInto = :id
            UNION
            SELECT caseFile.id FROM joined CROSS JOIN caseFile ON caseFile.mergedInto = joined.id
        )
        SELECT body FROM joined CROSS JOIN caseFile ON caseFile.id = joined.id WHERE joined.id <> :id ORDER BY joined.id
        """

    static let casesSQL = "SELECT body FROM caseFile WHERE id IN (SELECT value FROM json_each(?))"

    static func query(_ filter: ReportFilter, _ page: PageRequest) -> (sql: String, arguments: StatementArguments) {
        var conditions = ["1"]
        var arguments: StatementArguments = ["limit": page.limit + 1]
        func require(_ condition: String, _ name: String, _ value: (any DatabaseValueConvertible)?) {
            guard let value else { return }
            conditions.append(condition)
            arguments += [name: value]
        }
        require("report.caseId = :caseId", "caseId", filter.caseId)
        require("report.who = :by", "by", filter.by)
        require("report.channel IN (SELECT value FROM json_each(:channels))", "channels", filter.channels.map(json))
        require("report.isSelfFound = :selfFound", "selfFound", filter.isSelfFound.map { $0 ? 1 : 0 })
        require("report.id IN (\(ofUnits))", "units", filter.units.map(json))
        if filter.units != nil { arguments += ["reader": filter.reader] }
        if filter.callBackDue { conditions.append(isDue) }
        if let after = page.after {
            conditions.append("(report.receivedAt, report.id) < (:time, :id)")
            arguments += ["time": after.time.microseconds, "id": after.id]
        }
        let sql = """
            SELECT report.* FROM (
                SELECT report.id AS found, report.receivedAt AS at FROM report
                WHERE \(conditions.joined(separator: " AND "))
                ORDER BY report.receivedAt DESC, report.id DESC LIMIT :limit
            ) CROSS JOIN report ON report.id = found ORDER BY at DESC, found DESC
            """
        return (sql, arguments)
    }

    /// What a unit sees: the finds of its own people wherever they went, and the reports of the cases that it leads, takes
    /// part in or checks.
    private static let ofUnits = """
        SELECT id FROM report AS own WHERE own.who = :reader
        UNION SELECT own.id FROM report AS own
            WHERE own.unit IS NOT NULL AND own.unit IN (SELECT value FROM json_each(:units))
        UNION SELECT own.id FROM caseFile AS led CROSS JOIN report AS own ON own.caseId = led.id
            WHERE led.unit IN (SELECT value FROM json_each(:units))
        UNION SELECT own.id FROM caseParty CROSS JOIN report AS own ON own.caseId = caseParty.caseId
            WHERE caseParty.unit IN (SELECT value FROM json_each(:units))
        """

    /// Its case is closed and the reporter has not said yet that all is well. After an unsatisfied one the case is open
    /// again, and once more closed it is due once more.
    static let isDue = """
        report.awaitsCallBack = 1
        AND EXISTS (
            SELECT 1 FROM caseFile INDEXED BY caseCounted WHERE id = report.caseId AND state = 'closed'
        )
        """

    static let dueCountSQL = "SELECT count(*) FROM report WHERE \(isDue)"

    /// How many reports came in, by channel.
    package func countByChannel(from: WallTime, to: WallTime) async throws -> [ReportCount] {
        try await count("report.channel", from: from, to: to)
    }

    /// How many reports came in, by the unit that answers for their case.
    package func countByUnit(from: WallTime, to: WallTime) async throws -> [ReportCount] {
        try await count("caseFile.unit", from: from, to: to)
    }

    private func count(_ key: String, from: WallTime, to: WallTime) async throws -> [ReportCount] {
        try await cases.read { connection in
            try Row.fetchAll(
                connection,
                sql: Self.countSQL(key),
                arguments: [from.microseconds, to.microseconds]
            ).map { row in
                ReportCount(
                    key: row["key"],
                    reports: row["reports"],
                    cases: row["cases"],
                    filed: row["filed"],
                    selfFound: row["selfFound"] ?? 0
                )
            }
        }
    }

    /// A case counts once, with the report that opened it, and only while it stands for itself: what was joined to another
    /// is that one. It is filed from when it was filed on, however it ended; one that was filed wrongly (void) is not.
    static func countSQL(_ key: String) -> String {
        """
        WITH told AS MATERIALIZED (
            SELECT \(key) AS key, isSelfFound,
                caseFile.filedAt IS NOT NULL AND caseFile.ending <> 'void' AS isFiled,
                report.openedCaseId = report.caseId AND NOT EXISTS (
                    SELECT 1 FROM report AS earlier WHERE earlier.openedCaseId = report.openedCaseId
                        AND (earlier.receivedAt, earlier.id) < (report.receivedAt, report.id)
                ) AS opens
            FROM report INDEXED BY reportByTime
            LEFT JOIN caseFile INDEXED BY caseCounted ON caseFile.id = report.caseId
            WHERE report.receivedAt >= ? AND report.receivedAt < ?
        )
        SELECT key, count(*) AS reports, sum(opens) AS cases, sum(opens AND isFiled) AS filed,
            sum(isSelfFound) AS selfFound
        FROM told GROUP BY 1 ORDER BY 1
        """
    }

    /// How many reports belong to each of some cases; those without any are left out.
    package func counts(ofCases ids: [String]) async throws -> [String: Int] {
        let list = Self.json(ids)
        return try await cases.read { connection in
            let rows = try Row.fetchAll(
                connection,
                sql: """
                    SELECT caseId, count(*) AS count FROM report
                    WHERE caseId IN (SELECT value FROM json_each(?)) GROUP BY caseId
                    """,
                arguments: [list]
            )
            return Dictionary(rows.map { ($0["caseId"] as String, $0["count"] as Int) }) { first, _ in first }
        }
    }

    // MARK: - Call-backs

    /// A report's call-backs, oldest first.
    package func callBacks(ofReport id: String) async throws -> [CallBack] {
        try await cases.read { connection in
            try Row.fetchAll(
                connection,
                sql: "SELECT * FROM callBack WHERE reportId = ? ORDER BY atTime, id",
                arguments: [id]
            ).compactMap { row in
                CallBack.Result(rawValue: row["result"]).map { result in
                    CallBack(
                        id: row["id"],
                        reportId: row["reportId"],
                        caseId: row["caseId"],
                        result: result,
                        note: row["note"],
                        by: row["who"],
                        at: row.time("atTime"),
                        reopened: row["reopened"]
                    )
                }
            }
        }
    }

    /// What call-backs of a time have found, and how many are due now.
    package func callBackSums(from: WallTime, to: WallTime) async throws -> CallBackSums {
        try await cases.read { connection in
            var sums = CallBackSums()
            sums.due = try Int.fetchOne(connection, sql: Self.dueCountSQL) ?? 0
            let rows = try Row.fetchAll(
                connection,
                sql: """
                    SELECT result, count(*) AS count, sum(reopened) AS reopened FROM callBack
                    WHERE atTime >= ? AND atTime < ? GROUP BY result
                    """,
                arguments: [from.microseconds, to.microseconds]
            )
            for row in rows {
                let count: Int = row["count"]
                switch CallBack.Result(rawValue: row["result"]) {
                case .satisfied: sums.satisfied = count
                case .unsatisfied: sums.unsatisfied = count
                case .unreachable: sums.unreachable = count
                case nil: break
                }
                sums.reopened += row["reopened"] ?? 0
            }
            return sums
        }
    }

    static func json(_ texts: [String]) -> String {
        (try? JSONEncoder().encode(texts)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
    }
}

/// Reports inside a transaction of the cases: a case and the report that opened it are there together or not at all.
extension CaseTransaction {
    /// The report that a user has sent with a `clientId` before.
    package func report(clientId: String, of user: String) throws -> StoredReport? {
        try Row.fetchOne(
            connection,
            sql: "SELECT * FROM report WHERE who = ? AND clientId = ?",
            arguments: [user, clientId]
        ).map(Self.report)
    }

    package func insert(_ stored: StoredReport) throws {
        let report = stored.report
        try connection.execute(
            sql: """
                INSERT INTO report
                    (id, ticket, code, caseId, openedCaseId, channel, who, clientId, unit, isSelfFound, callsBack,
                     callBack, happenedAt, receivedAt, body)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                report.id, report.ticket, stored.code, stored.caseId, report.openedCaseId, report.channel, report.by,
                report.clientId, report.unit, report.isSelfFound ? 1 : 0, stored.callsBack ? 1 : 0,
                stored.callBack?.rawValue, report.happenedAt.microseconds, report.receivedAt.microseconds,
                try Self.encode(report),
            ]
        )
    }

    /// Lets the reports of a case belong to another: the two were one problem.
    package func moveReports(fromCase id: String, to other: String) throws {
        try connection.execute(sql: "UPDATE report SET caseId = ? WHERE caseId = ?", arguments: [other, id])
    }

    /// Gives a case back the reports that opened it or were linked to it, and those of every case that was joined to it,
    /// at once or by way of others: it is a problem of its own again.
    package func returnReports(toCase id: String) throws {
        try connection.execute(sql: Self.returnSQL, arguments: ["id": id])
    }

    static let returnSQL = """
        WITH RECURSIVE joined (id) AS (
            SELECT :id
            UNION
            SELECT caseFile.id FROM joined CROSS JOIN caseFile ON caseFile.mergedInto = joined.id
        )
        UPDATE report SET caseId = :id WHERE openedCaseId IN (SELECT id FROM joined)
        """

    package func report(ticket: String) throws -> StoredReport? {
        try Row.fetchOne(connection, sql: "SELECT * FROM report WHERE ticket = ?", arguments: [ticket])
            .map(Self.report)
    }

    /// Whether a reporter of a case has not yet said that all is well, nor been given up.
    package func awaitsCallBack(caseId: String) throws -> Bool {
        try Bool.fetchOne(
            connection,
            sql: "SELECT EXISTS (SELECT 1 FROM report WHERE caseId = ? AND +awaitsCallBack = 1)",
            arguments: [caseId]
        ) ?? false
    }

    /// Notes what a call-back has found.
    package func note(_ callBack: CallBack) throws {
        try connection.execute(
            sql: """
                INSERT INTO callBack (id, reportId, caseId, result, note, who, atTime, reopened)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                callBack.id, callBack.reportId, callBack.caseId, callBack.result.rawValue, callBack.note,
                callBack.by, callBack.at.microseconds, callBack.reopened ? 1 : 0,
            ]
        )
        try connection.execute(
            sql: "UPDATE report SET callBack = ? WHERE id = ?",
            arguments: [callBack.result.rawValue, callBack.reportId]
        )
    }

    static func report(_ row: Row) throws -> StoredReport {
        let body: String = row["body"]
        do {
            return StoredReport(
                report: try JSONDecoder().decode(Report.self, from: Data(body.utf8)),
                caseId: row["caseId"],
                code: row["code"],
                callsBack: row["callsBack"],
                callBack: (row["callBack"] as String?).flatMap(CallBack.Result.init(rawValue:))
            )
        } catch {
            throw StoreError(code: .corrupt, message: "a report's row can't be read: \(error)", cause: error)
        }
    }

    private static func encode(_ report: Report) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(report), as: UTF8.self)
    }
}
