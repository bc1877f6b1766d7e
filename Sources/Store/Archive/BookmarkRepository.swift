package import Domain
import GRDB

/// An operator's named mark on a range of a camera's recording.
package struct Bookmark: Sendable, Equatable {
    package var id: String
    package var cameraId: String
    package var from: WallTime
    package var to: WallTime
    package var title: String
    /// The user who set it.
    package var by: String
    package var createdAt: WallTime
    package var holdId: String?
    /// How much of the range was recorded when it was set.
    package var recorded: RecordedShare

    package init(
        id: String,
        cameraId: String,
        from: WallTime,
        to: WallTime,
        title: String,
        by: String,
        createdAt: WallTime,
        holdId: String? = nil,
        recorded: RecordedShare
    ) {
        self.id = id
        self.cameraId = cameraId
        self.from = from
        self.to = to
        self.title = title
        self.by = by
        self.createdAt = createdAt
        self.holdId = holdId
        self.recorded = recorded
    }
}

/// How much of a range is on disk.
package enum RecordedShare: String, Sendable, Hashable, Codable {
    case all, part, none
}

/// The table `bookmark`.
package struct BookmarkRepository: Sendable {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    package func insert(_ bookmark: Bookmark) async throws {
        try await database.write { connection in
            try connection.execute(
                sql: """
                    INSERT INTO bookmark (id, camera, fromTime, toTime, title, who, createdAt, hold, recorded)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    bookmark.id, bookmark.cameraId, bookmark.from.microseconds, bookmark.to.microseconds,
                    bookmark.title, bookmark.by, bookmark.createdAt.microseconds, bookmark.holdId,
                    bookmark.recorded.rawValue,
                ]
            )
        }
    }

    package func find(_ id: String) async throws -> Bookmark? {
        try await database.read { connection in
            try Row.fetchOne(connection, sql: "SELECT * FROM bookmark WHERE id = ?", arguments: [id])
                .map(Self.bookmark)
        }
    }

    /// Whether there was one to delete.
    package func delete(_ id: String) async throws -> Bool {
        try await database.write { connection in
            try connection.execute(sql: "DELETE FROM bookmark WHERE id = ?", arguments: [id])
            return connection.changesCount > 0
        }
    }

    /// Newest first.
    package func list(cameraId: String? = nil, page: PageRequest) async throws -> Page<Bookmark> {
        try await database.read { connection in
            let rows = try Row.fetchAll(
                connection,
                sql: """
                    SELECT * FROM bookmark
                    WHERE (:camera IS NULL OR camera = :camera)
                      AND (:time IS NULL OR (createdAt, id) < (:time, :id))
                    ORDER BY createdAt DESC, id DESC LIMIT :limit
                    """,
                arguments: [
                    "camera": cameraId, "time": page.after?.time.microseconds, "id": page.after?.id,
                    "limit": page.limit + 1,
                ]
            )
            return Page(rows: rows.map(Self.bookmark), limit: page.limit) { Cursor(time: $0.createdAt, id: $0.id) }
        }
    }

    /// Those that touch `from..<to`, in order of their start.
    package func overlapping(cameraId: String, from: WallTime, to: WallTime) async throws -> [Bookmark] {
        try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: """
                    SELECT * FROM bookmark WHERE camera = ? AND fromTime < ? AND toTime >= ? ORDER BY fromTime, id
                    """,
                arguments: [cameraId, to.microseconds, from.microseconds]
            ).map(Self.bookmark)
        }
    }

    private static func bookmark(_ row: Row) -> Bookmark {
        Bookmark(
            id: row["id"],
            cameraId: row["camera"],
            from: row.time("fromTime"),
            to: row.time("toTime"),
            title: row["title"],
            by: row["who"],
            createdAt: row.time("createdAt"),
            holdId: row["hold"],
            recorded: RecordedShare(rawValue: row["recorded"]) ?? .none
        )
    }
}
