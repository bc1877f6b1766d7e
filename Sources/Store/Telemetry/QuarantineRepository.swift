package import Domain
import Foundation
import GRDB

/// Messages that were not accepted: the last 20 per source, and how many there were.
package struct QuarantineRepository: Sendable {
    private let database: Database

    package init(_ series: SeriesDatabase) {
        database = series.database
    }

    /// A message as it is kept.
    package struct Kept: Sendable {
        package var id: Int64
        package var message: RejectedPayload
    }

    /// What was rejected for a sensor or vehicle (nil: for sources that the site doesn't know), newest first.
    package func rejected(source: String?) async throws -> [RejectedPayload] {
        try await kept(source: source).map(\.message)
    }

    /// What is kept for a source, with its number, newest first.
    package func kept(source: String?) async throws -> [Kept] {
        try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: "SELECT * FROM rejected WHERE source = ? ORDER BY id DESC",
                arguments: [source ?? ""]
            ).compactMap { row in
                guard let reason = RejectionReason(rawValue: row["reason"]) else { return nil }
                let payload: Data = row["payload"]
                let message = RejectedPayload(
                    source: source,
                    topic: row["topic"],
                    receivedAt: row.time("received_at"),
                    reason: reason,
                    detail: row["detail"],
                    sizeBytes: row["size"],
                    payload: Array(payload)
                )
                return Kept(id: row["id"], message: message)
            }
        }
    }

    /// The undeclared senders whose messages are kept, with the newest of them.
    package func unknown() async throws -> [(message: RejectedPayload, firstAt: WallTime, count: Int)] {
        try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: """
                    SELECT source, topic, max(received_at) AS last_at, min(received_at) AS first_at, count(*) AS count
                    FROM rejected WHERE reason = 'unknownSource' GROUP BY source
                    """
            ).map { row in
                let message = RejectedPayload(
                    source: row["source"],
                    topic: row["topic"],
                    receivedAt: row.time("last_at"),
                    reason: .unknownSource,
                    sizeBytes: 0,
                    payload: []
                )
                return (message, row.time("first_at"), row["count"])
            }
        }
    }

    /// Forgets messages that have been taken after all.
    package func forget(_ ids: [Int64]) async throws {
        try await database.write { connection in
            let statement = try connection.cachedStatement(sql: "DELETE FROM rejected WHERE id = ?")
            for id in ids { try statement.execute(arguments: [id]) }
        }
    }

    /// How many messages were rejected, by source; `""` holds those of unknown ones.
    package func counts() async throws -> [String: RejectionCount] {
        try await database.read { connection in
            var counts: [String: RejectionCount] = [:]
            for row in try Row.fetchAll(connection, sql: "SELECT * FROM rejected_count") {
                counts[row["source"]] = RejectionCount(
                    count: row["count"],
                    lastReason: RejectionReason(rawValue: row["last_reason"]),
                    lastAt: row.time("last_at")
                )
            }
            return counts
        }
    }
}
