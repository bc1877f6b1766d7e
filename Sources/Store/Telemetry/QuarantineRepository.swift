package import Domain
import Foundation
import GRDB

/// Messages that were not accepted: the last 20 per source, and how many there were.
package struct QuarantineRepository: Sendable {
    private let database: Database

    package init(_ series: SeriesDatabase) {
        database = series.database
    }

    /// What was rejected for a sensor or vehicle (nil: for sources that the site doesn't know), newest first.
    package func rejected(source: String?) async throws -> [RejectedPayload] {
        try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: "SELECT * FROM rejected WHERE source = ? ORDER BY id DESC",
                arguments: [source ?? ""]
            ).compactMap { row in
                guard let reason = RejectionReason(rawValue: row["reason"]) else { return nil }
                let payload: Data = row["payload"]
                return RejectedPayload(
                    source: source,
                    topic: row["topic"],
                    receivedAt: row.time("received_at"),
                    reason: reason,
                    detail: row["detail"],
                    sizeBytes: row["size"],
                    payload: Array(payload)
                )
            }
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
