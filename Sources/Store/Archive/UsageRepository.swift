package import Domain
import GRDB

/// What one camera's segments take on one volume.
package struct VolumeUsage: Sendable, Hashable {
    package var cameraId: String
    /// The volume's id.
    package var volume: String
    package var bytes: Int64
    /// Number of segments.
    package var segments: Int

    package init(cameraId: String, volume: String, bytes: Int64, segments: Int) {
        self.cameraId = cameraId
        self.volume = volume
        self.bytes = bytes
        self.segments = segments
    }
}

/// Bytes that a camera was recorded with on one volume in a window.
package struct RecordedVolume: Sendable, Hashable {
    package var cameraId: String
    package var volume: String
    package var bytes: Int64
    /// The first frame in the window.
    package var from: WallTime

    package init(cameraId: String, volume: String, bytes: Int64, from: WallTime) {
        self.cameraId = cameraId
        self.volume = volume
        self.bytes = bytes
        self.from = from
    }
}

/// Where an ordered walk over a camera's segments stands.
package struct SegmentPlace: Sendable, Hashable {
    package var from: WallTime
    /// The last path taken at that time; empty: none.
    package var path: String

    package init(from: WallTime, path: String = "") {
        self.from = from
        self.path = path
    }
}

/// Segments as retention weighs them, inside one transaction: what is asked for is read, nothing else.
package struct SegmentScan {
    private let connection: GRDB.Database
    private let node: String

    init(connection: GRDB.Database, node: String) {
        self.connection = connection
        self.node = node
    }

    /// The next segments of a camera on a volume behind a place, oldest first.
    package func oldest(cameraId: String, volume: String, after place: SegmentPlace, limit: Int) throws -> [Segment] {
        let statement = try connection.cachedStatement(
            sql: """
                SELECT * FROM segment INDEXED BY segmentByVolume
                WHERE node = :node AND camera = :camera AND volume = :volume
                  AND fromTime >= :from AND (fromTime > :from OR path > :path)
                ORDER BY fromTime, path LIMIT :limit
                """
        )
        return try Row.fetchAll(
            statement,
            arguments: [
                "node": node, "camera": cameraId, "volume": volume, "from": place.from.microseconds,
                "path": place.path, "limit": limit,
            ]
        ).map(SegmentRepository.segment)
    }

    /// Bytes of a camera's segments that hold any of the ranges.
    package func bytes(cameraId: String, ranges: [Range<WallTime>]) throws -> Int64 {
        try SegmentRepository.bytes(connection, cameraId, ranges)
    }
}

/// The tables `usage` and `recorded`, which triggers keep beside `segment`.
package struct UsageRepository: Sendable {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    /// What every camera takes on every volume of a node; one row each.
    package func all(node: String) async throws -> [VolumeUsage] {
        try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: "SELECT * FROM usage WHERE node = ? ORDER BY camera, volume",
                arguments: [node]
            ).map {
                VolumeUsage(cameraId: $0["camera"], volume: $0["volume"], bytes: $0["bytes"], segments: $0["segments"])
            }
        }
    }

    /// What the cameras that have rows were recorded with since `time`, by camera and volume.
    package func recorded(node: String, since time: WallTime) async throws -> [RecordedVolume] {
        try await database.read { connection in
            let keys = try Row.fetchAll(
                connection,
                sql: "SELECT camera, volume FROM usage WHERE node = ?",
                arguments: [node]
            )
            let statement = try connection.cachedStatement(
                sql: """
                    SELECT sum(bytes), min(fromTime) FROM segment INDEXED BY segmentByVolume
                    WHERE node = ? AND camera = ? AND volume = ? AND fromTime >= ?
                    """
            )
            return try keys.compactMap { key -> RecordedVolume? in
                let (camera, volume): (String, String) = (key["camera"], key["volume"])
                guard
                    let row = try Row.fetchOne(statement, arguments: [node, camera, volume, time.microseconds]),
                    let bytes = row[0] as Int64?, let from = row[1] as Int64?
                else { return nil }
                return RecordedVolume(
                    cameraId: camera,
                    volume: volume,
                    bytes: bytes,
                    from: WallTime(microseconds: from)
                )
            }
        }
    }

    /// From when to when a camera was ever recorded, whether that is still there or not; nil: never.
    package func recorded(cameraId: String) async throws -> Range<WallTime>? {
        try await database.read { connection in
            try Row.fetchOne(
                connection,
                sql: "SELECT min(since), max(until) FROM recorded WHERE camera = ?",
                arguments: [cameraId]
            ).flatMap { row in
                guard let since = row[0] as Int64?, let until = row[1] as Int64? else { return nil }
                return WallTime(microseconds: since)..<WallTime(microseconds: max(since, until))
            }
        }
    }

    /// The cameras that were ever recorded on a node.
    package func recordedCameras(node: String) async throws -> [String] {
        try await database.read { connection in
            try String.fetchAll(connection, sql: "SELECT camera FROM recorded WHERE node = ?", arguments: [node])
        }
    }

    /// The end of the last frame ever recorded, by camera.
    package func recordedUntil(node: String) async throws -> [String: WallTime] {
        try await database.read { connection in
            let rows = try Row.fetchAll(
                connection,
                sql: "SELECT camera, until FROM recorded WHERE node = ?",
                arguments: [node]
            )
            return Dictionary(rows.map { ($0["camera"], $0.time("until")) }, uniquingKeysWith: { $1 })
        }
    }

    /// The end of the newest frame that was ever recorded on a node; nil: nothing was.
    package func newest(node: String) async throws -> WallTime? {
        try await database.read { connection in
            try Int64.fetchOne(connection, sql: "SELECT max(until) FROM recorded WHERE node = ?", arguments: [node])
                .map(WallTime.init(microseconds:))
        }
    }

    /// How many of the sums that triggers keep are not those of the rows: reads every row.
    package func wrongSums(node: String) async throws -> Int {
        let query = """
            SELECT count(*) FROM (
                SELECT camera, volume, bytes, segments FROM usage WHERE node = :node
                EXCEPT SELECT camera, volume, sum(bytes), count(*) FROM segment WHERE node = :node GROUP BY camera, volume
            )
            """
        return try await database.read { try Int.fetchOne($0, sql: query, arguments: ["node": node]) ?? 0 }
    }

    /// Runs `body` over the segments of a node, on one consistent state of the index.
    package func scan<T: Sendable>(
        node: String,
        _ body: @escaping @Sendable (SegmentScan) throws -> T
    ) async throws -> T {
        try await database.read { try body(SegmentScan(connection: $0, node: node)) }
    }
}
