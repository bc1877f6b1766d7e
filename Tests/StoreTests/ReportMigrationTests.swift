import Domain
import Foundation
import GRDB
import Testing

@testable import Store

/// A database that was filled before reports had tickets.
@Suite("reports of older databases")
struct ReportMigrationTests {
    @Test("each case gains the report that opened it, and tickets count on from there")
    func gained() async throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appending(path: "gridwatch.db")
        let before = Migrations.gridwatch.prefix { $0.name != "0041-reports" }
        let older = try Database(file: file, migrations: Array(before))
        let entry =
            #"{"action":"report","at":"2026-11-23T02:00:00Z","by":"li","caseId":"c1","data":{"channel":"12345","class":"09009","description":"占道","happenedAt":"2026-11-23T01:00:00Z","level":1,"number":"20261123-0007","position":{"lat":32.4912,"lon":119.9234},"snapshot":"p1"},"role":"acceptor","seq":1,"to":"reported"}"#
        try await older.write { connection in
            for (id, number, text) in [("c1", "20261123-0007", entry), ("c2", "20261123-0008", #"{"by":"li"}"#)] {
                try connection.execute(
                    sql: """
                        INSERT INTO caseFile (id, number, state, isOpen, class, openedAt, lastAt, searched, seq, hash, body)
                        VALUES (?, ?, 'reported', 1, '09009', 1795399200000000, 1795399200000000, '', 1, 'h', '{}')
                        """,
                    arguments: [id, number]
                )
                try connection.execute(
                    sql: "INSERT INTO caseLog (caseId, seq, entry, hash) VALUES (?, 1, ?, 'h')",
                    arguments: [id, text]
                )
            }
            try connection.execute(sql: "INSERT INTO caseReport (reporter, clientId, caseId) VALUES ('li', 'x', 'c1')")
            try connection.execute(sql: "INSERT INTO caseSerial (day, last) VALUES ('20261123', 8)")
        }
        try older.close()
        let database = try Database(directory: folder.url)
        let cases = CaseRepository(database)
        let page = try await ReportRepository(cases).list(ReportFilter(), page: PageRequest())
        let stored = try #require(page.items.first)
        #expect(page.items.count == 1, "a log that doesn't tell of a report makes none")
        #expect(stored.report.ticket == "R20261123-0007")
        #expect(stored.caseId == "c1" && stored.report.clientId == "x" && stored.report.photos == ["p1"])
        #expect(stored.report.happenedAt == WallTime(rfc3339: "2026-11-23T01:00:00Z"))
        #expect(stored.report.position == GeoPoint(lat: 32.4912, lon: 119.9234))
        #expect(try await cases.transaction { try $0.nextSerial(day: "R20261123") } == 9)
        let deleted = await #expect(throws: StoreError.self) {
            try await database.write { try $0.execute(sql: "DELETE FROM report") }
        }
        #expect(deleted?.message.contains("never deleted") == true)
        try database.close()
    }
}
