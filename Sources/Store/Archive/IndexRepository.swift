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
        try await database.write { connection in
            for segment in batch.segments { try SegmentRepository.upsert(connection, segment) }
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
    }

    /// Forgets everything that the files can tell again, of one node.
    package func clear(node: String) async throws {
        try await database.write { connection in
            for table in ["segment", "gap", "recordingState", "journal"] {
                try connection.execute(sql: "DELETE FROM \(table) WHERE node = ?", arguments: [node])
            }
        }
    }
}
