import Foundation
import GRDB
import Domain
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

    @Test("a transaction that finds no room leaves nothing behind, says so, and works once there is room")
    func survivesFullDisk() async throws {
        let folder = try TemporaryFolder()
        let database = try Database(directory: folder.url)
        // SQLite reports a full volume and a full page limit with the same code.
        let pages = try await database.write { connection in
            let pages = try Int.fetchOne(connection, sql: "PRAGMA page_count") ?? 0
            try connection.execute(sql: "PRAGMA max_page_count = \(pages + 4)")
            return pages
        }
        let repository = BookmarkRepository(database)
        var failure: StoreError?
        var stored = 0
        while failure == nil, stored < 10_000 {
            do {
                try await repository.insert(Self.bookmark(stored, title: String(repeating: "x", count: 900)))
                stored += 1
            } catch let error as StoreError {
                failure = error
            }
        }
        #expect(failure?.code == .diskFull)
        #expect(failure?.message.contains("gridwatch.db") == true)
        #expect(failure?.message.contains("free space") == true)
        #expect(stored > 0)
        let count = try await database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM bookmark") }
        #expect(count == stored)
        try await database.write { try $0.execute(sql: "PRAGMA max_page_count = \(pages + 10_000)") }
        try await repository.insert(Self.bookmark(stored, title: "fits again"))
        let check = try await database.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") }
        #expect(check == "ok")
    }

    @Test("what arrives again is committed without waiting for the disk, whole or not at all; all else waits as before")
    func repeatable() async throws {
        struct Refusal: Error {}
        let folder = try TemporaryFolder()
        let database = try Database(directory: folder.url)
        let during = try await database.writeRepeatable { connection in
            try connection.execute(sql: "INSERT INTO journal (node, camera, position) VALUES ('n', 'a', '1')")
            return try Int.fetchOne(connection, sql: "PRAGMA synchronous")
        }
        #expect(during == 1)
        await #expect(throws: Refusal.self) {
            try await database.writeRepeatable { connection in
                try connection.execute(sql: "INSERT INTO journal (node, camera, position) VALUES ('n', 'b', '1')")
                throw Refusal()
            }
        }
        let after = try await database.write { try Int.fetchOne($0, sql: "PRAGMA synchronous") }
        #expect(after == 2)
        let cameras = try await database.read { try String.fetchAll($0, sql: "SELECT camera FROM journal") }
        #expect(cameras == ["a"])
    }

    @Test("a damaged file is refused with its name and what to do")
    func refusesDamage() async throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appending(path: "gridwatch.db")
        try Data("this is not a database, but long enough to look like one".utf8).write(to: file)
        let error = #expect(throws: StoreError.self) { try Database(directory: folder.url) }
        #expect(error?.code == .corrupt)
        #expect(error?.message.contains(file.path) == true)
    }

    @Test("a database of a newer version is refused and left as it is")
    func refusesNewer() async throws {
        let folder = try TemporaryFolder()
        let newer = Migrations.gridwatch + [Migration("9999-later", sql: "CREATE TABLE later (id TEXT)")]
        let file = folder.url.appending(path: "gridwatch.db")
        try Database(file: file, migrations: newer).close()
        let error = #expect(throws: StoreError.self) { try Database(directory: folder.url) }
        #expect(error?.code == .newerVersion)
        try Database(file: file, migrations: newer).close()
    }

    @Test("reports of before clientIds were kept by reporter are found by who sent them")
    func movesClientIds() async throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appending(path: "gridwatch.db")
        let before = try Database(file: file, migrations: Migrations.gridwatch.filter { $0.name < "0006" })
        try await before.write { connection in
            for (id, client) in [("a", "c1"), ("b", nil)] {
                try connection.execute(
                    sql: """
                        INSERT INTO caseFile (id, number, clientId, state, isOpen, class, openedAt, lastAt, searched, seq,
                            hash, body)
                        VALUES (?, ?, ?, 'reported', 1, '09009', 0, 0, '', 1, '', '{}')
                        """,
                    arguments: [id, id, client]
                )
                try connection.execute(
                    sql: "INSERT INTO caseLog (caseId, seq, entry, hash) VALUES (?, 1, ?, '')",
                    arguments: [id, #"{"by":"li","caseId":"\#(id)"}"#]
                )
            }
        }
        try before.close()
        let after = try Database(directory: folder.url)
        let kept = try await after.read { connection in
            try String.fetchAll(connection, sql: "SELECT reporter || ' ' || clientId || ' ' || caseId FROM caseReport")
        }
        #expect(kept == ["li c1 a"])
        try after.close()
    }

    @Test("a folder that is not there is named")
    func namesFolder() throws {
        let error = #expect(throws: StoreError.self) {
            try Database(directory: URL(filePath: "/nonexistent/gridwatch"))
        }
        #expect(error?.code == .cannotOpen)
        #expect(error?.message.contains("/nonexistent/gridwatch/gridwatch.db") == true)
    }

    @Test("an error inside a transaction undoes all of it and arrives as it is")
    func rollsBack() async throws {
        struct Stop: Error {}
        let folder = try TemporaryFolder()
        let database = try Database(directory: folder.url)
        await #expect(throws: Stop.self) {
            try await database.write { connection in
                try connection.execute(
                    sql:
                        "INSERT INTO recordingState (node, camera, state, reason, since) VALUES ('n','c','live','ok',1)"
                )
                throw Stop()
            }
        }
        #expect(try await GapRepository(database).state(cameraId: "c") == nil)
    }

    static func bookmark(_ number: Int, title: String) -> Bookmark {
        Bookmark(
            id: "b\(number)",
            cameraId: number % 2 == 0 ? "even" : "odd",
            from: WallTime(microseconds: Int64(number) * 10),
            to: WallTime(microseconds: Int64(number) * 10 + 10),
            title: title,
            by: "monitor",
            // Three share each time, so that a page can end between two of them.
            createdAt: WallTime(microseconds: Int64(number / 3)),
            recorded: .all
        )
    }
}

@Suite("lists")
struct PageTests {
    @Test(
        "pages give every row once, newest first, also when rows share a time or come meanwhile",
        arguments: [1, 2, 7, 100]
    )
    func pages(limit: Int) async throws {
        let folder = try TemporaryFolder()
        let repository = BookmarkRepository(try Database(directory: folder.url))
        for number in 0..<20 { try await repository.insert(DatabaseTests.bookmark(number, title: "t")) }
        var seen: [String] = []
        var cursor: String?
        repeat {
            let page = try await repository.list(page: PageRequest(limit: limit, cursor: cursor))
            #expect(page.items.count <= limit)
            seen += page.items.map(\.id)
            cursor = page.next
            if seen.count == limit { try await repository.insert(DatabaseTests.bookmark(90, title: "newer")) }
        } while cursor != nil
        #expect(Set(seen).count == 20)
        #expect(seen.count == 20)
        let odd = try await repository.list(cameraId: "odd", page: PageRequest(limit: 50))
        #expect(odd.items.count == 10)
    }

    @Test("a cursor that no list gave out is refused", arguments: ["", "x", "12", "a~b", "9999999999999999999999~b"])
    func refusesCursor(text: String) {
        let error = #expect(throws: StoreError.self) { try PageRequest(cursor: text) }
        #expect(error?.code == .invalidCursor)
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
