package import Domain
import Foundation
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
        let rows = try await database.read { connection -> [Reading] in
            let select = "SELECT ref FROM source WHERE name = ?"
            guard let source = try Int64.fetchOne(connection, sql: select, arguments: [sensorId]) else { return [] }
            let raw = try Row.fetchAll(
                connection,
                sql: """
                    SELECT occurred_at, content, received_at, time_is_arrival FROM reading
                    WHERE source = ? AND occurred_at BETWEEN ? AND ?
                    ORDER BY occurred_at, content LIMIT ?
                    """,
                arguments: [source, place.from.microseconds, to.microseconds, page.limit + 1 + place.given]
            ).map { Self.reading($0, sensorId: sensorId) }
            return try Self.withBlocks(raw, source, sensorId, place, to, page.limit, connection)
        }
        return place.page(rows, limit: page.limit) { $0.occurredAt }
    }

    /// The page with the readings that are in blocks.
    private static func withBlocks(
        _ raw: [Reading],
        _ source: Int64,
        _ sensorId: String,
        _ place: SeriesPlace,
        _ to: WallTime,
        _ limit: Int,
        _ connection: GRDB.Database
    ) throws -> [Reading] {
        let days = CurveRepository.days(place.from, to)
        var old: [Reading] = []
        // Day by day, so that a page costs no more than the days it shows.
        tables: for table in try SeriesMonth.blocks(days, summary: false, connection) {
            let rows = try Row.fetchCursor(
                connection,
                sql: "SELECT data FROM \(table) WHERE source = ? AND day BETWEEN ? AND ? ORDER BY day",
                arguments: [source, days.lowerBound, days.upperBound]
            )
            while let row = try rows.next() {
                let data: Data = row["data"]
                for var reading in ReadingBlock.decode(Array(data), sensorId: sensorId) ?? []
                where reading.occurredAt >= place.from && reading.occurredAt <= to {
                    reading.sensorId = sensorId
                    old.append(reading)
                }
                if old.count > limit + place.given { break tables }
            }
        }
        // Of the place's own time so many were given before.
        let merged = old.isEmpty ? raw : SeriesCompactor.merged(old, raw)
        return Array(merged.dropFirst(place.given).prefix(limit + 1))
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

    static func reading(_ row: Row, sensorId: String) -> Reading {
        Reading(
            sensorId: sensorId,
            occurredAt: row.time("occurred_at"),
            receivedAt: row.time("received_at"),
            values: ReadingContent.decode(row["content"]),
            timeIsArrival: row["time_is_arrival"]
        )
    }
}
