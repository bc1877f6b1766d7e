package import Domain
import GRDB

/// An evidence lock on a range of a camera's original recording.
package struct Hold: Sendable, Hashable {
    package var id: String
    package var cameraId: String
    package var from: WallTime
    package var to: WallTime
    package var reason: String
    /// The user who set it, or `system`.
    package var by: String
    package var createdAt: WallTime
    /// The case that it is evidence of.
    package var caseId: String?
    /// When it ends by itself; nil: only when somebody releases it.
    package var until: WallTime?
    /// Nil while it holds.
    package var releasedAt: WallTime?
    package var releasedBy: String?
    package var releaseReason: String?
    /// How much of the range was recorded when it was set.
    package var recorded: RecordedShare

    package init(
        id: String,
        cameraId: String,
        from: WallTime,
        to: WallTime,
        reason: String,
        by: String,
        createdAt: WallTime,
        caseId: String? = nil,
        until: WallTime? = nil,
        releasedAt: WallTime? = nil,
        releasedBy: String? = nil,
        releaseReason: String? = nil,
        recorded: RecordedShare
    ) {
        self.id = id
        self.cameraId = cameraId
        self.from = from
        self.to = to
        self.reason = reason
        self.by = by
        self.createdAt = createdAt
        self.caseId = caseId
        self.until = until
        self.releasedAt = releasedAt
        self.releasedBy = releasedBy
        self.releaseReason = releaseReason
        self.recorded = recorded
    }
}

/// The table `hold`. `recordings/holds.journal` is the truth; a row is never deleted.
package struct HoldRepository: Sendable {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    /// Inserts holds, or brings them up to date with the journal. What only the table knows (case, who released it and
    /// why) stays.
    package func upsert(_ holds: [Hold]) async throws {
        try await database.write { connection in
            for hold in holds {
                try connection.cachedStatement(
                    sql: """
                        INSERT INTO hold (id, camera, fromTime, toTime, reason, who, createdAt, caseId, untilTime, releasedAt,
                            releasedBy, releaseReason, recorded)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                        ON CONFLICT (id) DO UPDATE SET
                            reason = excluded.reason, untilTime = excluded.untilTime,
                            caseId = coalesce(excluded.caseId, caseId),
                            releasedAt = coalesce(excluded.releasedAt, releasedAt),
                            releasedBy = coalesce(excluded.releasedBy, releasedBy),
                            releaseReason = coalesce(excluded.releaseReason, releaseReason)
                        """
                ).execute(arguments: [
                    hold.id, hold.cameraId, hold.from.microseconds, hold.to.microseconds, hold.reason, hold.by,
                    hold.createdAt.microseconds, hold.caseId, hold.until?.microseconds, hold.releasedAt?.microseconds,
                    hold.releasedBy,
                    hold.releaseReason, hold.recorded.rawValue,
                ])
            }
        }
    }

    package func find(_ id: String) async throws -> Hold? {
        try await database.read { connection in
            try Row.fetchOne(connection, sql: "SELECT * FROM hold WHERE id = ?", arguments: [id]).map(Self.hold)
        }
    }

    /// Every id that the table knows.
    package func ids() async throws -> Set<String> {
        try await database.read { try String.fetchSet($0, sql: "SELECT id FROM hold") }
    }

    /// All that still hold.
    package func active() async throws -> [Hold] {
        try await database.read { connection in
            try Row.fetchAll(connection, sql: "SELECT * FROM hold WHERE releasedAt IS NULL ORDER BY fromTime, id")
                .map(Self.hold)
        }
    }

    /// All that still hold, and those released since `time`.
    package func active(orReleasedSince time: WallTime) async throws -> [Hold] {
        try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: """
                    SELECT * FROM hold WHERE releasedAt IS NULL
                    UNION ALL SELECT * FROM hold WHERE releasedAt >= ?
                    """,
                arguments: [time.microseconds]
            ).map(Self.hold)
        }
    }

    /// Newest first.
    package func list(cameraId: String? = nil, page: PageRequest) async throws -> Page<Hold> {
        try await database.read { connection in
            let rows = try Row.fetchAll(
                connection,
                sql: """
                    SELECT * FROM hold
                    WHERE (:camera IS NULL OR camera = :camera)
                      AND (:time IS NULL OR (createdAt, id) < (:time, :id))
                    ORDER BY createdAt DESC, id DESC LIMIT :limit
                    """,
                arguments: [
                    "camera": cameraId, "time": page.after?.time.microseconds, "id": page.after?.id,
                    "limit": page.limit + 1,
                ]
            )
            return Page(rows: rows.map(Self.hold), limit: page.limit) { Cursor(time: $0.createdAt, id: $0.id) }
        }
    }

    /// Those that touch `from..<to`, released ones too, in order of their start.
    package func overlapping(cameraId: String, from: WallTime, to: WallTime) async throws -> [Hold] {
        try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: "SELECT * FROM hold WHERE camera = ? AND fromTime < ? AND toTime > ? ORDER BY fromTime, id",
                arguments: [cameraId, to.microseconds, from.microseconds]
            ).map(Self.hold)
        }
    }

    private static func hold(_ row: Row) -> Hold {
        Hold(
            id: row["id"],
            cameraId: row["camera"],
            from: row.time("fromTime"),
            to: row.time("toTime"),
            reason: row["reason"],
            by: row["who"],
            createdAt: row.time("createdAt"),
            caseId: row["caseId"],
            until: row.timeIfAny("untilTime"),
            releasedAt: row.timeIfAny("releasedAt"),
            releasedBy: row["releasedBy"],
            releaseReason: row["releaseReason"],
            recorded: RecordedShare(rawValue: row["recorded"]) ?? .none
        )
    }
}
