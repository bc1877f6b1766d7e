package import Domain
import Foundation
import Recording
import Store

/// What was done: codes that pages turn into words.
package enum AuditAction: String, Sendable, Hashable, Codable, CaseIterable {
    case bookmark, deleteBookmark
    case hold, extendHold, releaseHold
    /// Somebody looked; noted once per user and camera in ten minutes.
    case viewLive, viewPlayback, viewSnapshot, viewClip
    case export, cancelExport, deleteExport, download
    /// Recordings were deleted on a person's order.
    case deleteRecording
    case pauseRecording, resumeRecording
    case addUser, deleteUser, setPassword
    case signInFailed
    /// A stream was tried from here.
    case probe
    /// The site file was read again.
    case reloadSite
    /// A set of base data, or a part, is another from now on.
    case changeBaseData
    /// What the console adds to the site's sensors and payload profiles.
    case acceptSensor, changeSensor, removeSensor, saveProfile, deleteProfile, reprocess
    case keyMade, keyRotated
    /// Lines could not be kept (the disk was full for long); `data.count` says how many.
    case linesLost
}

/// What it was done to.
package struct AuditSubject: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case camera, bookmark, hold, export, `case`, user, key, audit, site, baseData, sensor, profile
    }

    package var kind: Kind
    /// Slug, UUIDv7 or user name.
    package var id: String

    package init(_ kind: Kind, _ id: String) {
        self.kind = kind
        self.id = id
    }
}

/// One line of the audit log.
package struct AuditEntry: Sendable, Hashable {
    /// 1, 2, 3 … without holes.
    package var seq: Int
    package var at: WallTime
    /// User name, `-` where nobody is signed in, or `system`.
    package var by: String
    package var role: String?
    /// A raw value of `AuditAction`, or one of a later version.
    package var action: String
    package var subjectKind: String
    package var subjectId: String
    package var data: [String: String]
    /// The peer's IP address.
    package var address: String?
    /// SHA-256 over the hash before, a line feed and the line's canonical JSON, in hex.
    package var hash: String
}

/// The canonical form of lines and their hash chain.
///
/// A line is JSON with sorted keys and plain slashes; its hash is SHA-256 over the hash before it in hex, a line feed and
/// these bytes. Before the first line stands `origin`.
enum AuditChain {
    static let origin = "gridwatch-audit-1"

    private struct Line: Codable {
        struct Subject: Codable {
            var kind: String
            var id: String
        }

        var seq: Int
        var at: String
        var by: String
        var role: String?
        var action: String
        var subject: Subject
        var data: [String: String]
        var address: String?
    }

    /// The line as it is stored behind one with `previous`' number and hash.
    static func seal(_ entry: AuditEntry, after previous: (seq: Int, hash: String)?) throws -> StoredAuditEntry {
        let line = Line(
            seq: (previous?.seq ?? 0) + 1,
            at: entry.at.rfc3339,
            by: entry.by,
            role: entry.role,
            action: entry.action,
            subject: Line.Subject(kind: entry.subjectKind, id: entry.subjectId),
            data: entry.data,
            address: entry.address
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(line), as: UTF8.self)
        return stored(line, entry.at, text, hash: hash(text, after: previous?.hash ?? origin))
    }

    static func hash(_ text: String, after previous: String) -> String {
        ContentHash(of: "\(previous)\n\(text)".utf8).description
    }

    /// A line read back from its JSON; nil when it is none.
    static func stored(_ text: String, hash: String) -> StoredAuditEntry? {
        guard let line = try? JSONDecoder().decode(Line.self, from: Data(text.utf8)),
            let at = WallTime(rfc3339: line.at)
        else { return nil }
        return stored(line, at, text, hash: hash)
    }

    private static func stored(_ line: Line, _ at: WallTime, _ text: String, hash: String) -> StoredAuditEntry {
        StoredAuditEntry(
            seq: line.seq,
            at: at,
            by: line.by,
            action: line.action,
            subjectKind: line.subject.kind,
            subjectId: line.subject.id,
            entry: text,
            hash: hash
        )
    }

    static func entry(_ stored: StoredAuditEntry) -> AuditEntry? {
        guard let line = try? JSONDecoder().decode(Line.self, from: Data(stored.entry.utf8)) else { return nil }
        return AuditEntry(
            seq: stored.seq,
            at: stored.at,
            by: stored.by,
            role: line.role,
            action: stored.action,
            subjectKind: stored.subjectKind,
            subjectId: stored.subjectId,
            data: line.data,
            address: line.address,
            hash: stored.hash
        )
    }
}
