package import Domain
import GRDB

/// One segment file as the index knows it.
package struct Segment: Sendable, Hashable {
    /// The node whose volume holds the file.
    package var node: String
    package var cameraId: String
    /// Relative to `recordings/`.
    package var path: String
    package var run: String
    /// Wall time of its first frame.
    package var from: WallTime
    /// Wall time of the end of the last frame known.
    package var to: WallTime
    /// Length of the file known, in bytes.
    package var bytes: Int64
    /// Number of fragments known.
    package var fragments: Int
    /// The last chain value (SHA-256, hex) of the camera's segment before; nil for the first.
    package var previousHead: String?
    /// Its last chain value (SHA-256, hex); nil until it is closed.
    package var head: String?
    /// Nothing is appended any more.
    package var closed: Bool

    package init(
        node: String,
        cameraId: String,
        path: String,
        run: String,
        from: WallTime,
        to: WallTime,
        bytes: Int64 = 0,
        fragments: Int = 0,
        previousHead: String? = nil,
        head: String? = nil,
        closed: Bool = false
    ) {
        self.node = node
        self.cameraId = cameraId
        self.path = path
        self.run = run
        self.from = from
        self.to = to
        self.bytes = bytes
        self.fragments = fragments
        self.previousHead = previousHead
        self.head = head
        self.closed = closed
    }
}

/// The table `segment`.
package struct SegmentRepository: Sendable {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    /// Those of a camera that hold any of `from..<to`, in order of their start.
    package func overlapping(cameraId: String, from: WallTime, to: WallTime) async throws -> [Segment] {
        try await database.read { connection in
            // `toTime = fromTime` is a segment whose first fragment has not been read yet.
            try Row.fetchAll(
                connection,
                sql: """
                    SELECT * FROM segment
                    WHERE camera = ? AND fromTime < ? AND toTime > ? ORDER BY fromTime, path
                    """,
                arguments: [cameraId, to.microseconds, from.microseconds]
            ).map(Self.segment)
        }
    }

    /// The last segment of a camera that began at or before `time`.
    package func last(cameraId: String, startingAtOrBefore time: WallTime) async throws -> Segment? {
        try await database.read { connection in
            try Row.fetchOne(
                connection,
                sql: """
                    SELECT * FROM segment WHERE camera = ? AND fromTime <= ? AND toTime > fromTime
                    ORDER BY fromTime DESC, path DESC LIMIT 1
                    """,
                arguments: [cameraId, time.microseconds]
            ).map(Self.segment)
        }
    }

    package func find(node: String, path: String) async throws -> Segment? {
        try await database.read { try Self.find($0, node: node, path: path) }
    }

    /// Every segment on a node, oldest first: what retention weighs. About 200 bytes each.
    package func all(node: String) async throws -> [Segment] {
        try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: "SELECT * FROM segment WHERE node = ? ORDER BY fromTime, path",
                arguments: [node]
            ).map(Self.segment)
        }
    }

    /// When the oldest frame of a camera that is still there was taken.
    package func recordedFrom(cameraId: String) async throws -> WallTime? {
        try await database.read { connection in
            try Int64.fetchOne(
                connection,
                sql: "SELECT min(fromTime) FROM segment WHERE camera = ? AND toTime > fromTime",
                arguments: [cameraId]
            ).map(WallTime.init(microseconds:))
        }
    }

    /// The oldest segments with a frame, one for each of the cameras that has any; two index seeks a camera.
    package func oldest(cameraIds: [String]) async throws -> [Segment] {
        try await database.read { connection in
            // One statement for each: grouping would walk every row of the table.
            let statement = try connection.cachedStatement(
                sql: """
                    SELECT * FROM segment WHERE camera = ? AND toTime > fromTime
                    ORDER BY fromTime, path LIMIT 1
                    """
            )
            return try cameraIds.compactMap { try Row.fetchOne(statement, arguments: [$0]).map(Self.segment) }
        }
    }

    /// The newest segments with a frame, one for each of the cameras that has any.
    package func newest(cameraIds: [String]) async throws -> [Segment] {
        try await database.read { connection in
            let statement = try connection.cachedStatement(
                sql: """
                    SELECT * FROM segment WHERE camera = ? AND toTime > fromTime
                    ORDER BY fromTime DESC, path DESC LIMIT 1
                    """
            )
            return try cameraIds.compactMap { try Row.fetchOne(statement, arguments: [$0]).map(Self.segment) }
        }
    }

    package func delete(node: String, paths: [String]) async throws {
        try await database.write { connection in
            let statement = try connection.makeStatement(sql: "DELETE FROM segment WHERE node = ? AND path = ?")
            for path in paths { try statement.execute(arguments: [node, path]) }
        }
    }

    package func upsert(_ segments: [Segment]) async throws {
        try await database.write { connection in
            for segment in segments { try Self.upsert(connection, segment) }
        }
    }

    static func find(_ connection: GRDB.Database, node: String, path: String) throws -> Segment? {
        try Row.fetchOne(
            connection,
            sql: "SELECT * FROM segment WHERE node = ? AND path = ?",
            arguments: [node, path]
        ).map(segment)
    }

    static func upsert(_ connection: GRDB.Database, _ segment: Segment) throws {
        try connection.cachedStatement(
            sql: """
                INSERT INTO segment
                    (node, camera, path, run, fromTime, toTime, bytes, fragments, previousHead, head, closed)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (node, path) DO UPDATE SET
                    run = excluded.run, fromTime = excluded.fromTime, toTime = excluded.toTime,
                    bytes = excluded.bytes, fragments = excluded.fragments, previousHead = excluded.previousHead,
                    head = excluded.head, closed = excluded.closed
                """
        ).execute(arguments: [
            segment.node, segment.cameraId, segment.path, segment.run, segment.from.microseconds,
            segment.to.microseconds, segment.bytes, segment.fragments, segment.previousHead, segment.head,
            segment.closed,
        ])
    }

    private static func segment(_ row: Row) -> Segment {
        Segment(
            node: row["node"],
            cameraId: row["camera"],
            path: row["path"],
            run: row["run"],
            from: row.time("fromTime"),
            to: row.time("toTime"),
            bytes: row["bytes"],
            fragments: row["fragments"],
            previousHead: row["previousHead"],
            head: row["head"],
            closed: row["closed"]
        )
    }
}
