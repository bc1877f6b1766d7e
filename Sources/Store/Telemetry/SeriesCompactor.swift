package import Domain
import Foundation
import GRDB

/// Turns days of readings into blocks and summaries, and forgets what is too old.
///
/// A day of a sensor becomes one row of the month's table; forgetting a month is dropping its table, forgetting a day
/// deletes one row per sensor. Days are of UTC.
package struct SeriesCompactor: Sendable {
    /// For how long what is kept; nil means for ever.
    package struct Retention: Sendable, Equatable {
        package var rawDays: Int?
        package var summaryDays: Int?

        package init(rawDays: Int? = 400, summaryDays: Int? = nil) {
            self.rawDays = rawDays
            self.summaryDays = summaryDays
        }
    }

    /// A day that readings came to and that is not in its block yet.
    struct Due: Sendable {
        var source: Int64
        var day: Int64
    }

    static let dayMicroseconds: Int64 = 86_400_000_000
    /// The spans of summaries in seconds: a minute, a quarter of an hour, a day.
    static let spans: [Int64] = [60, 900, 86_400]

    private let database: Database
    private let known: SeriesKnown

    package init(_ series: SeriesDatabase) {
        database = series.database
        known = series.known
    }

    /// Compacts up to `limit` days of sensors that ended before `now` − `settling`.
    ///
    /// - Returns: how many were compacted; fewer than `limit` means that nothing is left.
    package func compact(now: WallTime, settling: Duration = .seconds(7200), limit: Int = 200) async throws -> Int {
        let before = (now - settling).microseconds / Self.dayMicroseconds
        return try await database.write { [known] connection in
            known.forgetDays(after: connection)
            let due = try Row.fetchAll(
                connection,
                sql: "SELECT source, day FROM touched_day WHERE day < ? ORDER BY day, source LIMIT ?",
                arguments: [before, limit]
            ).map { Due(source: $0["source"], day: $0["day"]) }
            for item in due { try Self.compact(item, connection) }
            return due.count
        }
    }

    /// Bytes on the disk of all blocks and summaries.
    package func packedBytes() async throws -> Int {
        try await database.read { connection in
            var sum = 0
            for month in try SeriesMonth.all(connection) {
                for table in [month.names.block, month.names.summary] {
                    sum +=
                        try Int.fetchOne(
                            connection,
                            sql: "SELECT sum(pgsize) FROM dbstat WHERE name = ?",
                            arguments: [table]
                        ) ?? 0
                }
            }
            return sum
        }
    }

    private static func compact(_ due: Due, _ connection: GRDB.Database) throws {
        let from = due.day * dayMicroseconds
        let raw = try Row.fetchAll(
            connection,
            sql: "SELECT * FROM reading WHERE source = ? AND occurred_at >= ? AND occurred_at < ?",
            arguments: [due.source, from, from + dayMicroseconds]
        ).map { ReadingRepository.reading($0, sensorId: "") }
        if !raw.isEmpty {
            let table = try SeriesMonth(day: due.day).tables(connection)
            let earlier = try Data.fetchOne(
                connection,
                sql: "SELECT data FROM \(table.block) WHERE source = ? AND day = ?",
                arguments: [due.source, due.day]
            )
            let kept = earlier.flatMap { ReadingBlock.decode(Array($0), sensorId: "") } ?? []
            let readings = Self.merged(kept, raw)
            try connection.execute(
                sql: "INSERT OR REPLACE INTO \(table.block) (source, day, data) VALUES (?, ?, ?)",
                arguments: [due.source, due.day, Data(ReadingBlock.encode(readings))]
            )
            try summarise(readings, due, table, connection)
            // The newest reading stays: what a sensor said last is asked for at every start.
            try connection.execute(
                sql: """
                    DELETE FROM reading WHERE source = ?1 AND occurred_at >= ?2 AND occurred_at < ?3
                        AND occurred_at < (SELECT max(occurred_at) FROM reading WHERE source = ?1)
                    """,
                arguments: [due.source, from, from + dayMicroseconds]
            )
        }
        try connection.execute(
            sql: "DELETE FROM touched_day WHERE source = ? AND day = ?",
            arguments: [due.source, due.day]
        )
    }

    private static func summarise(
        _ readings: [Reading],
        _ due: Due,
        _ table: SeriesMonth.Tables,
        _ connection: GRDB.Database
    ) throws {
        for span in spans {
            let summaries = SeriesSummary.summaries(of: readings, span: .seconds(span))
            let parts = summaries.values.map(\.count).max() ?? 0
            // A minute's summary of a sensor that reports every ten would be the readings once more.
            guard span == spans.last || parts * 4 <= readings.count else { continue }
            try connection.execute(
                sql: "INSERT OR REPLACE INTO \(table.summary) (source, day, span, data) VALUES (?, ?, ?, ?)",
                arguments: [due.source, due.day, span, Data(SummaryBlock.encode(summaries))]
            )
        }
    }

    /// Both lists in the order of their times, what stands in both once.
    static func merged(_ left: [Reading], _ right: [Reading]) -> [Reading] {
        var seen: Set<ReadingKey> = []
        let all = (left + right).filter { seen.insert(ReadingKey($0)).inserted }
        return all.enumerated().sorted { ($0.element.occurredAt, $0.offset) < ($1.element.occurredAt, $1.offset) }
            .map(\.element)
    }

    /// Forgets what is older than it has to be kept: whole months by their tables.
    package func forget(_ retention: Retention, now: WallTime) async throws {
        let today = now.microseconds / Self.dayMicroseconds
        try await database.write { connection in
            for month in try SeriesMonth.all(connection) {
                let tables = month.names
                if let days = retention.rawDays, month.lastDay < today - Int64(days) {
                    try connection.execute(sql: "DROP TABLE IF EXISTS \(tables.block)")
                }
                if let days = retention.summaryDays, month.lastDay < today - Int64(days) {
                    try connection.execute(sql: "DROP TABLE IF EXISTS \(tables.summary)")
                }
            }
        }
    }
}

/// What makes two readings of a sensor the same one.
struct ReadingKey: Hashable {
    private let at: WallTime
    private let values: [String: Double]

    init(_ reading: Reading) {
        at = reading.occurredAt
        values = reading.values
    }
}
