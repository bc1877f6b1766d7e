import CLinux
import Dispatch
import Domain
import Foundation
import Synchronization

/// A running `<executable> render`: jobs in, replies out. It ends with the last reference to it, at `end()`, and when a
/// job takes too long or its answer can't be understood.
final class RenderProcess: Sendable {
    struct Reply: Sendable {
        var reply: RenderReply
        var payload: [UInt8]
    }

    /// Its calls block; they run on this queue alone.
    private let queue = DispatchQueue(label: "gridwatch.archive.render")
    private let child: RenderChild
    private let jobs = Atomic<Int>(0)

    /// Starts the process.
    ///
    /// - Throws: `ArchiveError` (`renderFailed`).
    init(executable: String) throws {
        child = try RenderChild(executable: executable)
    }

    /// How many jobs it was given.
    var jobCount: Int { jobs.load(ordering: .relaxed) }

    /// Hands one job over and waits for all its replies.
    ///
    /// - Parameter deadline: after this the process is killed.
    /// - Throws: `ArchiveError` (`renderFailed`); `processEnded` when the process ended without a word.
    func ask(_ request: RenderRequest, _ payload: [UInt8], within deadline: Duration) async throws -> [Reply] {
        let frame = WireFrame(header: Array(try JSONEncoder().encode(request)), payload: payload)
        jobs.wrappingAdd(1, ordering: .relaxed)
        return try await withCheckedThrowingContinuation { continuation in
            queue.async { [child] in
                continuation.resume(with: Result { try child.exchange(frame.encoded, within: deadline) })
            }
        }
    }

    /// Kills it; a job under way fails at once.
    func end() { child.kill() }

    deinit {
        child.kill()
        // Closing and waiting for it belong to whoever reads from it last.
        queue.async { [child] in child.reap() }
    }
}

/// The process and our ends of its standard input and output. All but `kill()` runs on one queue.
private final class RenderChild: @unchecked Sendable {
    // Safety: `parser` and `sent` are touched by `exchange` and `reap` alone, which run on one serial queue; the rest is
    // immutable or in a Mutex.
    private struct Life {
        var pid: pid_t
        var isOver = false
    }

    private static let maximumAnswer = 64 << 20

    private let life: Mutex<Life>
    /// Our end of the child's standard input: a socket, so that a dead child gives EPIPE and no signal.
    private let input: Int32
    private let output: Int32
    private var parser = WireFrameParser()

    init(executable: String) throws {
        var sockets: [Int32] = [-1, -1]
        var pipes: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue) | 0o2000000  // SOCK_CLOEXEC
        guard socketpair(AF_UNIX, type, 0, &sockets) == 0 else { throw Self.failure("socketpair", errno) }
        guard pipe2(&pipes, O_CLOEXEC) == 0 else {
            let code = errno
            sockets.forEach { close($0) }
            throw Self.failure("pipe", code)
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, sockets[1], 0)
        posix_spawn_file_actions_adddup2(&actions, pipes[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        // Also what others opened without O_CLOEXEC.
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var arguments = [strdup(executable), strdup("render"), nil]
        defer { arguments.forEach { free($0) } }
        // Nothing of the service's environment but what finding libraries takes.
        let kept = ["PATH", "LD_LIBRARY_PATH", "LANG", "TMPDIR"]
        let present = ProcessInfo.processInfo.environment
        var environment = kept.compactMap { name in present[name].map { strdup("\(name)=\($0)") } } + [nil]
        defer { environment.forEach { free($0) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, executable, &actions, nil, &arguments, &environment)
        close(sockets[1])
        close(pipes[1])
        guard code == 0 else {
            close(sockets[0])
            close(pipes[0])
            throw Self.failure("start \(executable)", code)
        }
        life = Mutex(Life(pid: child))
        input = sockets[0]
        output = pipes[0]
        _ = gw_set_nonblocking(input, 1)
        _ = gw_set_nonblocking(output, 1)
    }

    func exchange(_ request: [UInt8], within deadline: Duration) throws -> [RenderProcess.Reply] {
        do {
            return try converse(request, until: SystemClock().monotonic() + deadline)
        } catch {
            // Whatever it would say now belongs to nothing.
            kill()
            wait()
            throw error
        }
    }

    /// Writes all of `request` and reads up to the last reply.
    private func converse(_ request: [UInt8], until end: Duration) throws -> [RenderProcess.Reply] {
        let clock = SystemClock()
        var replies: [RenderProcess.Reply] = []
        var sent = 0
        var received = 0
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            while let frame = try parser.next() {
                guard let reply = try? JSONDecoder().decode(RenderReply.self, from: Data(frame.header)) else {
                    throw ArchiveError(.renderFailed, "the render process's answer can't be read")
                }
                replies.append(RenderProcess.Reply(reply: reply, payload: frame.payload))
                // A job that it gave up before it had read all of it leaves the rest in the way of the next.
                if reply.isLast, sent < request.count { throw RenderProcessEnded() }
                if reply.isLast { return replies }
            }
            let left = Int32(clamping: Int((end - clock.monotonic()).seconds * 1000))
            var files = [
                pollfd(fd: output, events: Int16(POLLIN), revents: 0),
                pollfd(fd: sent < request.count ? input : -1, events: Int16(POLLOUT), revents: 0),
            ]
            guard left > 0, poll(&files, 2, left) != 0 else {
                throw ArchiveError(.renderFailed, "the render process took too long and was ended")
            }
            if files[1].revents != 0 {
                let count = request.withUnsafeBytes { buffer in
                    send(input, buffer.baseAddress.map { $0 + sent }, buffer.count - sent, Int32(MSG_NOSIGNAL))
                }
                if count < 0, errno != EAGAIN, errno != EINTR { throw RenderProcessEnded() }
                sent += max(0, count)
            }
            if files[0].revents != 0 {
                let count = read(output, &chunk, chunk.count)
                if count == 0 { throw RenderProcessEnded() }
                if count < 0, errno != EAGAIN, errno != EINTR { throw Self.failure("read", errno) }
                if count > 0 { parser.append(chunk[..<count]) }
                received += max(0, count)
                guard received <= Self.maximumAnswer else {
                    throw ArchiveError(.renderFailed, "the render process answered more than 64 MiB")
                }
            }
        }
    }

    func kill() {
        life.withLock { if !$0.isOver { _ = CLinux.kill($0.pid, SIGKILL) } }
    }

    /// Waits for a process that has been killed.
    private func wait() {
        life.withLock { life in
            guard !life.isOver else { return }
            var status: Int32 = 0
            while waitpid(life.pid, &status, 0) < 0, errno == EINTR {}
            life.isOver = true
        }
    }

    func reap() { wait() }

    deinit {
        kill()
        wait()
        close(input)
        close(output)
    }

    private static func failure(_ operation: String, _ code: Int32) -> ArchiveError {
        ArchiveError(.renderFailed, "render process: can't \(operation): \(String(cString: strerror(code)))")
    }
}

/// The process ended in the middle of a job, or had ended before it.
struct RenderProcessEnded: Error {}
