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

/// The part of a segment that says what is recorded.
package struct SegmentSpan: Sendable, Hashable {
    package var run: String
    package var from: WallTime
    package var to: WallTime
    /// Nothing is appended any more.
    package var closed: Bool

    package init(run: String, from: WallTime, to: WallTime, closed: Bool) {
        self.run = run
        self.from = from
        self.to = to
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
            try Row.fetchAll(connection, sql: Self.overlap("*"), arguments: Self.overlapArguments(cameraId, from, to))
                .map(Self.segment)
        }
    }

    /// What of `from..<to` they cover, in order of their start: `overlapping` without what a timeline doesn't need.
    package func spans(cameraId: String, from: WallTime, to: WallTime) async throws -> [SegmentSpan] {
        try await database.read { connection in
            let rows = try Row.fetchCursor(
                connection,
                sql: Self.overlap("run, fromTime, toTime, closed"),
                arguments: Self.overlapArguments(cameraId, from, to)
            )
            var spans: [SegmentSpan] = []
            while let row = try rows.next() {
                spans.append(
                    SegmentSpan(
                        run: row[0],
                        from: WallTime(microseconds: row[1]),
                        to: WallTime(microseconds: row[2]),
                        closed: row[3]
                    )
                )
            }
            return spans
        }
    }

    /// Bytes of the segments that hold any of the ranges, each counted once.
    package func bytes(cameraId: String, ranges: [Range<WallTime>]) async throws -> Int64 {
        try await database.read { try Self.bytes($0, cameraId, ranges) }
    }

    static func bytes(_ connection: GRDB.Database, _ cameraId: String, _ ranges: [Range<WallTime>]) throws -> Int64 {
        var sizes: [String: Int64] = [:]
        for range in ranges {
            let rows = try Row.fetchCursor(
                connection,
                sql: overlap("path, bytes"),
                arguments: overlapArguments(cameraId, range.lowerBound, range.upperBound)
            )
            while let row = try rows.next() { sizes[row[0]] = row[1] }
        }
        return sizes.values.reduce(0, +)
    }

    /// Segments of a camera follow each other, so those of a window are found by their starts alone: from the last one
    /// that began before it on. Two hours more, should rows overlap after all: no segment is longer.
    private static func overlap(_ columns: String) -> String {
        """
        SELECT \(columns) FROM segment
        WHERE camera = :camera AND fromTime < :to AND toTime > :from AND fromTime >= min(:from - 7200000000, coalesce(
            (SELECT max(fromTime) FROM segment WHERE camera = :camera AND fromTime <= :from), :from))
        ORDER BY fromTime, path
        """
    }

    private static func overlapArguments(_ cameraId: String, _ from: WallTime, _ to: WallTime) -> StatementArguments {
        // The earliest times there are would overflow when two hours are taken off.
        let from = max(from, WallTime(microseconds: .min / 2))
        return ["camera": cameraId, "from": from.microseconds, "to": to.microseconds]
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

    /// Every segment on a node, oldest first: for `fsck`, never while serving. About 200 bytes each.
    package func all(node: String) async throws -> [Segment] {
        try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: "SELECT * FROM segment WHERE node = ? ORDER BY fromTime, path",
                arguments: [node]
            ).map(Self.segment)
        }
    }

    /// The next paths of a node in their order.
    package func paths(node: String, after path: String, limit: Int) async throws -> [String] {
        try await database.read { connection in
            try String.fetchAll(
                connection,
                sql: "SELECT path FROM segment WHERE node = ? AND path > ? ORDER BY path LIMIT ?",
                arguments: [node, path, limit]
            )
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

    static func segment(_ row: Row) -> Segment {
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
