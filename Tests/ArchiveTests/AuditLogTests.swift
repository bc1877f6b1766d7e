import Domain
import Foundation
import Store
import Testing

@testable import Archive

@Suite("audit log")
struct AuditLogTests {
    private struct World {
        let folder: URL
        let clock = ManualClock()

        init() throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "gridwatch-audit-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }

        func open() throws -> (log: AuditLog, database: Store.Database) {
            let database = try Store.Database(directory: folder)
            return (AuditLog(dataDirectory: folder, database: database, clock: clock), database)
        }

        /// The one file of the month that the clock stands in.
        var file: URL {
            folder.appending(path: "audit/\(clock.now().rfc3339.prefix(7)).jsonl")
        }

        func fill(_ log: AuditLog, _ count: Int) async {
            for index in 0..<count {
                await log.record(
                    .hold,
                    AuditSubject(.hold, "h\(index)"),
                    data: ["reason": "原因 \(index) \"/\" \\"],
                    by: "李雷",
                    role: "monitor",
                    address: "10.0.0.7"
                )
                clock.advance(by: .seconds(1))
            }
        }

        func remove() { try? FileManager.default.removeItem(at: folder) }
    }

    @Test("lines come back newest first, page by page, and the log is whole")
    func lists() async throws {
        let world = try World()
        defer { world.remove() }
        let (log, _) = try world.open()
        await world.fill(log, 5)
        await log.record(.addUser, AuditSubject(.user, "eve"), by: "admin", role: "admin")
        let first = try await log.list(AuditFilter(), limit: 4)
        #expect(first.items.map(\.seq) == [6, 5, 4, 3])
        let rest = try await log.list(AuditFilter(), limit: 4, cursor: first.next)
        #expect(rest.items.map(\.seq) == [2, 1])
        #expect(rest.next == nil)
        #expect(rest.items.last?.data == ["reason": "原因 0 \"/\" \\"])
        #expect(try await log.list(AuditFilter(user: "admin"), limit: 9).items.map(\.subjectId) == ["eve"])
        #expect(try await log.list(AuditFilter(action: "hold", subject: "h2"), limit: 9).items.map(\.seq) == [3])
        let finding = try await log.verify()
        #expect(finding == AuditLog.Finding(entries: 6, head: first.items.first?.hash, firstBad: nil))
    }

    @Test("looking is noted once per user, camera and ten minutes")
    func views() async throws {
        let world = try World()
        defer { world.remove() }
        let (log, _) = try world.open()
        for _ in 0..<3 {
            for user in ["a", "b"] {
                for camera in ["x", "y"] { await log.recordView(.viewLive, cameraId: camera, by: user) }
            }
            world.clock.advance(by: .seconds(250))
        }
        #expect(try await log.verify().entries == 4)
        world.clock.advance(by: .seconds(400))
        await log.recordView(.viewLive, cameraId: "x", by: "a")
        #expect(try await log.verify().entries == 5)
    }

    @Test("a changed, removed, added or swapped line of the file is found", arguments: 0..<5)
    func tamperedFile(_ kind: Int) async throws {
        let world = try World()
        defer { world.remove() }
        let (log, _) = try world.open()
        await world.fill(log, 8)
        var lines = try String(contentsOf: world.file, encoding: .utf8).split(separator: "\n").map(String.init)
        #expect(lines.count == 8)
        switch kind {
        case 0: lines[3] = lines[3].replacing("李雷", with: "韩梅")
        case 1: lines.remove(at: 3)
        case 2: lines.insert(lines[2], at: 3)
        case 3: lines.swapAt(3, 4)
        default: lines.removeSubrange(3...)
        }
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: world.file)
        #expect(try await log.verify().firstBad == 4)
    }

    @Test("a log that was cut off in table and files is found by what was signed")
    func cutOff() async throws {
        let world = try World()
        defer { world.remove() }
        let (log, database) = try world.open()
        await world.fill(log, 3)
        let signed = try #require(try await log.head())
        try database.close()
        try FileManager.default.removeItem(at: world.file)
        for name in ["gridwatch.db", "gridwatch.db-wal", "gridwatch.db-shm"] {
            try? FileManager.default.removeItem(at: world.folder.appending(path: name))
        }
        let (young, _) = try world.open()
        await world.fill(young, 2)
        #expect(try await young.verify().isIntact)
        // The first two lines differ in their times.
        #expect(try await young.verify(anchor: signed).firstBad == 3)
        await world.fill(young, 2)
        #expect(try await young.verify(anchor: signed).firstBad == 3)
    }

    @Test("the table comes back from the files, the files from the table, and a torn line goes")
    func recovers() async throws {
        let world = try World()
        defer { world.remove() }
        let (log, database) = try world.open()
        await world.fill(log, 4)
        let head = try await log.verify().head
        try database.close()
        for name in ["gridwatch.db", "gridwatch.db-wal", "gridwatch.db-shm"] {
            try? FileManager.default.removeItem(at: world.folder.appending(path: name))
        }
        let (second, other) = try world.open()
        try await second.reconcile()
        #expect(try await second.verify() == AuditLog.Finding(entries: 4, head: head, firstBad: nil))
        try other.close()

        var bytes = try Data(contentsOf: world.file)
        bytes.removeLast(bytes.count / 2 + 10)
        try bytes.write(to: world.file)
        let (third, _) = try world.open()
        await third.record(.export, AuditSubject(.export, "e"), by: "system")
        let finding = try await third.verify()
        #expect(finding.isIntact)
        #expect(finding.entries == 5)
    }

    @Test("the table refuses changes and deletions")
    func appendOnly() async throws {
        let world = try World()
        defer { world.remove() }
        let (log, _) = try world.open()
        await world.fill(log, 2)
        let path = world.folder.appending(path: "gridwatch.db").path
        for sql in ["UPDATE audit SET who = 'x'", "DELETE FROM audit WHERE seq = 2"] {
            let script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()"
            let result = try ArchiveFixture.run(["python3", "-c", script, path, sql])
            #expect(result.status != 0)
            #expect(result.text.contains("append-only"))
        }
        #expect(try await log.verify().isIntact)
    }

    @Test("while the files can't be written the table goes on, and they catch up")
    func fileFails() async throws {
        let world = try World()
        defer { world.remove() }
        let (log, _) = try world.open()
        await world.fill(log, 1)
        let folder = world.folder.appending(path: "audit")
        let aside = world.folder.appending(path: "aside")
        try FileManager.default.moveItem(at: folder, to: aside)
        try Data().write(to: folder)
        await world.fill(log, 2)
        #expect(try await log.verify().isIntact == false)
        try FileManager.default.removeItem(at: folder)
        try FileManager.default.moveItem(at: aside, to: folder)
        await world.fill(log, 1)
        let finding = try await log.verify()
        #expect(finding.isIntact)
        #expect(finding.entries == 4)
    }
}
