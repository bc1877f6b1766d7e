import Domain
import Logging

#if canImport(Glibc)
    import Glibc
#endif

/// A camera that a process of its own records, because its stream has crashed the shard before: what serve hears of it and
/// tells it goes through this shard's link. The control thread uses it; it never blocks.
final class IsolatedCamera {
    /// A process that lived so long is started again at once, also after several ends.
    private static let stableAfter = Duration.seconds(30)
    private static let shortestPause = Duration.milliseconds(100)
    /// Recording matters more than calm.
    private static let longestPause = Duration.seconds(5)
    /// Commands that it has not read, in bytes; beyond it they are left out, as by a shard that hangs.
    private static let commandLimit = 1 << 20

    private final class ProcessBox {
        var process: IsolatedProcess

        init(_ process: consuming IsolatedProcess) {
            self.process = process
        }
    }

    let cameraId: String
    private let command: [String]
    private let logger: Logger
    private var box: ProcessBox?
    private var startedAt = Duration.zero
    private var nextStart = Duration.zero
    private var pause = IsolatedCamera.shortestPause
    private var isStopping = false
    /// Its latest state, marked as isolated.
    private(set) var status: CameraStatus
    /// Its latest figures.
    private(set) var statistics: CaptureStatistics?
    /// Times that its process ended without being asked to, or its worker was started again.
    private(set) var restarts = 0

    init(cameraId: String, command: [String], wall: WallTime, logger: Logger) {
        self.cameraId = cameraId
        self.command = command + [cameraId]
        self.logger = logger
        status = CameraStatus(cameraId: cameraId, state: .connecting, reason: .starting, since: wall, isolated: true)
    }

    /// What `poll` has to watch.
    var descriptors: [pollfd] {
        guard let box else { return [] }
        var entries = [pollfd(fd: box.process.connection.input, events: Int16(POLLIN), revents: 0)]
        if box.process.connection.pendingBytes > 0 {
            entries.append(pollfd(fd: box.process.connection.output, events: Int16(POLLOUT), revents: 0))
        }
        return entries
    }

    /// Whether it was told to stop and its process is gone.
    var hasFinished: Bool { isStopping && box == nil }

    /// Starts its process when that is due.
    func tick(now: Duration) {
        guard box == nil, !isStopping, now >= nextStart else { return }
        do throws(CaptureError) {
            let process = try IsolatedProcess.start(command)
            logger.notice(
                "camera recorded by a process of its own",
                metadata: ["camera.id": "\(cameraId)", "pid": "\(process.process)"]
            )
            box = ProcessBox(process)
            startedAt = now
        } catch {
            logger.error(
                "the process of an isolated camera can't be started",
                metadata: ["camera.id": "\(cameraId)", "detail": "\(error)"]
            )
            nextStart = now + Self.longestPause
        }
    }

    /// Hands on a command.
    func send(_ command: CaptureCommand) {
        guard let box, box.process.connection.pendingBytes < Self.commandLimit else { return }
        box.process.connection.enqueue(CaptureProtocol.frame(command))
        _ = box.process.connection.flush()
    }

    /// Asks it to close its segment and end; returns at once.
    func stop() {
        isStopping = true
        send(.stop)
    }

    /// Takes in what it has said, and its end.
    ///
    /// - Returns: what serve is to hear, and how the process has ended when it has.
    func read(now: Duration, wall: WallTime) -> (events: [(CaptureEvent, [UInt8])], end: IsolatedProcess.End?) {
        guard let box else { return ([], nil) }
        _ = box.process.connection.flush()
        var events: [(CaptureEvent, [UInt8])] = []
        switch box.process.connection.read() {
        case .closed: break
        case .frames(let frames):
            for frame in frames {
                guard let event = CaptureProtocol.decode(CaptureEvent.self, from: frame) else { continue }
                switch event {
                case .hello: break
                case .state(var status):
                    guard status.cameraId == cameraId else { continue }
                    status.isolated = true
                    self.status = status
                    events.append((.state(status), []))
                case .statistics(let new):
                    restarts += max(0, new.workerRestarts - (statistics?.workerRestarts ?? 0))
                    statistics = new
                case .observation, .picture: events.append((event, frame.payload))
                }
            }
        }
        guard let end = box.process.end() else { return (events, nil) }
        self.box = nil
        statistics?.workerRestarts = 0
        guard !isStopping else { return (events, end) }
        restarts += 1
        pause = now - startedAt >= Self.stableAfter ? Self.shortestPause : min(Self.longestPause, pause * 2)
        nextStart = now + pause
        logger.warning(
            "the process of an isolated camera has ended and is started again",
            metadata: ["camera.id": "\(cameraId)", "end": "\(end)"]
        )
        if status.state != .offline || status.reason != .crash {
            status.state = .offline
            status.reason = .crash
            status.detail = "the camera's own recording process has ended; it is started again"
            status.since = wall
            events.append((.state(status), []))
        }
        return (events, end)
    }
}
