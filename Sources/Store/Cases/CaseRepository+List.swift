package import Domain
import GRDB

/// A case as a mark on the map.
package struct CasePlace: Sendable, Equatable {
    package var id: String
    package var classCode: String
    package var state: CaseState
    package var position: GeoPoint
    package var dueAt: WallTime?
    package var openedAt: WallTime
}

/// Lists of cases, newest first.
extension CaseRepository {
    package func list(_ filter: CaseFilter, page: PageRequest) async throws -> Page<Case> {
        try await read { connection in
            let (ids, arguments) = try Self.ids(filter, after: page.after, limit: page.limit + 1, connection)
            // Ids first and bodies after: what is sorted or passed over is only as wide as an index.
            let sql = """
                SELECT body FROM caseFile JOIN (\(ids)) ON id = found ORDER BY openedAt DESC, id DESC
                """
            let cases = try String.fetchAll(connection, sql: sql, arguments: arguments).map(CaseTransaction.decode)
            return Page(rows: cases, limit: page.limit) { Cursor(time: $0.openedAt, id: $0.id) }
        }
    }

    /// The newest cases with a position as marks on the map.
    package func places(_ filter: CaseFilter, limit: Int) async throws -> [CasePlace] {
        try await read { connection in
            let (ids, arguments) = try Self.ids(filter, after: nil, limit: limit, connection)
            let sql = """
                SELECT id, class, state, lat, lon, dueAt, openedAt FROM caseFile JOIN (\(ids)) ON id = found
                WHERE lat IS NOT NULL ORDER BY openedAt DESC, id DESC
                """
            return try Row.fetchAll(connection, sql: sql, arguments: arguments).compactMap { row in
                guard let state = CaseState(rawValue: row["state"]) else { return nil }
                let dueAt: Int64? = row["dueAt"]
                return CasePlace(
                    id: row["id"],
                    classCode: row["class"],
                    state: state,
                    position: GeoPoint(lat: row["lat"], lon: row["lon"]),
                    dueAt: dueAt.map(WallTime.init(microseconds:)),
                    openedAt: WallTime(microseconds: row["openedAt"])
                )
            }
        }
    }

    /// How many cases a filter without text has.
    package func count(_ filter: CaseFilter) async throws -> Int {
        let (conditions, arguments) = filter.conditions()
        return try await read { connection in
            try Int.fetchOne(
                connection,
                sql: "SELECT count(*) FROM caseFile WHERE \(conditions.joined(separator: " AND "))",
                arguments: arguments
            ) ?? 0
        }
    }

    /// The open cases of one holder, and of another those in some cells and then all of them, each at most `limit`, those
    /// first whose limit ends first; each case once.
    package func held(
        by person: CaseHolder,
        or others: CaseHolder,
        in cells: [String],
        limit: Int
    ) async throws -> [StoredCase] {
        try await read { connection in
            func part(_ holder: CaseHolder, _ more: String = "") throws -> [StoredCase] {
                // The holder's index stands in the order of the list already.
                let sql = """
                    SELECT seq, hash, body FROM caseFile INDEXED BY caseHeldByDue
                    WHERE isOpen = 1 AND holder = :holder \(more)
                    ORDER BY coalesce(dueAt, 9223372036854775807), id LIMIT :limit
                    """
                var arguments: StatementArguments = ["holder": holder.text, "limit": limit]
                if !more.isEmpty { arguments += ["cells": CaseFilter.json(cells)] }
                return try Row.fetchAll(connection, sql: sql, arguments: arguments).map(CaseTransaction.stored)
            }
            var found = try part(person)
            if !cells.isEmpty { found += try part(others, "AND cell IN (SELECT value FROM json_each(:cells))") }
            found += try part(others)
            var known: Set<String> = []
            return found.filter { known.insert($0.value.id).inserted }
        }
    }

    /// The ids of a page as SQL with a column `found`, and its arguments.
    private static func ids(
        _ filter: CaseFilter,
        after: Cursor?,
        limit: Int,
        _ connection: GRDB.Database
    ) throws -> (sql: String, arguments: StatementArguments) {
        let units = filter.parties ?? filter.units ?? []
        // A list of each unit's own, in its order already; many units have so many cases that the newest are soon found.
        let isMerged = filter.query == nil && (1...mostMerged).contains(units.count)
        var (conditions, arguments) = filter.conditions(withUnits: !isMerged)
        // The searched text stands in the order of the list, so that it is read no further than needed.
        let place = filter.query == nil ? "caseFile" : "caseText"
        if let after {
            conditions.append("(\(place).openedAt, \(place).id) < (:time, :id)")
            arguments += ["time": after.time.microseconds, "id": after.id]
        }
        arguments += ["limit": limit]
        func select(_ table: String, _ more: String? = nil) -> String {
            """
            SELECT \(place).openedAt AS at, \(place).id AS found FROM \(table)
            WHERE \((conditions + [more].compactMap(\.self)).joined(separator: " AND "))
            ORDER BY \(place).openedAt DESC, \(place).id DESC LIMIT :limit
            """
        }
        guard isMerged else {
            if let query = filter.query { arguments += ["query": query.lowercased()] }
            let (table, condition) = try source(of: filter, many: !units.isEmpty, connection)
            return (select(table, condition), arguments)
        }
        var parts: [String] = []
        for (index, unit) in units.enumerated() {
            arguments += ["unit\(index)": unit]
            parts.append(select("caseFile", "unit = :unit\(index)"))
        }
        if let parties = filter.parties {
            arguments += ["parties": CaseFilter.json(parties)]
            parts.append(
                select(
                    "caseParty CROSS JOIN caseFile ON caseFile.id = caseParty.caseId",
                    "caseParty.unit IN (SELECT value FROM json_each(:parties))"
                )
            )
        }
        let all = parts.map { "SELECT * FROM (\($0))" }.joined(separator: " UNION ")
        return ("SELECT found FROM (\(all)) ORDER BY at DESC, found DESC LIMIT :limit", arguments)
    }

    /// So many units' lists are merged; a statement of SQLite joins at most 500.
    private static let mostMerged = 60

    /// Where a list is taken from, and the condition that goes with it: the searched text in its order, the places of a
    /// small part of the map, or the cases.
    private static func source(
        of filter: CaseFilter,
        many: Bool,
        _ connection: GRDB.Database
    ) throws -> (table: String, condition: String?) {
        if filter.query != nil {
            // CROSS JOIN keeps SQLite to this order.
            return (
                "caseText CROSS JOIN caseFile ON caseFile.id = caseText.id", "instr(caseText.searched, :query) > 0"
            )
        }
        guard let box = filter.box else { return (many ? "caseFile INDEXED BY caseByTime" : "caseFile", nil) }
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
        return (inside ?? 0 < fewInBox ? "caseFile INDEXED BY caseByPlace" : "caseFile INDEXED BY caseByTime", nil)
    }

    /// So many cases are sorted sooner than the newest are walked through.
    private static let fewInBox = 3000
}
