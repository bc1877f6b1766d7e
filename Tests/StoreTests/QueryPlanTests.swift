import Domain
import Foundation
import GRDB
import Testing

@testable import Store

/// What is asked for again and again goes by indices.
@Suite("how the database finds cases and reports")
struct QueryPlanTests {
    private func plan(_ sql: String, _ database: Store.Database) async throws -> [String] {
        try await database.read { connection in
            let statement = try connection.makeStatement(sql: "EXPLAIN QUERY PLAN " + sql)
            statement.setUncheckedArguments(StatementArguments())
            return try Row.fetchAll(statement).map { $0["detail"] }
        }
    }

    private func open() throws -> (TemporaryFolder, Store.Database) {
        let folder = try TemporaryFolder()
        return (folder, try Database(directory: folder.url))
    }

    private static let walks = ["SCAN caseFile", "SCAN report", "SCAN led", "SCAN own"]

    @Test("lists and counts of supervision, call-backs due, reports, mergers and duplicates walk through no table")
    func searched() async throws {
        let (folder, database) = try open()
        defer { _ = folder }
        var asked: [(String, String)] = []
        for list in SupervisionList.allCases {
            asked.append(("\(list) count", SupervisionRepository.countSQL(list)))
            for isLater in [false, true] {
                asked.append(("\(list)", SupervisionRepository.sql(list, isLater: isLater)))
            }
        }
        let page = try PageRequest(limit: 100)
        let due = ReportRepository.query(ReportFilter(callBackDue: true), page).sql
        let units = ReportRepository.query(ReportFilter(units: ["gas"], reader: "li"), page).sql
        asked += [
            ("call-backs due", ReportRepository.dueCountSQL), ("list of call-backs due", due), ("a unit's", units),
            ("of a case", ReportRepository.query(ReportFilter(caseId: "c"), page).sql),
            ("duplicates", CaseRepository.duplicatesSQL), ("take apart", CaseTransaction.returnSQL),
            ("joined", ReportRepository.joinedSQL), ("cases of reports", ReportRepository.casesSQL),
            ("counts", ReportRepository.countSQL("report.channel")),
        ]
        for (what, sql) in asked {
            let lines = try await plan(sql, database)
            for walk in Self.walks { #expect(!lines.contains { $0.hasPrefix(walk) }, "\(what): \(lines)") }
        }
        try database.close()
    }

    @Test("no list of supervision sorts bodies, and duplicates are found by class and place")
    func sorted() async throws {
        let (folder, database) = try open()
        defer { _ = folder }
        for list in [SupervisionList.bounced, .silent] {
            let lines = try await plan(SupervisionRepository.sql(list, isLater: false), database)
            #expect(!lines.contains { $0.contains("TEMP B-TREE") }, "\(list): \(lines)")
        }
        // What is asked about open cases keeps to the index that is in its order.
        let open = try await plan(
            "SELECT id FROM caseFile WHERE isOpen = 1 ORDER BY openedAt DESC, id DESC LIMIT 100",
            database
        )
        #expect(open.count == 1 && !open.contains { $0.contains("TEMP B-TREE") }, "\(open)")
        for list in [SupervisionList.dueSoon, .overdue] {
            let lines = try await plan(SupervisionRepository.sql(list, isLater: false), database)
            #expect(lines.first?.contains("caseByDue (dueAt") == true, "\(list): \(lines)")
        }
        let lines = try await plan(CaseRepository.duplicatesSQL, database)
        #expect(
            lines.contains { $0.contains("COVERING INDEX caseByClassAndPlace (class=? AND lat>? AND lat<?)") },
            "\(lines)"
        )
        try database.close()
    }

    @Test("of 76,125 cases 74,583 are filed: 97.97 %")
    func ordinaryYear() async throws {
        let (folder, database) = try open()
        defer { _ = folder }
        try await database.write { connection in
            try connection.execute(
                sql: """
                    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 76125)
                    INSERT INTO caseFile
                        (id, number, state, isOpen, class, openedAt, lastAt, searched, seq, hash, channel, ending, body)
                    SELECT printf('c%06d', i), printf('n%06d', i), iif(i % 3 = 0, 'archived', state), 0, '09009', i, i,
                        '', 1, '', '12345', state, json_object('course', iif(i <= 74583,
                            json_object('filedAt', '2025-01-01T00:00:00Z'), json('{}')))
                    FROM (SELECT i, iif(i <= 74583, 'closed', iif(i % 2 = 0, 'invalid', 'selfHandled')) AS state FROM n)
                    """
            )
            try connection.execute(
                sql: """
                    INSERT INTO report (id, ticket, code, caseId, openedCaseId, channel, who, isSelfFound, callsBack,
                        happenedAt, receivedAt, body)
                    SELECT id, 'R' || number, '', id, id, iif(openedAt % 5 = 0, 'web', '12345'), 'li', 0, 0, openedAt,
                        openedAt, '{}' FROM caseFile
                    """
            )
        }
        let counts = try await ReportRepository(CaseRepository(database)).countByChannel(
            from: .epoch,
            to: .epoch + .seconds(1)
        )
        let cases = counts.reduce(0) { $0 + $1.cases }
        let filed = counts.reduce(0) { $0 + $1.filed }
        #expect((cases, filed) == (76_125, 74_583))
        #expect((Double(filed) / Double(cases) * 10_000).rounded() / 100 == 97.97)
        try database.close()
    }

    @Test("of a report only its case and what its call-back has found change")
    func reportsStay() async throws {
        let (folder, database) = try open()
        defer { _ = folder }
        try await database.write { connection in
            try connection.execute(
                sql: """
                    INSERT INTO report (id, ticket, code, caseId, openedCaseId, channel, who, isSelfFound, callsBack,
                        happenedAt, receivedAt, body)
                    VALUES ('r', 'R1', 'code', 'c', 'c', 'web', 'li', 0, 1, 1, 1, '{}')
                    """
            )
            try connection.execute(sql: "UPDATE report SET caseId = 'd', callBack = 'satisfied'")
        }
        for column in ["code = 'x'", "unit = 'gas'", "isSelfFound = 1", "callsBack = 0", "ticket = 'R2'"] {
            let error = await #expect(throws: StoreError.self, "\(column)") {
                try await database.write { try $0.execute(sql: "UPDATE report SET \(column)") }
            }
            #expect(error?.message.contains("never changed") == true, "\(column)")
        }
        try database.close()
    }
}
