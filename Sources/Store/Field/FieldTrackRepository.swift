package import Domain
import GRDB

extension SeriesSchema {
    static let migration0005 = Migration(
        "0005-collectors",
        sql: """
            -- Where collectors were, by their phones; kept for 90 days.
            CREATE TABLE collector_position (
                user TEXT NOT NULL,            -- user name
                occurred_at INTEGER NOT NULL,  -- µs, the phone's time
                received_at INTEGER NOT NULL,  -- µs, our time
                lat REAL NOT NULL,             -- degrees, WGS-84
                lon REAL NOT NULL,             -- degrees, WGS-84
                accuracy_m REAL,               -- metres
                PRIMARY KEY (user, occurred_at)
            ) WITHOUT ROWID, STRICT;
            """
    )
}

/// Where collectors were, by their phones' time.
package struct FieldTrackRepository: Sendable {
    /// Whoever was where is a person's own affair after that.
    package static let kept = Duration.seconds(90 * 86_400)

    private let database: Database

    package init(_ series: SeriesDatabase) {
        database = series.database
    }

    /// Stores positions; those that were sent before are passed over.
    ///
    /// - Returns: how many were new.
    package func store(_ positions: [FieldPosition], of user: String, at now: WallTime) async throws -> Int {
        try await database.write { connection in
            var stored = 0
            let statement = try connection.cachedStatement(
                sql: """
                    INSERT INTO collector_position (user, occurred_at, received_at, lat, lon, accuracy_m)
                    VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                    """
            )
            for position in positions {
                try statement.execute(arguments: [
                    user, position.at.microseconds, now.microseconds, position.point.lat, position.point.lon,
                    position.accuracyMetres,
                ])
                stored += connection.changesCount
            }
            return stored
        }
    }

    /// Deletes what has been kept long enough, also of collectors who send nothing any more.
    ///
    /// - Returns: how many positions that were.
    @discardableResult
    package func forget(now: WallTime) async throws -> Int {
        try await database.write { connection in
            // From one user to the next: the table is in that order, and most of it stays.
            var (user, deleted) = ("", 0)
            while let next = try String.fetchOne(
                connection,
                sql: "SELECT user FROM collector_position WHERE user > ? ORDER BY user LIMIT 1",
                arguments: [user]
            ) {
                try connection.execute(
                    sql: "DELETE FROM collector_position WHERE user = ? AND occurred_at < ?",
                    arguments: [next, (now - Self.kept).microseconds]
                )
                deleted += connection.changesCount
                user = next
            }
            return deleted
        }
    }

    /// A collector's positions in `from...to`, oldest first, at most 5000.
    package func track(of user: String, from: WallTime, to: WallTime) async throws -> [FieldPosition] {
        try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: """
                    SELECT * FROM collector_position WHERE user = ? AND occurred_at BETWEEN ? AND ?
                    ORDER BY occurred_at LIMIT 5000
                    """,
                arguments: [user, from.microseconds, to.microseconds]
            ).map(Self.position)
        }
    }

    /// The newest position of each of some collectors.
    package func last(of users: [String]) async throws -> [String: FieldPosition] {
        try await database.read { connection in
            var found: [String: FieldPosition] = [:]
            for user in users {
                found[user] = try Row.fetchOne(
                    connection,
                    sql: "SELECT * FROM collector_position WHERE user = ? ORDER BY occurred_at DESC LIMIT 1",
                    arguments: [user]
                ).map(Self.position)
            }
            return found
        }
    }

    private static func position(_ row: Row) -> FieldPosition {
        FieldPosition(
            at: row.time("occurred_at"),
            point: GeoPoint(lat: row["lat"], lon: row["lon"]),
            accuracyMetres: row["accuracy_m"]
        )
    }
}
