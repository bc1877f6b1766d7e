import Domain
import Logging
import Media
import Recording
import Synchronization

/// A camera's recorded stream: hands every packet to the recorder, samples to analysis, and keeps the camera's state.
///
/// As a `SourceObserver` it lives on its source's thread; what other threads ask is in `shared`.
final class MainStream: SourceObserver {
    /// The part that other threads see.
    final class Shared: Sendable {
        struct State {
            var machine: CameraStateMachine
            /// Changes that the recorder has still to note: at most 64, the oldest go.
            var unnoted: [CameraStatus] = []
            var packets = 0
            var bytes: Int64 = 0
            var reception = ReceptionFacts()
            var recorder: Recorder.Counters?
            var clocks = CameraClocks()
            /// Recording is put off for want of space.
            var isPaused = false
        }

        let cameraId: String
        private let state: Mutex<State>
        private let onChange: @Sendable (CameraStatus) -> Void

        init(cameraId: String, wall: WallTime, onChange: @escaping @Sendable (CameraStatus) -> Void) {
            self.cameraId = cameraId
            self.onChange = onChange
            state = Mutex(State(machine: CameraStateMachine(cameraId: cameraId, wall: wall)))
        }

        func withState<Result>(_ body: (inout State) -> Result) -> Result { state.withLock { body(&$0) } }

        /// Lets the machine take a step and tells everybody about a change.
        func step(_ body: (inout CameraStateMachine) -> CameraStatus?) {
            let change = state.withLock { state in
                let change = body(&state.machine)
                if let change {
                    state.unnoted.append(change)
                    if state.unnoted.count > 64 { state.unnoted.removeFirst() }
                }
                return change
            }
            if let change { onChange(change) }
        }

        var status: CameraStatus { state.withLock { $0.machine.status } }

        /// Tells everybody the present status.
        func announce() { onChange(status) }
    }

    private let shared: Shared
    private let volume: RecordingVolumes
    private let priority: Int
    private let analysis: AnalysisInput
    private let clock: any HostClock
    private let logger: Logger
    private var recorder: Recorder?
    private var recorderFailedAt: Duration?
    private var info: StreamInfo?
    private var isPaused = false
    private var countersAt = Duration.zero

    /// - Parameter priority: 0–9; the lowest loses pictures first where a disk is too slow.
    init(
        shared: Shared,
        volume: RecordingVolumes,
        priority: Int,
        analysis: AnalysisInput,
        clock: any HostClock,
        logger: Logger
    ) {
        self.priority = priority
        self.shared = shared
        self.volume = volume
        self.analysis = analysis
        self.clock = clock
        self.logger = logger
    }

    func started() {
        openRecorder()
    }

    func attempting() {
        let (now, wall) = (clock.monotonic(), clock.now())
        shared.step { $0.attempt(now: now, wall: wall) }
        note()
    }

    func connected(_ info: StreamInfo) throws(MediaError) {
        guard info.codec.isRecordable else {
            throw MediaError(.unsupported, "the stream's codec is none that is recorded")
        }
        let (now, wall) = (clock.monotonic(), clock.now())
        let hasChanged = shared.withState { state in
            if state.clocks.connectedAt == nil { state.clocks.connectedAt = wall }
            let before = state.machine.status
            state.machine.connected(
                codec: info.codec.rawValue,
                width: info.width,
                height: info.height,
                audio: info.audio?.codec.rawValue,
                now: now
            )
            // A stream whose parameters change in the midst: of a new connection the first packet tells.
            return before.state == .live && before != state.machine.status
        }
        if hasChanged { shared.announce() }
        self.info = info
        if !isPaused { recorder?.beginRun(info: info) }
    }

    func packet(_ packet: Packet) {
        if packet.track == .audio {
            // No sign of life: a camera that sends sound alone is stalled.
            shared.withState { $0.bytes += Int64(packet.bytes.count) }
            recorder?.append(packet)
            return
        }
        let now = clock.monotonic()
        let (hasChanged, paused) = shared.withState { state in
            state.packets += 1
            if packet.isDamaged { state.reception.damagedPictures += 1 }
            state.bytes += Int64(packet.bytes.count)
            let (before, wall) = (state.machine.status.state, clock.now())
            state.clocks.packetAt = wall
            if packet.isKey { state.clocks.keyFrameAt = wall }
            if let change = state.machine.packet(now: now, wall: wall) { state.unnoted.append(change) }
            return (before != .live, state.isPaused)
        }
        if hasChanged {
            shared.announce()
            note()
        }
        if paused != isPaused { pause(paused) }
        if recorder == nil, packet.isKey { reopenRecorder(now: now) }
        guard let position = recorder?.append(packet) else { return }
        if position.startsRun, let info { analysis.runBegan(.main, run: position.runId, info: info) }
        analysis.packet(.main, packet, mediaTicks: position.mediaTicks, at: position.wall)
        if now - countersAt >= .seconds(1) { publishCounters(now: now) }
    }

    func lost(packets: Int) {
        shared.withState { $0.reception.lostPackets += packets }
    }

    func parametersChanged(_ info: StreamInfo) throws(MediaError) {
        // The recorder goes on with the old run until the new one's first key frame, where that is possible.
        try connected(info)
    }

    func leftAlone(until: WallTime) {
        let detail = "its stream ended the recording process again and again: not opened before \(until.rfc3339)"
        endRun(reason: .sourceError, detail: detail)
        let wall = clock.now()
        shared.step { $0.leftAlone(until: until, detail: detail, wall: wall) }
        note()
    }

    func ended(reason: StateReason, detail: String?) {
        endRun(reason: reason, detail: detail)
        publishCounters(now: clock.monotonic())
        let wall = clock.now()
        shared.step { $0.failed(reason: reason, detail: detail, wall: wall) }
        note()
        shared.withState { $0.clocks.connectedAt = nil }
        info = nil
    }

    func finished() {
        recorder = nil
    }

    private func pause(_ paused: Bool) {
        isPaused = paused
        if paused {
            endRun(reason: .disk, detail: "too little space is free, and what is recorded is held or being written")
        } else if let info {
            recorder?.beginRun(info: info)
        }
    }

    private func endRun(reason: StateReason, detail: String?) {
        if let run = recorder?.runId { analysis.runEnded(.main, run: run) }
        recorder?.endRun(reason: reason, detail: detail)
    }

    private func openRecorder() {
        do throws(FileFailure) {
            recorder = try volume.recorder(cameraId: shared.cameraId, priority: priority)
            recorderFailedAt = nil
        } catch {
            if recorderFailedAt == nil {
                logger.error(
                    "recording can't begin; tried again",
                    metadata: [
                        "camera.id": "\(shared.cameraId)", "operation": "\(error.operation)", "path": "\(error.path)",
                        "errno": "\(error.code)",
                    ]
                )
            }
            recorderFailedAt = clock.monotonic()
        }
    }

    private func reopenRecorder(now: Duration) {
        guard let failedAt = recorderFailedAt, now - failedAt >= .seconds(2) else { return }
        openRecorder()
        if !isPaused, let info { recorder?.beginRun(info: info) }
    }

    private func note() {
        guard let recorder else { return }
        let statuses = shared.withState { state in
            defer { state.unnoted = [] }
            return state.unnoted
        }
        for status in statuses { recorder.note(status) }
    }

    private func publishCounters(now: Duration) {
        countersAt = now
        guard let counters = recorder?.counters else { return }
        let wall = clock.now()
        shared.withState { state in
            if counters.fragments > state.recorder?.fragments ?? 0 { state.clocks.writtenAt = wall }
            state.recorder = counters
        }
    }
}
