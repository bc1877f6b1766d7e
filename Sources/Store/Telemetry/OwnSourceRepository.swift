package import Domain
import Foundation
import GRDB

/// What the console has made: sensors that were accepted, profiles that were saved.
package struct OwnSourceRepository: Sendable {
    private let database: Database

    package init(_ series: SeriesDatabase) {
        database = series.database
    }

    /// The accepted sensors, by id.
    package func sensors() async throws -> [Sensor] {
        try await database.read { connection in
            try Data.fetchAll(connection, sql: "SELECT sensor FROM own_sensor ORDER BY id")
                .compactMap { try? JSONDecoder().decode(Sensor.self, from: $0) }
        }
    }

    /// The saved profiles, by name.
    package func profiles() async throws -> [PayloadProfile] {
        try await database.read { connection in
            try Data.fetchAll(connection, sql: "SELECT profile FROM own_profile ORDER BY name")
                .compactMap { try? JSONDecoder().decode(PayloadProfile.self, from: $0) }
        }
    }

    package func save(_ sensor: Sensor, by user: String, at time: WallTime) async throws {
        let json = try JSONEncoder().encode(sensor)
        try await database.write { connection in
            try connection.execute(
                sql: """
                    INSERT OR REPLACE INTO own_sensor (id, sensor, accepted_at, accepted_by) VALUES (?, ?, ?, ?)
                    """,
                arguments: [sensor.id, json, time.microseconds, user]
            )
        }
    }

    package func save(_ profile: PayloadProfile, by user: String, at time: WallTime) async throws {
        let json = try JSONEncoder().encode(profile)
        try await database.write { connection in
            try connection.execute(
                sql: "INSERT OR REPLACE INTO own_profile (name, profile, saved_at, saved_by) VALUES (?, ?, ?, ?)",
                arguments: [profile.name, json, time.microseconds, user]
            )
        }
    }

    package func removeSensor(_ id: String) async throws {
        try await database.write { connection in
            try connection.execute(sql: "DELETE FROM own_sensor WHERE id = ?", arguments: [id])
        }
    }

    package func removeProfile(_ name: String) async throws {
        try await database.write { connection in
            try connection.execute(sql: "DELETE FROM own_profile WHERE name = ?", arguments: [name])
        }
    }
}
