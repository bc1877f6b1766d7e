package import Domain
import GRDB

extension CaseRepository {
    /// Cases of a class in a box that are open, or whose last sign is not older than `since`; newest first, at most 100.
    ///
    /// - Parameters:
    ///   - south, north: degrees of latitude.
    ///   - west, east: degrees of longitude.
    package func cases(
        ofClass code: String,
        south: Double,
        north: Double,
        west: Double,
        east: Double,
        since: WallTime,
        except id: String
    ) async throws -> [Case] {
        try await read { connection in
            // Two indexes, one for each half: what is open may be old, what is closed is looked for by its time.
            try String.fetchAll(
                connection,
                sql: """
                    SELECT body FROM (
                        SELECT id, lastAt, lat, lon, body FROM caseFile WHERE class = :class AND isOpen = 1
                        UNION
                        SELECT id, lastAt, lat, lon, body FROM caseFile WHERE class = :class AND lastAt >= :since
                    ) WHERE lat BETWEEN :south AND :north AND lon BETWEEN :west AND :east AND id <> :id
                    ORDER BY lastAt DESC LIMIT 100
                    """,
                arguments: [
                    "class": code, "since": since.microseconds, "south": south, "north": north, "west": west,
                    "east": east, "id": id,
                ]
            ).map(CaseTransaction.decode)
        }
    }
}
