package import Domain
import Foundation
import GRDB

/// A case with where its log stands.
package struct StoredCase: Sendable, Equatable {
    package var value: Case
    /// The number of entries in its log.
    package var seq: Int
    /// The hash of the log's last entry.
    package var hash: String

    package init(value: Case, seq: Int, hash: String) {
        self.value = value
        self.seq = seq
        self.hash = hash
    }
}

/// One line of a log as it is stored: the bytes that were hashed, and the hash.
package struct StoredCaseEntry: Sendable, Equatable {
    package var seq: Int
    /// Canonical JSON of a `CaseEntry`.
    package var entry: String
    /// SHA-256 in hex.
    package var hash: String

    package init(seq: Int, entry: String, hash: String) {
        self.seq = seq
        self.entry = entry
        self.hash = hash
    }
}

/// The tables `caseFile`, `caseLog`, `caseAlarm` and `caseSerial`.
package struct CaseRepository: Sendable {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    func read<T: Sendable>(_ body: @escaping @Sendable (GRDB.Database) throws -> T) async throws -> T {
        try await database.read(body)
    }

    /// Runs `body` in one transaction: everything it writes, or nothing.
    package func transaction<T: Sendable>(
        _ body: @escaping @Sendable (CaseTransaction) throws -> T
    ) async throws -> T {
        try await database.write { try body(CaseTransaction(connection: $0)) }
    }

    /// The case that a reporter's `clientId` has opened.
    package func find(clientId: String, of reporter: String) async throws -> Case? {
        try await database.read { try CaseTransaction(connection: $0).find(clientId: clientId, of: reporter)?.value }
    }

    package func find(_ id: String) async throws -> Case? {
        try await database.read { try CaseTransaction(connection: $0).find(id)?.value }
    }

    /// The case with where its log stands, and the log, from one snapshot.
    package func log(_ id: String) async throws -> (stored: StoredCase, entries: [StoredCaseEntry])? {
        try await database.read { connection in
            guard let stored = try CaseTransaction(connection: connection).find(id) else { return nil }
            let rows = try Row.fetchAll(
                connection,
                sql: "SELECT * FROM caseLog WHERE caseId = ? ORDER BY seq",
                arguments: [id]
            )
            return (stored, rows.map { StoredCaseEntry(seq: $0["seq"], entry: $0["entry"], hash: $0["hash"]) })
        }
    }

    /// Cases with their logs, in the order of their ids, from the one after `id` on.
    package func logs(
        after id: String,
        limit: Int
    ) async throws -> [(stored: StoredCase, entries: [StoredCaseEntry])] {
        try await database.read { connection in
            let cases = try Row.fetchAll(
                connection,
                sql: "SELECT seq, hash, body FROM caseFile WHERE id > ? ORDER BY id LIMIT ?",
                arguments: [id, limit]
            ).map(CaseTransaction.stored)
            guard let last = cases.last else { return [] }
            let lines = try Row.fetchCursor(
                connection,
                sql:
                    "SELECT caseId, seq, entry, hash FROM caseLog WHERE caseId > ? AND caseId <= ? ORDER BY caseId, seq",
                arguments: [id, last.value.id]
            )
            var entries: [String: [StoredCaseEntry]] = [:]
            while let line = try lines.next() {
                entries[line["caseId"], default: []].append(
                    StoredCaseEntry(seq: line["seq"], entry: line["entry"], hash: line["hash"])
                )
            }
            return cases.map { ($0, entries[$0.value.id] ?? []) }
        }
    }

    /// How many are open.
    package func openCount() async throws -> Int {
        try await database.read { connection in
            try Int.fetchOne(connection, sql: "SELECT count(*) FROM caseFile WHERE isOpen = 1") ?? 0
        }
    }
}

