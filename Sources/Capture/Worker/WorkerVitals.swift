#if canImport(Glibc)
    import Glibc
#endif

/// What the kernel says of the worker: tells one that hangs from one that gets no processor.
struct WorkerVitals: Sendable, Equatable {
    enum State: Sendable, Equatable {
        /// Computes, or waits for a processor or a disk: how far it comes is not its own doing.
        case runnable
        /// Waits for something else.
        case sleeping
        /// Somebody stopped it.
        case stopped
    }

    var state: State
    /// The processor time that it has used since its start.
    var used: Duration

    init(state: State, used: Duration) {
        self.state = state
        self.used = used
    }

    /// - Parameters:
    ///   - stat: The line of `/proc/PID/stat` (proc(5)). The program's name in it, in brackets, may hold anything.
    ///   - ticksPerSecond: The unit of the times in it.
    init?(stat: String, ticksPerSecond: Int) {
        guard let name = stat.lastIndex(of: ")"), ticksPerSecond > 0 else { return nil }
        // Behind the name: state (field 3), …, utime (14), stime (15).
        let fields = stat[stat.index(after: name)...].split(separator: " ")
        guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else { return nil }
        switch fields[0] {
        case "R", "D": state = .runnable
        case "T", "t": state = .stopped
        default: state = .sleeping
        }
        used = .milliseconds((user + system) * 1000 / ticksPerSecond)
    }

    /// Of a process; nil when it has gone or the system tells nothing.
    init?(process: Int32) {
        let file = open("/proc/\(process)/stat", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = read(file, &bytes, bytes.count)
        guard count > 0 else { return nil }
        let line = String(decoding: bytes.prefix(count), as: UTF8.self)
        self.init(stat: line, ticksPerSecond: sysconf(Int32(_SC_CLK_TCK)))
    }
}
