package import Domain
import GRDB

/// The table of cameras whose recording somebody has switched off.
enum RecordingPauseSchema {
    static let migration0011 = Migration(
        "0011-pauses",
        sql: """
            CREATE TABLE recordingPause (
                camera TEXT NOT NULL PRIMARY KEY,  -- slug
                who TEXT NOT NULL,                 -- user name
                since INTEGER NOT NULL,            -- microseconds since the epoch, UTC
                reason TEXT NOT NULL               -- as the user gave it
            ) WITHOUT ROWID;
            """
    )
}

/// The table `recordingPause`.
package struct RecordingPauseRepository: Sendable {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    package func all() async throws -> [RecordingPause] {
        try await database.read { connection in
            try Row.fetchAll(connection, sql: "SELECT * FROM recordingPause ORDER BY camera").map { row in
                RecordingPause(cameraId: row["camera"], by: row["who"], since: row.time("since"), reason: row["reason"])
            }
        }
    }

    /// Keeps a pause in the place of the one before.
    package func put(_ pause: RecordingPause) async throws {
        try await database.write { connection in
            try connection.execute(
                sql: """
                    INSERT INTO recordingPause (camera, who, since, reason) VALUES (?, ?, ?, ?)
                    ON CONFLICT (camera) DO UPDATE SET
                        who = excluded.who, since = excluded.since, reason = excluded.reason
                    """,
                arguments: [pause.cameraId, pause.by, pause.since.microseconds, pause.reason]
            )
        }
    }

    package func remove(cameraId: String) async throws {
        try await database.write { connection in
            try connection.execute(sql: "DELETE FROM recordingPause WHERE camera = ?", arguments: [cameraId])
        }
    }
}
