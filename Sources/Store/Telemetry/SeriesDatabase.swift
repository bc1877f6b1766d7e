package import Foundation
import GRDB
import Synchronization

/// `DIR/series.db`: the high-rate tables, apart from the business ones so that neither waits for the other.
///
/// A commit survives `kill -9` at any instant: its write-ahead log is written before `store` returns. `sync`, called on
/// a beat, brings that log to the disk: a power cut takes one beat at most, never the file's consistency.
package final class SeriesDatabase: Sendable {
    /// Rejected messages kept per source.
    static let rejectedKept = 20
    /// Messages kept of undeclared senders, of all together.
    static let unknownKept = 5000

    package let database: Database
    private let needsSync = Atomic(false)
    let known = SeriesKnown()

    /// Opens (and on the first start creates) `directory/series.db`.
    ///
    /// - Throws: `StoreError`: the folder can't be written, the file is damaged or of a newer version.
    package init(directory: URL) throws {
        database = try Database(
            file: directory.appending(path: "series.db"),
            migrations: SeriesSchema.migrations,
            synchronous: .normal,
            checksIntegrity: false,
            isBusy: true
        )
    }

    /// Brings every commit so far to the disk (`fdatasync` of the write-ahead log). Blocks the calling thread.
    ///
    /// A second descriptor of the log is harmless: SQLite's locks are on other files.
    ///
    /// - Throws: `StoreError`: the volume doesn't take what it was given.
    package func sync() throws {
        guard needsSync.exchange(false, ordering: .acquiringAndReleasing) else { return }
        let descriptor = open(database.path + "-wal", O_RDONLY | O_CLOEXEC)
        // Without a log everything is in the file, which SQLite has synced.
        guard descriptor >= 0 else { return }
        defer { Foundation.close(descriptor) }
        guard fdatasync(descriptor) != 0 else { return }
        needsSync.store(true, ordering: .releasing)
        throw database.noted(
            StoreError(
                code: .io,
                message: "\(database.path)-wal can't be brought to the disk: \(String(cString: strerror(errno)))"
            )
        )
    }

    /// Closes the file. Later calls fail.
    package func close() throws {
        try database.close()
    }

    /// Stores a batch in one transaction and returns once it is committed.
    ///
    /// Blocks the calling thread: for threads that may block, never for the cooperative pool.
    ///
    /// - Throws: `StoreError`; nothing of the batch is kept then, and it may be tried again.
    package func store(_ batch: SeriesBatch) throws -> SeriesOutcome {
        do {
            let outcome = try database.pool.write { [known] connection in
                try SeriesWriter(connection: connection, known: known).write(batch)
            }
            needsSync.store(true, ordering: .releasing)
            return outcome
        } catch {
            throw database.noted(error)
        }
    }

    /// Forgets signals that the alarms have stored.
    package func delivered(_ ids: [Int64]) async throws {
        try await database.write { connection in
            let statement = try connection.cachedStatement(sql: "DELETE FROM pending_signal WHERE id = ?")
            for id in ids { try statement.execute(arguments: [id]) }
        }
    }

    /// Signals that were stored and not yet delivered, oldest first.
    package func pendingSignals() async throws -> [PendingSignal] {
        try await database.read { connection in
            try Row.fetchAll(connection, sql: "SELECT id, signal FROM pending_signal ORDER BY id").compactMap { row in
                let bytes: Data = row["signal"]
                return StoredSignal.decode(bytes).map { PendingSignal(id: row["id"], signal: $0) }
            }
        }
    }

    /// All stored states of rules.
    package func ruleStates() async throws -> [SeriesBatch.RuleState] {
        try await database.read { connection in
            try Row.fetchAll(connection, sql: "SELECT source, rule, state FROM rule_state").map { row in
                let bytes: Data = row["state"]
                return SeriesBatch.RuleState(sensorId: row["source"], rule: row["rule"], state: Array(bytes))
            }
        }
    }

    /// The setting `name`; stored as `fallback` when there is none yet.
    package func setting(_ name: String, otherwise fallback: String) async throws -> String {
        try await database.write { connection in
            try connection.execute(
                sql: "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING",
                arguments: [name, fallback]
            )
            return try String.fetchOne(connection, sql: "SELECT value FROM setting WHERE name = ?", arguments: [name])
                ?? fallback
        }
    }
}
