import Foundation
import GRDB
import Testing

@testable import Store

@Suite("the database")
struct DatabaseTests {
    @Test("a new database has mode 0600, all tables, WAL and foreign keys, and opens again")
    func opens() async throws {
        let folder = try TemporaryFolder()
        for _ in 0..<2 {
            let database = try Database(directory: folder.url)
            let facts = try await database.read { connection in
                try (
                    String.fetchOne(connection, sql: "PRAGMA journal_mode"),
                    Int.fetchOne(connection, sql: "PRAGMA foreign_keys"),
                    Int.fetchOne(connection, sql: "SELECT count(*) FROM bookmark")
                )
            }
            let synchronous = try await database.write { try Int.fetchOne($0, sql: "PRAGMA synchronous") }
            #expect(facts.0 == "wal")
            #expect(facts.1 == 1)
            #expect(facts.2 == 0)
            #expect(synchronous == 2)
            for name in ["gridwatch.db", "gridwatch.db-wal"] {
                let file = folder.url.appending(path: name)
                let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
                #expect(mode == 0o600, "\(name)")
            }
            try database.close()
        }
    }
}

/// A folder that goes with the test.
final class TemporaryFolder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "gridwatch-store-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }
}
