import Domain
import Logging
import Recording
import Synchronization

/// One camera under capture: its main stream, its sub stream if it has one, and its way to analysis.
final class CameraCapture: Sendable {
    let cameraId: String
    let shared: MainStream.Shared
    let analysis: AnalysisInput
    private struct State {
        var camera: CapturedCamera
        var sub: SourceLoop?
        /// Its platform may be asked at this time of day.
        var isPermitted: Bool

        var suspension: SourceLoop.Suspension? {
            camera.suspension
                ?? (isPermitted
                    ? nil : SourceLoop.Suspension(reason: .hours, detail: "its platform may not be asked at this time"))
        }
    }

    private let main: SourceLoop
    private let gate: ConnectionGate
    private let permits: PlatformPermits
    private let knock: ServerKnock
    private let marker: CrashMarker
    private let clock: any HostClock
    private let state: Mutex<State>

    init(
        _ camera: CapturedCamera,
        isPermitted: Bool = true,
        volume: RecordingVolumes,
        feed: AnalysisFeed,
        gate: ConnectionGate,
        permits: PlatformPermits,
        knock: ServerKnock,
        marker: CrashMarker,
        clock: any HostClock,
        logger: Logger,
        onChange: @escaping @Sendable (CameraStatus) -> Void
    ) {
        cameraId = camera.id
        shared = MainStream.Shared(cameraId: camera.id, wall: clock.now(), onChange: onChange)
        analysis = AnalysisInput(
            cameraId: camera.id,
            priority: camera.record.priority,
            isAnalysed: camera.isAnalysed,
            needs: SamplingNeeds(camera.zones),
            feed: feed
        )
        let initial = State(camera: camera, isPermitted: isPermitted)
        main = SourceLoop(
            name: camera.id,
            url: camera.source,
            options: camera.input ?? SourceOptions(),
            platform: camera.platform,
            suspension: initial.suspension,
            gate: gate,
            permits: permits,
            knock: knock,
            marker: marker,
            takesAudio: true,
            clock: clock
        )
        self.gate = gate
        self.permits = permits
        self.knock = knock
        self.marker = marker
        self.clock = clock
        state = Mutex(initial)
        main.start(
            MainStream(
                shared: shared,
                volume: volume,
                priority: camera.record.priority,
                analysis: analysis,
                clock: clock,
                logger: logger
            )
        )
        state.withLock { $0.sub = startSub(camera, $0.suspension) }
    }

    private func startSub(_ camera: CapturedCamera, _ suspension: SourceLoop.Suspension?) -> SourceLoop? {
        guard let url = camera.sub else { return nil }
        let loop = SourceLoop(
            name: "\(cameraId)/sub",
            url: url,
            options: camera.input ?? SourceOptions(),
            platform: camera.platform,
            suspension: suspension,
            gate: gate,
            permits: permits,
            knock: knock,
            marker: marker,
            clock: clock
        )
        loop.start(SubStream(analysis: analysis, clock: clock))
        return loop
    }

    /// Ends both streams; returns at once.
    func stop(reason: StateReason) {
        main.stop(reason: reason)
        state.withLock { $0.sub }?.stop(reason: reason)
    }

    /// Whether the recording thread has ended: no run is open any more.
    var hasFinished: Bool { main.hasFinished }

    /// Takes over a changed configuration; a connection whose source stays is not touched.
    func apply(_ camera: CapturedCamera) {
        state.withLock { state in
            let before = state.camera
            state.camera = camera
            let isOther = before.input != camera.input || before.platform != camera.platform
            if isOther || before.source != camera.source {
                main.reconnect(to: camera.source, options: camera.input ?? SourceOptions(), platform: camera.platform)
            }
            main.suspend(state.suspension)
            if isOther || before.sub != camera.sub {
                state.sub?.stop(reason: .paused)
                state.sub = startSub(camera, state.suspension)
            }
            state.sub?.suspend(state.suspension)
        }
        analysis.setAnalysed(camera.isAnalysed, needs: SamplingNeeds(camera.zones))
    }

    /// Whether the camera's platform may be asked now.
    func setPermitted(_ isPermitted: Bool) {
        state.withLock { state in
            guard state.isPermitted != isPermitted else { return }
            state.isPermitted = isPermitted
            main.suspend(state.suspension)
            state.sub?.suspend(state.suspension)
        }
    }

    /// Its platform, as configured now.
    var platform: String? { state.withLock { $0.camera.platform } }

    /// Asks the worker for the present picture.
    ///
    /// - Returns: false when there is none to give: a paused camera shows nothing, not even what it showed before.
    func requestPicture(_ requestId: String) -> Bool {
        state.withLock { $0.suspension == nil } && analysis.requestPicture(requestId)
    }

    /// Recording is put off, or goes on, for want of space.
    func setPaused(_ paused: Bool) {
        shared.withState { $0.isPaused = paused }
    }

    func tick(now: Duration, wall: WallTime) {
        shared.step { $0.tick(now: now, wall: wall) }
    }

    var counters: CaptureStatistics.CameraCounters {
        let sampling = analysis.facts
        return shared.withState { state in
            CaptureStatistics.CameraCounters(
                packets: state.packets,
                bytes: state.bytes,
                fragments: state.recorder?.fragments ?? 0,
                droppedFragments: state.recorder?.droppedFragments ?? 0,
                connections: main.connections,
                reception: state.reception,
                clockOffsetMicroseconds: (state.recorder?.clockOffset).flatMap { $0 > 0 ? $0 : nil },
                clocks: state.clocks,
                sampling: sampling
            )
        }
    }
}

extension CapturedCamera {
    /// What keeps it from being received on purpose.
    var suspension: SourceLoop.Suspension? {
        record.paused ? SourceLoop.Suspension(reason: .paused, detail: "recording is paused; no picture is taken") : nil
    }

    /// Whether its pictures are looked at: for a rule, or for the activity map.
    var isAnalysed: Bool { record.activity || hasRules }

    /// Whether there is a rule to judge.
    var hasRules: Bool { zones.contains { !$0.rules.isEmpty } }
}
