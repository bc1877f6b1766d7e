import CLinux
import Capture
import Domain
import Foundation
import Logging
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Managed mode: starts a capture process per shard in a session of its own, adopts one that is still recording, starts
/// it again when it ends, and ends it with the service.
final class CaptureSupervisor: Sendable {
    /// A capture process that is watched.
    private enum Running: Sendable {
        /// Started here: its end is collected with `waitpid`.
        case child(pid_t)
        /// Started by an earlier service.
        case adopted(pid_t)

        var pid: pid_t {
            switch self {
            case .child(let pid), .adopted(let pid): pid
            }
        }
    }

    private let folder: URL
    private let dataFolder: DataFolder
    private let shards: [Int]
    private let hub: CaptureHub
    private let logger: Logger
    private let restartCount = Atomic<Int>(0)
    private let state = Mutex(State())

    private struct State {
        var running: [Int: Running] = [:]
        /// Set by `stop`: nothing is started any more.
        var isStopping = false
    }

    init(dataFolder: DataFolder, shards: [Int], hub: CaptureHub, logger: Logger) {
        self.dataFolder = dataFolder
        self.shards = shards
        self.hub = hub
        self.logger = logger
        folder = dataFolder.url.appending(path: "capture")
    }

    /// How often a capture process had to be started again.
    var restarts: Int { restartCount.load(ordering: .relaxed) }

    /// Keeps one capture per shard running until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for shard in shards {
                group.addTask { await self.keep(shard) }
            }
        }
    }

    /// Ends every capture: by the link, then by SIGTERM, then by SIGKILL. Returns when all are gone.
    func stop() async {
        var left = state.withLock { state in
            state.isStopping = true
            return state.running
        }
        for (shard, process) in left where !hub.send(.stop, to: shard) { kill(process.pid, SIGTERM) }
        for attempt in 0..<80 {
            left = left.filter { isAlive($0.value, $0.key) }
            if left.isEmpty { return }
            if attempt == 35 { for process in left.values { kill(process.pid, SIGTERM) } }
            if attempt == 65 { for process in left.values { kill(process.pid, SIGKILL) } }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    private func keep(_ shard: Int) async {
        var pause = Duration.milliseconds(100)
        var process = adoptable(shard)
        if let process {
            state.withLock { $0.running[shard] = process }
            logger.info(
                "capture is recording already and is adopted",
                metadata: ["shard": "\(shard)", "pid": "\(process.pid)"]
            )
        }
        while !Task.isCancelled {
            if process == nil { process = start(shard) }
            let started = ContinuousClock.now
            while let current = process, !Task.isCancelled {
                if !isAlive(current, shard) { process = nil }
                try? await Task.sleep(for: .milliseconds(100))
            }
            guard !Task.isCancelled, !state.withLock({ $0.isStopping }) else { return }
            state.withLock { $0.running[shard] = nil }
            restartCount.add(1, ordering: .relaxed)
            logger.warning("capture ended and is started again", metadata: ["shard": "\(shard)"])
            // Recording matters more than calm: the pause never exceeds a second, and starts over after a good while.
            pause = ContinuousClock.now - started > .seconds(30) ? .milliseconds(100) : min(.seconds(1), pause * 2)
            try? await Task.sleep(for: pause)
        }
    }

    /// Whether a process still lives; collects a child that has ended.
    private func isAlive(_ process: Running, _ shard: Int) -> Bool {
        switch process {
        case .child(let pid): waitpid(pid, nil, WNOHANG) == 0
        // Its number may belong to somebody else by now: what it was started with tells.
        case .adopted(let pid): Self.isCapture(pid, shard: shard)
        }
    }

    private static func isCapture(_ pid: pid_t, shard: Int) -> Bool {
        let arguments = ProcessList.arguments(of: pid)
        return arguments.contains("capture") && arguments.contains("\(shard)") && !arguments.contains("--isolate")
    }

    /// The process that records the shard already, if there is one. Asked only before one is started here: taking the
    /// lock for a moment later could keep capture from getting it.
    private func adoptable(_ shard: Int) -> Running? {
        let file = folder.appending(path: "\(shard).lock")
        let descriptor = gw_open(file.path, O_RDONLY, 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0 else { return nil }
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        guard let pid = text.split(whereSeparator: { !$0.isNumber }).first.flatMap({ pid_t($0) }),
            Self.isCapture(pid, shard: shard)
        else { return nil }
        return .adopted(pid)
    }

    private func start(_ shard: Int) -> Running? {
        let log = gw_open(folder.appending(path: "\(shard).log").path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        guard log >= 0 else {
            logger.error("can't open the log of capture", metadata: ["shard": "\(shard)", "errno": "\(errno)"])
            return nil
        }
        defer { close(log) }
        do {
            // Under the lock: `stop` either sees this process or keeps it from being started.
            let process = try state.withLock { state throws -> Running? in
                guard !state.isStopping else { return nil }
                let pid = try ChildProcess.spawn(
                    [Executable.path, "capture", "--data", dataFolder.url.path, "--shard", "\(shard)", "--managed"],
                    input: nil,
                    output: log,
                    errors: log,
                    newSession: true
                )
                state.running[shard] = .child(pid)
                return .child(pid)
            }
            if let process { logger.info("capture started", metadata: ["shard": "\(shard)", "pid": "\(process.pid)"]) }
            return process
        } catch {
            logger.error("can't start capture", metadata: ["shard": "\(shard)", "error": "\(error)"])
            return nil
        }
    }
}
