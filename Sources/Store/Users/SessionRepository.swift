package import Domain
import GRDB

/// A signed-in user's session as it is stored: by the hash of its token.
package struct SessionRecord: Sendable, Equatable {
    /// SHA-256 of the token, hex.
    package var tokenHash: String
    package var user: User
    package var createdAt: WallTime
    package var lastSeenAt: WallTime
}

/// The table `session`.
package struct SessionRepository: Sendable {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    /// Adds a session and, in the same transaction, drops what is past its time and all but the user's newest
    /// `keeping` ones.
    package func insert(
        tokenHash: String,
        user: String,
        at time: WallTime,
        createdBefore: WallTime,
        seenBefore: WallTime,
        keeping: Int
    ) async throws {
        try await database.write { connection in
            try connection.execute(
                sql: "DELETE FROM session WHERE createdAt < ? OR lastSeenAt < ?",
                arguments: [createdBefore.microseconds, seenBefore.microseconds]
            )
            try connection.execute(
                sql: "INSERT INTO session (token, user, createdAt, lastSeenAt) VALUES (?, ?, ?, ?)",
                arguments: [tokenHash, user, time.microseconds, time.microseconds]
            )
            try connection.execute(
                sql: """
                    DELETE FROM session WHERE user = :user AND token NOT IN (
                        SELECT token FROM session WHERE user = :user
                        ORDER BY createdAt DESC, token = :token DESC LIMIT :keeping
                    )
                    """,
                arguments: ["user": user, "token": tokenHash, "keeping": keeping]
            )
        }
    }

    package func find(tokenHash: String) async throws -> SessionRecord? {
        try await database.read { connection in
            let row = try Row.fetchOne(
                connection,
                sql: """
                    SELECT user.*, session.createdAt AS signedInAt, session.lastSeenAt
                    FROM session JOIN user ON user.name = session.user WHERE session.token = ?
                    """,
                arguments: [tokenHash]
            )
            guard let row, let user = UserRepository.user(row) else { return nil }
            return SessionRecord(
                tokenHash: tokenHash,
                user: user,
                createdAt: row.time("signedInAt"),
                lastSeenAt: row.time("lastSeenAt")
            )
        }
    }

    package func touch(tokenHash: String, at time: WallTime) async throws {
        try await database.writeRepeatable { connection in
            try connection.execute(
                sql: "UPDATE session SET lastSeenAt = ? WHERE token = ?",
                arguments: [time.microseconds, tokenHash]
            )
        }
    }

    package func delete(tokenHash: String) async throws {
        try await database.write { connection in
            try connection.execute(sql: "DELETE FROM session WHERE token = ?", arguments: [tokenHash])
        }
    }
}
