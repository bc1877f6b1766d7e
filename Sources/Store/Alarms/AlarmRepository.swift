package import Domain
import Foundation
import GRDB

/// An alarm with what the alarms' own bookkeeping needs.
package struct StoredAlarm: Sendable, Equatable {
    /// What is still to be done for an alarm, kept so that a restart goes on with it.
    package enum Duty: String, Sendable, Hashable {
        case none
        /// A case is to be opened.
        case openCase = "case"
        /// The case exists, its clip is to be held and attached.
        case clip
    }

    package var alarm: Alarm
    package var duty: Duty
    /// How often it was opened: more than 1 when it cleared and came back in the same row.
    package var opens: Int

    package init(alarm: Alarm, duty: Duty = .none, opens: Int = 1) {
        self.alarm = alarm
        self.duty = duty
        self.opens = opens
    }
}

/// What "the same condition" means: source, kind and part.
package struct AlarmKey: Sendable, Hashable {
    package var source: String
    package var kind: String
    package var part: String?

    package init(source: String, kind: String, part: String?) {
        self.source = source
        self.kind = kind
        self.part = part
    }
}

/// Which alarms of the list are asked for; nil means any.
package struct AlarmFilter: Sendable, Equatable {
    package var state: Alarm.State?
    /// True: only those that somebody still has to judge (policy `ask` without verdict).
    package var unjudged: Bool
    package var source: String?
    package var kind: String?

    package init(state: Alarm.State? = nil, unjudged: Bool = false, source: String? = nil, kind: String? = nil) {
        self.state = state
        self.unjudged = unjudged
        self.source = source
        self.kind = kind
    }
}

/// The table `alarm`.
package struct AlarmRepository: Sendable {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    /// Runs `body` in one transaction: everything it writes, or nothing.
    package func transaction<T: Sendable>(
        _ body: @escaping @Sendable (AlarmTransaction) throws -> T
    ) async throws -> T {
        try await database.write { try body(AlarmTransaction(connection: $0)) }
    }

    package func find(_ id: String) async throws -> StoredAlarm? {
        try await database.read { try AlarmTransaction(connection: $0).find(id) }
    }

    /// Newest first.
    package func list(_ filter: AlarmFilter, page: PageRequest) async throws -> Page<Alarm> {
        try await database.read { connection in
            let rows = try Row.fetchAll(
                connection,
                sql: """
                    SELECT * FROM alarm
                    WHERE (:state IS NULL OR state = :state)
                      AND (:unjudged = 0 OR (judged = 0 AND policy = 'ask'))
                      AND (:source IS NULL OR source = :source)
                      AND (:kind IS NULL OR kind = :kind)
                      AND (:time IS NULL OR (openedAt, id) < (:time, :id))
                    ORDER BY openedAt DESC, id DESC LIMIT :limit
                    """,
                arguments: [
                    "state": filter.state?.rawValue, "unjudged": filter.unjudged ? 1 : 0, "source": filter.source,
                    "kind": filter.kind, "time": page.after?.time.microseconds, "id": page.after?.id,
                    "limit": page.limit + 1,
                ]
            )
            let alarms = try rows.map { try AlarmTransaction.stored($0).alarm }
            return Page(rows: alarms, limit: page.limit) { Cursor(time: $0.openedAt, id: $0.id) }
        }
    }

    /// How many alarms of a filter there are.
    package func count(_ filter: AlarmFilter) async throws -> Int {
        try await database.read { connection in
            try Int.fetchOne(
                connection,
                sql: """
                    SELECT count(*) FROM alarm
                    WHERE (:state IS NULL OR state = :state)
                      AND (:unjudged = 0 OR (judged = 0 AND policy = 'ask'))
                      AND (:source IS NULL OR source = :source)
                      AND (:kind IS NULL OR kind = :kind)
                    """,
                arguments: [
                    "state": filter.state?.rawValue, "unjudged": filter.unjudged ? 1 : 0, "source": filter.source,
                    "kind": filter.kind,
                ]
            ) ?? 0
        }
    }

    /// The open alarms that were opened since `time`, stand for themselves and that no person has attended to, oldest
    /// first: those that somebody has to judge, and critical ones whatever their policy, until a person has judged them
    /// or has taken a step of their case.
    package func unattended(since time: WallTime) async throws -> [Alarm] {
        try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: """
                    SELECT alarm.* FROM alarm INDEXED BY alarmOpenByTime
                    LEFT JOIN caseFile ON caseFile.id = alarm.caseId
                    WHERE alarm.isOpen = 1 AND alarm.openedAt >= ? AND json_extract(alarm.body, '$.parent') IS NULL
                      AND coalesce(json_extract(caseFile.body, '$.course.last.action') IN ('open', 'report'), 1)
                      AND (
                        (judged = 0 AND policy = 'ask')
                        OR (json_extract(alarm.body, '$.severity') = 'critical'
                            AND (judged = 0
                                OR (policy = 'open' AND json_extract(alarm.body, '$.decidedBy') = 'policy')))
                      )
                    ORDER BY alarm.openedAt, alarm.id
                    """,
                arguments: [time.microseconds]
            ).map { try AlarmTransaction.stored($0).alarm }
        }
    }

    /// The alarms of one source that touch `from..<to`, oldest first, at most `limit`.
    package func overlapping(source: String, from: WallTime, to: WallTime, limit: Int = 1000) async throws -> [Alarm] {
        try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: """
                    SELECT * FROM alarm
                    WHERE source = ? AND openedAt < ? AND (clearedAt IS NULL OR clearedAt >= ?)
                    ORDER BY openedAt, id LIMIT ?
                    """,
                arguments: [source, to.microseconds, from.microseconds, limit]
            ).map { try AlarmTransaction.stored($0).alarm }
        }
    }

    /// The open alarms of one source, oldest first.
    package func open(source: String) async throws -> [StoredAlarm] {
        try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: "SELECT * FROM alarm WHERE source = ? AND isOpen = 1 ORDER BY openedAt, id",
                arguments: [source]
            ).map(AlarmTransaction.stored)
        }
    }

    /// The ids of the open alarms by source.
    package func openIds() async throws -> [String: [String]] {
        try await database.read { connection in
            let rows = try Row.fetchAll(
                connection,
                sql: "SELECT id, source FROM alarm WHERE isOpen = 1 ORDER BY openedAt, id"
            )
            return Dictionary(grouping: rows) { $0["source"] as String }.mapValues { $0.map { $0["id"] as String } }
        }
    }

    /// How many are open.
    package func openCount() async throws -> Int {
        try await database.read { connection in
            try Int.fetchOne(connection, sql: "SELECT count(*) FROM alarm WHERE isOpen = 1") ?? 0
        }
    }

    /// Those for which something is still to be done, oldest first, at most 1000.
    package func withDuty() async throws -> [StoredAlarm] {
        try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: "SELECT * FROM alarm WHERE duty <> 'none' ORDER BY openedAt, id LIMIT 1000"
            ).map(AlarmTransaction.stored)
        }
    }
}

