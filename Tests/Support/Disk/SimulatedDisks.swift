import Glibc
import Synchronization

import Domain
package import Recording

/// A file system of simulated disks, each mounted at its path; symbolic links lead from one to another.
package final class SimulatedDisks: RecordingFiles {
    private let disks: [SimulatedDisk]

    package convenience init(_ disks: SimulatedDisk...) { self.init(disks) }

    package init(_ disks: [SimulatedDisk]) {
        self.disks = disks.sorted { $0.mountPoint.count > $1.mountPoint.count }
    }

    /// The disk of a path and the path behind all links.
    private func resolve(_ path: String, follows: Bool = true) throws(FileFailure) -> (SimulatedDisk, String) {
        var path = path
        for _ in 0..<8 {
            guard let disk = disks.first(where: { path == $0.mountPoint || path.hasPrefix($0.mountPoint + "/") }) else {
                throw FileFailure(operation: "open", path: path, code: ENOENT)
            }
            let link = disk.state.withLock { state in
                state.links.first { path == $0.key && follows || path.hasPrefix($0.key + "/") }
            }
            guard let link else { return (disk, path) }
            path = link.value + path.dropFirst(link.key.count)
        }
        throw FileFailure(operation: "open", path: path, code: ELOOP)
    }

    /// Looks at a disk without changing it.
    private func look<Value: Sendable>(
        _ path: String,
        _ operation: String,
        missing: Value,
        _ body: (inout SimulatedDisk.State, String) throws(FileFailure) -> Value
    ) throws(FileFailure) -> Value {
        let disk: SimulatedDisk
        let real: String
        do throws(FileFailure) {
            (disk, real) = try resolve(path)
        } catch {
            if error.isMissing { return missing }
            throw error
        }
        return try disk.state.withLock { (state) throws(FileFailure) -> Value in
            if state.faults.isAway { return missing }
            if let part = state.faults.unreadable, (real + "/").contains(part) {
                throw FileFailure(operation: operation, path: path, code: EIO)
            }
            return try body(&state, real)
        }
    }

    package func createDirectory(_ path: String) throws(FileFailure) {
        let (disk, real) = try resolve(path)
        guard !disk.state.withLock({ $0.folders.contains(real) && !$0.faults.isAway }) else { return }
        try disk.change("create folder", path) { state in
            var folder = real
            while !state.folders.contains(folder), folder.count >= disk.mountPoint.count {
                state.folders.insert(folder)
                folder = SimulatedDisk.parent(folder)
                SimulatedDisk.touch(folder, &state)
            }
        }
    }

    package func create(_ path: String) throws(FileFailure) -> any RecordingFile {
        let (disk, real) = try resolve(path)
        let exists = disk.state.withLock { $0.files[real] != nil }
        guard !exists else { throw FileFailure(operation: "create", path: path, code: EEXIST) }
        return try open(path)
    }

    package func open(_ path: String) throws(FileFailure) -> any RecordingFile {
        let (disk, real) = try resolve(path)
        if let file = disk.state.withLock({ $0.faults.isAway ? nil : $0.files[real] }) {
            return SimulatedOpenFile(file, on: disk)
        }
        let file = SimulatedFile(real)
        try disk.change("create", path) { (state) throws(FileFailure) in
            guard state.folders.contains(SimulatedDisk.parent(real)) else {
                throw FileFailure(operation: "create", path: path, code: ENOENT)
            }
            if SimulatedDisk.used(state) >= state.faults.capacity.bytes {
                throw FileFailure(operation: "create", path: path, code: state.faults.capacity.code)
            }
            state.files[real] = file
            state.counts.creations += 1
            SimulatedDisk.touch(SimulatedDisk.parent(real), &state)
        }
        return SimulatedOpenFile(file, on: disk)
    }

    package func read(_ path: String, offset: Int, count: Int) throws(FileFailure) -> [UInt8] {
        let bytes: [UInt8]? = try look(path, "read", missing: nil) { (state, real) in
            state.counts.reads += 1
            state.counts.readPaths.insert(real)
            return (state.files[real]?.content.cached).map { bytes in
                Array(bytes.dropFirst(max(0, offset)).prefix(max(0, count)))
            }
        }
        guard let bytes else { throw FileFailure(operation: "open", path: path, code: ENOENT) }
        return bytes
    }

    package func size(_ path: String) throws(FileFailure) -> Int? {
        try look(path, "look at", missing: nil) { (state, real) in
            if let file = state.files[real] { return file.content.cached.count }
            return state.folders.contains(real) ? 4096 : nil
        }
    }

    package func list(_ path: String) throws(FileFailure) -> [String] {
        try look(path, "list", missing: []) { (state, real) in
            state.counts.listings += 1
            guard state.folders.contains(real) else { return [] }
            let prefix = real + "/"
            let all = Array(state.files.keys) + Array(state.folders) + Array(state.links.keys)
            return all.filter { $0.hasPrefix(prefix) && !$0.dropFirst(prefix.count).contains("/") }
                .map { String($0.dropFirst(prefix.count)) }.sorted()
        }
    }

    package func modified(_ path: String) -> Int64? {
        try? look(path, "look at", missing: nil) { (state, real) in state.folderTimes[real] }
    }

    package func remove(_ path: String) throws(FileFailure) {
        let (disk, real) = try resolve(path, follows: false)
        try disk.change("delete", path) { (state) throws(FileFailure) in
            guard state.files.removeValue(forKey: real) != nil || state.links.removeValue(forKey: real) != nil else {
                throw FileFailure(operation: "delete", path: path, code: ENOENT)
            }
            SimulatedDisk.touch(SimulatedDisk.parent(real), &state)
        }
    }

    package func syncVolume(_ path: String) throws(FileFailure) {
        let (disk, _) = try resolve(path)
        disk.wait()
        try disk.change("sync", path) { (state) throws(FileFailure) in
            state.counts.syncs += 1
            if let code = state.faults.syncCode {
                for file in state.files.values {
                    if file.path.contains(state.faults.syncLoses) || state.faults.syncLoses.isEmpty {
                        file.loseChanges()
                    } else {
                        file.settle()
                    }
                }
                throw FileFailure(operation: "sync", path: path, code: code)
            }
            for file in state.files.values { file.settle() }
            state.durableFiles = state.files
            state.durableFolders = state.folders
            state.durableLinks = state.links
        }
    }

    package func freeBytes(_ path: String) throws(FileFailure) -> Int {
        let (disk, _) = try resolve(path)
        return disk.state.withLock { state in
            state.faults.capacity.bytes == .max
                ? 1 << 40 : max(0, state.faults.capacity.bytes - SimulatedDisk.used(state))
        }
    }

    package func totalBytes(_ path: String) throws(FileFailure) -> Int {
        let (disk, _) = try resolve(path)
        return disk.state.withLock { min(1 << 40, $0.faults.capacity.bytes) }
    }

    package func device(_ path: String) -> UInt64? {
        guard let (disk, _) = try? resolve(path) else { return nil }
        return disk.state.withLock { $0.faults.isAway } ? nil : disks.firstIndex { $0 === disk }.map { UInt64($0) }
    }

    package func link(_ path: String, to target: String) throws(FileFailure) {
        let (disk, real) = try resolve(path, follows: false)
        try disk.change("link", path) { (state) throws(FileFailure) in
            guard state.links[real] == nil, state.files[real] == nil, !state.folders.contains(real) else {
                throw FileFailure(operation: "link", path: path, code: EEXIST)
            }
            state.links[real] = target
            SimulatedDisk.touch(SimulatedDisk.parent(real), &state)
        }
    }

    package func linkTarget(_ path: String) -> String? {
        guard let (disk, real) = try? resolve(path, follows: false) else { return nil }
        return disk.state.withLock { $0.links[real] }
    }
}

