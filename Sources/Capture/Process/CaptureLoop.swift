import Domain
import Foundation
import Logging
import Media
import Recording
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// The control thread of a capture process: link, worker, states and life. Nothing that records waits for it.
final class CaptureLoop {
    /// New connections a second, over all cameras of the shard.
    private static let connectionsPerSecond = 20
    private static let statisticsPeriod = Duration.seconds(5)
    /// Segments are closed within this time when the process ends.
    private static let stopTime = Duration.milliseconds(2000)
    /// What the processes of isolated cameras get on top: they stop as this one does.
    private static let lastWait = Duration.milliseconds(600)

    /// What other threads leave for the control thread. Bounded by the number of cameras: only the latest state counts.
    struct Inbox: Sendable {
        var changed: Set<String> = []
        var paused: Set<String>?
        var statisticsDue = false
        var clockSetBackAt: WallTime?
        var isFull = false
    }

    final class Mailbox: Sendable {
        let inbox = Mutex(Inbox())
        let wakePipe: WakePipe

        init(_ wakePipe: WakePipe) {
            self.wakePipe = wakePipe
        }

        func leave(_ body: (inout Inbox) -> Void) {
            inbox.withLock { body(&$0) }
            wakePipe.wake()
        }
    }

    let owner: CaptureProcess
    let clock: any HostClock
    let logger: Logger
    private let wakePipe: WakePipe
    let mailbox: Mailbox
    private let lock: ShardLock
    let file: URL
    let volume: RecordingVolumes
    let space: SpaceKeeper
    let gate = ConnectionGate(perSecond: CaptureLoop.connectionsPerSecond)
    let permits: PlatformPermits
    let knock = ServerKnock()
    let marker: CrashMarker
    let feed: AnalysisFeed
    let link: LinkServer
    let worker: WorkerSupervisor
    let activity: ActivityKeeper
    private let boot: BootRecord
    private var hasNotedBoot = false
    var configuration: CaptureConfiguration
    var cameras: [String: CameraCapture] = [:]
    /// Cameras that a process of their own records.
    var isolated: [String: IsolatedCamera] = [:]
    /// Removed cameras whose recorder is still closing, and cameras that wait for one of the same name.
    var leaving: [CameraCapture] = []
    var leavingIsolated: [IsolatedCamera] = []
    var waiting: [CapturedCamera] = []
    var paused: Set<String> = []
    private var life: ManagedLife
    var clockSetBackAt: WallTime?
    /// Volumes on the disk of the first one, by id, and what that may mean.
    var sharedDisks: [String: String] = [:]
    /// When this process began.
    private let startedAt: Duration

