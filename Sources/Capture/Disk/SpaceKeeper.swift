import Domain
import Foundation
import Logging
import Recording
import Synchronization

/// Keeps the free-space floor of every volume and carries out serve's deletions, on a thread of its own: looking into and deleting from
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
        /// Of volumes with a floor of their own, by id.
        var floors: [String: Int64] = [:]
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
    private let fullFailures: @Sendable () -> [String: Int]
    private let knownFailures = Mutex<[String: Int]>([:])
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
        fullFailures: @escaping @Sendable () -> [String: Int] = { [:] },
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

    /// - Parameters:
    ///   - floorBytes: of every volume that isn't in `floors`.
    ///   - priorities: of this process's cameras, by id.
    func configure(floorBytes: Int64, floors: [String: Int64] = [:], priorities: [String: Int]) {
        state.withLock { state in
            state.floorBytes = floorBytes
            state.floors = floors
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

    /// Free bytes of the main volume at the last look.
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

    /// One look at the volumes. Also called by tests.
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
        var active = try HoldsView(holds, layout, files)
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
            let deletable = SpacePlan.deletable(stored, holds: active.holds)
            if deletable.count < stored.count {
                logger.notice(
                    "segments kept: held or being written",
                    metadata: ["camera.id": "\(camera)", "count": "\(stored.count - deletable.count)"]
                )
            }
            for segment in deletable where try active.allows(segment) { try remove(segment) }
        }
    }

    private func keepFloor() throws(FileFailure) {
        let (priorities, stops) = state.withLock { ($0.priorities, !$0.paused.isEmpty) }
        let failures = fullFailures()
        let full = knownFailures.withLock { known in
            defer { known = failures }
            return Set(failures.filter { $0.value > known[$0.key] ?? 0 }.keys)
        }
        var looks: [Look] = []
        for id in try catalogue.reachableVolumes() {
            do throws(FileFailure) {
                looks.append(Look(id: id, freeBytes: try freeBytes(id), floorBytes: floor(of: id)))
            } catch {
                // A disk that has just gone mustn't keep the others from being kept; its own writer says so.
                if id == RecordingLayout.mainVolume { throw error }
            }
        }
        // Cameras that have stopped start again a tenth above the floor: with less they would wait for ever.
        for index in looks.indices { looks[index].goalBytes = looks[index].floorBytes / 10 * (stops ? 11 : 10) }
        let short = looks.filter { $0.freeBytes < $0.goalBytes || full.contains($0.id) }
        let known = short.isEmpty && !stops ? priorities : allPriorities().merging(priorities) { $1 }
        if !short.isEmpty {
            var stored: [StoredSegment] = []
            for camera in try catalogue.cameras() { stored += try segments(of: camera) }
            // Read after the listing: a hold that was acknowledged before a segment is deleted here is seen.
            var active = try HoldsView(holds, layout, files)
            let candidates = SpacePlan.deletable(stored, holds: active.holds, priorities: known)
            for look in short {
                let free = try makeRoom(
                    look,
                    among: candidates.filter { $0.name.volume == look.id },
                    isFull: full.contains(look.id),
                    &active
                )
                if let index = looks.firstIndex(where: { $0.id == look.id }) { looks[index].freeBytes = free }
            }
        }
        // Cameras go to the volume that has room: they stop only when none has.
        guard let best = looks.max(by: { $0.headroom < $1.headroom }) else { return }
        let (before, after) = state.withLock { state in
            let before = state.paused
            state.freeBytes = looks.first { $0.id == RecordingLayout.mainVolume }?.freeBytes ?? 0
            state.paused = SpacePlan.pausedCameras(
                priorities: priorities,
                levels: Set(known.values),
                freeBytes: best.freeBytes,
                floorBytes: best.floorBytes,
                stopped: before
            )
            return (before, state.paused)
        }
        guard before != after else { return }
        logger.critical(
            "recording stops or goes on for want of space",
            metadata: ["stopped": "\(after.sorted().joined(separator: ","))", "free.bytes": "\(best.freeBytes)"]
        )
        onPaused(after)
    }

    /// One volume at one look.
    private struct Look {
        var id: String
        var freeBytes: Int64
        var floorBytes: Int64
        var goalBytes: Int64 = 0

        var headroom: Int64 { freeBytes - floorBytes }
    }

    private func freeBytes(_ volume: String) throws(FileFailure) -> Int64 {
        Int64(try files.freeBytes(layout.volumeRoot(volume)))
    }

    private func floor(of volume: String) -> Int64 {
        state.withLock { max(Self.leastFloor, $0.floors[volume] ?? $0.floorBytes) }
    }

    /// Deletes on one volume until its goal is reached; where it is full although there seems to be room, one segment.
    ///
    /// - Returns: what is free then.
    private func makeRoom(
        _ look: Look,
        among candidates: [StoredSegment],
        isFull: Bool,
        _ active: inout HoldsView
    ) throws(FileFailure) -> Int64 {
        var free = look.freeBytes
        var deleted = 0
        for segment in candidates {
            guard free < look.goalBytes || (isFull && deleted == 0), !state.withLock({ $0.stopping }) else { break }
            guard try active.allows(segment) else { continue }
            try remove(segment)
            deleted += 1
            free = try freeBytes(look.id)
        }
        if deleted > 0 {
            logger.notice(
                "made room",
                metadata: ["volume": "\(look.id)", "segments": "\(deleted)", "free.bytes": "\(free)"]
            )
        }
        return free
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

    /// The segment first: what is left of its companions after a power cut is nothing that anybody reads.
    private func remove(_ segment: StoredSegment) throws(FileFailure) {
        let paths =
            [layout.segment(segment.cameraId, segment.name)] + layout.companions(segment.cameraId, segment.name)
        for path in paths { try removeIfThere(path) }
        // The summaries of a day's activity go with its last segment.
        let folder = layout.dayFolder(segment.cameraId, day: segment.name.day, volume: segment.name.volume)
        guard segment.name.day < RecordingLayout.day(of: clock.now()),
            try !files.list(folder).contains(where: { $0.hasSuffix(".mp4") })
        else { return }
        try removeIfThere("\(folder)/\(ActivityLine.dayFile)")
    }

    private func removeIfThere(_ path: String) throws(FileFailure) {
        do throws(FileFailure) {
            try files.remove(path)
        } catch {
            // Another shard's keeper may have been faster; not every segment has every companion.
            if !error.isMissing { throw error }
        }
    }
}
