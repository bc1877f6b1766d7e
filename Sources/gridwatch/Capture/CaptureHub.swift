import Capture
import Console
import Domain
import Logging
import Synchronization

/// Serve's side of all capture shards: follows their states, observations and figures, and passes on what follows.
final class CaptureHub: Sendable {
    private struct State {
        var statuses: [String: CameraStatus] = [:]
        var statistics: [Int: CaptureStatistics] = [:]
        var connected: [Int: (Bool, since: WallTime)] = [:]
        var startedAt: [Int: WallTime] = [:]
        var active = ActiveObservations()
        /// Bounded by the requests under way, each of which ends within its deadline.
        var pictures: [String: CheckedContinuation<CurrentPicture?, Never>] = [:]
        var offlineRaised: Set<String> = []
        /// Cameras whose stream is left alone because it crashes capture.
        var crashingRaised: Set<String> = []
        /// Kinds of system alarms that are raised.
        var systemRaised: Set<String> = []
        var nextRequest = 0
        /// Alarms of zones that an earlier service left open, until their shard has told when it started.
        var inherited: [Alarm] = []
    }

    /// What the site declares, and who records it: another one after the site was read again.
    private struct Plan {
        var cameras: [String: Camera]
        var shardOfCamera: [String: Int] = [:]

        init(_ site: Site, _ configurations: [CaptureConfiguration]) {
            cameras = Dictionary(site.cameras.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
            for configuration in configurations {
                for camera in configuration.cameras { shardOfCamera[camera.id] = configuration.shard }
            }
        }

        func ids(ofShard shard: Int) -> [String] { shardOfCamera.filter { $0.value == shard }.map(\.key) }
    }

    private let plan: Mutex<Plan>
    private let links: [CaptureLink]
    private let alarms: any AlarmSink
    private let clock: any HostClock
    private let logger: Logger
    private let onStatus: @Sendable (CameraStatus) async -> Void
    private let state: Mutex<State>
    let outages: OutageWatch
    /// A camera without pictures for so long is an alarm.
    private static let offlineLimit = Duration.seconds(60)

    /// - Parameter onStatus: called for every change of a camera's state.
    init(
        dataFolder: DataFolder,
        site: Site,
        configurations: [CaptureConfiguration],
        alarms: any AlarmSink,
        clock: any HostClock,
        logger: Logger,
        onStatus: @escaping @Sendable (CameraStatus) async -> Void
    ) {
        self.alarms = alarms
        self.clock = clock
        self.logger = logger
        self.onStatus = onStatus
        outages = OutageWatch(site: site)
        plan = Mutex(Plan(site, configurations))
        links = configurations.map { CaptureLink(dataDirectory: dataFolder.url, shard: $0.shard) }
        let now = clock.now()
        var state = State()
        for configuration in configurations {
            state.connected[configuration.shard] = (false, now)
            for camera in configuration.cameras {
                state.statuses[camera.id] = Self.unknown(camera.id, now)
            }
        }
        self.state = Mutex(state)
    }

    private static func unknown(_ cameraId: String, _ now: WallTime) -> CameraStatus {
        CameraStatus(cameraId: cameraId, state: .connecting, reason: .starting, since: now)
    }

    private var cameras: [String: Camera] { plan.withLock { $0.cameras } }
    private var shardOfCamera: [String: Int] { plan.withLock { $0.shardOfCamera } }

    /// Takes over other cameras, dealt to the same shards. What a camera that is gone had raised ends.
    func configure(_ site: Site, _ configurations: [CaptureConfiguration]) async {
        let new = Plan(site, configurations)
        let gone = plan.withLock { plan in
            defer { plan = new }
            return plan.cameras.keys.filter { new.cameras[$0] == nil }
        }
        let now = clock.now()
        outages.configure(site)
        let (keys, offline, crashing) = state.withLock { state in
            for id in gone { state.statuses[id] = nil }
            for id in new.cameras.keys where state.statuses[id] == nil {
                state.statuses[id] = Self.unknown(id, now)
            }
            return (
                state.active.forget(cameras: Set(gone)), gone.filter { state.offlineRaised.remove($0) != nil },
                gone.filter { state.crashingRaised.remove($0) != nil }
            )
        }
        for key in keys { await deliver(signal(for: key, phase: .cleared, at: now)) }
        for id in offline { await deliver(offlineSignal(id, phase: .cleared, at: now)) }
        for id in crashing {
            await deliver(AlarmSignal(source: id, sourceKind: .camera, kind: "crashing", phase: .cleared, at: now))
        }
        for link in links { send(.reload, to: link.shard) }
    }

