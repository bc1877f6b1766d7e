import CLinux
import Crypto
package import Domain
package import Foundation
import Recording
import Synchronization

/// The site's signing keys in `DIR/keys` (0700): `site.pem` (0600) is the private key in use, `history.jsonl` the public
/// keys of all times, oldest first. A copy of the history lies with the signatures.
package final class KeyRing: Sendable {
    private struct State {
        var key: Curve25519.Signing.PrivateKey?
        var history: [PublicKey] = []
    }

    private let folder: String
    private let copy: String
    private let clock: any HostClock
    private let state = Mutex(State())

    /// PKCS #8 of Ed25519 before the 32 bytes of the seed (RFC 8410).
    private static let header: [UInt8] = [
        0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ]

    package init(dataDirectory: URL, clock: any HostClock = SystemClock()) {
        folder = dataDirectory.appending(path: "keys").path
        copy = dataDirectory.appending(path: "recordings/signatures/keys.jsonl").path
        self.clock = clock
    }

    /// The keys of all times, oldest first; the last one signs. Empty before `load`.
    package var history: [PublicKey] { state.withLock { $0.history } }
    package var current: PublicKey? { state.withLock { $0.key == nil ? nil : $0.history.last } }

    /// Reads the keys, or makes the first. Blocks.
    ///
    /// - Returns: whether a key was made.
    /// - Throws: `ArchiveError` (`io`, `diskFull`) when they can't be read or written.
    @discardableResult
    package func load() throws -> Bool {
        if state.withLock({ $0.key != nil }) { return false }
        var history = try Self.read("\(folder)/history.jsonl")
        if history.isEmpty { history = try Self.read(copy) }
        if let seed = try seed() {
            let key = try Curve25519.Signing.PrivateKey(rawRepresentation: seed)
            let id = PublicKey.id(of: key.publicKey.rawRepresentation)
            if history.last?.keyId == id {
                state.withLock { ($0.key, $0.history) = (key, history) }
                return false
            }
            // The history was lost, or a rotation was cut off between the key and its line.
            try adopt(key, after: history.filter { $0.keyId != id }, signer: nil)
            return true
        }
        try adopt(Curve25519.Signing.PrivateKey(), after: history, signer: nil)
        return true
    }

    /// Puts a new key in the place of the present one, which signs it and then goes. Blocks.
    ///
    /// - Throws: `ArchiveError` (`io`, `diskFull`): the present key stays.
    package func rotate() throws -> PublicKey {
        try load()
        let (old, history) = state.withLock { ($0.key, $0.history) }
        return try adopt(Curve25519.Signing.PrivateKey(), after: history, signer: old)
    }

    /// Signs with the present key.
    ///
    /// - Returns: the key's id and the signature in base64; nil before `load`.
    func sign(_ make: (_ keyId: String) -> String) -> (text: String, keyId: String, signature: String)? {
        let (key, id) = state.withLock { ($0.key, $0.history.last?.keyId) }
        guard let key, let id else { return nil }
        let text = make(id)
        guard let signature = try? key.signature(for: Data(text.utf8)) else { return nil }
        return (text, id, signature.base64EncodedString())
    }

    @discardableResult
    private func adopt(
        _ key: Curve25519.Signing.PrivateKey,
        after history: [PublicKey],
        signer: Curve25519.Signing.PrivateKey?
    ) throws -> PublicKey {
        let bytes = key.publicKey.rawRepresentation
        var entry = PublicKey(
            keyId: PublicKey.id(of: bytes),
            publicKey: bytes.base64EncodedString(),
            createdAt: clock.now().rfc3339,
            previous: signer == nil ? nil : history.last?.keyId,
            signature: ""
        )
        let statement = Data(entry.statement.utf8)
        entry.signature = try key.signature(for: statement).base64EncodedString()
        entry.previousSignature = try signer?.signature(for: statement).base64EncodedString()
        let all = history + [entry]
        let der = Data(Self.header) + key.rawRepresentation
        let pem = "-----BEGIN PRIVATE KEY-----\n\(der.base64EncodedString())\n-----END PRIVATE KEY-----\n"
        // The history first: a key that nobody has heard of would sign what nobody can check.
        try Self.write(all, to: "\(folder)/history.jsonl", mode: 0o600, folderMode: 0o700)
        try Self.write(all, to: copy, mode: 0o640, folderMode: 0o750)
        try Self.replace("\(folder)/site.pem", with: Data(pem.utf8), mode: 0o600, folderMode: 0o700)
        state.withLock { ($0.key, $0.history) = (key, all) }
        return entry
    }

    private func seed() throws -> Data? {
        let path = "\(folder)/site.pem"
        guard RecordingFileReader.size(path) != nil else { return nil }
        let text = String(decoding: try RecordingFileReader.read(path, offset: 0, count: 4096), as: UTF8.self)
        let body = text.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
        guard let der = Data(base64Encoded: body), der.count == Self.header.count + 32, der.starts(with: Self.header)
        else {
            throw ArchiveError(.io, "\(path) is no Ed25519 key; restore it, or move it away to have a new one made")
        }
        return der.suffix(32)
    }

    private static func read(_ path: String) throws -> [PublicKey] {
        guard let size = RecordingFileReader.size(path) else { return [] }
        let bytes = try RecordingFileReader.read(path, offset: 0, count: size)
        return bytes.split(separator: 10).compactMap { try? JSONDecoder().decode(PublicKey.self, from: Data($0)) }
    }

    private static func write(_ keys: [PublicKey], to path: String, mode: mode_t, folderMode: mode_t) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var data = Data()
        for key in keys { data += try encoder.encode(key) + Data([10]) }
        try replace(path, with: data, mode: mode, folderMode: folderMode)
    }

    /// Writes under another name, syncs, renames: what stands under the name is whole.
    private static func replace(_ path: String, with data: Data, mode: mode_t, folderMode: mode_t) throws {
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
        let files = SystemFiles()
        let partial = path + ".tmp"
        do {
            try files.createDirectory(folder)
            chmod(folder, folderMode)
            unlink(partial)
            let descriptor = gw_open(partial, O_WRONLY | O_CREAT | O_EXCL, mode)
            guard descriptor >= 0 else { throw FileFailure(operation: "create", path: partial, code: errno) }
            close(descriptor)
            let file = try files.open(partial)
            try file.append(Array(data))
            try file.sync()
            guard rename(partial, path) == 0 else { throw FileFailure(operation: "rename", path: path, code: errno) }
            try files.syncVolume(folder)
        } catch let error as FileFailure {
            unlink(partial)
            throw ArchiveError(error.isFull ? .diskFull : .io, "can't keep the site's key: \(error)", cause: error)
        }
    }
}
