import Domain
import Foundation

/// `manifest.json` of an export: what was asked for, what is there, and the proof that it is what was recorded.
///
/// All times are microseconds since the epoch, UTC. Hashes are SHA-256 in hex.
struct Manifest: Sendable, Codable, Equatable {
    static let version = "gridwatch-manifest-1"

    struct Range: Sendable, Codable, Equatable {
        var from: Int64
        var to: Int64
    }

    struct Gap: Sendable, Codable, Equatable {
        var from: Int64
        var to: Int64
        var reason: String
        var detail: String?
    }

    struct Item: Sendable, Codable, Equatable {
        var cameraId: String
        var cameraName: String
        /// Where the pictures came from, without user and password.
        var source: String
        var requested: Range
        var delivered: [Range]
        var gaps: [Gap]
        var clips: [String]
    }

    /// A fragment of a segment: `moof` (base64) where the clip holds it, else only its hash.
    struct Fragment: Sendable, Codable, Equatable {
        var moof: String?
        var moofHash: String?
        /// Of the payload of `mdat`.
        var payloadHash: String
        /// The payload's length, where the clip holds it.
        var bytes: Int?
    }

    struct Head: Sendable, Codable, Equatable {
        var fragments: Int
        var head: String
        var until: Int64
        var at: Int64
        var keyId: String
        var signature: String
    }

    /// The chain of one segment from its beginning up to a signed head.
    struct Segment: Sendable, Codable, Equatable {
        /// The file's name without folder and extension.
        var name: String
        /// The recorded stream it belongs to, and by how many microseconds the camera's own clock was ahead of the times given
        /// here; nil where the camera told nothing of it.
        var run: String
        var clockOffset: Int64?
        /// `ftyp`+`moov` as recorded, base64.
        var initialisation: String
        /// The last chain value of the camera's segment before.
        var previousHead: String?
        var fragments: [Fragment]
        /// nil while nobody has signed so far: then only the chain speaks for the bytes.
        var signed: Head?
    }

    struct Stretch: Sendable, Codable, Equatable {
        var from: Int64
        var to: Int64
        /// Where it begins in the clip.
        var seconds: Double
    }

    struct Clip: Sendable, Codable, Equatable {
        var file: String
        var cameraId: String
        var codec: String
        var audio: String?
        var width: Int
        var height: Int
        var from: Int64
        var to: Int64
        var frames: Int
        /// Where the first fragment's payload begins in the file; the payloads follow each other to the end of the file.
        var payloadStart: Int
        /// Of the bytes before that.
        var headerHash: String
        /// Presentation time of the first frame shown, and how long the clip plays, 90 kHz.
        var startTicks: Int64
        var durationTicks: Int64
        var stretches: [Stretch]
        var segments: [Segment]
    }

    struct Snapshot: Sendable, Codable, Equatable {
        var file: String
        var cameraId: String?
        var at: Int64?
        /// `start`, `middle`, `end`, `bookmark`, `alarm`, `case`; `report` with the ticket as title; `voice` for a voice
        /// note of a report, which is no picture.
        var occasion: String
        var title: String?
    }

    struct File: Sendable, Codable, Equatable {
        var name: String
        var bytes: Int
        var sha256: String
    }

    /// A line of the audit log that concerns the export; `hash` = SHA-256(`previous` LF `entry`).
    struct AuditLine: Sendable, Codable, Equatable {
        var entry: String
        var previous: String
        var hash: String
    }

    struct CaseFile: Sendable, Codable, Equatable {
        var caseId: String
        var number: String
        /// Lines with their hashes, as in `CaseMaterial`.
        var log: [CaseMaterial.LogLine]
    }

    struct SiteFacts: Sendable, Codable, Equatable {
        var name: String
        var timeZone: String
    }

    var format = Manifest.version
    var software: String
    var site: SiteFacts
    var exportId: String
    var title: String
    var note: String?
    var createdBy: String
    var createdAt: Int64
    var items: [Item]
    var clips: [Clip]
    var snapshots: [Snapshot]
    /// Every file but the manifest itself.
    var files: [File]
    var caseFile: CaseFile?
    var audit: [AuditLine]
    /// The site's public keys, oldest first.
    var keys: [PublicKey]
}

/// `{"manifest":` BODY `,` LF `"signature":{"key":…,"value":…}}` LF: valid JSON whose signed bytes can be cut out as they
/// stand. The signature is Ed25519 over the UTF-8 bytes of `gridwatch-manifest-1`, LF and BODY.
enum ManifestEnvelope {
    private static let prefix = #"{"manifest":"#
    private static let separator = ",\n\"signature\":"

    struct Signature: Sendable, Hashable, Codable {
        var keyId: String
        var value: String
    }

    static func statement(_ body: String) -> String { "\(Manifest.version)\n\(body)" }

    /// - Throws: when the manifest can't be encoded; nil without a key.
    static func seal(_ manifest: Manifest, with keys: KeyRing) throws -> [UInt8]? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let body = String(decoding: try encoder.encode(manifest), as: UTF8.self)
        guard let made = keys.sign({ _ in statement(body) }) else { return nil }
        return Array((prefix + body + tail(Signature(keyId: made.keyId, value: made.signature))).utf8)
    }

    private static func tail(_ signature: Signature) -> String {
        "\(separator){\"keyId\":\"\(signature.keyId)\",\"value\":\"\(signature.value)\"}}\n"
    }

    /// Takes the file apart; nil when it is not exactly of this form.
    static func open(_ bytes: [UInt8]) -> (body: String, signature: Signature)? {
        let tailBytes = Array(separator.utf8)
        guard bytes.starts(with: Array(prefix.utf8)), let at = lastIndex(of: tailBytes, in: bytes) else { return nil }
        let rest = bytes[(at + tailBytes.count)...]
        guard rest.count > 2, rest.last == 10, rest.dropLast().last == UInt8(ascii: "}"),
            let signature = try? JSONDecoder().decode(Signature.self, from: Data(rest.dropLast(2))),
            bytes[at...].elementsEqual(tail(signature).utf8)
        else { return nil }
        return (String(decoding: bytes[prefix.utf8.count..<at], as: UTF8.self), signature)
    }

    private static func lastIndex(of part: [UInt8], in bytes: [UInt8]) -> Int? {
        guard bytes.count >= part.count else { return nil }
        // The trailer is short: no need to look further back.
        let first = max(0, bytes.count - 400)
        return (first...(bytes.count - part.count)).last { bytes[$0..<$0 + part.count].elementsEqual(part) }
    }

    static func manifest(_ body: String) -> Manifest? {
        try? JSONDecoder().decode(Manifest.self, from: Data(body.utf8))
    }
}
