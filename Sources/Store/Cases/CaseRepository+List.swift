package import Domain
import GRDB

/// Lists of cases, newest first.
extension CaseRepository {
    package func list(_ filter: CaseFilter, page: PageRequest) async throws -> Page<Case> {
        var (conditions, arguments) = filter.conditions()
        // The searched text stands in the order of the list, so that it is read no further than needed.
        let place = filter.query == nil ? "caseFile" : "caseText"
        if let after = page.after {
            conditions.append("(\(place).openedAt, \(place).id) < (:time, :id)")
            arguments += ["time": after.time.microseconds, "id": after.id]
        }
        arguments += ["limit": page.limit + 1]
        return try await read { [conditions, arguments] connection in
            var arguments = arguments
            // Ids first and bodies after: what is sorted or passed over is only as wide as an index.
            let source = try Self.source(of: filter, &arguments, connection)
            let sql = """
                SELECT body FROM caseFile JOIN (
                    SELECT caseFile.id AS found FROM \(source.table)
                    WHERE \((conditions + source.conditions).joined(separator: " AND "))
                    ORDER BY \(place).openedAt DESC, \(place).id DESC LIMIT :limit
                ) ON id = found ORDER BY openedAt DESC, id DESC
                """
            let cases = try String.fetchAll(connection, sql: sql, arguments: arguments).map(CaseTransaction.decode)
            return Page(rows: cases, limit: page.limit) { Cursor(time: $0.openedAt, id: $0.id) }
        }
    }

    /// Where a list is taken from: the searched text in its order, the places of a small part of the map, or the cases.
    private static func source(
        of filter: CaseFilter,
        _ arguments: inout StatementArguments,
        _ connection: GRDB.Database
    ) throws -> (table: String, conditions: [String]) {
        if let query = filter.query {
            arguments += ["query": query.lowercased()]
            // CROSS JOIN keeps SQLite to this order.
            return (
                "caseText CROSS JOIN caseFile ON caseFile.id = caseText.id",
                ["instr(caseText.searched, :query) > 0"]
            )
        }
        guard let box = filter.box else { return ("caseFile", []) }
        let inside = try Int.fetchOne(
            connection,
            sql: """
                SELECT count(*) FROM (
                    SELECT 1 FROM caseFile INDEXED BY caseByPlace
                    WHERE lat BETWEEN ? AND ? AND lon BETWEEN ? AND ? LIMIT \(fewInBox)
                )
                """,
            arguments: [box.lat.lowerBound, box.lat.upperBound, box.lon.lowerBound, box.lon.upperBound]
        )
        // Where many lie, enough of them are among the newest.
        return (inside ?? 0 < fewInBox ? "caseFile INDEXED BY caseByPlace" : "caseFile INDEXED BY caseByTime", [])
    }

    /// So many cases are sorted sooner than the newest are walked through.
    private static let fewInBox = 3000
}