    /// The latest state of every camera.
    var statuses: [String: CameraStatus] { state.withLock { $0.statuses } }

    /// Cameras whose `offline` alarm, or one for many of them, is open.
    var offlineCameras: Set<String> { state.withLock { $0.offlineRaised }.union(outages.covered) }

    /// The latest figures of every shard.
    var statistics: [CaptureStatistics] { state.withLock { Array($0.statistics.values) } }

    /// When each part of the cameras' ways last gave a sign of life, by id.
    var clocks: [String: CameraClocks] {
        var found: [String: CameraClocks] = [:]
        for figures in statistics {
            for (id, counters) in figures.cameras { found[id] = counters.clocks }
        }
        return found
    }

    /// The recording volumes as every shard sees them: one entry per volume and shard.
    var volumes: [VolumeFacts] { statistics.flatMap { $0.volumes ?? [] } }

    /// What capture has said that this service was too slow for, since it started.
    var droppedEvents: Int { links.reduce(0) { $0 + $1.droppedEvents } }

    var shards: [HealthFacts.Shard] {
        state.withLock { state in
            state.connected.sorted { $0.key < $1.key }
                .map { HealthFacts.Shard(shard: $0.key, connected: $0.value.0, since: $0.value.since) }
        }
    }

    func isConnected(shard: Int) -> Bool {
        links.first { $0.shard == shard }?.isConnected ?? false
    }

    @discardableResult
    func send(_ command: CaptureCommand, to shard: Int) -> Bool {
        links.first { $0.shard == shard }?.send(command) ?? false
    }

    /// Sends to the shard that records a camera.
    @discardableResult
    func send(_ command: CaptureCommand, forCamera cameraId: String) -> Bool {
        // A camera that the site no longer declares: any shard of this machine writes to the same volume.
        guard let shard = shardOfCamera[cameraId] ?? links.first?.shard else { return false }
        return send(command, to: shard)
    }