    /// - Throws: `CaptureError` when the shard is taken, or its configuration or socket is of no use.
    init(_ owner: CaptureProcess, wakePipe: WakePipe) throws(CaptureError) {
        self.owner = owner
        self.wakePipe = wakePipe
        clock = owner.clock
        logger = owner.logger
        let folder = owner.dataDirectory.appending(path: "capture")
        let root = RecordingLayout(dataDirectory: owner.dataDirectory.path).root
        do {
            for path in [folder.path, root] {
                try FileManager.default.createDirectory(
                    atPath: path,
                    withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700]
                )
            }
        } catch {
            throw CaptureError(.dataFolder, "can't use \(owner.dataDirectory.path): \(error.localizedDescription)")
        }
        lock = try ShardLock(folder: folder, name: owner.name)
        file = CaptureConfiguration.file(in: owner.dataDirectory, shard: owner.shard)
        configuration = try Self.load(file, owner)
        let layout = RecordingLayout(
            dataDirectory: owner.dataDirectory.path,
            volumes: Dictionary(
                configuration.recording.volumes.map { ($0.id, $0.path) },
                uniquingKeysWith: { first, _ in first }
            )
        )
        boot = BootRecord(folder: folder, name: owner.name, present: owner.bootId)
        startedAt = owner.clock.monotonic()
        let mailbox = Mailbox(wakePipe)
        self.mailbox = mailbox
        let (logger, clock) = (owner.logger, owner.clock)
        volume = RecordingVolumes(
            layout: layout,
            clock: clock,
            settings: Recording.RecordingSettings(
                segmentLength: .seconds(configuration.recording.segmentSeconds),
                syncBeat: .seconds(configuration.recording.syncSeconds),
                unexpectedEnd: boot.hasChanged ? .power : .crash,
                sharingVolumes: Set(configuration.recording.volumes.filter { $0.sameDevice == true }.map(\.id))
            ),
            onEvent: { event in
                CaptureLoop.log(event, to: logger)
                let at = clock.now()
                mailbox.leave { inbox in
                    inbox.statisticsDue = true
                    switch event {
                    case .clockSetBack: inbox.clockSetBackAt = at
                    case .failed(let failure, _): if failure.isFull { inbox.isFull = true }
                    case .recovered, .moved, .tailLost: break
                    }
                }
            }
        )
        space = SpaceKeeper(
            layout: layout,
            files: SystemFiles(),
            logger: logger,
            fullFailures: { [volume] in volume.fullFailureCounts },
            allPriorities: { CaptureLoop.priorities(in: folder) },
            isWriting: { [volume] camera, name in volume.isWriting(camera, name) },
            clock: clock,
            onPaused: { paused in mailbox.leave { $0.paused = paused } }
        )
        activity = ActivityKeeper(
            layout: layout,
            files: SystemFiles(),
            latest: { [volume] in volume.latestSegment($0) },
            clock: clock,
            logger: logger
        )
        permits = PlatformPermits(folder: folder.appending(path: "platforms", directoryHint: .isDirectory))
        marker = CrashMarker(
            file: folder.appending(path: "\(owner.name).suspect"),
            now: clock.now(),
            isolates: owner.isolate == nil && !owner.isolateCommand.isEmpty
        )
        if owner.handlesSignals { marker.noteCrashes() }
        feed = AnalysisFeed(waking: wakePipe)
        if owner.isolate == nil {
            link = try LinkServer(folder: folder, shard: owner.shard, startedAt: clock.now())
        } else {
            let now = clock.now()
            link = LinkServer(toShard: owner.shard, folder: folder, input: 0, output: 1, startedAt: now)
        }
        worker = WorkerSupervisor(
            command: owner.analyseCommand,
            feed: feed,
            isOn: configuration.analyse,
            logger: logger
        )
        life = ManagedLife(managed: owner.managed, now: clock.monotonic())
    }

    /// Reads the configuration: of a process of its own, the isolated camera's part of it.
    static func load(_ file: URL, _ owner: CaptureProcess) throws(CaptureError) -> CaptureConfiguration {
        var configuration = try CaptureConfiguration.load(from: file)
        if let id = owner.isolate { configuration.cameras.removeAll { $0.id != id } }
        return configuration
    }

    /// Runs until it is told to end.
    ///
    /// - Returns: whether every segment was closed.
    func run() -> Bool {
        volume.start()
        configureParts()
        warnOfSharedDisks()
        for (source, until) in marker.quarantined.sorted(by: { $0.key < $1.key }) {
            logger.critical(
                "opening this source ended the process again and again; it is left alone",
                metadata: ["source": "\(source)", "until": "\(until.rfc3339)"]
            )
        }
        for camera in configuration.cameras { add(camera) }
        space.start()
        activity.start()
        var nextTick = clock.monotonic()
        var nextStatistics = nextTick
        while true {
            let requests = owner.takeRequests()
            if requests.stop { break }
            if requests.reload { reload() }
            let now = clock.monotonic()
            if now >= nextTick {
                nextTick = now + .seconds(1)
                tick(now: now)
            }
            takeMail(&nextStatistics, now: now)
            if now >= nextStatistics {
                nextStatistics = now + Self.statisticsPeriod
                link.send(statistics(now: now))
            }
            worker.pump(now: now)
            link.flush()
            if owner.isolate != nil, link.serveCount == 0 { break }
            life.serves(link.serveCount, now: now)
            if life.isOver(now: now) {
                logger.notice("serve has been away for a minute: recording ends")
                break
            }
            guard waitAndRead(until: nextTick) else { break }
        }
        return end()
    }

    /// - Returns: false when serve wants the capture to stop.
    private func waitAndRead(until deadline: Duration) -> Bool {
        var entries = [pollfd(fd: wakePipe.readEnd, events: Int16(POLLIN), revents: 0)]
        let workerEntries = worker.descriptors
        entries += workerEntries
        let isolatedStart = entries.count
        for camera in isolatedCameras { entries += camera.descriptors }
        let linkStart = entries.count
        entries += link.descriptors
        let left = (deadline - clock.monotonic()).microseconds
        poll(&entries, nfds_t(entries.count), Int32(clamping: max(0, left / 1000 + 1)))
        if entries[0].revents != 0 { wakePipe.drain() }
        let now = clock.monotonic()
        if !workerEntries.isEmpty, entries[1].revents != 0 { takeReplies(now: now) }
        if entries[isolatedStart..<linkStart].contains(where: { $0.revents != 0 }) { hearIsolated(now: now) }
        guard entries[linkStart...].contains(where: { $0.revents != 0 }) else { return true }
        let commands = link.serve { statuses }
        var goesOn = true
        for command in commands where !obey(command) { goesOn = false }
        return goesOn
    }

    private func takeReplies(now: Duration) {
        for (reply, payload) in worker.read(now: now) {
            switch reply {
            case .observation(let observation): link.send(observation, picture: payload)
            case .picture(let cameraId, let requestId, let at):
                link.sendPicture(cameraId: cameraId, requestId: requestId, at: at, jpeg: payload)
            case .activity(let cameraId, let window): activity.take(cameraId, window)
            case .looked(let cameraId, let looks): cameras[cameraId]?.analysis.looked(looks)
            case .ready, .pong, .statistics: break
            }
        }
    }

    /// - Returns: false for `stop`.
    private func obey(_ command: CaptureCommand) -> Bool {
        switch command {
        case .hello: break
        case .reload: reload()
        case .delete(let segments): space.delete(segments)
        case .picture(let cameraId, let requestId):
            if let isolated = isolated[cameraId] {
                isolated.send(command)
            } else if cameras[cameraId]?.requestPicture(requestId) != true {
                link.sendPicture(cameraId: cameraId, requestId: requestId, at: nil, jpeg: [])
            }
        case .stop: return false
        }
        return true
    }

    private func takeMail(_ nextStatistics: inout Duration, now: Duration) {
        let mail = mailbox.inbox.withLock { inbox in
            defer { inbox = Inbox() }
            return inbox
        }
        for id in mail.changed.sorted() {
            guard let status = cameras[id]?.shared.status else { continue }
            logger.notice(
                "camera state",
                metadata: [
                    "camera.id": "\(id)", "state": "\(status.state.rawValue)", "reason": "\(status.reason.rawValue)",
                    "detail": "\(status.detail ?? "")",
                ]
            )
            link.send(status)
        }
        if let paused = mail.paused {
            self.paused = paused
            for (id, camera) in cameras { camera.setPaused(paused.contains(id)) }
            nextStatistics = now
        }
        if mail.isFull { space.hurry() }
        if let at = mail.clockSetBackAt { clockSetBackAt = at }
        if mail.statisticsDue { nextStatistics = now }
    }

    private func tick(now: Duration) {
        let wall = clock.now()
        let hours = PermittedHours(timeZone: configuration.timeZone)
        for camera in cameras.values {
            camera.setPermitted(hours.allow(permits.platform(camera.platform), at: wall))
            camera.tick(now: now, wall: wall)
        }
        worker.tick(now: now)
        for camera in isolatedCameras { camera.tick(now: now) }
        hearIsolated(now: now)
        // Not before the recorders have seen what the last process left.
        if !hasNotedBoot, now - startedAt > .seconds(3) {
            hasNotedBoot = true
            boot.note()
        }
        leaving.removeAll { $0.hasFinished }
        leavingIsolated.removeAll { $0.hasFinished }
        guard !waiting.isEmpty else { return }
        let ready = waiting
        waiting = []
        for camera in ready { add(camera) }
    }

    /// Closes what is open. Bounded: a source that hangs in the name resolver or a disk that hangs is left behind.
    private func end() -> Bool {
        let deadline = clock.monotonic() + Self.stopTime
        space.stop()
        activity.stop()
        for child in isolatedCameras { child.stop() }
        let all = Array(cameras.values) + leaving
        for camera in all { camera.stop(reason: .restart) }
        worker.stop()
        while clock.monotonic() < deadline, !all.allSatisfy(\.hasFinished) { usleep(5000) }
        endIsolated(until: deadline + Self.lastWait)
        marker.finish()
        let hung = all.filter { !$0.hasFinished }.map(\.cameraId)
        if !hung.isEmpty {
            logger.warning("sources left behind", metadata: ["cameras": "\(hung.sorted().joined(separator: ","))"])
        }
        let closed = DispatchSemaphore(value: 0)
        let thread = Thread { [volume] in
            volume.stop()
            closed.signal()
        }
        thread.start()
        let isClosed = closed.wait(timeout: .now() + 0.9) == .success
        if !isClosed { logger.error("the recording volume doesn't answer: segments were left open") }
        return isClosed
    }

    /// Waits for the processes of isolated cameras, which close their segments at the same time as this one; what is left
    /// then is killed with the values that stand for it.
    private func endIsolated(until deadline: Duration) {
        while clock.monotonic() < deadline, !isolatedCameras.allSatisfy(\.hasFinished) {
            hearIsolated(now: clock.monotonic())
            if !isolatedCameras.allSatisfy(\.hasFinished) { usleep(5000) }
        }
    }

    private static func log(_ event: VolumeEvent, to logger: Logger) {
        switch event {
        case .failed(let failure, let volume):
            logger.critical(
                "writing the recording fails; it is tried again",
                metadata: [
                    "volume.id": "\(volume)", "operation": "\(failure.operation)", "path": "\(failure.path)",
                    "errno": "\(failure.code)", "problem": "\(failure)",
                ]
            )
        case .recovered(let volume):
            logger.notice("writing the recording works again", metadata: ["volume.id": "\(volume)"])
        case .moved(let cameraId, let from, let to):
            logger.warning(
                "recorded on another volume",
                metadata: ["camera.id": "\(cameraId)", "from": "\(from)", "to": "\(to)"]
            )
        case .tailLost(let cameraId, let segment):
            logger.critical(
                "a failed sync took the end of a segment",
                metadata: ["camera.id": "\(cameraId)", "segment": "\(segment)"]
            )
        case .clockSetBack(let cameraId, let offset):
            logger.warning(
                "the host's clock was set back",
                metadata: ["camera.id": "\(cameraId)", "seconds": "\(offset.seconds)"]
            )
        }
    }
}
