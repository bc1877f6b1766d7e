package import Domain
import Foundation
import Glibc
import Synchronization

/// The recording side of all volumes of a data folder: a thread for each volume that writes for the cameras on it, and one
/// for its sync beat. Recorders hand their fragments over and never wait for a disk.
///
/// A camera is written to one volume at a time. Each of its segments goes to the volume that has been given the least for
/// its size among those that work and have room; when a volume fails or hangs, its cameras go on elsewhere at their next
/// key frames. Where a disk is too slow, the most important cameras are written first and the least important ones lose
/// pictures first (priority 9 is the highest, as in retention), counted and noted as gaps.
package final class RecordingVolumes: Sendable {
    package let layout: RecordingLayout
    package let settings: RecordingSettings
    let clock: any HostClock
    let onEvent: @Sendable (VolumeEvent) -> Void
    /// Tells how long a call has not come back: real time, whatever `clock` plays.
    let hangClock: any HostClock

    let files: any RecordingFiles
    let desks: [VolumeDesk]

    struct State {
        var queues: [LaneQueue] = []
        /// The index in `queues` by camera.
        var indices: [String: Int] = [:]
        var volumes: [VolumeState]
        /// Counts commands.
        var number = 0
        /// The index of the volume that a camera is recorded on while that works and has room, by camera.
        var preferred: [String: Int] = [:]
        var isPrepared = false
        var isStopping = false
        var isRunning = false
    }
    let state: Mutex<State>
    private let fullFailures = Mutex<[String: Int]>([:])

    package init(
        layout: RecordingLayout,
        files: any RecordingFiles = SystemFiles(),
        clock: any HostClock = SystemClock(),
        settings: RecordingSettings = RecordingSettings(),
        hangClock: any HostClock = SystemClock(),
        onEvent: @escaping @Sendable (VolumeEvent) -> Void = { _ in }
    ) {
        self.hangClock = hangClock
        self.layout = layout
        self.files = files
        self.clock = clock
        self.settings = settings
        self.onEvent = onEvent
        let ids = [RecordingLayout.mainVolume] + layout.volumeFolders.keys.sorted()
        desks = ids.map { VolumeDesk(id: $0, root: layout.volumeRoot($0)) }
        state = Mutex(State(volumes: ids.map { _ in VolumeState() }))
    }

    /// Makes the volumes ready and starts their threads. Once.
    package func start() {
        prepare()
        let starts = state.withLock { state in
            defer { state.isRunning = true }
            return !state.isRunning
        }
        guard starts else { return }
        for volume in desks.indices {
            let writer = Thread { self.writeUntilStopped(volume) }
            writer.name = "gw-writer"
            writer.start()
            let beat = Thread { self.beatUntilStopped(volume) }
            beat.name = "gw-sync"
            beat.start()
        }
    }

    /// Writes out what waits, syncs and ends the threads; blocks. End the recorders' runs before.
    package func stop() {
        let running = state.withLock { state in
            defer { state.isStopping = true }
            return state.isRunning && !state.isStopping
        }
        guard running else { return }
        for desk in desks { desk.work.signal() }
        for desk in desks {
            desk.writerDone.wait()
            desk.beatDone.wait()
        }
    }

    /// True while a volume fails, hangs or is not there.
    package var isFailing: Bool { state.withLock { $0.volumes.contains { !$0.isHealthy } } }

    /// Attempts to write that found a volume full, since the start, by volume.
    package var fullFailureCounts: [String: Int] { fullFailures.withLock { $0 } }

    /// Fragments of all cameras that wait for a disk, in bytes.
    package var waitingBytes: Int { state.withLock { $0.volumes.reduce(0) { $0 + $1.waitingBytes } } }

    /// The volumes and how they are; free and total bytes as of the last beat.
    package func statuses() -> [VolumeStatus] {
        let volumes = state.withLock { $0.volumes }
        return zip(desks, volumes).map { desk, volume in
            let state: VolumeStatus.State
            if volume.missing != nil || volume.failure?.code == ENODEV {
                state = .missing
            } else if let failure = volume.failure {
                state = failure.isFull ? .full : .failing
            } else {
                state = volume.hangs ? .failing : .ok
            }
            return VolumeStatus(
                id: desk.id,
                path: desk.root,
                state: state,
                failure: volume.failure,
                freeBytes: volume.freeBytes,
                totalBytes: volume.totalBytes
            )
        }
    }

    /// New segments go to volumes with more room than this, where there is one.
    ///
    /// - Parameter floors: those of volumes that have one of their own, by id.
    package func setFloor(_ bytes: Int, floors: [String: Int] = [:]) {
        state.withLock { state in
            for (index, desk) in desks.enumerated() { state.volumes[index].floorBytes = floors[desk.id] ?? bytes }
        }
    }

    /// A camera's priority changed: 0–9, the lowest lose pictures first.
    package func setPriority(_ priority: Int, cameraId: String) {
        state.withLock { state in
            guard let index = state.indices[cameraId] else { return }
            state.queues[index].lane.priority.store(priority, ordering: .relaxed)
        }
    }

    /// Volumes that cameras are recorded on while those work and have room, by camera; all others are spread. Holds from
    /// their next segments on.
    package func setPreferredVolumes(_ ids: [String: String]) {
        let preferred = ids.compactMapValues { id in desks.firstIndex { $0.id == id } }
        state.withLock { $0.preferred = preferred }
    }

    /// Whether the writer has a segment open; nil when it didn't begin that segment, or began another one of the camera
    /// since: then another process may be writing it.
    package func isWriting(_ cameraId: String, _ name: SegmentName) -> Bool? {
        let lane = state.withLock { state in state.indices[cameraId].map { state.queues[$0].lane } }
        guard let latest = lane?.latestSegment.withLock({ $0 }), latest.name == name else { return nil }
        return latest.isOpen
    }

    /// Whether this process writes the camera and is done with a segment: it has begun a later one, or closed it. Of a
    /// camera of another process nothing is known: it may be writing the segment now.
    func hasFinished(_ cameraId: String, _ name: SegmentName) -> Bool {
        guard let latest = latestSegment(cameraId) else { return false }
        return name < latest.name || name == latest.name && !latest.isOpen
    }

    /// The segment that the writer began last for a camera, and whether it has it open; nil before the first.
    package func latestSegment(_ cameraId: String) -> (name: SegmentName, isOpen: Bool)? {
        let lane = state.withLock { state in state.indices[cameraId].map { state.queues[$0].lane } }
        return lane?.latestSegment.withLock { $0 }
    }

    /// A camera's recorder: closes what an earlier process left unfinished, notes the gap; blocks. One at a time per
    /// camera.
    ///
    /// - Parameter priority: 0–9; where a disk is too slow, the cameras with the lowest lose pictures first.
    package func recorder(cameraId: String, priority: Int = 5) throws(FileFailure) -> Recorder {
        guard Slug.isValid(cameraId), !RecordingCatalogue.otherNames.contains(cameraId) else {
            throw FileFailure(operation: "create folder", path: layout.cameraFolder(cameraId), code: EINVAL)
        }
        prepare()
        // A camera that is taken up again within this process goes on where its writer stands.
        if let (lane, end) = known(cameraId) {
            lane.priority.store(priority, ordering: .relaxed)
            return Recorder(volume: self, lane: lane, lastEnd: end)
        }
        let volume = state.withLock { $0.volumes.firstIndex(where: \.isHealthy) ?? 0 }
        let past: SegmentRecovery.Outcome
        do throws(FileFailure) {
            try files.createDirectory(layout.cameraFolder(cameraId, volume: desks[volume].id))
            let recovery = SegmentRecovery(layout: layout, files: files, unexpectedEnd: settings.unexpectedEnd)
            past = try recovery.recover(
                cameraId: cameraId,
                now: clock.now(),
                volumes: wellVolumes(),
                noteOn: desks[volume].id
            )
        } catch {
            // The camera can't be recorded until this works: the same alarm as for a failed write.
            reportWrite(error, volume)
            throw error
        }
        let lane = state.withLock { state in
            let lane = CameraLane(cameraId: cameraId, index: state.queues.count, priority: priority)
            let writer = SegmentWriter(lane: lane, past: CameraPast(past), layout: layout, files: files, clock: clock)
            state.queues.append(LaneQueue(lane: lane, volume: volume, writer: writer))
            state.indices[cameraId] = lane.index
            // Recovery may have written to any of them.
            for volume in state.volumes.indices { state.volumes[volume].isUnsynced = true }
            return lane
        }
        return Recorder(volume: self, lane: lane, lastEnd: past.lastEnd)
    }

    /// The ids of the volumes that can be looked at; the main one when none seems to work.
    private func wellVolumes() -> [String] {
        let well = state.withLock { state in state.volumes.indices.filter { state.volumes[$0].isHealthy } }
        return well.isEmpty ? [RecordingLayout.mainVolume] : well.map { desks[$0].id }
    }

    private func known(_ cameraId: String) -> (CameraLane, WallTime?)? {
        state.withLock { state in
            guard let index = state.indices[cameraId] else { return nil }
            let queue = state.queues[index]
            return (queue.lane, queue.writer?.past.lastEnd ?? queue.past.lastEnd)
        }
    }

    // MARK: - Recorders

    /// Takes a command; false for a fragment that finds no room.
    func enqueue(_ command: WriterCommand, _ lane: CameraLane) -> Bool {
        let now = hangClock.monotonic()
        var wakes: Int?
        var hung: [Int] = []
        let isTaken = state.withLock { state -> Bool in
            hung = noteHangs(&state, now: now)
            let home = state.queues[lane.index].volume
            switch command {
            case .fragment(let bytes, let record):
                if record.startsWithKey, !state.volumes[home].isHealthy, Self.other(than: home, state) != nil {
                    lane.wantsRotation.store(true, ordering: .relaxed)
                }
                guard makeRoom(for: bytes.count, lane, &state, startsWithKey: record.startsWithKey) else {
                    return false
                }
                lane.waitingBytes.add(bytes.count, ordering: .relaxed)
                state.volumes[home].waitingBytes += bytes.count
            case .state:
                guard lane.waitingNotes.load(ordering: .relaxed) < CameraLane.maximumNotes else { return true }
                lane.waitingNotes.add(1, ordering: .relaxed)
            case .openSegment:
                if state.volumes[home].hangs, let other = Self.other(than: home, state) {
                    takeAway(lane, from: home, to: other, &state)
                }
            default: break
            }
            state.number += 1
            state.queues[lane.index].append(command, number: state.number)
            wakes = Self.wake(state.queues[lane.index].volume, &state)
            return true
        }
        if let wakes { desks[wakes].work.signal() }
        for volume in hung {
            let failure = FileFailure(operation: "write", path: desks[volume].root, code: ETIMEDOUT)
            onEvent(.failed(failure, volume: desks[volume].id))
        }
        return isTaken
    }

    /// The volume whose writer has to be woken.
    static func wake(_ volume: Int, _ state: inout State) -> Int? {
        guard !state.volumes[volume].isAwake else { return nil }
        state.volumes[volume].isAwake = true
        return volume
    }

    /// Makes room in the backlog of a camera's volume by taking pictures from less important cameras; false when there is
    /// none for this one.
    private func makeRoom(for count: Int, _ lane: CameraLane, _ state: inout State, startsWithKey: Bool) -> Bool {
        if state.queues[lane.index].needsKey {
            guard startsWithKey else { return false }
            state.queues[lane.index].needsKey = false
        }
        let waiting = lane.waitingBytes.load(ordering: .relaxed)
        guard waiting == 0 || waiting + count <= settings.backlogBytes else { return false }
        let home = state.queues[lane.index].volume
        let own = lane.priority.load(ordering: .relaxed)
        while state.volumes[home].waitingBytes > 0,
            state.volumes[home].waitingBytes + count > settings.volumeBacklogBytes
        {
            // The least important camera loses; among equals the one that has the most waiting.
            var victim: (index: Int, priority: Int, bytes: Int)?
            for (index, queue) in state.queues.enumerated() where queue.volume == home && queue.waitingBytes > 0 {
                let priority = queue.lane.priority.load(ordering: .relaxed)
                if let found = victim, (priority, -queue.waitingBytes) >= (found.priority, -found.bytes) { continue }
                victim = (index, priority, queue.waitingBytes)
            }
            guard let victim, victim.index != lane.index, victim.priority <= own else { return false }
            let dropped = state.queues[victim.index].dropOldestPictures()
            guard dropped.count > 0 else { return false }
            let loser = state.queues[victim.index].lane
            loser.dropped.add(dropped.count, ordering: .relaxed)
            loser.waitingBytes.subtract(dropped.bytes, ordering: .relaxed)
            state.volumes[home].waitingBytes -= dropped.bytes
        }
        return true
    }

    // MARK: - Failures

    func reportWrite(_ failure: FileFailure, _ volume: Int) {
        if failure.isFull { fullFailures.withLock { $0[desks[volume].id, default: 0] += 1 } }
        report(failure, volume) { $0.writeFailure = $0.writeFailure ?? failure }
    }

    /// Notes a failure; tells it when the volume was well before, and asks its cameras to move where they can.
    func report(_ failure: FileFailure, _ volume: Int, _ note: (inout VolumeState) -> Void) {
        let retryAt = clock.monotonic() + settings.retryAfter
        let isNew = state.withLock { state in
            let wasWell = state.volumes[volume].isHealthy
            note(&state.volumes[volume])
            state.volumes[volume].retryAt = retryAt
            if Self.other(than: volume, state) != nil {
                for queue in state.queues where queue.volume == volume {
                    queue.lane.wantsRotation.store(true, ordering: .relaxed)
                }
            }
            return wasWell
        }
        if isNew { onEvent(.failed(failure, volume: desks[volume].id)) }
    }

    /// Takes failures back that no longer hold; tells it when the volume is well again.
    func clear(_ volume: Int, _ note: (inout VolumeState) -> Void) {
        let isWell = state.withLock { state in
            let wasWell = state.volumes[volume].isHealthy
            note(&state.volumes[volume])
            return !wasWell && state.volumes[volume].isHealthy
        }
        if isWell { onEvent(.recovered(volume: desks[volume].id)) }
    }
}
