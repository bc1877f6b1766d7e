package import Foundation
import GRDB
import Logging
import Synchronization

/// One SQLite database in WAL mode: many readers beside one writer, in one file of `DIR`.
///
/// Repositories are the only code that runs SQL: `read` and `write` stay inside this module. GRDB runs both on its own
/// serial queues, one per connection, so that no query ever blocks the cooperative pool.
///
/// Running out of disk space is survivable: SQLite rolls the transaction back and the caller gets
/// `StoreError.Code.diskFull`; the same call works once there is room again.
package final class Database: Sendable {
    /// When a commit counts as done (https://www.sqlite.org/pragma.html#pragma_synchronous).
    package enum Synchronous: String, Sendable {
        /// A commit is on disk when it returns: what a person was told has happened survives a power cut.
        case full = "FULL"
        /// A power cut may take the last commits, never the file's consistency: for rows that arrive again.
        case normal = "NORMAL"
    }

    let pool: DatabasePool
    private let synchronous: Synchronous
    /// The file's path, for messages.
    package let path: String
    /// The last failure of its volume or file, and when that was.
    private let failed = Mutex<(error: StoreError, at: ContinuousClock.Instant)?>(nil)

    /// Opens (and on the first start creates) `directory/gridwatch.db` with all business tables.
    ///
    /// - Throws: `StoreError`: the folder can't be written, the file is damaged or of a newer version.
    package convenience init(directory: URL) throws {
        try self.init(file: directory.appending(path: "gridwatch.db"), migrations: Migrations.gridwatch)
    }

    /// Opens (and on the first start creates) a database file of mode 0600 and brings its tables up to date.
    ///
    /// - Parameters:
    ///   - synchronous: `full` unless every row can be had again.
    ///   - checksIntegrity: whether the file is read and checked now; one that is larger than `checkedAtOnce` is left
    ///     to `damage()`, since a service must not wait for it.
    ///   - isBusy: many small commits a second all over the file: more of it is kept in memory (64 MiB), and its log
    ///     grows to 64 MiB before it is worked in, since each time costs two syncs.
    package init(
        file: URL,
        migrations: [Migration],
        synchronous: Synchronous = .full,
        checksIntegrity: Bool = true,
        isBusy: Bool = false
    ) throws {
        path = file.path
        self.synchronous = synchronous
        try Self.createPrivately(file)
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.foreignKeysEnabled = true
        // Another process (`gridwatch user add`, `fsck`) may hold the write lock for a moment.
        configuration.busyMode = .timeout(10)
        configuration.maximumReaderCount = 6
        configuration.label = "gridwatch.store.\(file.lastPathComponent)"
        do {
            pool = try DatabasePool(path: file.path, configuration: configuration)
            // After opening: GRDB sets NORMAL when it switches the writer to WAL.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = \(synchronous.rawValue)") }
            if isBusy {
                try pool.writeWithoutTransaction {
                    try $0.execute(sql: "PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 16384")
                }
            }
            if checksIntegrity, Self.size(file) <= Self.checkedAtOnce { try Self.check(pool, path: file.path) }
            try Self.migrate(pool, migrations, path: file.path)
        } catch {
            throw StoreError(error, path: file.path)
        }
    }

    /// Runs `body` on a consistent snapshot.
    ///
    /// - Throws: `StoreError` for what SQLite reports; other errors of `body` as they are.
    func read<T: Sendable>(_ body: @escaping @Sendable (GRDB.Database) throws -> T) async throws -> T {
        do { return try await pool.read(body) } catch { throw noted(error) }
    }

    /// Runs `body` in one transaction: all of it, or (when it throws) nothing of it.
    ///
    /// - Throws: `StoreError` for what SQLite reports; other errors of `body` as they are.
    func write<T: Sendable>(_ body: @escaping @Sendable (GRDB.Database) throws -> T) async throws -> T {
        do { return try await pool.write(body) } catch { throw noted(error) }
    }

    /// An error of SQLite as ours; one of the volume or the file is remembered.
    func noted(_ error: any Error) -> any Error {
        let mapped = StoreError.mapped(error, path: path)
        if let error = mapped as? StoreError, error.isOutage { failed.withLock { $0 = (error, .now) } }
        return mapped
    }

    /// What keeps the database from being written; nil while nothing does. Once nothing has failed for `settling`, a
    /// small write finds out whether that is over.
    package func outage(settling: Duration) async -> StoreError? {
        guard let (error, at) = failed.withLock({ $0 }) else { return nil }
        guard at.duration(to: .now) >= settling else { return error }
        do {
            try await write { connection in
                // A word in the file's header that nothing else uses; GRDB keeps its migrations in a table.
                let value = try Int.fetchOne(connection, sql: "PRAGMA user_version") ?? 0
                try connection.execute(sql: "PRAGMA user_version = \((value + 1) % 1000)")
            }
        } catch {
            return error as? StoreError ?? StoreError(error, path: path)
        }
        return failed.withLock { failed in
            guard let now = failed, now.at == at else { return failed?.error }
            failed = nil
            return nil
        }
    }

    /// As `write`, without waiting for the disk: for what arrives again after a power cut took it, like the index of the
    /// journals, which goes on where the last commit that lasted ends. The next `write` makes it last too.
    ///
    /// A sync takes as long as everything that is being written beside it; people's actions shall not queue behind one
    /// for each second of recording.
    func writeRepeatable<T: Sendable>(_ body: @escaping @Sendable (GRDB.Database) throws -> T) async throws -> T {
        let usual = synchronous
        do {
            return try await pool.writeWithoutTransaction { connection in
                try connection.execute(sql: "PRAGMA synchronous = \(Synchronous.normal.rawValue)")
                let result = Result { () throws -> T in
                    var value: T?
                    try connection.inTransaction(.immediate) {
                        value = try body(connection)
                        return .commit
                    }
                    guard let value else { throw DatabaseError(resultCode: .SQLITE_ABORT) }
                    return value
                }
                try connection.execute(sql: "PRAGMA synchronous = \(usual.rawValue)")
                return try result.get()
            }
        } catch {
            throw noted(error)
        }
    }

    /// Moves what the write-ahead log holds into the database file and closes it. Later calls fail.
    package func close() throws {
        do {
            _ = try pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
            try pool.close()
        } catch {
            throw StoreError.mapped(error, path: path)
        }
    }

    /// Creates the file with mode 0600 before SQLite does: the `-wal` and `-shm` files take its mode.
    private static func createPrivately(_ file: URL) throws(StoreError) {
        let descriptor = open(file.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            throw StoreError(
                code: .cannotOpen,
                message: "can't open \(file.path): \(reason); check that the folder exists and may be written"
            )
        }
        fchmod(descriptor, 0o600)
        Foundation.close(descriptor)
    }

    /// Bytes that are read in well under a second also on a slow disk.
    private static let checkedAtOnce = 128 << 20

    private static func size(_ file: URL) -> Int {
        (try? file.resourceValues(forKeys: [.fileSizeKey]).fileSize) ?? 0
    }

    /// Reads the whole file and says what is wrong with it: for a large one, beside everything else.
    ///
    /// - Returns: nil when nothing is, or when the file was small enough to be checked on opening.
    package func damage() async -> StoreError? {
        guard Self.size(URL(filePath: path)) > Self.checkedAtOnce else { return nil }
        do {
            let findings = try await pool.read { try String.fetchAll($0, sql: "PRAGMA quick_check(3)") }
            return findings == ["ok"] ? nil : Self.damaged(path, findings)
        } catch {
            return StoreError(error, path: path)
        }
    }

    private static func damaged(_ path: String, _ findings: [String]) -> StoreError {
        StoreError(
            code: .corrupt,
            message: "\(path) is damaged (\(findings.joined(separator: "; "))); "
                + "restore it from a backup, or move it away: recordings and holds are rebuilt from their files"
        )
    }

    private static func check(_ pool: DatabasePool, path: String) throws {
        let findings = try pool.read { try String.fetchAll($0, sql: "PRAGMA quick_check(3)") }
        guard findings != ["ok"] else { return }
        throw damaged(path, findings)
    }

    private static func migrate(_ pool: DatabasePool, _ migrations: [Migration], path: String) throws {
        var migrator = DatabaseMigrator()
        for migration in migrations { migrator.registerMigration(migration.name, migrate: migration.apply) }
        // A newer version's tables would be written by rules that this version doesn't know.
        if try pool.read(migrator.hasBeenSuperseded) {
            throw StoreError(
                code: .newerVersion,
                message: "\(path) was written by a newer version of gridwatch; start that version"
            )
        }
        try migrator.migrate(pool)
    }
}
