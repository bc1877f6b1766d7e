package import Domain
import GRDB

extension CaseRepository {
    /// Cases of a class in a box that are open, or whose last sign lies between two times; newest first, at most 100.
    /// Those that were refused, merged or void stand for nothing and are left out.
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
        until: WallTime,
        except id: String
    ) async throws -> [Case] {
        try await read { connection in
            try String.fetchAll(
                connection,
                sql: Self.duplicatesSQL,
                arguments: [
                    "class": code, "since": since.microseconds, "until": until.microseconds, "south": south,
                    "north": north, "west": west, "east": east, "id": id,
                ]
            ).map(CaseTransaction.decode)
        }
    }

    /// The ids first, out of one index with all that is asked for; bodies of the few that are left.
    static let duplicatesSQL = """
        SELECT body FROM (
            SELECT id AS found, lastAt AS at FROM caseFile INDEXED BY caseByClassAndPlace
            WHERE class = :class AND lat BETWEEN :south AND :north AND lon BETWEEN :west AND :east
                AND (isOpen = 1 OR lastAt BETWEEN :since AND :until)
                AND ending NOT IN ('invalid', 'merged', 'void') AND id <> :id
            ORDER BY at DESC, found DESC LIMIT 100
        ) CROSS JOIN caseFile ON caseFile.id = found ORDER BY at DESC, found DESC
        """
}
