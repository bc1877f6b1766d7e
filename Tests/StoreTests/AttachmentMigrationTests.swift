import Domain
import Foundation
import GRDB
import Testing

@testable import Store

/// A database that was filled before it knew what its attachments belong to.
@Suite("attachments of older databases")
struct AttachmentMigrationTests {
    @Test("each attachment gains what it belongs to, and a log that can't be read is passed over")
    func gained() async throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appending(path: "gridwatch.db")
        let before = Migrations.gridwatch.prefix { $0.name != "0047-attachment-use" }
        let older = try Database(file: file, migrations: Array(before))
        try await older.write { connection in
            for (id, number) in [("c1", "1"), ("c2", "2")] {
                try connection.execute(
                    sql: """
                        INSERT INTO caseFile (id, number, state, isOpen, class, openedAt, lastAt, searched, seq, hash, body)
                        VALUES (?, ?, 'reported', 1, '09009', 0, 0, '', 1, 'h', '{}')
                        """,
                    arguments: [id, number]
                )
            }
            for (id, seq, entry) in [
                ("c1", 1, #"{"data":{"snapshot":"p1"}}"#),
                ("c1", 2, #"{"data":{"photo":"p2","photoBefore":"p1"}}"#),
                ("c2", 1, "no JSON"),
            ] {
                try connection.execute(
                    sql: "INSERT INTO caseLog (caseId, seq, entry, hash) VALUES (?, ?, ?, 'h')",
                    arguments: [id, seq, entry]
                )
            }
            try connection.execute(
                sql: """
                    INSERT INTO report (id, ticket, code, caseId, openedCaseId, channel, who, isSelfFound, callsBack,
                        happenedAt, receivedAt, body)
                    VALUES ('r1', 'R1', 'x', 'c2', 'c1', 'web', 'li', 0, 0, 0, 0,
                        '{"photos":["p1","p3"],"voices":["v1"]}')
                    """
            )
            try connection.execute(
                sql: """
                    INSERT INTO alarm (id, source, kind, part, isOpen, state, judged, policy, openedAt, lastAt, duty,
                        opens, body)
                    VALUES ('a1', 's', 'k', '', 1, 'open', 0, 'ask', 0, 0, 'none', 1, '{"snapshot":"p4"}')
                    """
            )
        }
        try older.close()
        let database = try Database(directory: folder.url)
        let attachments = AttachmentRepository(database)
        #expect(try await Set(attachments.uses(of: "p1")) == [.ofCase("c1"), .report(caseId: "c2")])
        #expect(try await attachments.uses(of: "p2") == [.ofCase("c1")])
        #expect(try await attachments.uses(of: "p3") == [.report(caseId: "c2")])
        #expect(try await attachments.uses(of: "v1") == [.report(caseId: "c2")])
        #expect(try await attachments.uses(of: "p4") == [.alarm])
        #expect(try await attachments.uses(of: "none").isEmpty)
        try database.close()
    }
}
