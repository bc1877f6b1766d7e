import Foundation
import Synchronization

import Domain
import Recording

/// A disk in memory that can do what disks do at the worst moment: lose what was not synced (whole files and folders
/// too), tear the last write, fail a chosen call, fill up, fail a sync and forget what it should have written, be slow, or
/// never answer. `SimulatedDisks` joins several to one file system.
package final class SimulatedDisk: Sendable {
    /// What goes wrong.
    package struct Faults: Sendable {
        /// This changing call (they count from 0 since the start) and the `count - 1` behind it fail with `code`; a write
        /// among them is torn.
        package var failing: (call: Int, count: Int, code: Int32)?
        /// Every write fails with this.
        package var writeCode: Int32?
        /// Every sync fails with this, and what it should have written is gone.
        package var syncCode: Int32?
        /// The files whose changes a failed sync loses: those whose path holds this; all by default.
        package var syncLoses = ""
        /// Bytes of files that find room, with this code for those that don't.
        package var capacity: (bytes: Int, code: Int32) = (.max, 28)
        /// Paths that hold this can't be read: EIO.
        package var unreadable: String?
        /// Bytes per second; a write takes as long as it takes.
        package var bytesPerSecond: Double?
        /// No write and no sync comes back until this is taken back.
        package var isStuck = false
        /// After so many changing calls the power is gone: nothing works any more.
        package var powerEndsAt = Int.max
        /// It is not there: nothing is found, nothing can be written.
        package var isAway = false

        package init() {}
    }

    /// What was asked of it.
    package struct Counts: Sendable {
        /// Calls that change something: create, append, cut, remove, sync, folder.
        package var changes = 0
        package var writtenBytes = 0
        package var creations = 0
        package var syncs = 0
        package var reads = 0
        package var listings = 0
        /// The paths of files that were read.
        package var readPaths: Set<String> = []
    }

    struct State {
        var faults = Faults()
        var counts = Counts()
        var files: [String: SimulatedFile] = [:]
        var folders: Set<String> = []
        var links: [String: String] = [:]
        var folderTimes: [String: Int64] = [:]
        /// Names as they are on the disk.
        var durableFiles: [String: SimulatedFile] = [:]
        var durableFolders: Set<String> = []
        var durableLinks: [String: String] = [:]
        var random: SeededRandom
    }

    /// Where it is mounted; all paths on it begin with this.
    package let mountPoint: String
    let state: Mutex<State>
    /// Lets the time of a slow write pass.
    let pause: @Sendable (Duration) -> Void

    package init(
        _ mountPoint: String,
        seed: UInt64 = 1,
        pause: @escaping @Sendable (Duration) -> Void = { usleep(UInt32(clamping: $0.microseconds)) }
    ) {
        self.mountPoint = mountPoint
        self.pause = pause
        state = Mutex(State(random: SeededRandom(seed: seed)))
        state.withLock {
            $0.folders = [mountPoint]
            $0.durableFolders = [mountPoint]
        }
    }

    package func setFaults(_ change: (inout Faults) -> Void) { state.withLock { change(&$0.faults) } }

    package var counts: Counts { state.withLock { $0.counts } }

    package func resetCounts() { state.withLock { $0.counts = Counts(changes: $0.counts.changes) } }

    /// Whether the moment `powerEndsAt` has come.
    package var isPowerGone: Bool { state.withLock { $0.counts.changes >= $0.faults.powerEndsAt } }

    /// Bytes of all files.
    package var usedBytes: Int { state.withLock { Self.used($0) } }

    static func used(_ state: State) -> Int { state.files.values.reduce(0) { $0 + $1.content.cached.count } }

    /// Ends the power and brings it back: only what was synced is certain to be there. Faults are gone.
    package func cutPower() {
        state.withLock { state in
            var random = state.random
            var files: [String: SimulatedFile] = [:]
            var folders = state.durableFolders
            // Names that were never synced may have reached the disk all the same, and removals may not.
            for folder in state.folders.subtracting(folders).sorted() {
                let parent = String(folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)])
                if folders.contains(parent), Bool.random(using: &random) { folders.insert(folder) }
            }
            for (path, file) in state.durableFiles.sorted(by: { $0.key < $1.key }) {
                if state.files[path] === file || Bool.random(using: &random) { files[path] = file }
            }
            for (path, file) in state.files.sorted(by: { $0.key < $1.key }) where files[path] == nil {
                let parent = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
                if folders.contains(parent), Int.random(in: 0..<3, using: &random) == 0 { files[path] = file }
            }
            for (_, file) in files.sorted(by: { $0.key < $1.key }) { file.cutPower(&random) }
            state.random = random
            state.files = files
            state.durableFiles = files
            state.folders = folders
            state.durableFolders = folders
            state.links = state.durableLinks
            state.folderTimes = [:]
            state.faults = Faults()
        }
    }

    /// Writes everything as it is on the disk now into a folder of the machine.
    package func export(to folder: String) throws {
        let (files, folders) = state.withLock { state in
            (state.files.map { ($0.key, $0.value.content.cached) }, state.folders)
        }
        let manager = FileManager.default
        for path in folders {
            try manager.createDirectory(
                atPath: folder + path.dropFirst(mountPoint.count),
                withIntermediateDirectories: true
            )
        }
        for (path, bytes) in files {
            try Data(bytes).write(to: URL(filePath: folder + path.dropFirst(mountPoint.count)))
        }
    }

    /// The content of a file as reading gives it, and how much of it is on the disk for certain.
    package func file(_ path: String) -> (bytes: [UInt8], durable: [UInt8])? {
        state.withLock { state in state.files[path].map { ($0.content.cached, $0.content.durable) } }
    }

    /// Changes one bit, as rot or a forger does.
    package func flipBit(_ path: String, at offset: Int) {
        state.withLock { state in
            guard let file = state.files[path], file.content.cached.indices.contains(offset) else { return }
            file.content.cached[offset] ^= 1
            if file.content.durable.indices.contains(offset) { file.content.durable[offset] ^= 1 }
        }
    }

    /// Takes a file away without its folder noticing, as rot does.
    package func lose(_ path: String) {
        state.withLock { state in
            state.files[path] = nil
            state.durableFiles[path] = nil
        }
    }
}
