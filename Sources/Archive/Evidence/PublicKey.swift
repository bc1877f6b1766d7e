import Crypto
import Foundation
import Recording

/// A site's public Ed25519 key with what is known of where it comes from.
package struct PublicKey: Sendable, Hashable, Codable {
    /// The first 32 hexadecimal digits of the SHA-256 of the key's 32 bytes.
    package var keyId: String
    /// The 32 bytes in base64.
    package var publicKey: String
    /// RFC 3339.
    package var createdAt: String
    /// The key before it; nil for the first, or when that was lost.
    package var previous: String?
    /// Signatures of `statement` in base64: by this key itself, and by the one before it.
    package var signature: String
    package var previousSignature: String?

    /// What both keys sign when this one takes over.
    var statement: String {
        """
        gridwatch-key 1
        key \(keyId)
        public \(publicKey)
        created \(createdAt)
        previous \(previous ?? "-")

        """
    }

    static func id(of bytes: Data) -> String { String(ContentHash(of: bytes).description.prefix(32)) }

    var bytes: Data? {
        // Only the canonical form: every bit of the text counts.
        guard let data = Data(base64Encoded: publicKey), data.count == 32, data.base64EncodedString() == publicKey
        else {
            return nil
        }
        return data
    }

    /// Whether `signature` (base64) is this key's over `statement`.
    func signed(_ statement: String, _ signature: String) -> Bool {
        guard let bytes, let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes),
            let raw = Data(base64Encoded: signature), raw.base64EncodedString() == signature
        else { return false }
        return key.isValidSignature(raw, for: Data(statement.utf8))
    }

    /// Its id fits its bytes and it has signed its own statement.
    var isSound: Bool {
        guard let bytes, Self.id(of: bytes) == keyId else { return false }
        return signed(statement, signature)
    }

    // MARK: - PEM

    /// SubjectPublicKeyInfo of Ed25519 before the 32 bytes (RFC 8410).
    private static let header: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]

    /// The key as `openssl pkey -pubin` reads it.
    package var pem: String {
        let der = Data(Self.header) + (bytes ?? Data())
        return "-----BEGIN PUBLIC KEY-----\n\(der.base64EncodedString())\n-----END PUBLIC KEY-----\n"
    }

    /// The 32 bytes of a key in PEM; nil when it is none of Ed25519.
    static func bytes(pem: String) -> Data? {
        let lines = pem.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
        guard let begin = lines.firstIndex(of: "-----BEGIN PUBLIC KEY-----"),
            let end = lines.firstIndex(of: "-----END PUBLIC KEY-----"), begin < end,
            let der = Data(base64Encoded: lines[(begin + 1)..<end].joined()),
            der.count == header.count + 32, der.starts(with: header)
        else { return nil }
        return der.suffix(32)
    }
}

extension [PublicKey] {
    /// Those of these keys that a trusted one vouches for, over any number of rotations in either direction: the older
    /// key has signed the newer one, and the newer one names and signs the older.
    func trusted(from root: Data) -> [String: PublicKey] {
        let sound = filter(\.isSound)
        var found: [String: PublicKey] = [:]
        for key in sound where key.bytes == root { found[key.keyId] = key }
        var grew = true
        while grew {
            grew = false
            for key in sound {
                guard let previous = key.previous, let older = sound.first(where: { $0.keyId == previous }),
                    let signature = key.previousSignature, older.signed(key.statement, signature),
                    (found[key.keyId] == nil) != (found[previous] == nil)
                else { continue }
                found[key.keyId] = key
                found[previous] = older
                grew = true
            }
        }
        return found
    }
}
