package import Domain
import GRDB

/// One line of the audit log as it is stored.
package struct StoredAuditEntry: Sendable, Hashable {
    /// 1, 2, 3 … without holes.
    package var seq: Int
    package var at: WallTime
    package var by: String
    package var action: String
    package var subjectKind: String
    package var subjectId: String
    /// The whole line as canonical JSON; the hash covers exactly these bytes.
    package var entry: String
    /// SHA-256 in hex.
    package var hash: String

    package init(
        seq: Int,
        at: WallTime,
        by: String,
        action: String,
        subjectKind: String,
        subjectId: String,
        entry: String,
        hash: String
    ) {
        self.seq = seq
        self.at = at
        self.by = by
        self.action = action
        self.subjectKind = subjectKind
        self.subjectId = subjectId
        self.entry = entry
        self.hash = hash
    }
}

/// Which lines of the audit log are wanted.
package struct AuditFilter: Sendable, Equatable {
    package var user: String?
    package var action: String?
    /// The id of what was acted on.
    package var subject: String?
    package var from: WallTime?
    package var to: WallTime?

    package init(
        user: String? = nil,
        action: String? = nil,
        subject: String? = nil,
        from: WallTime? = nil,
        to: WallTime? = nil
    ) {
        self.user = user
        self.action = action
        self.subject = subject
        self.from = from
        self.to = to
    }
}

/// The table `audit`: lines are only ever added.
package struct AuditRepository: Sendable {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    /// Adds one line behind the last one; `make` runs inside the transaction and what it throws undoes it.
    ///
    /// - Parameter make: gives the line that follows the one with this number and hash; nil for the first.
    package func append(
        _ make: @escaping @Sendable (_ last: (seq: Int, hash: String)?) throws -> StoredAuditEntry
    ) async throws {
        try await database.write { connection in
            try Self.insert(connection, try make(try Self.last(connection)))
        }
    }

    /// Adds lines that come from the file.
    package func insert(_ entries: [StoredAuditEntry]) async throws {
        try await database.write { connection in
            for entry in entries { try Self.insert(connection, entry) }
        }
    }

    /// Number and hash of the last line; nil before the first.
    package func last() async throws -> (seq: Int, hash: String)? {
        try await database.read { try Self.last($0) }
    }

    /// Lines in order of their numbers, from `seq` on.
    package func lines(from seq: Int, limit: Int) async throws -> [StoredAuditEntry] {
        try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: "SELECT * FROM audit WHERE seq >= ? ORDER BY seq LIMIT ?",
                arguments: [seq, limit]
            ).map(Self.entry)
        }
    }

    /// Newest first, below the number `before`.
    package func list(_ filter: AuditFilter, before: Int?, limit: Int) async throws -> [StoredAuditEntry] {
        try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: """
                    SELECT * FROM audit
                    WHERE (:before IS NULL OR seq < :before)
                      AND (:user IS NULL OR who = :user)
                      AND (:action IS NULL OR action = :action)
                      AND (:subject IS NULL OR subjectId = :subject)
                      AND (:from IS NULL OR atTime >= :from)
                      AND (:to IS NULL OR atTime < :to)
                    ORDER BY seq DESC LIMIT :limit
                    """,
                arguments: [
                    "before": before, "user": filter.user, "action": filter.action, "subject": filter.subject,
                    "from": filter.from?.microseconds, "to": filter.to?.microseconds, "limit": limit,
                ]
            ).map(Self.entry)
        }
    }

    private static func last(_ connection: GRDB.Database) throws -> (seq: Int, hash: String)? {
        try Row.fetchOne(connection, sql: "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
            .map { ($0["seq"], $0["hash"]) }
    }

    private static func insert(_ connection: GRDB.Database, _ entry: StoredAuditEntry) throws {
        try connection.cachedStatement(
            sql: """
                INSERT INTO audit (seq, atTime, who, action, subjectKind, subjectId, entry, hash)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            entry.seq, entry.at.microseconds, entry.by, entry.action, entry.subjectKind, entry.subjectId,
            entry.entry, entry.hash,
        ])
    }

    private static func entry(_ row: Row) -> StoredAuditEntry {
        StoredAuditEntry(
            seq: row["seq"],
            at: row.time("atTime"),
            by: row["who"],
            action: row["action"],
            subjectKind: row["subjectKind"],
            subjectId: row["subjectId"],
            entry: row["entry"],
            hash: row["hash"]
        )
    }
}
