import Domain
import Foundation
import Logging
import Recording
import Synchronization

/// Keeps the free-space floor and carries out serve's deletions, on a thread of its own: looking into and deleting from
/// a slow disk holds up nobody else. Holds are obeyed always, read again from their journal before anything is deleted.
final class SpaceKeeper: Sendable {
    /// Segments that serve wants deleted and that wait for it; beyond it a command is refused, serve sends it again.
    static let requestLimit = 50_000
    /// A look is one `statvfs` while there is room.
    private static let period: TimeInterval = 1
    /// The floor that is kept where a smaller one is configured: a second's recording of a few cameras.
    private static let leastFloor: Int64 = 1 << 20
    /// A segment of another process that was not ended and not written to for so long was left behind by one that died,
    /// of a camera that is gone: nobody recovers it.
    private static let abandonedAfter = Duration.seconds(3600)
    /// Frames may be shown so much later than decoded: journals tell the latter.
    private static let reordering = Duration.seconds(1)

    private struct State {
        var requests: [String] = []
        var priorities: [String: Int] = [:]
        var floorBytes: Int64 = 0
        var freeBytes: Int64 = 0
        var paused: Set<String> = []
        var stopping = false
        /// Somebody found the volume full: looked at without waiting.
        var isUrgent = false
    }

    private let layout: RecordingLayout
    private let files: any RecordingFiles
    private let catalogue: RecordingCatalogue
    private let holds: HoldsJournal
    private let logger: Logger
    private let condition = NSCondition()
    private let state = Mutex(State())
    /// Attempts to write that found the volume full, and how many there were at the last look. Their rise tells what
    /// `statvfs` can't: a quota, or no inodes left.
    private let fullFailures: @Sendable () -> Int
    private let knownFailures = Mutex(0)
    /// Priorities of all cameras of this data folder, other shards' too: they share the volume.
    private let allPriorities: @Sendable () -> [String: Int]
    /// Whether this process has a camera's segment open; nil where it can't know, as with other shards' cameras.
    private let isWriting: @Sendable (String, SegmentName) -> Bool?
    private let clock: any HostClock
    /// The last error, so that one that stays is logged once.
    private let lastError = Mutex<FileFailure?>(nil)
    /// Told the cameras that must not record now; called from the keeper's thread.
    private let onPaused: @Sendable (Set<String>) -> Void

    init(
        layout: RecordingLayout,
        files: any RecordingFiles,
        logger: Logger,
        fullFailures: @escaping @Sendable () -> Int = { 0 },
        allPriorities: @escaping @Sendable () -> [String: Int] = { [:] },
        isWriting: @escaping @Sendable (String, SegmentName) -> Bool? = { _, _ in nil },
        clock: any HostClock = SystemClock(),
        onPaused: @escaping @Sendable (Set<String>) -> Void
    ) {
        self.layout = layout
        self.files = files
        self.logger = logger
        self.fullFailures = fullFailures
        self.allPriorities = allPriorities
        self.isWriting = isWriting
        self.clock = clock
        self.onPaused = onPaused
        catalogue = RecordingCatalogue(layout: layout, files: files)
        holds = HoldsJournal(layout: layout, files: files)
    }

    func configure(floorBytes: Int64, priorities: [String: Int]) {
        state.withLock { state in
            state.floorBytes = floorBytes
            state.priorities = priorities
        }
    }

    func start() {
        let thread = Thread { [self] in
            while !state.withLock({ $0.stopping }) {
                keep()
                condition.lock()
                if state.withLock({ $0.requests.isEmpty && !$0.stopping && !$0.isUrgent }) {
                    _ = condition.wait(until: Date(timeIntervalSinceNow: Self.period))
                }
                condition.unlock()
            }
        }
        thread.name = "space"
        thread.start()
    }

    func stop() {
        state.withLock { $0.stopping = true }
        signal()
    }

    /// Free bytes at the last look.
    var freeBytes: Int64 { state.withLock { $0.freeBytes } }

    /// Whether cameras are not recorded for want of space.
    var isPausing: Bool { state.withLock { !$0.paused.isEmpty } }

    /// Looks at once: a write has found the volume full.
    func hurry() {
        state.withLock { $0.isUrgent = true }
        signal()
    }

    /// Takes serve's command; paths that are none of a segment are left out.
    func delete(_ segments: [String]) {
        let accepted = state.withLock { state in
            guard state.requests.count + segments.count <= Self.requestLimit else { return false }
            state.requests += segments
            return true
        }
        if !accepted { logger.warning("deletion refused: too many wait", metadata: ["count": "\(segments.count)"]) }
        signal()
    }

    private func signal() {
        condition.lock()
        condition.signal()
        condition.unlock()
    }

    /// One look at the volume. Also called by tests.
    func keep() {
        let requests = state.withLock { state in
            defer {
                state.requests = []
                state.isUrgent = false
            }
            return state.requests
        }
        do throws(FileFailure) {
            if !requests.isEmpty { try deleteRequested(requests) }
            try keepFloor()
            lastError.withLock { $0 = nil }
        } catch {
            guard
                lastError.withLock({ known in
                    defer { known = error }
                    return known != error
                })
            else { return }
            logger.error(
                "the recording volume can't be kept",
                metadata: ["operation": "\(error.operation)", "path": "\(error.path)", "errno": "\(error.code)"]
            )
        }
    }

