package import Domain
import Foundation
import GRDB

/// Which parts are asked for; nil means any.
package struct PartFilter: Sendable, Equatable {
    package var classCode: String?
    package var cell: String?
    package var state: Part.State?
    /// The beginning of the code, or text in name, owner or maintainer.
    package var query: String?

    package init(classCode: String? = nil, cell: String? = nil, state: Part.State? = nil, query: String? = nil) {
        self.classCode = classCode
        self.cell = cell
        self.state = state
        self.query = query
    }
}

/// The tables `part`, `partChange` and `partBinding`.
package struct PartRepository: Sendable {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    package func find(_ code: String) async throws -> Part? {
        try await database.read { connection in
            try Row.fetchOne(connection, sql: "SELECT * FROM part WHERE code = ?", arguments: [code]).map(Self.part)
        }
    }

    /// By code, after one.
    package func list(_ filter: PartFilter, after code: String?, limit: Int) async throws -> [Part] {
        var conditions = ["1"]
        var arguments: StatementArguments = [:]
        func require(_ condition: String, _ name: String, _ value: String?) {
            guard let value else { return }
            conditions.append(condition)
            arguments += [name: value]
        }
        require("class = :class", "class", filter.classCode)
        require("cell = :cell", "cell", filter.cell)
        require("state = :state", "state", filter.state?.rawValue)
        require("code > :after", "after", code)
        if let query = filter.query, !query.isEmpty {
            if query.utf8.allSatisfy({ (48...57).contains($0) }) {
                conditions.append("code >= :from AND code < :to")
                arguments += ["from": query, "to": query + ":"]
            } else {
                conditions.append(
                    "(instr(lower(coalesce(name, '')), :query) OR instr(lower(coalesce(owner, '')), :query)"
                        + " OR instr(lower(coalesce(maintainer, '')), :query))"
                )
                arguments += ["query": query.lowercased()]
            }
        }
        arguments += ["limit": limit]
        let sql = "SELECT * FROM part WHERE \(conditions.joined(separator: " AND ")) ORDER BY code LIMIT :limit"
        return try await database.read { [arguments] connection in
            try Row.fetchAll(connection, sql: sql, arguments: arguments).map(Self.part)
        }
    }

    /// How many there are, by class.
    package func counts() async throws -> [String: Int] {
        try await database.read { connection in
            let rows = try Row.fetchAll(connection, sql: "SELECT class, count(*) AS n FROM part GROUP BY class")
            return Dictionary(rows.map { ($0["class"] as String, $0["n"] as Int) }) { first, _ in first }
        }
    }

    /// Every part's code, class and position, for an index in memory; those that are removed left out.
    package func positions() async throws -> [(code: String, classCode: String, point: GeoPoint)] {
        try await database.read { connection in
            let rows = try Row.fetchCursor(
                connection,
                sql: "SELECT code, class, lat, lon FROM part WHERE state != 'removed'"
            )
            var found: [(code: String, classCode: String, point: GeoPoint)] = []
            while let row = try rows.next() {
                found.append((row["code"], row["class"], GeoPoint(lat: row["lat"], lon: row["lon"])))
            }
            return found
        }
    }

    /// What a part was, the newest first.
    package func history(_ code: String) async throws -> [PartChange] {
        try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: "SELECT * FROM partChange WHERE code = ? ORDER BY seq DESC",
                arguments: [code]
            )
            .map { row in
                PartChange(
                    part: try Self.decode(row["body"]),
                    seq: row["seq"],
                    recordedAt: row.time("recordedAt"),
                    by: row["who"]
                )
            }
        }
    }

    /// What a part was on a local day: its last change that held by then.
    package func part(_ code: String, on day: String) async throws -> Part? {
        try await database.read { connection in
            try String.fetchOne(
                connection,
                sql: """
                    SELECT body FROM partChange WHERE code = ? AND coalesce(since, '') <= ?
                    ORDER BY coalesce(since, '') DESC, seq DESC LIMIT 1
                    """,
                arguments: [code, day]
            ).map(Self.decode)
        }
    }

    /// Puts parts in the place of what they were, in one transaction; those that are the same stay untouched.
    ///
    /// - Parameter isTrial: counts, and keeps nothing.
    package func put(
        _ parts: [Part],
        by who: String,
        at time: WallTime,
        isTrial: Bool
    ) async throws -> (added: Int, changed: Int, same: Int) {
        try await database.write { connection in
            var counts = (added: 0, changed: 0, same: 0)
            let known = try connection.cachedStatement(sql: "SELECT * FROM part WHERE code = ?")
            let write = try connection.cachedStatement(
                sql: """
                    INSERT OR REPLACE INTO part
                        (code, class, name, owner, maintainer, state, lat, lon, cell, since, note, seq)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """
            )
            let log = try connection.cachedStatement(
                sql: "INSERT INTO partChange (code, seq, since, recordedAt, who, body) VALUES (?, ?, ?, ?, ?, ?)"
            )
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            for part in parts {
                var seq = 1
                if let row = try Row.fetchOne(known, arguments: [part.code]) {
                    if Self.part(row) == part {
                        counts.same += 1
                        continue
                    }
                    seq = (row["seq"] as Int) + 1
                    counts.changed += 1
                } else {
                    counts.added += 1
                }
                if isTrial { continue }
                try write.execute(arguments: [
                    part.code, part.classCode, part.name, part.owner, part.maintainer, part.state.rawValue,
                    part.position.lat, part.position.lon, part.cell, part.since, part.note, seq,
                ])
                let body = String(decoding: try encoder.encode(part), as: UTF8.self)
                try log.execute(arguments: [part.code, seq, part.since, time.microseconds, who, body])
            }
            return counts
        }
    }

    /// Which part each camera or sensor is bound to.
    package func bindings(ofPart code: String? = nil) async throws -> [String: String] {
        try await database.read { connection in
            let rows = try Row.fetchAll(
                connection,
                sql: "SELECT device, code FROM partBinding WHERE ?1 IS NULL OR code = ?1",
                arguments: [code]
            )
            return Dictionary(rows.map { ($0["device"] as String, $0["code"] as String) }) { first, _ in first }
        }
    }

    /// Binds a camera or sensor to a part, or (nil) to none.
    package func bind(device: String, to code: String?, by who: String, at time: WallTime) async throws {
        try await database.write { connection in
            guard let code else {
                try connection.execute(sql: "DELETE FROM partBinding WHERE device = ?", arguments: [device])
                return
            }
            try connection.execute(
                sql: "INSERT OR REPLACE INTO partBinding (device, code, who, since) VALUES (?, ?, ?, ?)",
                arguments: [device, code, who, time.microseconds]
            )
        }
    }

    private static func part(_ row: Row) -> Part {
        Part(
            code: row["code"],
            classCode: row["class"],
            name: row["name"],
            owner: row["owner"],
            maintainer: row["maintainer"],
            state: Part.State(rawValue: row["state"]) ?? .intact,
            position: GeoPoint(lat: row["lat"], lon: row["lon"]),
            cell: row["cell"],
            since: row["since"],
            note: row["note"]
        )
    }

    private static func decode(_ body: String) throws -> Part {
        do {
            return try JSONDecoder().decode(Part.self, from: Data(body.utf8))
        } catch {
            throw StoreError(code: .corrupt, message: "a part's row can't be read: \(error)", cause: error)
        }
    }
}
