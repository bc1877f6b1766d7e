package import Domain
import GRDB

/// A stretch of a camera's time in which nothing was recorded.
package struct Gap: Sendable, Hashable {
    /// The node that recorded the camera.
    package var node: String
    package var cameraId: String
    /// End of the last frame before it.
    package var from: WallTime
    /// The next frame; nil while there is none.
    package var to: WallTime?
    /// What started it.
    package var reason: StateReason
    /// Later causes, in the order in which they came.
    package var laterReasons: [StateReason]
    package var detail: String?

    package init(
        node: String,
        cameraId: String,
        from: WallTime,
        to: WallTime?,
        reason: StateReason,
        laterReasons: [StateReason] = [],
        detail: String? = nil
    ) {
        self.node = node
        self.cameraId = cameraId
        self.from = from
        self.to = to
        self.reason = reason
        self.laterReasons = laterReasons
        self.detail = detail
    }
}

/// The table `gap`.
package struct GapRepository: Sendable {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    /// Those of a camera that touch `from..<to`, in order of their start.
    ///
    /// Gaps of a camera follow each other, so they are found by their starts: from a few before the window on, should
    /// rows overlap after all, and those that never ended.
    package func overlapping(cameraId: String, from: WallTime, to: WallTime) async throws -> [Gap] {
        try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: """
                    SELECT * FROM gap
                    WHERE camera = :camera AND fromTime < :to AND toTime > :from AND fromTime >= coalesce(
                        (SELECT fromTime FROM gap WHERE camera = :camera AND fromTime <= :from
                         ORDER BY fromTime DESC LIMIT 1 OFFSET 3), -9223372036854775808)
                    UNION
                    SELECT * FROM gap WHERE camera = :camera AND toTime IS NULL AND fromTime < :to
                    ORDER BY fromTime
                    """,
                arguments: ["camera": cameraId, "from": from.microseconds, "to": to.microseconds]
            ).map(Self.gap)
        }
    }

    /// Every gap that has no end yet.
    package func open(node: String) async throws -> [Gap] {
        try await database.read { connection in
            // By camera: the index begins with it.
            let cameras = try String.fetchAll(
                connection,
                sql: "SELECT camera FROM recorded WHERE node = ?",
                arguments: [node]
            )
            let statement = try connection.cachedStatement(
                sql: "SELECT * FROM gap WHERE camera = ? AND toTime IS NULL AND node = ? ORDER BY fromTime"
            )
            return try cameras.flatMap { try Row.fetchAll(statement, arguments: [$0, node]).map(Self.gap) }
        }
    }

    /// Forgets the gaps of a camera that ended before `time`.
    package func prune(node: String, cameraId: String, before time: WallTime) async throws -> Int {
        try await database.write { connection in
            try connection.execute(
                sql: "DELETE FROM gap WHERE node = ? AND camera = ? AND fromTime < ? AND toTime < ?",
                arguments: [node, cameraId, time.microseconds, time.microseconds]
            )
            return connection.changesCount
        }
    }

    /// The state in the journals that was the latest for a camera.
    package func state(cameraId: String) async throws -> CameraStatus? {
        try await database.read { connection in
            try Row.fetchOne(
                connection,
                sql: "SELECT * FROM recordingState WHERE camera = ? ORDER BY since DESC LIMIT 1",
                arguments: [cameraId]
            ).flatMap(Self.status)
        }
    }

    /// Whether the row is new or changes what was there.
    static func upsert(_ connection: GRDB.Database, _ gap: Gap) throws -> Bool {
        try connection.cachedStatement(
            sql: """
                INSERT INTO gap (node, camera, fromTime, toTime, reason, later, detail) VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (node, camera, fromTime) DO UPDATE SET
                    toTime = excluded.toTime, reason = excluded.reason, later = excluded.later, detail = excluded.detail
                WHERE toTime IS NOT excluded.toTime OR reason <> excluded.reason OR later IS NOT excluded.later
                    OR detail IS NOT excluded.detail
                """
        ).execute(arguments: [
            gap.node, gap.cameraId, gap.from.microseconds, gap.to?.microseconds, gap.reason.rawValue,
            gap.laterReasons.isEmpty ? nil : gap.laterReasons.map(\.rawValue).joined(separator: ","), gap.detail,
        ])
        return connection.changesCount > 0
    }

    static func upsert(_ connection: GRDB.Database, node: String, _ status: CameraStatus) throws {
        try connection.cachedStatement(
            sql: """
                INSERT INTO recordingState (node, camera, state, reason, detail, since) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (node, camera) DO UPDATE SET
                    state = excluded.state, reason = excluded.reason, detail = excluded.detail, since = excluded.since
                WHERE excluded.since >= since
                """
        ).execute(arguments: [
            node, status.cameraId, status.state.rawValue, status.reason.rawValue, status.detail,
            status.since.microseconds,
        ])
    }

    private static func gap(_ row: Row) -> Gap {
        Gap(
            node: row["node"],
            cameraId: row["camera"],
            from: row.time("fromTime"),
            to: row.timeIfAny("toTime"),
            reason: StateReason(rawValue: row["reason"]) ?? .sourceError,
            laterReasons: (row["later"] as String? ?? "").split(separator: ",").compactMap {
                StateReason(rawValue: String($0))
            },
            detail: row["detail"]
        )
    }

    private static func status(_ row: Row) -> CameraStatus? {
        guard let state = CameraState(rawValue: row["state"]), let reason = StateReason(rawValue: row["reason"])
        else { return nil }
        return CameraStatus(
            cameraId: row["camera"],
            state: state,
            reason: reason,
            detail: row["detail"],
            since: row.time("since")
        )
    }
}
