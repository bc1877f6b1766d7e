package import Domain
import GRDB

/// The tables `dutyShift`, `dutyCall`, `handOver` and `collectorArea`.
package struct DutyRepository: Sendable {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    // MARK: - Roster

    /// All of them or none.
    package func insert(_ shifts: [DutyShift]) async throws {
        try await database.write { connection in
            for shift in shifts { try Self.insert(shift, connection) }
        }
    }

    /// Takes a shift back and plans another in its place; false when there is none (left) to take back.
    package func replace(shift id: String, with shift: DutyShift) async throws -> Bool {
        try await database.write { connection in
            guard try Self.cancel(id, by: shift.by, at: shift.at, connection) else { return false }
            try Self.insert(shift, connection)
            return true
        }
    }

    /// Takes a shift back; false when there is none (left).
    package func cancel(shift id: String, by: String, at: WallTime) async throws -> Bool {
        try await database.write { connection in try Self.cancel(id, by: by, at: at, connection) }
    }

    private static func insert(_ shift: DutyShift, _ connection: GRDB.Database) throws {
        try connection.execute(
            sql: """
                INSERT INTO dutyShift (id, user, post, fromTime, toTime, rank, note, who, atTime)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                shift.id, shift.user, shift.post, shift.from.microseconds, shift.to.microseconds, shift.rank,
                shift.note, shift.by, shift.at.microseconds,
            ]
        )
    }

    private static func cancel(
        _ id: String,
        by: String,
        at: WallTime,
        _ connection: GRDB.Database
    ) throws -> Bool {
        try connection.execute(
            sql: "UPDATE dutyShift SET cancelledBy = ?, cancelledAt = ? WHERE id = ? AND cancelledAt IS NULL",
            arguments: [by, at.microseconds, id]
        )
        return connection.changesCount > 0
    }

    /// The shifts that touch `from..<to`, in the order of their beginning and rank, at most 1000.
    package func shifts(from: WallTime, to: WallTime) async throws -> [DutyShift] {
        try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: """
                    SELECT * FROM dutyShift WHERE cancelledAt IS NULL AND toTime > ? AND fromTime < ?
                    ORDER BY fromTime, rank, id LIMIT 1000
                    """,
                arguments: [from.microseconds, to.microseconds]
            ).map(Self.shift)
        }
    }

    /// Who is on duty at an instant, in the order in which they are called.
    package func onDuty(at time: WallTime) async throws -> [DutyShift] {
        try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: """
                    SELECT * FROM dutyShift WHERE cancelledAt IS NULL AND toTime > :now AND fromTime <= :now
                    ORDER BY rank, fromTime, id
                    """,
                arguments: ["now": time.microseconds]
            ).map(Self.shift)
        }
    }

    private static func shift(_ row: Row) -> DutyShift {
        DutyShift(
            id: row["id"],
            user: row["user"],
            post: row["post"],
            from: row.time("fromTime"),
            to: row.time("toTime"),
            rank: row["rank"],
            note: row["note"],
            by: row["who"],
            at: row.time("atTime")
        )
    }

    // MARK: - Calls

    /// - Throws: `StoreError` (`conflict`) when somebody was called at this step already.
    package func insert(_ call: DutyCall) async throws {
        try await database.write { connection in
            try connection.execute(
                sql: "INSERT INTO dutyCall (id, alarmId, user, step, atTime) VALUES (?, ?, ?, ?, ?)",
                arguments: [call.id, call.alarmId, call.user, call.step, call.at.microseconds]
            )
        }
    }

    /// Every call about some alarms, oldest first.
    package func calls(aboutAlarms ids: [String]) async throws -> [DutyCall] {
        let list = ReportRepository.json(ids)
        return try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: """
                    SELECT * FROM dutyCall WHERE alarmId IN (SELECT value FROM json_each(?)) ORDER BY alarmId, step
                    """,
                arguments: [list]
            ).map(Self.call)
        }
    }

    /// Newest first.
    package func calls(page: PageRequest) async throws -> Page<DutyCall> {
        try await database.read { connection in
            let rows = try Row.fetchAll(
                connection,
                sql: """
                    SELECT * FROM dutyCall WHERE :time IS NULL OR (atTime, id) < (:time, :id)
                    ORDER BY atTime DESC, id DESC LIMIT :limit
                    """,
                arguments: [
                    "time": page.after?.time.microseconds, "id": page.after?.id, "limit": page.limit + 1,
                ]
            ).map(Self.call)
            return Page(rows: rows, limit: page.limit) { Cursor(time: $0.at, id: $0.id) }
        }
    }

    package func call(_ id: String) async throws -> DutyCall? {
        try await database.read { connection in
            try Row.fetchOne(connection, sql: "SELECT * FROM dutyCall WHERE id = ?", arguments: [id]).map(Self.call)
        }
    }

    /// Notes that somebody looks after it; nil where there is no such call. The first answer stands.
    package func answer(call id: String, by: String, at: WallTime) async throws -> DutyCall? {
        try await database.write { connection in
            try connection.execute(
                sql: "UPDATE dutyCall SET answeredAt = ?, answeredBy = ? WHERE id = ? AND answeredAt IS NULL",
                arguments: [at.microseconds, by, id]
            )
            return try Row.fetchOne(connection, sql: "SELECT * FROM dutyCall WHERE id = ?", arguments: [id])
                .map(Self.call)
        }
    }

    private static func call(_ row: Row) -> DutyCall {
        DutyCall(
            id: row["id"],
            alarmId: row["alarmId"],
            user: row["user"],
            step: row["step"],
            at: row.time("atTime"),
            answeredAt: row.timeIfAny("answeredAt"),
            answeredBy: row["answeredBy"]
        )
    }

    // MARK: - Hand-overs

    package func insert(_ handOver: HandOver) async throws {
        try await database.write { connection in
            try connection.execute(
                sql: """
                    INSERT INTO handOver (id, fromUser, toUser, atTime, content, note, hash)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    handOver.id, handOver.from, handOver.to, handOver.at.microseconds, handOver.content,
                    handOver.note, handOver.hash,
                ]
            )
        }
    }

    package func handOver(_ id: String) async throws -> HandOver? {
        try await database.read { connection in
            try Row.fetchOne(connection, sql: "SELECT * FROM handOver WHERE id = ?", arguments: [id])
                .map(Self.handOver)
        }
    }

    /// Newest first.
    package func handOvers(page: PageRequest) async throws -> Page<HandOver> {
        try await database.read { connection in
            let rows = try Row.fetchAll(
                connection,
                sql: """
                    SELECT * FROM handOver WHERE :time IS NULL OR (atTime, id) < (:time, :id)
                    ORDER BY atTime DESC, id DESC LIMIT :limit
                    """,
                arguments: [
                    "time": page.after?.time.microseconds, "id": page.after?.id, "limit": page.limit + 1,
                ]
            ).map(Self.handOver)
            return Page(rows: rows, limit: page.limit) { Cursor(time: $0.at, id: $0.id) }
        }
    }

    /// Signs for the one who takes over; false when it is signed already.
    package func sign(handOver id: String, at: WallTime, reply: String?) async throws -> Bool {
        try await database.write { connection in
            try connection.execute(
                sql: "UPDATE handOver SET signedAt = ?, reply = ? WHERE id = ? AND signedAt IS NULL",
                arguments: [at.microseconds, reply, id]
            )
            return connection.changesCount > 0
        }
    }

    private static func handOver(_ row: Row) -> HandOver {
        HandOver(
            id: row["id"],
            from: row["fromUser"],
            to: row["toUser"],
            at: row.time("atTime"),
            content: row["content"],
            note: row["note"],
            hash: row["hash"],
            signedAt: row.timeIfAny("signedAt"),
            reply: row["reply"]
        )
    }

    // MARK: - Collectors' areas

    /// The areas that each collector looks after, by user name.
    package func areas() async throws -> [String: [String]] {
        try await database.read { connection in
            let rows = try Row.fetchAll(connection, sql: "SELECT user, area FROM collectorArea ORDER BY user, area")
            return Dictionary(grouping: rows) { $0["user"] as String }.mapValues { $0.map { $0["area"] as String } }
        }
    }

    package func areas(of user: String) async throws -> [String] {
        try await database.read { connection in
            try String.fetchAll(
                connection,
                sql: "SELECT area FROM collectorArea WHERE user = ? ORDER BY area",
                arguments: [user]
            )
        }
    }

    /// Puts the areas of a collector in the place of those before.
    package func setAreas(of user: String, _ areas: [String], by: String, at: WallTime) async throws {
        try await database.write { connection in
            try connection.execute(sql: "DELETE FROM collectorArea WHERE user = ?", arguments: [user])
            for area in Set(areas).sorted() {
                try connection.execute(
                    sql: "INSERT INTO collectorArea (user, area, who, atTime) VALUES (?, ?, ?, ?)",
                    arguments: [user, area, by, at.microseconds]
                )
            }
        }
    }
}
