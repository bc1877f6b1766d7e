import Foundation
import Synchronization

/// `recordings/holds.journal`: every hold and every release, synced before they are acknowledged, with a copy on each
/// further volume. One line each: CRC-32 of what follows the first blank, then JSON.
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
    package func append(_ hold: HoldRecord) throws(FileFailure) { try append([hold]) }

    /// Writes holds with one write and one sync: a power cut takes them from the last on, and then none was acknowledged.
    package func append(_ holds: [HoldRecord]) throws(FileFailure) {
        var line: [UInt8] = []
        for hold in holds { line += try encode(hold) }
        guard !line.isEmpty else { return }
        let result = lock.withLock { _ -> Result<Void, FileFailure> in
            do throws(FileFailure) {
                try files.createDirectory(layout.root)
                try append(line, to: layout.holdsJournal, volumeRoot: layout.root)
            } catch {
                return .failure(error)
            }
            // A copy that can't be written keeps nobody from holding: it is brought up to date by the next line.
            for volume in (try? furtherVolumes()) ?? [] { try? copy(line, to: volume) }
            return .success(())
        }
        try result.get()
    }

    private func encode(_ hold: HoldRecord) throws(FileFailure) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let json = try? encoder.encode(hold) else {
            throw FileFailure(operation: "encode a hold for", path: layout.holdsJournal, code: EINVAL)
        }
        let crc = String(Checksum.crc32(json), radix: 16)
        return Array((String(repeating: "0", count: 8 - crc.count) + crc + " ").utf8) + Array(json) + [10]
    }

    private func append(_ line: [UInt8], to path: String, volumeRoot: String) throws(FileFailure) {
        let isNew = try files.size(path) == nil
        let file = try files.open(path)
        // A line that a crash tore must not swallow this one.
        try file.append(try Self.endsTorn(path, files) ? [10] + line : line)
        try file.sync()
        if isNew { try files.syncVolume(volumeRoot) }
    }

    /// Adds the line to a volume's copy, after those before it that are missing there: none is written twice.
    private func copy(_ line: [UInt8], to volume: String) throws(FileFailure) {
        let path = layout.holdsCopy(volume: volume)
        let whole = try files.size(layout.holdsJournal) ?? 0
        let present = try files.size(path) ?? 0
        var missing = line
        if whole - present != line.count {
            let known = Set(try files.read(path, offset: 0, count: present).split(separator: 10))
            missing = []
            for line in try files.read(layout.holdsJournal, offset: 0, count: whole).split(separator: 10)
            where !known.contains(line) {
                missing += line + [10]
            }
        }
        guard !missing.isEmpty else { return }
        try append(missing, to: path, volumeRoot: layout.volumeRoot(volume))
    }

    private func furtherVolumes() throws(FileFailure) -> [String] {
        try RecordingCatalogue(layout: layout, files: files).reachableVolumes()
            .filter { $0 != RecordingLayout.mainVolume }
    }

    private static func endsTorn(_ path: String, _ files: any RecordingFiles) throws(FileFailure) -> Bool {
        guard let size = try files.size(path), size > 0 else { return false }
        return try files.read(path, offset: size - 1, count: 1) != [10]
    }

    /// The latest state of every hold, oldest first; damaged lines are left out. Holds that only a further volume's copy
    /// knows (the root's disk was replaced) come last.
    package func load() throws(FileFailure) -> [HoldRecord] {
        var order: [String] = []
        var holds: [String: HoldRecord] = [:]
        for hold in try lines(of: layout.holdsJournal) {
            if holds.updateValue(hold, forKey: hold.id) == nil { order.append(hold.id) }
        }
        for volume in try furtherVolumes() {
            let known = Set(holds.keys)
            for hold in (try? lines(of: layout.holdsCopy(volume: volume))) ?? [] where !known.contains(hold.id) {
                if holds.updateValue(hold, forKey: hold.id) == nil { order.append(hold.id) }
            }
        }
        return order.compactMap { holds[$0] }
    }

    private func lines(of path: String) throws(FileFailure) -> [HoldRecord] {
        guard let size = try files.size(path) else { return [] }
        var holds: [HoldRecord] = []
        for line in try files.read(path, offset: 0, count: size).split(separator: 10) {
            guard line.count > 9, line[line.startIndex + 8] == 32 else { continue }
            let json = line[(line.startIndex + 9)...]
            guard UInt32(String(decoding: line.prefix(8), as: UTF8.self), radix: 16) == Checksum.crc32(json),
                let hold = try? JSONDecoder().decode(HoldRecord.self, from: Data(json))
            else { continue }
            holds.append(hold)
        }
        return holds
    }
}
