package import Domain
import Foundation
import GRDB

/// Curves of one field of one sensor, as fine as a screen can show and no finer.
package struct CurveRepository: Sendable {
    private let database: Database

    package init(_ series: SeriesDatabase) {
        database = series.database
    }

    /// The fields of a sensor's readings of `from...to`, each in at most about `points` stretches.
    ///
    /// Short ranges are reckoned from the readings, longer ones from quarters of an hour, the longest from days.
    package func curve(sensorId: String, from: WallTime, to: WallTime, points: Int) async throws
        -> [String: [SeriesSummary]]
    {
        let width = max(1_000_000, (to.microseconds - from.microseconds) / Int64(max(1, points)))
        let span = SeriesCompactor.spans.last { width >= $0 * 1_000_000 }
        return try await database.read { connection in
            guard
                let source = try Int64.fetchOne(
                    connection,
                    sql: "SELECT ref FROM source WHERE name = ?",
                    arguments: [sensorId]
                )
            else { return [:] }
            var parts: [String: [SeriesSummary]] = [:]
            let days = Self.days(from, to)
            // What is not in a block yet.
            let raw = try Row.fetchAll(
                connection,
                sql: """
                    SELECT * FROM reading WHERE source = ? AND occurred_at BETWEEN ? AND ? AND EXISTS
                        (SELECT 1 FROM touched_day AS t WHERE t.source = reading.source AND t.day = occurred_at / ?)
                    """,
                arguments: [source, from.microseconds, to.microseconds, SeriesCompactor.dayMicroseconds]
            ).map { ReadingRepository.reading($0, sensorId: "") }
            if let span {
                parts = try Self.summaries(source, days, span, connection)
                for (field, more) in SeriesSummary.summaries(of: raw, span: .microseconds(width)) {
                    parts[field, default: []] += more
                }
            } else {
                let readings = SeriesCompactor.merged(try Self.readings(source, days, connection), raw)
                parts = SeriesSummary.summaries(
                    of: readings.filter { $0.occurredAt >= from && $0.occurredAt <= to },
                    span: .microseconds(width)
                )
            }
            return parts.mapValues { field in
                let inside = field.filter { $0.at.microseconds + width > from.microseconds && $0.at <= to }
                return SeriesSummary.joined(inside.sorted { $0.at < $1.at }, span: .microseconds(width))
            }
        }
    }

    static func days(_ from: WallTime, _ to: WallTime) -> ClosedRange<Int64> {
        let first = from.microseconds / SeriesCompactor.dayMicroseconds
        return first...max(first, to.microseconds / SeriesCompactor.dayMicroseconds)
    }

    /// For each day the coarsest summary that is fine enough; where there is none, its readings; where these are gone,
    /// whatever is left.
    private static func summaries(
        _ source: Int64,
        _ days: ClosedRange<Int64>,
        _ span: Int64,
        _ connection: GRDB.Database
    ) throws -> [String: [SeriesSummary]] {
        var parts: [String: [SeriesSummary]] = [:]
        var covered: Set<Int64> = []
        for table in try SeriesMonth.blocks(days, summary: true, connection) {
            try take(source, days, table, "max(span)", "span <= \(span)", &covered, &parts, connection)
        }
        for table in try SeriesMonth.blocks(days, summary: false, connection) {
            let rows = try Row.fetchCursor(
                connection,
                sql: "SELECT day, data FROM \(table) WHERE source = ? AND day BETWEEN ? AND ? ORDER BY day",
                arguments: [source, days.lowerBound, days.upperBound]
            )
            while let row = try rows.next() {
                let day: Int64 = row["day"]
                guard covered.insert(day).inserted else { continue }
                let data: Data = row["data"]
                let readings = ReadingBlock.decode(Array(data), sensorId: "") ?? []
                for (field, more) in SeriesSummary.summaries(of: readings, span: .seconds(span)) {
                    parts[field, default: []] += more
                }
            }
        }
        for table in try SeriesMonth.blocks(days, summary: true, connection) {
            try take(source, days, table, "min(span)", "span > \(span)", &covered, &parts, connection)
        }
        return parts
    }

    private static func take(
        _ source: Int64,
        _ days: ClosedRange<Int64>,
        _ table: String,
        _ best: String,
        _ condition: String,
        _ covered: inout Set<Int64>,
        _ parts: inout [String: [SeriesSummary]],
        _ connection: GRDB.Database
    ) throws {
        let rows = try Row.fetchCursor(
            connection,
            sql: """
                SELECT day, data FROM \(table) AS s WHERE source = ?1 AND day BETWEEN ?2 AND ?3 AND span =
                    (SELECT \(best) FROM \(table) WHERE source = s.source AND day = s.day AND \(condition))
                ORDER BY day
                """,
            arguments: [source, days.lowerBound, days.upperBound]
        )
        while let row = try rows.next() {
            let day: Int64 = row["day"]
            guard covered.insert(day).inserted else { continue }
            let data: Data = row["data"]
            for (field, more) in SummaryBlock.decode(Array(data)) ?? [:] { parts[field, default: []] += more }
        }
    }

    /// The readings that are in blocks, oldest first.
    static func readings(_ source: Int64, _ days: ClosedRange<Int64>, _ connection: GRDB.Database) throws -> [Reading] {
        var readings: [Reading] = []
        for table in try SeriesMonth.blocks(days, summary: false, connection) {
            let blocks = try Data.fetchAll(
                connection,
                sql: "SELECT data FROM \(table) WHERE source = ? AND day BETWEEN ? AND ? ORDER BY day",
                arguments: [source, days.lowerBound, days.upperBound]
            )
            for block in blocks { readings += ReadingBlock.decode(Array(block), sensorId: "") ?? [] }
        }
        return readings
    }
}
