package import Domain
import GRDB

/// A picture or a voice note that an alarm, a case or a report refers to.
package struct Attachment: Sendable, Hashable {
    /// A UUIDv7; also the name of the file under `DIR/attachments/`.
    package var id: String
    /// The node whose volume holds the file.
    package var node: String
    /// `image/jpeg`, `audio/webm`, …: an `AttachmentType` of `Archive`.
    package var mediaType: String
    /// Length in bytes.
    package var bytes: Int
    /// SHA-256 of the bytes in hex.
    package var sha256: String
    /// The user who brought it, or `system`.
    package var by: String
    package var createdAt: WallTime

    package init(
        id: String,
        node: String,
        mediaType: String,
        bytes: Int,
        sha256: String,
        by: String,
        createdAt: WallTime
    ) {
        self.id = id
        self.node = node
        self.mediaType = mediaType
        self.bytes = bytes
        self.sha256 = sha256
        self.by = by
        self.createdAt = createdAt
    }
}

/// What an attachment belongs to.
package enum AttachmentUse: Sendable, Hashable {
    case alarm
    /// The case whose log names it.
    case ofCase(String)
    /// The case that its report belongs to now.
    case report(caseId: String)
}

/// The tables `attachment` and `attachmentUse`.
package struct AttachmentRepository: Sendable {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    package func insert(_ attachment: Attachment) async throws {
        try await database.write { connection in
            try connection.execute(
                sql: """
                    INSERT INTO attachment (id, node, mediaType, bytes, sha256, who, createdAt)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    attachment.id, attachment.node, attachment.mediaType, attachment.bytes, attachment.sha256,
                    attachment.by, attachment.createdAt.microseconds,
                ]
            )
        }
    }

    package func find(_ id: String) async throws -> Attachment? {
        try await database.read { connection in
            try Row.fetchOne(connection, sql: "SELECT * FROM attachment WHERE id = ?", arguments: [id])
                .map(Self.attachment)
        }
    }

    /// What a user has brought with these bytes before.
    package func find(sha256: String, by: String) async throws -> Attachment? {
        try await database.read { connection in
            try Row.fetchOne(
                connection,
                sql: "SELECT * FROM attachment WHERE sha256 = ? AND who = ? ORDER BY id LIMIT 1",
                arguments: [sha256, by]
            ).map(Self.attachment)
        }
    }

    /// Everything that refers to an attachment.
    package func uses(of id: String) async throws -> [AttachmentUse] {
        try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: """
                    SELECT kind, ownerId, report.caseId AS reportCase FROM attachmentUse
                    LEFT JOIN report ON kind = 'report' AND report.id = ownerId WHERE attachmentId = ?
                    """,
                arguments: [id]
            ).compactMap { row in
                switch row["kind"] as String {
                case "alarm": .alarm
                case "case": .ofCase(row["ownerId"])
                default: (row["reportCase"] as String?).map { .report(caseId: $0) }
                }
            }
        }
    }

    private static func attachment(_ row: Row) -> Attachment {
        Attachment(
            id: row["id"],
            node: row["node"],
            mediaType: row["mediaType"],
            bytes: row["bytes"],
            sha256: row["sha256"],
            by: row["who"],
            createdAt: row.time("createdAt")
        )
    }
}