/// What may be done inside one transaction of `CaseRepository`; valid only during it.
package struct CaseTransaction {
    let connection: GRDB.Database

    package func find(_ id: String) throws -> StoredCase? {
        try one("SELECT seq, hash, body FROM caseFile WHERE id = ?", [id])
    }

    /// The case that a reporter's `clientId` has opened.
    package func find(clientId: String, of reporter: String) throws -> StoredCase? {
        try one(
            """
            SELECT seq, hash, body FROM caseFile
            WHERE id = (SELECT caseId FROM caseReport WHERE reporter = ? AND clientId = ?)
            """,
            [reporter, clientId]
        )
    }

    /// Whether a person has taken a step of a case with this `clientId` before.
    package func hasTaken(_ action: String, of caseId: String, by name: String, clientId: String) throws -> Bool {
        // The log of one case is short.
        try Bool.fetchOne(
            try connection.cachedStatement(
                sql: """
                    SELECT EXISTS (
                        SELECT 1 FROM caseLog WHERE caseId = ? AND seq > 1 AND json_extract(entry, '$.data.clientId') = ?
                        AND json_extract(entry, '$.by') = ? AND json_extract(entry, '$.action') = ?
                    )
                    """
            ),
            arguments: [caseId, clientId, name, action]
        ) ?? false
    }

    /// What a case's log has behind an entry, oldest first.
    package func log(of caseId: String, after seq: Int) throws -> [StoredCaseEntry] {
        try Row.fetchAll(
            try connection.cachedStatement(
                sql: "SELECT seq, entry, hash FROM caseLog WHERE caseId = ? AND seq > ? ORDER BY seq"
            ),
            arguments: [caseId, seq]
        ).map { StoredCaseEntry(seq: $0["seq"], entry: $0["entry"], hash: $0["hash"]) }
    }

    /// Keeps which case a reporter's `clientId` has opened.
    package func remember(clientId: String, of reporter: String, caseId: String) throws {
        try connection.execute(
            sql: "INSERT INTO caseReport (reporter, clientId, caseId) VALUES (?, ?, ?)",
            arguments: [reporter, clientId, caseId]
        )
    }

    /// The case that an alarm opened or joined.
    package func find(alarmId: String) throws -> StoredCase? {
        try one(
            """
            SELECT seq, hash, body FROM caseFile
            WHERE id = (SELECT caseId FROM caseAlarm WHERE alarmId = ?)
            """,
            [alarmId]
        )
    }

    /// Open cases of a class whose last alarm was between two times, newest first, at most 200.
    package func openCases(ofClass code: String, lastAtFrom from: WallTime, to: WallTime) throws -> [StoredCase] {
        try Row.fetchAll(
            connection,
            sql: """
                SELECT seq, hash, body FROM caseFile
                WHERE isOpen = 1 AND class = ? AND lastAt BETWEEN ? AND ? ORDER BY lastAt DESC LIMIT 200
                """,
            arguments: [code, from.microseconds, to.microseconds]
        ).map(Self.stored)
    }

    /// The next serial of case numbers of a local day, from 1 on.
    package func nextSerial(day: String) throws -> Int {
        try Int.fetchOne(
            connection,
            sql: """
                INSERT INTO caseSerial (day, last) VALUES (?, 1)
                ON CONFLICT (day) DO UPDATE SET last = last + 1 RETURNING last
                """,
            arguments: [day]
        ) ?? 1
    }

    /// Appends an entry to a log and writes the case as it is after it.
    package func append(_ entry: StoredCaseEntry, alarmId: String?, making value: Case) throws {
        try append([entry], making: value)
        if let alarmId {
            try connection.execute(
                sql: "INSERT INTO caseAlarm (alarmId, caseId) VALUES (?, ?)",
                arguments: [alarmId, value.id]
            )
        }
    }

    /// Appends entries to a log and writes the case as it is after all of them.
    package func append(_ entries: [StoredCaseEntry], making value: Case) throws {
        guard let last = entries.last else { return }
        let line = try connection.cachedStatement(
            sql: "INSERT INTO caseLog (caseId, seq, entry, hash) VALUES (?, ?, ?, ?)"
        )
        for entry in entries { try line.execute(arguments: [value.id, entry.seq, entry.entry, entry.hash]) }
        try write(StoredCase(value: value, seq: last.seq, hash: last.hash))
    }

    /// Writes a case's row and what is looked up by it.
    func write(_ stored: StoredCase) throws {
        let value = stored.value
        try connection.cachedStatement(
            sql: """
                INSERT INTO caseFile
                    (id, number, state, isOpen, class, unit, cell, lat, lon, openedAt, dueAt, lastAt, channel, holder,
                     ending, reviewAt, searched, seq, hash, body)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET
                    state = excluded.state, isOpen = excluded.isOpen, class = excluded.class, unit = excluded.unit,
                    cell = excluded.cell, lat = excluded.lat, lon = excluded.lon, dueAt = excluded.dueAt,
                    lastAt = excluded.lastAt, channel = excluded.channel, holder = excluded.holder,
                    ending = excluded.ending, reviewAt = excluded.reviewAt, seq = excluded.seq, hash = excluded.hash, body = excluded.body
                """
        ).execute(arguments: [
            value.id, value.number, value.state.rawValue, value.state.isOpen ? 1 : 0,
            value.classCode, value.unit, value.cell, value.position?.lat, value.position?.lon,
            value.openedAt.microseconds, value.dueStill?.microseconds, value.lastAt.microseconds, value.channel,
            value.holder.text, value.ending.rawValue, value.reviewAt?.microseconds, stored.seq, stored.hash,
            try Self.encode(value),
        ])
        try writeText(of: value)
        try writeParties(of: value)
    }

    private func writeText(of value: Case) throws {
        let text = [value.number, value.address, value.description]
            .compactMap { $0?.lowercased() }.joined(separator: "\n")
        try connection.cachedStatement(
            sql: """
                INSERT INTO caseText (openedAt, id, searched) VALUES (?, ?, ?)
                ON CONFLICT (openedAt, id) DO UPDATE SET searched = excluded.searched
                    WHERE searched <> excluded.searched
                """
        ).execute(arguments: [value.openedAt.microseconds, value.id, text])
    }

    /// The units beside the one that leads it.
    private func writeParties(of value: Case) throws {
        let units = Set(value.subject(at: value.openedAt).units).subtracting([value.unit].compactMap(\.self))
        let known = try Set(
            String.fetchAll(
                try connection.cachedStatement(sql: "SELECT unit FROM caseParty WHERE caseId = ?"),
                arguments: [value.id]
            )
        )
        for unit in units.subtracting(known) {
            try connection.execute(
                sql: "INSERT INTO caseParty (unit, caseId, openedAt) VALUES (?, ?, ?)",
                arguments: [unit, value.id, value.openedAt.microseconds]
            )
        }
        for unit in known.subtracting(units) {
            try connection.execute(
                sql: "DELETE FROM caseParty WHERE caseId = ? AND unit = ?",
                arguments: [value.id, unit]
            )
        }
    }

    private func one(_ sql: String, _ arguments: StatementArguments) throws -> StoredCase? {
        try Row.fetchOne(try connection.cachedStatement(sql: sql), arguments: arguments).map(Self.stored)
    }

    static func stored(_ row: Row) throws -> StoredCase {
        StoredCase(value: try decode(row["body"]), seq: row["seq"], hash: row["hash"])
    }

    static func decode(_ body: String) throws -> Case {
        do {
            return try JSONDecoder().decode(Case.self, from: Data(body.utf8))
        } catch {
            throw StoreError(code: .corrupt, message: "a case's row can't be read: \(error)", cause: error)
        }
    }

    private static func encode(_ value: Case) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