    /// Follows every shard until the task is cancelled.
    ///
    /// - Parameter openAlarms: what earlier services left open: this one ends what is over.
    func run(openAlarms: [Alarm]) async {
        await inherit(openAlarms)
        for link in links { link.start() }
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                for link in links {
                    group.addTask { await self.follow(link) }
                }
                group.addTask { await self.watch() }
            }
        } onCancel: {
            for link in links { link.close() }
        }
    }

    /// The camera's picture of this moment, from its analyse worker; nil when there is none within two seconds.
    func currentPicture(_ cameraId: String) async -> CurrentPicture? {
        guard let shard = shardOfCamera[cameraId] else { return nil }
        let request = state.withLock { state in
            state.nextRequest += 1
            return "p\(state.nextRequest)"
        }
        return await withCheckedContinuation { (continuation: CheckedContinuation<CurrentPicture?, Never>) in
            state.withLock { $0.pictures[request] = continuation }
            guard send(.picture(cameraId: cameraId, requestId: request), to: shard) else {
                finishPicture(request, nil)
                return
            }
            Task {
                try? await Task.sleep(for: .seconds(2))
                self.finishPicture(request, nil)
            }
        }
    }

    private func finishPicture(_ request: String, _ picture: CurrentPicture?) {
        state.withLock { $0.pictures.removeValue(forKey: request) }?.resume(returning: picture)
    }

    private func follow(_ link: CaptureLink) async {
        for await (event, payload) in link.events {
            switch event {
            case .hello(_, let shard, let pid, let startedAt):
                await greeted(shard: shard, pid: pid, startedAt: startedAt)
            case .state(let status):
                guard cameras[status.cameraId] != nil else { continue }
                state.withLock { $0.statuses[status.cameraId] = status }
                await onStatus(status)
            case .observation(let observation):
                await observed(observation, picture: payload)
            case .picture(_, let requestId, let at):
                finishPicture(
                    requestId,
                    payload.isEmpty ? nil : CurrentPicture(jpeg: payload, at: at ?? clock.now())
                )
            case .statistics(let statistics):
                await counted(statistics, shard: link.shard)
            }
        }
    }

    /// The kind of the alarm about a damaged database.
    static let damageKind = "databaseDamaged"

    /// Takes over the open alarms of cameras and of the service, so that they clear when they are over.
    private func inherit(_ alarms: [Alarm]) async {
        for alarm in alarms {
            switch (alarm.sourceKind, alarm.kind) {
            case (.system, "disk"), (.system, "clock"):
                state.withLock { _ = $0.systemRaised.insert(alarm.kind) }
            case (.system, Self.damageKind):
                // Whoever reads the database ends it.
                break
            case (.system, _):
                // Raised again within seconds where it still holds.
                await end(alarm)
            case (.camera, _) where cameras[alarm.source] == nil:
                await end(alarm)
            case (.camera, "offline"):
                state.withLock { _ = $0.offlineRaised.insert(alarm.source) }
            case (.camera, "crashing"):
                state.withLock { _ = $0.crashingRaised.insert(alarm.source) }
            case (.camera, let kind) where ZoneRule.Kind(rawValue: kind) != nil:
                state.withLock { $0.inherited.append(alarm) }
            default:
                break
            }
        }
    }

    private func end(_ alarm: Alarm) async {
        await deliver(
            AlarmSignal(
                source: alarm.source,
                sourceKind: alarm.sourceKind,
                kind: alarm.kind,
                part: alarm.part,
                phase: .cleared,
                at: clock.now()
            )
        )
    }

    private func greeted(shard: Int, pid: Int32, startedAt: WallTime) async {
        logger.info("capture connected", metadata: ["shard": "\(shard)", "pid": "\(pid)"])
        // What it reads at its start may be older than what this service has written.
        send(.reload, to: shard)
        let shards = shardOfCamera
        let orphans = state.withLock { state in
            let mine = state.inherited.filter { shards[$0.source] == shard }
            state.inherited.removeAll { shards[$0.source] == shard }
            // A worker that was started later knows nothing of them and will never end them.
            return mine.filter { startedAt > $0.lastAt }
        }
        for alarm in orphans { await end(alarm) }
        let isNew = state.withLock { state in
            defer { state.startedAt[shard] = startedAt }
            return state.startedAt[shard].map { $0 != startedAt } ?? false
        }
        if isNew { await forget(shard: shard) }
    }

    private func forget(shard: Int) async {
        let ids = Set(plan.withLock { $0.ids(ofShard: shard) })
        for key in state.withLock({ $0.active.forget(cameras: ids) }) {
            await deliver(signal(for: key, phase: .cleared, at: clock.now()))
        }
    }

    private func observed(_ observation: Observation, picture: [UInt8]) async {
        guard cameras[observation.cameraId] != nil else { return }
        switch state.withLock({ $0.active.take(observation) }) {
        case .raise(let key):
            var signal = signal(for: key, phase: .raised, at: observation.at)
            signal.classCode = observation.classCode
            signal.box = observation.box
            signal.picture = picture.isEmpty ? nil : picture
            await deliver(signal)
        case .clear(let key):
            await deliver(signal(for: key, phase: .cleared, at: observation.at))
        case .none:
            break
        }
    }

    private func counted(_ statistics: CaptureStatistics, shard: Int) async {
        let before = state.withLock { state in
            let before = state.statistics[shard]
            state.statistics[shard] = statistics
            return before
        }
        if let before, statistics.workerRestarts > before.workerRestarts { await forget(shard: shard) }
        let (failing, offset) = state.withLock { state in
            let all = state.statistics.values
            return (all.contains { $0.diskFailing }, all.map(\.clockOffsetMicroseconds).max() ?? 0)
        }
        await setSystemAlarm("disk", failing, severity: .critical)
        await setSystemAlarm("clock", offset > 0, severity: .warning, value: Double(offset) / 1e6)
    }

    /// Raises or clears an alarm of the service itself, once for each change.
    private func setSystemAlarm(
        _ kind: String,
        _ holds: Bool,
        severity: AlarmSignal.Severity,
        value: Double? = nil
    ) async {
        let changed = state.withLock { state in
            holds ? state.systemRaised.insert(kind).inserted : state.systemRaised.remove(kind) != nil
        }
        guard changed else { return }
        await deliver(
            AlarmSignal(
                source: "system",
                sourceKind: .system,
                kind: kind,
                phase: holds ? .raised : .cleared,
                severity: severity,
                at: clock.now(),
                value: value
            )
        )
    }

    /// Once a second: which shards are there, and which cameras have been without pictures for too long.
    private func watch() async {
        while !Task.isCancelled {
            let now = clock.now()
            for link in links { await noteConnection(link, now: now) }
            for signal in outages.look(statuses, at: now) { await deliver(signal) }
            let covered = outages.covered
            for status in statuses.values {
                await noteCrashing(status, now: now)
                // What somebody has switched off is no fault.
                let isOff = status.reason == .paused || status.reason == .hours
                let isCovered = covered.contains(status.cameraId)
                let isOut = status.state != .live && !isOff && !isCovered && now - status.since > Self.offlineLimit
                let (raise, clear) = state.withLock { state in
                    if isOut { return (state.offlineRaised.insert(status.cameraId).inserted, false) }
                    let isOver = status.state == .live || isOff
                    return (false, isOver && state.offlineRaised.remove(status.cameraId) != nil)
                }
                guard raise || clear else { continue }
                await deliver(offlineSignal(status.cameraId, phase: raise ? .raised : .cleared, at: now))
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// A stream that crashes its process again and again isn't opened for a while: an alarm of its camera until it is.
    private func noteCrashing(_ status: CameraStatus, now: WallTime) async {
        let holds = status.quarantinedUntil.map { $0 > now } ?? false
        // Of a camera that capture has not spoken of yet nothing is known to be over.
        guard holds || status.reason != .starting else { return }
        let hasChanged = state.withLock { state in
            holds
                ? state.crashingRaised.insert(status.cameraId).inserted
                : state.crashingRaised.remove(status.cameraId) != nil
        }
        guard hasChanged else { return }
        await deliver(
            AlarmSignal(
                source: status.cameraId,
                sourceKind: .camera,
                kind: "crashing",
                phase: holds ? .raised : .cleared,
                severity: .critical,
                at: now,
                position: cameras[status.cameraId]?.position,
                address: cameras[status.cameraId]?.address
            )
        )
    }

    private func noteConnection(_ link: CaptureLink, now: WallTime) async {
        let isConnected = link.isConnected
        let mine = plan.withLock { $0.ids(ofShard: link.shard) }
        let lost = state.withLock { state -> [CameraStatus] in
            guard let (was, since) = state.connected[link.shard] else { return [] }
            if was != isConnected { state.connected[link.shard] = (isConnected, now) }
            // For a moment without connection nothing is known to be wrong: capture restarts within two seconds.
            guard !isConnected, !was, now - since > .seconds(5) else { return [] }
            let changed = mine.compactMap { state.statuses[$0] }.filter {
                $0.state != .offline || $0.reason != .restart
            }
            .map {
                CameraStatus(
                    cameraId: $0.cameraId,
                    state: .offline,
                    reason: .restart,
                    detail: "the capture process of shard \(link.shard) does not answer",
                    since: now,
                    codec: $0.codec,
                    width: $0.width,
                    height: $0.height
                )
            }
            for status in changed { state.statuses[status.cameraId] = status }
            return changed
        }
        for status in lost { await onStatus(status) }
    }

    private func signal(for key: ActiveObservations.Key, phase: AlarmSignal.Phase, at: WallTime) -> AlarmSignal {
        let camera = cameras[key.cameraId]
        return AlarmSignal(
            source: key.cameraId,
            sourceKind: .camera,
            kind: key.kind.rawValue,
            part: key.zoneId,
            phase: phase,
            at: at,
            position: camera?.position,
            address: camera?.address
        )
    }

    private func offlineSignal(_ cameraId: String, phase: AlarmSignal.Phase, at: WallTime) -> AlarmSignal {
        AlarmSignal(
            source: cameraId,
            sourceKind: .camera,
            kind: "offline",
            phase: phase,
            at: at,
            position: cameras[cameraId]?.position,
            address: cameras[cameraId]?.address
        )
    }

    private func deliver(_ signal: AlarmSignal) async {
        do {
            try await alarms.receive(signal)
        } catch {
            logger.error(
                "alarm not stored",
                metadata: ["source": "\(signal.source)", "kind": "\(signal.kind)", "error": "\(error)"]
            )
        }
    }
}
