import Glibc
import Recording
import Synchronization

/// The real file system with faults: calls that fail, and a power cut that takes what was not synced.
final class FaultyFiles: RecordingFiles {
    struct Faults {
        /// Writes fail with this code once so many bytes have been taken; the write in which that happens is torn.
        var full: (after: Int, code: Int32)?
        var syncCode: Int32?
        /// Every write waits until this is taken back.
        var isSlow = false
        var written = 0
        /// Sizes at the last sync.
        var synced: [String: Int] = [:]
        var syncs = 0
        var creations = 0
        var paths: Set<String> = []
        /// Reads and listings of paths that hold this fail with EIO.
        var unreadable: String?
        var listings = 0
    }

    let faults = Mutex(Faults())
    private let real = SystemFiles()

    func createDirectory(_ path: String) throws(FileFailure) { try real.createDirectory(path) }

    func create(_ path: String) throws(FileFailure) -> any RecordingFile {
        faults.withLock {
            $0.creations += 1
            $0.paths.insert(path)
        }
        return FaultyFile(try real.create(path), path: path, owner: self)
    }

    func open(_ path: String) throws(FileFailure) -> any RecordingFile {
        faults.withLock { _ = $0.paths.insert(path) }
        return FaultyFile(try real.open(path), path: path, owner: self)
    }

    func read(_ path: String, offset: Int, count: Int) throws(FileFailure) -> [UInt8] {
        try check(path)
        return try real.read(path, offset: offset, count: count)
    }

    func size(_ path: String) throws(FileFailure) -> Int? { try real.size(path) }

    func list(_ path: String) throws(FileFailure) -> [String] {
        faults.withLock { $0.listings += 1 }
        try check(path)
        return try real.list(path)
    }

    func modified(_ path: String) -> Int64? { real.modified(path) }

    private func check(_ path: String) throws(FileFailure) {
        if let part = faults.withLock({ $0.unreadable }), (path + "/").contains(part) {
            throw FileFailure(operation: "read", path: path, code: EIO)
        }
    }

    func remove(_ path: String) throws(FileFailure) { try real.remove(path) }

    func syncVolume(_ path: String) throws(FileFailure) {
        let code = faults.withLock { faults in
            faults.syncs += 1
            if faults.syncCode == nil {
                for path in faults.paths { faults.synced[path] = (try? real.size(path)) ?? 0 }
            }
            return faults.syncCode
        }
        if let code { throw FileFailure(operation: "sync", path: path, code: code) }
    }

    func freeBytes(_ path: String) throws(FileFailure) -> Int { try real.freeBytes(path) }

    func totalBytes(_ path: String) throws(FileFailure) -> Int { try real.totalBytes(path) }

    func link(_ path: String, to target: String) throws(FileFailure) { try real.link(path, to: target) }

    func linkTarget(_ path: String) -> String? { real.linkTarget(path) }

    /// Cuts every file back to what the last sync made durable.
    func cutPower() throws(FileFailure) {
        let (paths, synced) = faults.withLock { ($0.paths, $0.synced) }
        for path in paths {
            guard let size = try real.size(path) else { continue }
            try real.open(path).truncate(to: min(size, synced[path] ?? 0))
        }
    }
}

final class FaultyFile: RecordingFile {
    private let real: any RecordingFile
    private let path: String
    private let owner: FaultyFiles

    init(_ real: any RecordingFile, path: String, owner: FaultyFiles) {
        self.real = real
        self.path = path
        self.owner = owner
    }

    func append(_ bytes: [UInt8]) throws(FileFailure) {
        while owner.faults.withLock({ $0.isSlow }) { usleep(2000) }
        let (taken, code) = owner.faults.withLock { faults -> (Int, Int32?) in
            guard let full = faults.full, faults.written + bytes.count > full.after else {
                faults.written += bytes.count
                return (bytes.count, nil)
            }
            let taken = max(0, full.after - faults.written)
            faults.written += taken
            return (taken, full.code)
        }
        try real.append(Array(bytes[..<taken]))
        if let code { throw FileFailure(operation: "write", path: path, code: code) }
    }

    func truncate(to size: Int) throws(FileFailure) { try real.truncate(to: size) }

    func sync() throws(FileFailure) { try real.sync() }
}
