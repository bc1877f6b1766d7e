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
    let clock: any HostClock
    let logger: Logger
    let handlesSignals: Bool
    private let requests = Mutex(Requests())
    private let wakePipe = Mutex<WakePipe?>(nil)

    /// - Parameters:
    ///   - dataDirectory: the data folder `DIR`.
    ///   - shard: which of its shards, from 0.
    ///   - analyseCommand: program and arguments of the analyse worker, `[path of gridwatch, "analyse"]`.
    ///   - managed: whether serve started this process and a silence of 60 s after it has gone ends it.
    ///   - handlesSignals: false where the process isn't this capture's alone.
    package init(
        dataDirectory: URL,
        shard: Int,
        analyseCommand: [String],
        managed: Bool,
        clock: any HostClock = SystemClock(),
        logger: Logger = Logger(label: "capture"),
        handlesSignals: Bool = true
    ) {
        self.dataDirectory = dataDirectory
        self.shard = shard
        self.analyseCommand = analyseCommand
        self.managed = managed
        self.clock = clock
        self.logger = logger
        self.handlesSignals = handlesSignals
    }

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
