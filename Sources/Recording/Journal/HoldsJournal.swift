import Foundation
import Synchronization

/// `recordings/holds.journal`: every hold and every release, synced before they are acknowledged. One line each: CRC-32
/// of what follows the first blank, then JSON.
package final class HoldsJournal: Sendable {
    private let layout: RecordingLayout
    private let files: any RecordingFiles
    /// One append at a time.
    private let lock = Mutex<Void>(())

    package init(layout: RecordingLayout, files: any RecordingFiles = SystemFiles()) {
        self.layout = layout
        self.files = files
    }

    /// Writes a hold, or a new state of it (a release), and syncs; blocks. Only then may it be acknowledged.
    package func append(_ hold: HoldRecord) throws(FileFailure) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let json = try? encoder.encode(hold) else {
            throw FileFailure(operation: "encode a hold for", path: layout.holdsJournal, code: EINVAL)
        }
        let crc = String(Checksum.crc32(json), radix: 16)
        let line = Array((String(repeating: "0", count: 8 - crc.count) + crc + " ").utf8) + Array(json) + [10]
        let result = lock.withLock { _ -> Result<Void, FileFailure> in
            do throws(FileFailure) {
                try files.createDirectory(layout.root)
                let isNew = try files.size(layout.holdsJournal) == nil
                let file = try files.open(layout.holdsJournal)
                // A line that a crash tore must not swallow this one.
                try file.append(try Self.endsTorn(layout.holdsJournal, files) ? [10] + line : line)
                try file.sync()
                if isNew { try files.syncVolume(layout.root) }
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    private static func endsTorn(_ path: String, _ files: any RecordingFiles) throws(FileFailure) -> Bool {
        guard let size = try files.size(path), size > 0 else { return false }
        return try files.read(path, offset: size - 1, count: 1) != [10]
    }

    /// The latest state of every hold, oldest first; damaged lines are left out.
    package func load() throws(FileFailure) -> [HoldRecord] {
        guard let size = try files.size(layout.holdsJournal) else { return [] }
        let bytes = try files.read(layout.holdsJournal, offset: 0, count: size)
        var order: [String] = []
        var holds: [String: HoldRecord] = [:]
        for line in bytes.split(separator: 10) {
            guard line.count > 9, line[line.startIndex + 8] == 32 else { continue }
            let json = line[(line.startIndex + 9)...]
            guard UInt32(String(decoding: line.prefix(8), as: UTF8.self), radix: 16) == Checksum.crc32(json),
                let hold = try? JSONDecoder().decode(HoldRecord.self, from: Data(json))
            else { continue }
            if holds.updateValue(hold, forKey: hold.id) == nil { order.append(hold.id) }
        }
        return order.compactMap { holds[$0] }
    }
}
