package import Domain
import GRDB

/// What one batch of journal entries changes in the index; the tables `segment`, `gap`, `recordingState` and
/// `journal` change together, so that a batch is taken in exactly once.
package struct IndexBatch: Sendable {
    package var node: String
    /// How far each camera's journals have been taken in now, as the follower words it, by camera.
    package var positions: [String: String] = [:]
    /// As they are after the batch.
    package var segments: [Segment] = []
    /// Paths of segments of which nothing was left to keep.
    package var removed: [String] = []
    package var gaps: [Gap] = []
    package var statuses: [CameraStatus] = []

    package init(node: String) {
        self.node = node
    }
}

/// Takes journals into the index.
package struct IndexRepository: Sendable {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    /// How far each camera's journals have been taken in, by camera.
    package func positions(node: String) async throws -> [String: String] {
        try await database.read { connection in
            let rows = try Row.fetchAll(
                connection,
                sql: "SELECT camera, position FROM journal WHERE node = ?",
                arguments: [node]
            )
            return Dictionary(rows.map { ($0["camera"], $0["position"]) }, uniquingKeysWith: { $1 })
        }
    }

    /// Takes a batch in; the same batch again changes nothing.
    ///
    /// - Returns: the gaps that were not known like this before.
    package func apply(_ batch: IndexBatch) async throws -> [Gap] {
        let apply: @Sendable (GRDB.Database) throws -> [Gap] = { connection in
            for segment in batch.segments { try SegmentRepository.upsert(connection, segment) }
            for path in batch.removed {
                try connection.execute(
                    sql: "DELETE FROM segment WHERE node = ? AND path = ?",
                    arguments: [batch.node, path]
                )
            }
            let changed = try batch.gaps.filter { try GapRepository.upsert(connection, $0) }
            for status in batch.statuses { try GapRepository.upsert(connection, node: batch.node, status) }
            for (camera, position) in batch.positions {
                try connection.cachedStatement(
                    sql: """
                        INSERT INTO journal (node, camera, position) VALUES (?, ?, ?)
                        ON CONFLICT (node, camera) DO UPDATE SET position = excluded.position
                        """
                ).execute(arguments: [batch.node, camera, position])
            }
            return changed
        }
        // What a power cut takes is read from the journals again. A row whose file is gone must not come back.
        return try await batch.removed.isEmpty ? database.writeRepeatable(apply) : database.write(apply)
    }

    /// Forgets everything that the files can tell again, of one node. What lies on volumes that are away stays, with how
    /// far their journals were read.
    package func clear(node: String, keepingVolumes away: [String] = []) async throws {
        try await database.write { connection in
            let marks = away.map { _ in "?" }.joined(separator: ",")
            let arguments = StatementArguments([node] + away)
            try connection.execute(
                sql: "DELETE FROM segment WHERE node = ? AND volume NOT IN (\(marks))",
                arguments: arguments
            )
            let kept = away.map { "@\($0)/" }
            let cameras = try String.fetchAll(
                connection,
                sql: "SELECT camera FROM journal WHERE node = ?",
                arguments: [node]
            )
            for camera in cameras where !kept.contains(where: camera.hasPrefix) {
                try connection.execute(
                    sql: "DELETE FROM journal WHERE node = ? AND camera = ?",
                    arguments: [node, camera]
                )
            }
            try connection.execute(sql: "DELETE FROM recordingState WHERE node = ?", arguments: [node])
            // Gaps that only the journals of a volume that is away tell of must not be forgotten.
            if away.isEmpty { try connection.execute(sql: "DELETE FROM gap WHERE node = ?", arguments: [node]) }
        }
    }
}
