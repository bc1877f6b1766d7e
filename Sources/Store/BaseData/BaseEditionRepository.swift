package import Domain
import GRDB

/// An edition of one set of base data, without its text.
package struct BaseEdition: Sendable, Hashable {
    package var set: String
    /// 1, 2, 3 … within the set.
    package var number: Int
    /// From when on it is what holds.
    package var validFrom: WallTime
    package var recordedAt: WallTime
    package var by: String
    package var note: String?
    /// What it changed, as JSON.
    package var summary: String
    /// SHA-256 of its text in hex.
    package var hash: String

    package init(
        set: String,
        number: Int,
        validFrom: WallTime,
        recordedAt: WallTime,
        by: String,
        note: String?,
        summary: String,
        hash: String
    ) {
        self.set = set
        self.number = number
        self.validFrom = validFrom
        self.recordedAt = recordedAt
        self.by = by
        self.note = note
        self.summary = summary
        self.hash = hash
    }
}

/// The table `baseEdition`.
package struct BaseEditionRepository: Sendable {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    /// All editions of a set (nil: of all sets), the newest first.
    package func list(set: String? = nil) async throws -> [BaseEdition] {
        try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: """
                    SELECT setName, number, validFrom, recordedAt, who, note, summary, hash FROM baseEdition
                    WHERE ?1 IS NULL OR setName = ?1 ORDER BY recordedAt DESC, setName, number DESC
                    """,
                arguments: [set]
            ).map(Self.edition)
        }
    }

    /// The text of an edition.
    package func text(set: String, number: Int) async throws -> String? {
        try await database.read { connection in
            try String.fetchOne(
                connection,
                sql: "SELECT body FROM baseEdition WHERE setName = ? AND number = ?",
                arguments: [set, number]
            )
        }
    }

    /// Adds editions in one transaction: all of them, or none.
    ///
    /// - Parameter editions: with numbers that follow on the sets' last; another's come between is a conflict.
    /// - Throws: `StoreError` (`conflict`) when somebody else has added one meanwhile.
    package func add(_ editions: [(edition: BaseEdition, text: String)]) async throws {
        try await database.write { connection in
            for (edition, text) in editions {
                try connection.execute(
                    sql: """
                        INSERT INTO baseEdition
                            (setName, number, validFrom, recordedAt, who, note, summary, hash, body)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                        """,
                    arguments: [
                        edition.set, edition.number, edition.validFrom.microseconds, edition.recordedAt.microseconds,
                        edition.by, edition.note, edition.summary, edition.hash, text,
                    ]
                )
            }
        }
    }

    private static func edition(_ row: Row) -> BaseEdition {
        BaseEdition(
            set: row["setName"],
            number: row["number"],
            validFrom: row.time("validFrom"),
            recordedAt: row.time("recordedAt"),
            by: row["who"],
            note: row["note"],
            summary: row["summary"],
            hash: row["hash"]
        )
    }
}
