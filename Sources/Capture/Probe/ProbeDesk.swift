import CLinux
import Dispatch
package import Domain
import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Probes sources for people, each in a process of its own: a stream that crashes or hangs its reader harms nobody else.
package final class ProbeDesk: Sendable {
    /// As many probes are under way as may be; try again later.
    package struct Busy: Error, Sendable {}

    /// What a process may take: longer than any honest probe.
    private static let deadline = Duration.seconds(42)
    private static let maximumAnswer = 256 << 10

    private let command: [String]
    /// Probes at once; more are refused, because each opens a connection and holds a process.
    private let maximum: Int
    private let running = Mutex(0)
    private let queue = DispatchQueue(label: "gridwatch.capture.probe", attributes: .concurrent)

    /// - Parameter command: the program and arguments that run `ProbeWorker`.
    package init(command: [String], maximum: Int = 2) {
        self.command = command
        self.maximum = maximum
    }

    /// Probes one source. A cancelled task ends its process.
    ///
    /// - Throws: `Busy`.
    package func probe(_ request: ProbeRequest) async throws(Busy) -> ProbeOutcome {
        let isFree = running.withLock { running in
            guard running < maximum else { return false }
            running += 1
            return true
        }
        guard isFree else { throw Busy() }
        defer { running.withLock { $0 -= 1 } }
        let cancelled = CancelledFlag()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                queue.async { [command] in
                    continuation.resume(returning: Self.converse(command, request, cancelled: cancelled))
                }
            }
        } onCancel: {
            cancelled.set()
        }
    }

    /// Probes one source; blocks.
    package static func run(_ request: ProbeRequest, command: [String]) -> ProbeOutcome {
        converse(command, request, cancelled: CancelledFlag())
    }

    private static func converse(
        _ command: [String],
        _ request: ProbeRequest,
        cancelled: CancelledFlag
    ) -> ProbeOutcome {
        guard let body = try? JSONEncoder().encode(request) else { return failure("the request can't be written") }
        var input: [Int32] = [-1, -1]
        var output: [Int32] = [-1, -1]
        guard pipe2(&input, O_CLOEXEC) == 0 else { return failure("no pipe could be made") }
        guard pipe2(&output, O_CLOEXEC) == 0 else {
            input.forEach { close($0) }
            return failure("no pipe could be made")
        }
        let nowhere = gw_open("/dev/null", O_WRONLY, 0)
        let present = ProcessInfo.processInfo.environment
        // Nothing of the service's environment, which may hold passwords, but what finding libraries takes.
        let kept = ["PATH", "LD_LIBRARY_PATH", "LANG", "RES_OPTIONS"].compactMap { name in
            present[name].map { "\(name)=\($0)" }
        }
        let process = Result { () throws(CaptureError) -> Int32 in
            try ChildProcess.spawn(
                command,
                input: input[0],
                output: output[1],
                errors: nowhere,
                newSession: false,
                environment: kept
            )
        }
        close(input[0])
        close(output[1])
        close(nowhere)
        defer { close(output[0]) }
        guard case .success(let pid) = process else {
            close(input[1])
            return failure("the probing process can't be started")
        }
        // Smaller than any pipe: written at once. SIGPIPE is ignored by every command.
        let sent = body.withUnsafeBytes { write(input[1], $0.baseAddress, $0.count) == $0.count }
        close(input[1])
        let answer = sent ? read(output[0], cancelled: cancelled) : nil
        kill(pid, SIGKILL)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        switch answer {
        case .whole(let bytes):
            if let outcome = try? JSONDecoder().decode(ProbeOutcome.self, from: bytes) { return outcome }
            return failure("reading the stream ended the process that probed it")
        case .tooLong:
            return .failure(
                ProbeFailure(reason: .timeout, detail: "the source kept the probing process busy for too long")
            )
        case nil:
            return failure("the probe was given up")
        }
    }

    private enum Answer {
        case whole(Data)
        case tooLong
    }

    /// Reads until the process closes its end; nil when cancelled.
    private static func read(_ descriptor: Int32, cancelled: CancelledFlag) -> Answer? {
        let clock = SystemClock()
        let end = clock.monotonic() + deadline
        var bytes = Data()
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while clock.monotonic() < end {
            if cancelled.isSet { return nil }
            var file = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&file, 1, 100) > 0 else { continue }
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return .whole(bytes) }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= maximumAnswer else { return .tooLong }
        }
        return .tooLong
    }

    private static func failure(_ detail: String) -> ProbeOutcome {
        .failure(ProbeFailure(reason: .sourceError, detail: detail))
    }
}

/// Set once, from any thread.
private final class CancelledFlag: Sendable {
    private let flag = Atomic<Bool>(false)

    var isSet: Bool { flag.load(ordering: .relaxed) }

    func set() { flag.store(true, ordering: .relaxed) }
}
