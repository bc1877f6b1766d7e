import CLinux
package import Domain
package import Foundation
package import Logging
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// The capture process of one shard: reads `DIR/capture/N.json`, records its cameras and feeds its analyse worker.
package final class CaptureProcess: Sendable {
    /// What the control thread is asked from outside.
    struct Requests: Sendable {
        var stop = false
        var reload = false
    }

    let dataDirectory: URL
    let shard: Int
    let analyseCommand: [String]
    let managed: Bool
    /// The one camera that this process records, because its stream has crashed the shard's.
    let isolate: String?
    /// Program and arguments of such a process, without the camera's id; empty: none is started.
    let isolateCommand: [String]
    /// The host's boot id at present; nil where it isn't known.
    let bootId: String?
    let clock: any HostClock
    let logger: Logger
    let handlesSignals: Bool
    private let requests = Mutex(Requests())
    private let wakePipe = Mutex<WakePipe?>(nil)

    /// - Parameters:
    ///   - dataDirectory: the data folder `DIR`.
    ///   - shard: which of its shards, from 0.
    ///   - analyseCommand: program and arguments of the analyse worker, `[path of gridwatch, "analyse"]`.
    ///   - isolate: the one camera of the shard to record: commands come on standard input, events go to standard output,
    ///     and the end of standard input ends it.
    ///   - isolateCommand: program and arguments of such a process, to which the camera's id is added,
    ///     `[path of gridwatch, "capture", "--data", DIR, "--shard", N, "--isolate"]`; empty where none can be started.
    ///   - bootId: the host's boot id, by which a power cut is told from a crash.
    ///   - managed: whether serve started this process and a silence of 60 s after it has gone ends it.
    ///   - handlesSignals: false where the process isn't this capture's alone.
    package init(
        dataDirectory: URL,
        shard: Int,
        analyseCommand: [String],
        managed: Bool,
        isolate: String? = nil,
        isolateCommand: [String] = [],
        bootId: String? = CaptureProcess.presentBootId,
        clock: any HostClock = SystemClock(),
        logger: Logger = Logger(label: "capture"),
        handlesSignals: Bool = true
    ) {
        self.dataDirectory = dataDirectory
        self.shard = shard
        self.analyseCommand = analyseCommand
        self.managed = managed
        self.isolate = isolate
        self.isolateCommand = isolate == nil ? isolateCommand : []
        self.bootId = bootId
        self.clock = clock
        self.logger = logger
        self.handlesSignals = handlesSignals
    }

    /// The host's boot id; nil where the system tells none.
    package static var presentBootId: String? { BootRecord.present }

    /// What its files in `DIR/capture` are called: the shard's number, with `-CAMERA` for an isolated one.
    var name: String { isolate.map { "\(shard)-\($0)" } ?? "\(shard)" }

    /// Records until SIGTERM, SIGINT, `stop` over the link, or (managed) 60 s after serve has gone. SIGHUP reads the
    /// configuration again. Blocks.
    ///
    /// - Returns: the exit code: 0 when every segment was closed, 1 with one line on standard error otherwise.
    package func run() -> Int32 {
        do throws(CaptureError) {
            let wakePipe = try WakePipe()
            self.wakePipe.withLock { $0 = wakePipe }
            signal(SIGPIPE, SIG_IGN)
            if handlesSignals { listenToSignals() }
            let loop = try CaptureLoop(self, wakePipe: wakePipe)
            return loop.run() ? 0 : 1
        } catch {
            FileHandle.standardError.write(Data("gridwatch capture: \(error)\n".utf8))
            return 1
        }
    }

    /// Asks `run` to close every segment and return.
    package func stop() {
        request { $0.stop = true }
    }

    /// Asks for the configuration to be read again.
    package func reload() {
        request { $0.reload = true }
    }

    func takeRequests() -> Requests {
        requests.withLock { requests in
            defer { requests.reload = false }
            return requests
        }
    }

    private func request(_ body: (inout Requests) -> Void) {
        requests.withLock { body(&$0) }
        wakePipe.withLock { $0 }?.wake()
    }

    /// Blocks the signals here, and with that in every thread that follows, and waits for them on a thread.
    private func listenToSignals() {
        var set = sigset_t()
        sigemptyset(&set)
        for number in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&set, number) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        let awaited = set
        let thread = Thread { [self] in
            var awaited = awaited
            while true {
                var number: Int32 = 0
                guard sigwait(&awaited, &number) == 0 else { return }
                if number == SIGHUP { reload() } else { stop() }
            }
        }
        thread.name = "signals"
        thread.start()
    }
}