extension SimulatedDisk {
    static func parent(_ path: String) -> String { String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) }

    static func touch(_ folder: String, _ state: inout State) {
        let now = SystemClock().now().microseconds &* 1000
        state.folderTimes[folder] = max(now, (state.folderTimes[folder] ?? 0) + 1)
    }

    /// Blocks while it is stuck.
    func wait() {
        while state.withLock({ $0.faults.isStuck }) { usleep(2000) }
    }

    /// Does a changing call unless it has to fail.
    func change(
        _ operation: String,
        _ path: String,
        _ body: (inout State) throws(FileFailure) -> Void
    ) throws(FileFailure) {
        try state.withLock { (state) throws(FileFailure) in
            if let code = nextFailure(&state) { throw FileFailure(operation: operation, path: path, code: code) }
            try body(&state)
        }
    }

    /// Counts a changing call; the code that it fails with, if it does.
    func nextFailure(_ state: inout State) -> Int32? {
        let call = state.counts.changes
        state.counts.changes += 1
        if call >= state.faults.powerEndsAt { return EIO }
        if state.faults.isAway { return ENODEV }
        if let failing = state.faults.failing, call >= failing.call, call < failing.call + failing.count {
            return failing.code
        }
        return nil
    }
}

/// A file of a simulated disk, open.
final class SimulatedOpenFile: RecordingFile {
    private let file: SimulatedFile
    private let disk: SimulatedDisk

    init(_ file: SimulatedFile, on disk: SimulatedDisk) {
        self.file = file
        self.disk = disk
    }

    func append(_ bytes: [UInt8]) throws(FileFailure) {
        disk.wait()
        let (code, rate) = disk.state.withLock { state -> (Int32?, Double?) in
            let hasPower = state.counts.changes < state.faults.powerEndsAt
            var code = disk.nextFailure(&state) ?? state.faults.writeCode
            var taken = code == nil ? bytes.count : Int.random(in: 0...bytes.count, using: &state.random)
            let room = max(0, state.faults.capacity.bytes - SimulatedDisk.used(state))
            if taken > room {
                taken = room
                code = code ?? state.faults.capacity.code
            }
            if hasPower, taken > 0, !state.faults.isAway { file.append(Array(bytes.prefix(taken))) }
            state.counts.writtenBytes += taken
            return (code, state.faults.bytesPerSecond)
        }
        if let rate { disk.pause(.seconds(Double(bytes.count) / rate)) }
        if let code { throw FileFailure(operation: "write", path: file.path, code: code) }
    }

    func truncate(to size: Int) throws(FileFailure) {
        try disk.change("cut", file.path) { _ in file.cut(to: size) }
    }

    func sync() throws(FileFailure) {
        disk.wait()
        try disk.change("sync", file.path) { (state) throws(FileFailure) in
            let faults = state.faults
            if faults.syncCode != nil, faults.syncLoses.isEmpty || file.path.contains(faults.syncLoses) {
                file.loseChanges()
            }
            if file.content.lostChanges {
                file.content.lostChanges = false
                throw FileFailure(operation: "sync", path: file.path, code: state.faults.syncCode ?? EIO)
            }
            file.settle()
        }
    }
}
