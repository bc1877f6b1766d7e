import Foundation
import TestSupport
import Testing

/// A database that is too large to be read before the service starts.
@Suite("A damaged large database", .serialized)
struct DamagedDatabaseTests {
    /// Fills a table of its own with 160 MB, and (`damage`) spoils one page in the midst of it, or makes it whole again.
    private static func script(_ file: URL) -> String {
        """
        import sqlite3, sys, os
        path = "\(file.path)"
        if sys.argv[1] == "fill":
            connection = sqlite3.connect(path)
            connection.execute("CREATE TABLE filler (content BLOB)")
            connection.executemany("INSERT INTO filler VALUES (zeroblob(?))", [(1 << 20,) for _ in range(160)])
            connection.commit()
            connection.execute("CREATE INDEX filler_length ON filler (length(content))")
            connection.commit()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'filler_length'").fetchone()[0]
            size = connection.execute("PRAGMA page_size").fetchone()[0]
            connection.close()
            open(path + ".page", "w").write("%d %d" % (page, size))
        else:
            page, size = map(int, open(path + ".page").read().split())
            with open(path, "r+b") as file:
                file.seek((page - 1) * size)
                if sys.argv[1] == "damage":
                    content = file.read(size)
                    open(path + ".kept", "wb").write(content)
                    file.seek((page - 1) * size)
                    file.write(b"\\x5a" * size)
                else:
                    file.write(open(path + ".kept", "rb").read())
        """
    }

    private static func alarm(_ visitor: Visitor) async throws -> [String: Any]? {
        try await visitor.get("api/v1/alarms?kind=databaseDamaged&limit=5").items.first
    }

    @Test("is found beside everything else, raises a critical alarm, and clears it once the file is whole")
    func alarm() async throws {
        let folder = RunningCentre.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let centre = try await RunningCentre(site: "site: { name: test }\ncameras: []\n", folder: folder)
        defer { centre.stop() }
        centre.stop()
        let database = folder.appending(path: "data/gridwatch.db")
        let script = folder.appending(path: "spoil.py")
        try Data(Self.script(database).utf8).write(to: script)
        for step in ["fill", "damage"] { _ = try FrameWalk.output(of: ["/usr/bin/python3", script.path, step]) }
        #expect(try database.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0 > 128 << 20)

        try await centre.startAgain()
        var admin = try await Visitor(centre, "admin", password: "administrator")
        var found: [String: Any]?
        for _ in 0..<300 where found == nil {
            found = try await Self.alarm(admin)
            if found == nil { try await Task.sleep(for: .milliseconds(200)) }
        }
        let raised = try #require(found, "\(centre.printed)")
        #expect(raised["severity"] as? String == "critical")
        #expect(raised["state"] as? String == "open")
        #expect(raised["sourceKind"] as? String == "system")
        #expect(centre.printed.contains("the database is damaged"))
        #expect(try await admin.get("api/v1/health").status == 200)

        // Restored, and found to be whole at the next start.
        centre.stop()
        _ = try FrameWalk.output(of: ["/usr/bin/python3", script.path, "restore"])
        try await centre.startAgain()
        admin = try await Visitor(centre, "admin", password: "administrator")
        var state = ""
        for _ in 0..<300 where state != "cleared" {
            state = try await Self.alarm(admin)?["state"] as? String ?? ""
            if state != "cleared" { try await Task.sleep(for: .milliseconds(200)) }
        }
        #expect(state == "cleared")
    }
}
