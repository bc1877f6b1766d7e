package import Domain
import GRDB

/// Someone who may sign in.
package struct User: Sendable, Equatable {
    /// What is typed at the login; unique.
    package var name: String
    package var displayName: String
    package var role: Role
    /// The slug of the unit a `unit` user works for.
    package var unit: String?
    /// `zh-CN` or `en`; nil for the site's.
    package var language: String?
    package var createdAt: WallTime

    package init(
        name: String,
        displayName: String,
        role: Role,
        unit: String? = nil,
        language: String? = nil,
        createdAt: WallTime
    ) {
        self.name = name
        self.displayName = displayName
        self.role = role
        self.unit = unit
        self.language = language
        self.createdAt = createdAt
    }
}

/// The table `user`.
package struct UserRepository: Sendable {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    /// - Parameter password: the salted hash as text, never a password.
    /// - Throws: `StoreError` (`conflict`) when the name is taken.
    package func insert(_ user: User, password: String) async throws {
        try await database.write { connection in
            try connection.execute(
                sql: """
                    INSERT INTO user (name, displayName, role, unit, language, password, createdAt)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    user.name, user.displayName, user.role.rawValue, user.unit, user.language, password,
                    user.createdAt.microseconds,
                ]
            )
        }
    }

    package func find(_ name: String) async throws -> (user: User, password: String)? {
        try await database.read { connection in
            guard let row = try Row.fetchOne(connection, sql: "SELECT * FROM user WHERE name = ?", arguments: [name]),
                let user = Self.user(row)
            else { return nil }
            return (user, row["password"])
        }
    }

    /// In order of their names, those after `name`.
    package func list(after name: String?, limit: Int) async throws -> [User] {
        try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: "SELECT * FROM user WHERE name > ? ORDER BY name LIMIT ?",
                arguments: [name ?? "", limit]
            ).compactMap(Self.user)
        }
    }

    package func count() async throws -> Int {
        try await database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM user") ?? 0 }
    }

    /// Deletes the user and every session; the last `admin` stays.
    package func delete(_ name: String) async throws -> Deletion {
        try await database.write { connection in
            let admins = try String.fetchAll(
                connection,
                sql: "SELECT name FROM user WHERE role = 'admin' LIMIT 2"
            )
            guard admins != [name] else { return .lastAdmin }
            try connection.execute(sql: "DELETE FROM user WHERE name = ?", arguments: [name])
            return connection.changesCount > 0 ? .deleted : .notFound
        }
    }

    package enum Deletion: Sendable { case deleted, notFound, lastAdmin }

    /// Sets another password and ends every session; false when there is no such user.
    package func setPassword(_ name: String, password: String) async throws -> Bool {
        try await database.write { connection in
            try connection.execute(sql: "UPDATE user SET password = ? WHERE name = ?", arguments: [password, name])
            guard connection.changesCount > 0 else { return false }
            try connection.execute(sql: "DELETE FROM session WHERE user = ?", arguments: [name])
            return true
        }
    }

    /// Nil when the role is one that this version doesn't know: such a user can't do anything here.
    static func user(_ row: Row) -> User? {
        guard let role = Role(rawValue: row["role"]) else { return nil }
        return User(
            name: row["name"],
            displayName: row["displayName"],
            role: role,
            unit: row["unit"],
            language: row["language"],
            createdAt: row.time("createdAt")
        )
    }
}
