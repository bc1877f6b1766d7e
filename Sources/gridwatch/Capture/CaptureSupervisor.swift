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

        /// Whether it still lives; collects a child that has ended.
        func isAlive() -> Bool {
            switch self {
            case .child(let pid): waitpid(pid, nil, WNOHANG) == 0
            case .adopted(let pid): kill(pid, 0) == 0
            }
        }
    }

    private let folder: URL
    private let dataFolder: DataFolder
    private let shards: [Int]
    private let hub: CaptureHub
    private let logger: Logger
    private let restartCount = Atomic<Int>(0)
    private let running = Mutex<[Int: Running]>([:])

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
        var left = running.withLock { $0 }
        for (shard, process) in left where !hub.send(.stop, to: shard) { kill(process.pid, SIGTERM) }
        for attempt in 0..<80 {
            left = left.filter { $0.value.isAlive() }
            if left.isEmpty { return }
            if attempt == 35 { for process in left.values { kill(process.pid, SIGTERM) } }
            if attempt == 65 { for process in left.values { kill(process.pid, SIGKILL) } }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    private func keep(_ shard: Int) async {
        var pause = Duration.milliseconds(100)
        var process = adoptable(shard).map(Running.adopted)
        if process != nil { await adopt(shard) }
        while !Task.isCancelled {
            if process == nil { process = start(shard).map(Running.child) }
            let started = ContinuousClock.now
            running.withLock { $0[shard] = process }
            while let current = process, !Task.isCancelled {
                if !current.isAlive() { process = nil }
                try? await Task.sleep(for: .milliseconds(100))
            }
            guard !Task.isCancelled else { return }
            running.withLock { $0[shard] = nil }
            restartCount.add(1, ordering: .relaxed)
            logger.warning("capture ended and is started again", metadata: ["shard": "\(shard)"])
            // Recording matters more than calm: the pause never exceeds a second, and starts over after a good while.
            pause = ContinuousClock.now - started > .seconds(30) ? .milliseconds(100) : min(.seconds(1), pause * 2)
            try? await Task.sleep(for: pause)
        }
    }

    /// The process that records the shard already, if there is one. Asked only before one is started here: taking the
    /// lock for a moment later could keep capture from getting it.
    private func adoptable(_ shard: Int) -> pid_t? {
        let file = folder.appending(path: "\(shard).lock")
        let descriptor = gw_open(file.path, O_RDONLY, 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0 else { return nil }
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        return text.split { !$0.isNumber }.first.flatMap { pid_t($0) }
    }

    /// A capture that an earlier service started goes on; it only has to read its configuration anew.
    private func adopt(_ shard: Int) async {
        logger.info("capture is recording already and is adopted", metadata: ["shard": "\(shard)"])
        for _ in 0..<100 where !Task.isCancelled {
            if hub.send(.reload, to: shard) { return }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    private func start(_ shard: Int) -> pid_t? {
        let log = gw_open(folder.appending(path: "\(shard).log").path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        guard log >= 0 else {
            logger.error("can't open the log of capture", metadata: ["shard": "\(shard)", "errno": "\(errno)"])
            return nil
        }
        defer { close(log) }
        do {
            let pid = try ChildProcess.spawn(
                [Executable.path, "capture", "--data", dataFolder.url.path, "--shard", "\(shard)", "--managed"],
                input: nil,
                output: log,
                errors: log,
                newSession: true
            )
            logger.info("capture started", metadata: ["shard": "\(shard)", "pid": "\(pid)"])
            return pid
        } catch {
            logger.error("can't start capture", metadata: ["shard": "\(shard)", "error": "\(error)"])
            return nil
        }
    }
}
