package import Domain
import Foundation

/// A chain value of one camera that the site has signed: nothing before it can be changed, left out or put in unnoticed.
package struct SignedHead: Sendable, Hashable {
    package var cameraId: String
    /// The segment's name, without folder and extension.
    package var segment: String
    /// How many fragments of the segment the chain value covers.
    package var fragments: Int
    /// SHA-256 in hex.
    package var head: String
    /// Wall time of the end of the last of them.
    package var until: WallTime
    /// When it was signed.
    package var at: WallTime
    package var keyId: String
    /// Ed25519 over `statement`, base64.
    package var signature: String

    /// The bytes that are signed, UTF-8.
    package var statement: String {
        """
        gridwatch-head 1
        camera \(cameraId)
        segment \(segment)
        fragments \(fragments)
        head \(head)
        until \(until.microseconds)
        at \(at.microseconds)
        key \(keyId)

        """
    }

    /// How a line of a camera begins in the files.
    static func prefix(_ cameraId: String) -> String { #"{"camera":"\#(cameraId)","# }

    /// The line in `recordings/signatures/<day>.jsonl`, without its line feed. No value needs escaping.
    package var line: String {
        Self.prefix(cameraId)
            + #""segment":"\#(segment)","fragments":\#(fragments),"head":"\#(head)","until":\#(until.microseconds),"#
            + #""at":\#(at.microseconds),"key":"\#(keyId)","signature":"\#(signature)"}"#
    }

    private struct Line: Decodable {
        var camera: String
        var segment: String
        var fragments: Int
        var head: String
        var until: Int64
        var at: Int64
        var key: String
        var signature: String
    }

    /// Reads a line; nil when it is none, or not exactly what `line` gives.
    init?(line: some Sequence<UInt8>) {
        let bytes = Data(line)
        guard let line = try? JSONDecoder().decode(Line.self, from: bytes) else { return nil }
        self.init(
            cameraId: line.camera,
            segment: line.segment,
            fragments: line.fragments,
            head: line.head,
            until: WallTime(microseconds: line.until),
            at: WallTime(microseconds: line.at),
            keyId: line.key,
            signature: line.signature
        )
        guard Data(self.line.utf8) == bytes else { return nil }
    }

    package init(
        cameraId: String,
        segment: String,
        fragments: Int,
        head: String,
        until: WallTime,
        at: WallTime,
        keyId: String = "",
        signature: String = ""
    ) {
        self.cameraId = cameraId
        self.segment = segment
        self.fragments = fragments
        self.head = head
        self.until = until
        self.at = at
        self.keyId = keyId
        self.signature = signature
    }
}

extension SignedAuditHead {
    /// The line in `recordings/signatures/<day>.jsonl`, without its line feed; begins with `at`.
    var line: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    /// Reads a line; nil when it is none, or not exactly what is written.
    init?(line: some Sequence<UInt8>) {
        let bytes = Data(line)
        guard let head = try? JSONDecoder().decode(SignedAuditHead.self, from: bytes), let same = try? head.line,
            Data(same.utf8) == bytes
        else { return nil }
        self = head
    }
}

/// The audit log's end as the site has signed it.
struct SignedAuditHead: Sendable, Hashable, Codable {
    /// The number of the last line.
    var audit: Int
    var head: String
    /// Microseconds since the epoch.
    var at: Int64
    var key: String
    var signature: String

    var statement: String {
        """
        gridwatch-audit 1
        lines \(audit)
        head \(head)
        at \(at)
        key \(key)

        """
    }
}
