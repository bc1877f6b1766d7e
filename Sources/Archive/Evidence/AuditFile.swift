import CLinux
import Domain
import Foundation
import Recording
import Store

/// The audit log's files, `DIR/audit/<month>.jsonl` (UTC months): one line each, appended and synced.
///
/// A line is `{"entry":` + canonical JSON + `,"hash":"` + 64 hexadecimal digits + `"}`, so the hashed bytes can be cut
/// out of it as they stand. Every call blocks.
struct AuditFile: Sendable {
    let folder: String

    private static let prefix = Array(#"{"entry":"#.utf8)
    private static let middle = Array(#","hash":""#.utf8)
    private static let suffix = Array(#""}"#.utf8)

    static func line(_ entry: StoredAuditEntry) -> [UInt8] {
        prefix + Array(entry.entry.utf8) + middle + Array(entry.hash.utf8) + suffix + [10]
    }

    /// A line without its line feed; nil when it is none.
    static func parse(_ line: ArraySlice<UInt8>) -> StoredAuditEntry? {
        let tail = middle.count + 64 + suffix.count
        guard line.count > prefix.count + tail, line.starts(with: prefix), line.suffix(suffix.count) == suffix[...],
            line.suffix(tail).prefix(middle.count) == middle[...]
        else { return nil }
        let text = String(decoding: line.dropFirst(prefix.count).dropLast(tail), as: UTF8.self)
        let hash = String(decoding: line.suffix(64 + suffix.count).prefix(64), as: UTF8.self)
        return AuditChain.stored(text, hash: hash)
    }

    /// Appends lines of one month and syncs; what a full disk took of them is cut off again.
    func append(_ entries: [StoredAuditEntry]) throws(FileFailure) {
        let files = SystemFiles()
        try files.createDirectory(folder)
        chmod(folder, 0o700)
        for entry in entries {
            let path = "\(folder)/\(entry.at.rfc3339.prefix(7)).jsonl"
            let isNew = try files.size(path) == nil
            let file = try files.open(path)
            let size = try cutTorn(path, file, files)
            do throws(FileFailure) {
                try file.append(Self.line(entry))
                try file.sync()
                if isNew { try files.syncVolume(folder) }
            } catch {
                try? file.truncate(to: size)
                throw error
            }
        }
    }

    /// A line without its line feed was never acknowledged: a power cut tore it. Gives the size without it.
    private func cutTorn(_ path: String, _ file: any RecordingFile, _ files: SystemFiles) throws(FileFailure) -> Int {
        guard let size = try files.size(path), size > 0 else { return 0 }
        let tail = try files.read(path, offset: max(0, size - 64 << 10), count: 64 << 10)
        guard tail.last != 10 else { return size }
        let whole = size - tail.count + ((tail.lastIndex(of: 10) ?? -1) + 1)
        try file.truncate(to: whole)
        return whole
    }

    /// The months that have a file, oldest first.
    func months() throws(FileFailure) -> [String] {
        try SystemFiles().list(folder).filter { $0.hasSuffix(".jsonl") }
    }

    /// The lines of one file in order; nil stands for a line that is damaged.
    func lines(of name: String) throws(FileFailure) -> [StoredAuditEntry?] {
        let files = SystemFiles()
        let path = "\(folder)/\(name)"
        guard let size = try files.size(path) else { return [] }
        let bytes = try files.read(path, offset: 0, count: size)
        var parts = bytes.split(separator: 10, omittingEmptySubsequences: false)
        // What stands behind the last line feed is torn, or nothing.
        if !parts.isEmpty { parts.removeLast() }
        return parts.map { Self.parse($0) }
    }

    /// The last whole line of the newest file that has one.
    func last() throws(FileFailure) -> StoredAuditEntry? {
        for name in try months().reversed() {
            if let last = try lines(of: name).last(where: { $0 != nil }) { return last }
        }
        return nil
    }
}
