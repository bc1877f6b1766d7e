package import Domain
import GRDB

/// An export as it is stored; what it holds is the archive's.
package struct StoredExport: Sendable, Hashable {
    package var id: String
    package var node: String
    package var state: String
    package var by: String
    package var createdAt: WallTime
    /// nil until it is done.
    package var expiresAt: WallTime?
    /// JSON.
    package var content: String

    package init(
        id: String,
        node: String,
        state: String,
        by: String,
        createdAt: WallTime,
        expiresAt: WallTime?,
        content: String
    ) {
        self.id = id
        self.node = node
        self.state = state
        self.by = by
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.content = content
    }
}

/// The table `export`.
package struct ExportRepository: Sendable {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    package func upsert(_ export: StoredExport) async throws {
        try await database.write { connection in
            try connection.execute(
                sql: """
                    INSERT INTO export (id, node, state, who, createdAt, expiresAt, content)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET
                        state = excluded.state, expiresAt = excluded.expiresAt, content = excluded.content
                    """,
                arguments: [
                    export.id, export.node, export.state, export.by, export.createdAt.microseconds,
                    export.expiresAt?.microseconds, export.content,
                ]
            )
        }
    }

    package func find(_ id: String) async throws -> StoredExport? {
        try await database.read { connection in
            try Row.fetchOne(connection, sql: "SELECT * FROM export WHERE id = ?", arguments: [id]).map(Self.export)
        }
    }

    /// Whether there was one to delete.
    package func delete(_ id: String) async throws -> Bool {
        try await database.write { connection in
            try connection.execute(sql: "DELETE FROM export WHERE id = ?", arguments: [id])
            return connection.changesCount > 0
        }
    }

    /// Those of a node in one of some states, oldest first.
    package func all(node: String, states: [String]) async throws -> [StoredExport] {
        try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: """
                    SELECT * FROM export WHERE node = ? AND state IN (\(states.map { _ in "?" }.joined(separator: ", ")))
                    ORDER BY createdAt, id
                    """,
                arguments: StatementArguments([node] + states)
            ).map(Self.export)
        }
    }

    /// Those of a node that are past their time.
    package func expired(node: String, at now: WallTime) async throws -> [StoredExport] {
        try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: "SELECT * FROM export WHERE node = ? AND expiresAt <= ?",
                arguments: [node, now.microseconds]
            ).map(Self.export)
        }
    }

    /// Newest first.
    package func list(page: PageRequest) async throws -> Page<StoredExport> {
        try await database.read { connection in
            let rows = try Row.fetchAll(
                connection,
                sql: """
                    SELECT * FROM export WHERE :time IS NULL OR (createdAt, id) < (:time, :id)
                    ORDER BY createdAt DESC, id DESC LIMIT :limit
                    """,
                arguments: [
                    "time": page.after?.time.microseconds, "id": page.after?.id, "limit": page.limit + 1,
                ]
            )
            return Page(rows: rows.map(Self.export), limit: page.limit) { Cursor(time: $0.createdAt, id: $0.id) }
        }
    }

    private static func export(_ row: Row) -> StoredExport {
        StoredExport(
            id: row["id"],
            node: row["node"],
            state: row["state"],
            by: row["who"],
            createdAt: row.time("createdAt"),
            expiresAt: row.timeIfAny("expiresAt"),
            content: row["content"]
        )
    }
}
