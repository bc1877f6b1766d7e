import Crypto
package import Foundation
import Glibc

/// Passwords that the site file names as `${secret:NAME}`: `DIR/keys/secrets.json`, each sealed by itself with
/// ChaCha20-Poly1305 (RFC 8439) and bound to its name. The key is a file of its own, `DIR/keys/secrets.key`, or the one that
/// `GRIDWATCH_SECRETS_KEY_FILE` names, so that a copy of the data folder without it tells nothing.
package struct SecretStore: Sendable {
    /// Why the store can't be used; never holds a secret.
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package var description: String
    }

    private struct Contents: Codable {
        var version = 1
        /// Nonce, sealed text and tag in Base64, by name.
        var items: [String: String] = [:]
    }

    private static let longest = 4096

    private let file: URL
    private let keyFile: URL

    package init(
        dataDirectory: URL,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        let folder = dataDirectory.appending(path: "keys", directoryHint: .isDirectory)
        file = folder.appending(path: "secrets.json")
        keyFile =
            environment["GRIDWATCH_SECRETS_KEY_FILE"].map { URL(filePath: $0) }
            ?? folder.appending(path: "secrets.key")
    }

    /// Whether a name can be one: letters, digits, `-`, `_` and `.`, at most 64.
    package static func isName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7a) || ($0 >= 0x30 && $0 <= 0x39)
                    || [0x2d, 0x2e, 0x5f].contains($0)
            }
    }

    /// The names, sorted.
    package func names() throws(Failure) -> [String] { try read().items.keys.sorted() }

    /// All secrets, by name; empty while there is no store.
    package func all() throws(Failure) -> [String: String] {
        let items = try read().items
        guard !items.isEmpty else { return [:] }
        let key = try key(making: false)
        var secrets: [String: String] = [:]
        for (name, text) in items {
            guard let data = Data(base64Encoded: text), let box = try? ChaChaPoly.SealedBox(combined: data),
                let opened = try? ChaChaPoly.open(box, using: key, authenticating: Data(name.utf8))
            else {
                throw Failure(
                    description: "the secret \(name) in \(file.path) is not of the key \(keyFile.path): set it again"
                )
            }
            secrets[name] = String(decoding: opened, as: UTF8.self)
        }
        return secrets
    }

    /// Keeps a secret; makes store and key where they are missing.
    package func set(_ name: String, to secret: String) throws(Failure) {
        guard Self.isName(name) else {
            throw Failure(description: "\(name.prefix(64)) can't be a name: use letters, digits, '-', '_' and '.'")
        }
        guard !secret.isEmpty, secret.utf8.count <= Self.longest else {
            throw Failure(description: "a secret has 1 to \(Self.longest) bytes")
        }
        var contents = try read()
        let key = try key(making: contents.items.isEmpty)
        do {
            let box = try ChaChaPoly.seal(Data(secret.utf8), using: key, authenticating: Data(name.utf8))
            contents.items[name] = box.combined.base64EncodedString()
        } catch {
            throw Failure(description: "the secret can't be sealed: \(error)")
        }
        try write(contents)
    }

    /// - Returns: false when there is none of this name.
    package func remove(_ name: String) throws(Failure) -> Bool {
        var contents = try read()
        guard contents.items.removeValue(forKey: name) != nil else { return false }
        try write(contents)
        return true
    }

    private func read() throws(Failure) -> Contents {
        guard FileManager.default.fileExists(atPath: file.path) else { return Contents() }
        guard let data = try? Data(contentsOf: file),
            let contents = try? JSONDecoder().decode(Contents.self, from: data),
            contents.version == 1
        else { throw Failure(description: "\(file.path) can't be read, or is of another version") }
        return contents
    }

    private func write(_ contents: Contents) throws(Failure) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(contents) else { throw Failure(description: "the store can't be written") }
        try replace(file, with: data)
    }

    private func key(making: Bool) throws(Failure) -> SymmetricKey {
        if let text = try? String(contentsOf: keyFile, encoding: .utf8) {
            guard let data = Data(base64Encoded: text.trimmingCharacters(in: .whitespacesAndNewlines)), data.count == 32
            else { throw Failure(description: "\(keyFile.path) holds no key of 32 bytes in Base64") }
            return SymmetricKey(data: data)
        }
        guard making, !FileManager.default.fileExists(atPath: keyFile.path) else {
            throw Failure(description: "the key \(keyFile.path) is missing or can't be read; the secrets need it")
        }
        let key = SymmetricKey(size: .bits256)
        try replace(keyFile, with: Data((key.withUnsafeBytes { Data($0) }.base64EncodedString() + "\n").utf8))
        return key
    }

    /// Puts a file of mode 0600 in place, the old or the new one whole.
    private func replace(_ file: URL, with data: Data) throws(Failure) {
        let folder = file.deletingLastPathComponent()
        let temporary = folder.appending(path: ".\(file.lastPathComponent).new")
        do {
            try FileManager.default.createDirectory(
                at: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
            try? FileManager.default.removeItem(at: temporary)
            guard
                FileManager.default.createFile(
                    atPath: temporary.path,
                    contents: nil,
                    attributes: [.posixPermissions: 0o600]
                )
            else { throw CocoaError(.fileWriteUnknown) }
            let handle = try FileHandle(forWritingTo: temporary)
            try handle.write(contentsOf: data)
            try handle.synchronize()
            try handle.close()
        } catch {
            throw Failure(description: "can't write \(file.path): \(error.localizedDescription)")
        }
        guard rename(temporary.path, file.path) == 0 else {
            throw Failure(description: "can't put \(file.path) in place: \(String(cString: strerror(errno)))")
        }
    }
}
