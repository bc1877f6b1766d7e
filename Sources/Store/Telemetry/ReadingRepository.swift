package import Domain
import GRDB

/// Readings of sensors as they came, by the device's time.
package struct ReadingRepository: Sendable {
    private let database: Database

    package init(_ series: SeriesDatabase) {
        database = series.database
    }

    /// A sensor's readings that occurred in `from...to`, oldest first.
    package func readings(
        sensorId: String,
        from: WallTime,
        to: WallTime,
        page: PageRequest
    ) async throws -> Page<Reading> {
        let place = SeriesPlace(page.after, from: from)
        let rows = try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: """
                    SELECT occurred_at, content, received_at, time_is_arrival FROM reading
                    WHERE source = (SELECT ref FROM source WHERE name = ?) AND occurred_at BETWEEN ? AND ?
                    ORDER BY occurred_at, content LIMIT ? OFFSET ?
                    """,
                arguments: [
                    sensorId, place.from.microseconds, to.microseconds, page.limit + 1, place.given,
                ]
            ).map { Self.reading($0, sensorId: sensorId) }
        }
        return place.page(rows, limit: page.limit) { $0.occurredAt }
    }

    /// The newest reading (by the device's time) of each sensor that has one.
    package func last() async throws -> [String: Reading] {
        try await database.read { connection in
            let rows = try Row.fetchAll(
                connection,
                sql: """
                    SELECT name, occurred_at, content, received_at, time_is_arrival FROM source JOIN reading
                    ON reading.source = source.ref
                    AND occurred_at = (SELECT max(occurred_at) FROM reading AS r WHERE r.source = source.ref)
                    """
            )
            var last: [String: Reading] = [:]
            for row in rows {
                let name: String = row["name"]
                last[name] = Self.reading(row, sensorId: name)
            }
            return last
        }
    }

    /// How many readings a sensor has.
    package func count(sensorId: String) async throws -> Int {
        try await database.read { connection in
            try Int.fetchOne(
                connection,
                sql: "SELECT count(*) FROM reading WHERE source = (SELECT ref FROM source WHERE name = ?)",
                arguments: [sensorId]
            ) ?? 0
        }
    }

    private static func reading(_ row: Row, sensorId: String) -> Reading {
        Reading(
            sensorId: sensorId,
            occurredAt: row.time("occurred_at"),
            receivedAt: row.time("received_at"),
            values: ReadingContent.decode(row["content"]),
            timeIsArrival: row["time_is_arrival"]
        )
    }
}
