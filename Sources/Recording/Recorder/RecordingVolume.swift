package import Domain
import Foundation
import Synchronization

/// All recording volumes of one data folder.
package typealias RecordingVolumes = RecordingVolume

/// The recording side of one volume: a thread that writes for all cameras, and the sync beat. Recorders hand their
/// fragments over and never wait for it.
package final class RecordingVolume: Sendable {
    package let layout: RecordingLayout
    let settings: RecordingSettings
    let clock: any HostClock
    let onEvent: @Sendable (VolumeEvent) -> Void

    private let files: any RecordingFiles
    /// Where a camera's writer stays while it writes: changed in place, so that nothing it holds is copied. Its lock is
    /// held over a slow disk, by the writer thread; only a recorder of the same camera that begins anew waits for it.
    private final class WriterSlot: Sendable {
        let lane: CameraLane
        let writer: Mutex<SegmentWriter>

        init(_ lane: CameraLane, _ writer: SegmentWriter) {
            self.lane = lane
            self.writer = Mutex(writer)
        }
    }
    private struct State {
        /// Commands of all cameras, in order. Bounded per camera: fragments by bytes, notes by number, and segments open
        /// and close as seldom as key frames come (see `CameraLane`).
        var commands: [(CameraLane, WriterCommand)] = []
        var writers: [String: WriterSlot] = [:]
        var isStopping = false
        var isRunning = false
        var writerEnded = false
    }
    private let state = Mutex(State())
    private let work = DispatchSemaphore(value: 0)
    private let writerDone = DispatchSemaphore(value: 0)
    private let beatDone = DispatchSemaphore(value: 0)
    private let failing = Atomic<Bool>(false)
    private let unsynced = Atomic<Bool>(false)
    private let fullFailures = Atomic<Int>(0)

    package init(
        layout: RecordingLayout,
        files: any RecordingFiles = SystemFiles(),
        clock: any HostClock = SystemClock(),
        settings: RecordingSettings = RecordingSettings(),
        onEvent: @escaping @Sendable (VolumeEvent) -> Void = { _ in }
    ) {
        self.layout = layout
        self.files = files
        self.clock = clock
        self.settings = settings
        self.onEvent = onEvent
    }

    /// Starts the writer's and the beat's threads. Once.
    package func start() {
        let starts = state.withLock { state in
            defer { state.isRunning = true }
            return !state.isRunning
        }
        guard starts else { return }
        let writer = Thread { self.writeUntilStopped() }
        writer.name = "gw-writer"
        writer.start()
        let beat = Thread { self.beatUntilStopped() }
        beat.name = "gw-sync"
        beat.start()
    }

    /// Writes out what waits, syncs and ends the threads; blocks. End the recorders' runs before.
    package func stop() {
        let running = state.withLock { state in
            defer { state.isStopping = true }
            return state.isRunning && !state.isStopping
        }
        guard running else { return }
        work.signal()
        writerDone.wait()
        beatDone.wait()
    }

    /// A camera's priority changed: 0–9, the lowest lose pictures first.
    package func setPriority(_ priority: Int, cameraId: String) {}

    /// New segments go to volumes with more room than this, where there is one.
    package func setFloor(_ bytes: Int) {}

    /// The volumes and how they are; looks at their free space, so it may block.
    package func statuses() -> [VolumeStatus] {
        [VolumeStatus(id: RecordingLayout.mainVolume, path: layout.root, state: isFailing ? .failing : .ok)]
    }

    /// True between a failure and the next write that works.
    package var isFailing: Bool { failing.load(ordering: .relaxed) }

    /// Attempts to write that found the volume full, since the start.
    package var fullFailureCount: Int { fullFailures.load(ordering: .relaxed) }

    /// Whether the writer has a segment open; nil when it didn't begin that segment, or began another one of the camera
    /// since: then another process may be writing it.
    package func isWriting(_ cameraId: String, _ name: SegmentName) -> Bool? {
        let latest = state.withLock({ $0.writers[cameraId] })?.lane.latestSegment.withLock { $0 }
        guard let latest, latest.name == name else { return nil }
        return latest.isOpen
    }

    /// A camera's recorder: closes what an earlier process left unfinished, notes the gap; blocks. One at a time per
    /// camera.
    ///
    /// - Parameter priority: 0–9; where a disk is too slow, the cameras with the lowest lose pictures first.
    package func recorder(cameraId: String, priority: Int = 5) throws(FileFailure) -> Recorder {
        guard Slug.isValid(cameraId) else {
            throw FileFailure(operation: "create folder", path: layout.cameraFolder(cameraId), code: EINVAL)
        }
        // A camera that is taken up again within this process goes on where its writer stands.
        if let known = state.withLock({ $0.writers[cameraId] }) {
            return Recorder(volume: self, lane: known.lane, lastEnd: known.writer.withLock { $0.lastEnd })
        }
        let past: SegmentRecovery.Outcome
        do throws(FileFailure) {
            try files.createDirectory(layout.cameraFolder(cameraId))
            let recovery = SegmentRecovery(layout: layout, files: files, unexpectedEnd: settings.unexpectedEnd)
            past = try recovery.recover(cameraId: cameraId, now: clock.now())
        } catch {
            // The camera can't be recorded until this works: the same alarm as for a failed write.
            report(error)
            throw error
        }
        let lane = CameraLane(cameraId: cameraId)
        let writer = SegmentWriter(lane: lane, past: past, layout: layout, files: files, clock: clock)
        let slot = WriterSlot(lane, writer)
        state.withLock { $0.writers[cameraId] = slot }
        return Recorder(volume: self, lane: lane, lastEnd: past.lastEnd)
    }

    /// Takes a command; false for a fragment that exceeds the camera's backlog.
    func enqueue(_ command: WriterCommand, _ lane: CameraLane) -> Bool {
        switch command {
        case .fragment(let bytes, _):
            let waiting = lane.waitingBytes.load(ordering: .relaxed)
            guard waiting == 0 || waiting + bytes.count <= settings.backlogBytes else { return false }
            lane.waitingBytes.add(bytes.count, ordering: .relaxed)
        case .state:
            guard lane.waitingNotes.load(ordering: .relaxed) < CameraLane.maximumNotes else { return true }
            lane.waitingNotes.add(1, ordering: .relaxed)
        default: break
        }
        state.withLock { $0.commands.append((lane, command)) }
        work.signal()
        return true
    }

    // MARK: - Writer thread

    private func writeUntilStopped() {
        while true {
            work.wait()
            let (commands, isLast) = state.withLock { state in
                defer { state.commands = [] }
                return (state.commands, state.isStopping && state.commands.isEmpty)
            }
            for (lane, command) in commands { perform(command, lane) }
            if isLast { break }
            if state.withLock({ $0.isStopping }) { work.signal() }
        }
        // Without this a folder that nobody reads any more would keep its segments open.
        state.withLock { $0.writerEnded = true }
        writerDone.signal()
    }

    private func perform(_ command: WriterCommand, _ lane: CameraLane) {
        guard let slot = state.withLock({ $0.writers[lane.cameraId] }) else { return }
        do throws(FileFailure) {
            unsynced.store(true, ordering: .relaxed)
            let isOpen = try slot.writer.withLock { (writer) throws(FileFailure) in
                try writer.perform(command)
                return writer.isOpen
            }
            if case .fragment(_, _) = command, isOpen {
                if failing.exchange(false, ordering: .relaxed) {
                    onEvent(.recovered(volume: RecordingLayout.mainVolume))
                }
            }
        } catch {
            report(error)
        }
        if case .fragment(let bytes, _) = command { lane.waitingBytes.subtract(bytes.count, ordering: .relaxed) }
        if case .state = command { lane.waitingNotes.subtract(1, ordering: .relaxed) }
    }

    private func report(_ failure: FileFailure) {
        if failure.isFull { fullFailures.add(1, ordering: .relaxed) }
        if !failing.exchange(true, ordering: .relaxed) { onEvent(.failed(failure, volume: RecordingLayout.mainVolume)) }
    }

    // MARK: - Beat thread

    private func beatUntilStopped() {
        let slice: Duration = .milliseconds(50)
        while true {
            var left = settings.syncBeat
            while left > .zero, !state.withLock({ $0.writerEnded }) {
                usleep(UInt32(clamping: min(left, slice).microseconds))
                left -= slice
            }
            let last = state.withLock { $0.writerEnded }
            if unsynced.exchange(false, ordering: .relaxed) { sync() }
            if last { break }
        }
        beatDone.signal()
    }

    private func sync() {
        do throws(FileFailure) {
            try files.syncVolume(layout.root)
        } catch {
            // What was written may be lost although it reads back well: go on in new files, never sync these again.
            report(error)
            let lanes = state.withLock { $0.writers.values.map(\.lane) }
            for lane in lanes { lane.wantsRotation.store(true, ordering: .relaxed) }
        }
    }
}
