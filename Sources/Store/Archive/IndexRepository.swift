package import Domain
import GRDB

/// What one batch of journal entries changes in the index; the tables `segment`, `gap`, `recordingState` and
/// `journal` change together, so that a batch is taken in exactly once.
package struct IndexBatch: Sendable {
    package var node: String
    /// The journal read, relative to `recordings/`, and how many of its bytes have been taken in now.
    package var journal: String
    package var offset: Int64
    /// As they are after the batch.
    package var segments: [Segment] = []
    package var gaps: [Gap] = []
    package var statuses: [CameraStatus] = []
    /// Paths of segments that are no more.
    package var deleted: [String] = []

    package init(node: String, journal: String, offset: Int64) {
        self.node = node
        self.journal = journal
        self.offset = offset
    }
}

/// Takes journals into the index.
package struct IndexRepository: Sendable {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    /// How far each journal of a node has been read, in bytes, by its path.
    package func offsets(node: String) async throws -> [String: Int64] {
        try await database.read { connection in
            let rows = try Row.fetchAll(
                connection,
                sql: "SELECT path, offset FROM journal WHERE node = ?",
                arguments: [node]
            )
            return Dictionary(rows.map { ($0["path"], $0["offset"]) }, uniquingKeysWith: { $1 })
        }
    }

    /// Segments of a node that may still grow.
    package func open(node: String) async throws -> [Segment] {
        try await database.read { connection in
            let paths = try String.fetchAll(
                connection,
                sql: "SELECT path FROM segment WHERE node = ? AND closed = 0",
                arguments: [node]
            )
            return try paths.compactMap { try SegmentRepository.find(connection, node: node, path: $0) }
        }
    }

    /// Takes a batch in; the same batch again changes nothing.
    ///
    /// - Returns: the gaps that were not known like this before.
    package func apply(_ batch: IndexBatch) async throws -> [Gap] {
        try await database.write { connection in
            for segment in batch.segments { try SegmentRepository.upsert(connection, segment) }
            for path in batch.deleted {
                try connection.execute(
                    sql: "DELETE FROM segment WHERE node = ? AND path = ?",
                    arguments: [batch.node, path]
                )
            }
            let changed = try batch.gaps.filter { try GapRepository.upsert(connection, $0) }
            for status in batch.statuses { try GapRepository.upsert(connection, node: batch.node, status) }
            try connection.execute(
                sql: """
                    INSERT INTO journal (node, path, offset) VALUES (?, ?, ?)
                    ON CONFLICT (node, path) DO UPDATE SET offset = excluded.offset
                    """,
                arguments: [batch.node, batch.journal, batch.offset]
            )
            return changed
        }
    }

    /// Forgets journals that no longer exist.
    package func forget(node: String, journals: [String]) async throws {
        guard !journals.isEmpty else { return }
        try await database.write { connection in
            for path in journals {
                try connection.execute(
                    sql: "DELETE FROM journal WHERE node = ? AND path = ?",
                    arguments: [node, path]
                )
            }
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
