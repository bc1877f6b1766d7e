import CLinux
import Domain
import Foundation

/// One run of `<executable> render`: a request in, a JPEG out, with a deadline. Blocks its thread.
enum RenderProcess {
    /// - Parameters:
    ///   - media: init segment and fragments.
    ///   - deadline: after this the child is killed.
    static func run(
        executable: String,
        request: RenderRequest,
        media: [UInt8],
        deadline: Duration
    ) throws -> [UInt8] {
        let frame = WireFrame(header: Array(try JSONEncoder().encode(request)), payload: media)
        let clock = SystemClock()
        let end = clock.monotonic() + deadline
        let child = try Child(executable: executable)
        let output = try child.exchange(frame.encoded, until: end, clock: clock)
        var parser = WireFrameParser()
        parser.append(output)
        guard let answer = try parser.next() else {
            throw ArchiveError(.renderFailed, "the render process ended without an answer")
        }
        switch try JSONDecoder().decode(RenderReply.self, from: Data(answer.header)) {
        case .picture where !answer.payload.isEmpty: return answer.payload
        case .picture: throw ArchiveError(.noPicture, "the render process found no picture")
        case .failed(let message): throw ArchiveError(.renderFailed, message)
        }
    }
}

/// A child process with its standard input and output; killed and waited for when it is let go.
private final class Child {
    private let pid: pid_t
    /// Our end of the child's standard input: a socket, so that a dead child gives EPIPE and no signal.
    private var input: Int32
    private let output: Int32

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
        defer { posix_spawn_file_actions_destroy(&actions) }
        var arguments = [strdup(executable), strdup("render"), nil]
        defer { arguments.forEach { free($0) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, executable, &actions, nil, &arguments, environ)
        close(sockets[1])
        close(pipes[1])
        guard code == 0 else {
            close(sockets[0])
            close(pipes[0])
            throw Self.failure("start \(executable)", code)
        }
        pid = child
        input = sockets[0]
        output = pipes[0]
        _ = gw_set_nonblocking(input, 1)
        _ = gw_set_nonblocking(output, 1)
    }

    /// Writes all of `request`, then reads until the child closes its output.
    func exchange(_ request: [UInt8], until end: Duration, clock: SystemClock) throws -> [UInt8] {
        var sent = 0
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let left = Int32((end - clock.monotonic()).seconds * 1000)
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
                // A child that has seen enough may close its input early; its answer decides.
                sent = count < 0 && errno != EAGAIN && errno != EINTR ? request.count : sent + max(0, count)
                if sent == request.count { shutdown(input, Int32(SHUT_WR)) }
            }
            if files[0].revents != 0 {
                let count = read(output, &chunk, chunk.count)
                if count == 0 { return answer }
                if count < 0, errno != EAGAIN, errno != EINTR { throw Self.failure("read", errno) }
                if count > 0 { answer.append(contentsOf: chunk[..<count]) }
                guard answer.count <= 33 << 20 else {
                    throw ArchiveError(.renderFailed, "the render process answered more than 33 MiB")
                }
            }
        }
    }

    deinit {
        close(input)
        close(output)
        kill(pid, SIGKILL)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    }

    private static func failure(_ operation: String, _ code: Int32) -> ArchiveError {
        ArchiveError(.renderFailed, "render process: can't \(operation): \(String(cString: strerror(code)))")
    }
}
