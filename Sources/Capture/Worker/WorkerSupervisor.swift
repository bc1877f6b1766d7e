import Domain
import Logging

#if canImport(Glibc)
    import Glibc
#endif

/// Keeps one analyse worker running and fed. The control thread uses it; it never blocks.
final class WorkerSupervisor {
    /// What is handed to the pipe ahead of its being read; beyond it packets wait in the feed, where they can be dropped.
    private static let writeAheadBytes = 1 << 18

    private let command: [String]
    private let feed: AnalysisFeed
    private let logger: Logger
    private var supervision = WorkerSupervision()
    private var worker: WorkerBox?
    private var quarantined: [String] = []
    private(set) var skippedPackets = 0
    /// Off: no worker is started.
    var isOn: Bool {
        didSet { if !isOn { worker = nil } }
    }

    private final class WorkerBox {
        var process: WorkerProcess

        init(_ process: consuming WorkerProcess) {
            self.process = process
        }
    }

    init(command: [String], feed: AnalysisFeed, isOn: Bool, logger: Logger) {
        self.command = command
        self.feed = feed
        self.isOn = isOn
        self.logger = logger
    }

    var restarts: Int { supervision.restarts }

    func quarantinedCameras(now: Duration) -> [String] { supervision.quarantinedCameras(now: now) }

    /// What `poll` has to watch: the worker's replies, and its pipe while something waits for it.
    var descriptors: [pollfd] {
        guard let worker else { return [] }
        var entries = [pollfd(fd: worker.process.connection.input, events: Int16(POLLIN), revents: 0)]
        if worker.process.connection.pendingBytes > 0 {
            entries.append(pollfd(fd: worker.process.connection.output, events: Int16(POLLOUT), revents: 0))
        }
        return entries
    }

    /// About once a second: starts, pings, kills.
    func tick(now: Duration) {
        guard isOn else { return }
        let present = supervision.quarantinedCameras(now: now)
        for camera in quarantined where !present.contains(camera) { feed.announceAgain(camera) }
        quarantined = present
        let process = worker?.process.process
        let action = supervision.tick(now: now, consumed: worker?.process.consumedBytes ?? 0) {
            process.flatMap { WorkerVitals(process: $0) }
        }
        switch action {
        case .none: break
        case .spawn: spawn(now: now)
        case .ping(let number): worker?.process.connection.enqueue(AnalysisFeed.encode(.ping(number: number)))
        case .kill(let death):
            logger.warning("the analyse worker doesn't answer; it is started again", metadata: ["detail": "\(death)"])
            died(now: now, death)
        }
    }

    /// Hands over what the worker takes now.
    func pump(now: Duration) {
        guard let worker else { return }
        while worker.process.connection.pendingBytes < Self.writeAheadBytes, supervision.mayFeed(now: now),
            let entry = feed.next()
        {
            switch entry.kind {
            case .packet(let camera, _, _), .stream(let camera), .picture(let camera):
                guard !supervision.isQuarantined(camera, now: now) else {
                    skippedPackets += 1
                    continue
                }
            case .order: break
            }
            worker.process.connection.enqueue(entry.bytes)
            if case .packet(let camera, _, _) = entry.kind, let number = supervision.fed(camera: camera, now: now) {
                worker.process.connection.enqueue(AnalysisFeed.encode(.ping(number: number)))
            }
            if worker.process.connection.pendingBytes >= Self.writeAheadBytes {
                guard worker.process.connection.flush() else { return died(now: now) }
            }
        }
        if !worker.process.connection.flush() { died(now: now) }
    }

    /// Reads what the worker has said.
    func read(now: Duration) -> [(reply: WorkerReply, payload: [UInt8])] {
        guard let worker else { return [] }
        switch worker.process.connection.read() {
        case .closed(let why):
            logger.warning("the analyse worker has ended; it is started again", metadata: ["detail": "\(why)"])
            died(now: now)
            return []
        case .frames(let frames):
            var replies: [(reply: WorkerReply, payload: [UInt8])] = []
            for frame in frames {
                guard let reply = CaptureProtocol.decode(WorkerReply.self, from: frame) else { continue }
                switch reply {
                case .ready: supervision.ready(now: now)
                case .pong(let number): supervision.pong(number, now: now)
                case .observation, .picture, .activity, .looked, .statistics: replies.append((reply, frame.payload))
                }
            }
            return replies
        }
    }

    /// Ends the worker.
    func stop() {
        worker = nil
        isOn = false
    }

    private func spawn(now: Duration) {
        do throws(CaptureError) {
            worker = WorkerBox(try WorkerProcess.start(command))
            supervision.spawned(now: now)
            feed.restart(without: quarantined)
        } catch {
            logger.error("the analyse worker can't be started", metadata: ["detail": "\(error)"])
            supervision.spawnFailed(now: now)
        }
    }

    private func died(now: Duration, _ death: WorkerSupervision.Death = .ended) {
        worker = nil
        if let camera = supervision.died(now: now, death) {
            logger.error(
                "packets of this camera end the worker again and again; its analysis is put aside",
                metadata: ["camera.id": "\(camera)"]
            )
        }
        tick(now: now)
    }
}