/// What may be done inside one transaction of `AlarmRepository`; valid only during it.
package struct AlarmTransaction {
    let connection: GRDB.Database

    package func find(_ id: String) throws -> StoredAlarm? {
        try Row.fetchOne(connection, sql: "SELECT * FROM alarm WHERE id = ?", arguments: [id]).map(Self.stored)
    }

    /// The open alarm of a key.
    package func open(_ key: AlarmKey) throws -> StoredAlarm? {
        try Row.fetchOne(
            connection,
            sql: "SELECT * FROM alarm WHERE source = ? AND kind = ? AND part = ? AND isOpen = 1",
            arguments: [key.source, key.kind, key.part ?? ""]
        ).map(Self.stored)
    }

    /// The key's latest alarm, open or not.
    package func latest(_ key: AlarmKey) throws -> StoredAlarm? {
        try Row.fetchOne(
            connection,
            sql: """
                SELECT * FROM alarm WHERE source = ? AND kind = ? AND part = ?
                ORDER BY openedAt DESC, id DESC LIMIT 1
                """,
            arguments: [key.source, key.kind, key.part ?? ""]
        ).map(Self.stored)
    }

    /// How many alarms of a key were opened at or after `time`.
    package func count(_ key: AlarmKey, since time: WallTime) throws -> Int {
        try Int.fetchOne(
            connection,
            sql: "SELECT count(*) FROM alarm WHERE source = ? AND kind = ? AND part = ? AND openedAt >= ?",
            arguments: [key.source, key.kind, key.part ?? "", time.microseconds]
        ) ?? 0
    }

    /// Writes an alarm, new or changed.
    ///
    /// - Throws: when the key has another open alarm.
    package func save(_ stored: StoredAlarm) throws {
        let alarm = stored.alarm
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let body = String(decoding: try encoder.encode(alarm), as: UTF8.self)
        try connection.execute(
            sql: """
                INSERT INTO alarm (id, source, kind, part, isOpen, state, judged, policy, openedAt, lastAt, clearedAt,
                                   caseId, duty, opens, body)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET
                    isOpen = excluded.isOpen, state = excluded.state, judged = excluded.judged,
                    policy = excluded.policy, lastAt = excluded.lastAt, clearedAt = excluded.clearedAt,
                    caseId = excluded.caseId, duty = excluded.duty, opens = excluded.opens, body = excluded.body
                """,
            arguments: [
                alarm.id, alarm.source, alarm.kind, alarm.part ?? "", alarm.state == .cleared ? 0 : 1,
                alarm.state.rawValue, alarm.verdict == nil ? 0 : 1, alarm.policy.rawValue,
                alarm.openedAt.microseconds, alarm.lastAt.microseconds, alarm.clearedAt?.microseconds, alarm.caseId,
                stored.duty.rawValue, stored.opens, body,
            ]
        )
    }

    static func stored(_ row: Row) throws -> StoredAlarm {
        do {
            return StoredAlarm(
                alarm: try JSONDecoder().decode(Alarm.self, from: Data((row["body"] as String).utf8)),
                duty: StoredAlarm.Duty(rawValue: row["duty"]) ?? .none,
                opens: row["opens"]
            )
        } catch {
            throw StoreError(code: .corrupt, message: "an alarm's row can't be read: \(error)", cause: error)
        }
    }
}
