import CLinux
import Domain

#if canImport(Glibc)
    import Glibc
#endif

/// The running process of one isolated camera: its two pipes and its process id. It ends by itself when this value goes,
/// because its standard input closes; what then still runs after a while is killed by `kill`.
struct IsolatedProcess: ~Copyable {
    /// How a process has ended.
    enum End: Sendable, Equatable {
        case exited(Int32)
        /// By a fault of its own (an illegal access, an abort), not by somebody's signal.
        case crashed(signal: Int32)
        case killed(signal: Int32)
    }

    let process: Int32
    var connection: FrameConnection
    private var isCollected = false

    private init(process: Int32, owningInput input: Int32, owningOutput output: Int32) {
        self.process = process
        connection = FrameConnection(
            owningInput: input,
            owningOutput: output,
            limits: .init(header: 1 << 20, payload: 8 << 20)
        )
    }

    /// - Throws: `CaptureError` (`spawn`).
    static func start(_ command: [String]) throws(CaptureError) -> IsolatedProcess {
        let commands = try makePipe()
        defer { close(commands.read) }
        let events: (read: Int32, write: Int32)
        do throws(CaptureError) {
            events = try makePipe()
        } catch {
            close(commands.write)
            throw error
        }
        defer { close(events.write) }
        let process: Int32
        do throws(CaptureError) {
            process = try ChildProcess.spawn(
                command,
                input: commands.read,
                output: events.write,
                errors: 2,
                newSession: false
            )
        } catch {
            close(commands.write)
            close(events.read)
            throw error
        }
        return IsolatedProcess(process: process, owningInput: events.read, owningOutput: commands.write)
    }

    private static func makePipe() throws(CaptureError) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard pipe2(&ends, O_CLOEXEC) == 0 else { throw .system(.spawn, "can't make a pipe") }
        return (ends[0], ends[1])
    }

    deinit {
        guard process > 0, !isCollected else { return }
        Glibc.kill(process, SIGKILL)
        waitpid(process, nil, 0)
    }

    /// How it has ended; nil while it runs.
    mutating func end() -> End? {
        var status: Int32 = 0
        guard !isCollected, waitpid(process, &status, WNOHANG) == process else { return nil }
        isCollected = true
        let signal = status & 0x7F
        if signal == 0 { return .exited((status >> 8) & 0xFF) }
        return [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT].contains(signal)
            ? .crashed(signal: signal) : .killed(signal: signal)
    }
}