    private func deleteRequested(_ paths: [String]) throws(FileFailure) {
        let active = try holds.load()
        var byCamera: [String: [SegmentName]] = [:]
        for path in paths {
            guard let (camera, name) = RecordingLayout.parse(relativeSegment: path) else {
                logger.warning("not a segment, not deleted", metadata: ["path": "\(path)"])
                continue
            }
            byCamera[camera, default: []].append(name)
        }
        for (camera, names) in byCamera {
            let wanted = Set(names)
            let stored = try segments(of: camera).filter { wanted.contains($0.name) }
            let deletable = SpacePlan.deletable(stored, holds: active)
            if deletable.count < stored.count {
                logger.notice(
                    "segments kept: held or being written",
                    metadata: ["camera.id": "\(camera)", "count": "\(stored.count - deletable.count)"]
                )
            }
            for segment in deletable { try remove(segment) }
        }
    }

    private func keepFloor() throws(FileFailure) {
        var free = Int64(try files.freeBytes(layout.root))
        let (floor, priorities, stops) = state.withLock {
            (max(Self.leastFloor, $0.floorBytes), $0.priorities, !$0.paused.isEmpty)
        }
        // Cameras that have stopped start again a tenth above the floor: with less they would wait for ever.
        let goal = stops ? floor + floor / 10 : floor
        let failures = fullFailures()
        let isFull = knownFailures.withLock { known in
            defer { known = failures }
            return failures > known
        }
        if free < goal || isFull {
            var stored: [StoredSegment] = []
            for camera in try catalogue.cameras() { stored += try segments(of: camera) }
            // Read after the listing: a hold that was acknowledged before a segment is deleted here is seen.
            let active = try holds.load()
            var deleted = 0
            let known = allPriorities().merging(priorities) { $1 }
            let candidates = SpacePlan.deletable(stored, holds: active, priorities: known)
            for segment in candidates {
                // Full although there seems to be room: one segment per attempt.
                guard free < goal || (isFull && deleted == 0), !state.withLock({ $0.stopping }) else { break }
                try remove(segment)
                deleted += 1
                free = Int64(try files.freeBytes(layout.root))
            }
            if deleted > 0 {
                logger.notice("made room", metadata: ["segments": "\(deleted)", "free.bytes": "\(free)"])
            }
        }
        let (before, after) = state.withLock { state in
            let before = state.paused
            state.freeBytes = free
            state.paused = SpacePlan.pausedCameras(
                priorities: priorities,
                freeBytes: free,
                floorBytes: floor,
                stopped: before
            )
            return (before, state.paused)
        }
        guard before != after else { return }
        logger.critical(
            "recording stops or goes on for want of space",
            metadata: ["stopped": "\(after.sorted().joined(separator: ","))", "free.bytes": "\(free)"]
        )
        onPaused(after)
    }

    private func segments(of camera: String) throws(FileFailure) -> [StoredSegment] {
        var names: [SegmentName] = []
        for day in try catalogue.days(camera) { names += try catalogue.segments(camera, day: day) }
        names.sort()
        var stored: [StoredSegment] = []
        for (index, name) in names.enumerated() {
            guard let from = SpacePlan.startTime(of: name) else { continue }
            let to: WallTime?
            if index + 1 < names.count {
                // Names are cut to milliseconds: the next one's start is rounded up.
                to = SpacePlan.startTime(of: names[index + 1]).map { $0 + .milliseconds(1) }
            } else {
                to = try end(ofNewest: name, camera)
            }
            stored.append(StoredSegment(cameraId: camera, name: name, from: from, to: to))
        }
        return stored
    }

    /// An instant that the last frame of a camera's newest segment doesn't pass; nil while somebody writes it.
    private func end(ofNewest name: SegmentName, _ camera: String) throws(FileFailure) -> WallTime? {
        let isOurs = isWriting(camera, name)
        if isOurs == true { return nil }
        let journal = layout.journal(camera, name)
        do throws(FileFailure) {
            if let closed = try JournalReader.closing(journal, files: files) { return closed.endedAt + Self.reordering }
        } catch {
            // Another shard's keeper deleted it meanwhile.
            if !error.isMissing { throw error }
            return nil
        }
        if isOurs == nil {
            guard let changed = files.modified(layout.segment(camera, name)) ?? files.modified(journal),
                clock.now() - WallTime(microseconds: changed / 1000) > Self.abandonedAfter
            else { return nil }
        }
        // Its end isn't known, as when a full disk didn't take the closing line: any later hold keeps it.
        return WallTime(microseconds: .max)
    }

    private func remove(_ segment: StoredSegment) throws(FileFailure) {
        let paths = [layout.segment(segment.cameraId, segment.name), layout.journal(segment.cameraId, segment.name)]
        for path in paths {
            do throws(FileFailure) {
                try files.remove(path)
            } catch {
                // Another shard's keeper may have been faster.
                if !error.isMissing { throw error }
            }
        }
    }
}
