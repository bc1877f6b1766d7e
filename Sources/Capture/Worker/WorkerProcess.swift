import CLinux
import Domain

#if canImport(Glibc)
    import Glibc
#endif

/// A running analyse worker: its two pipes and its process id. Ending this value kills it.
struct WorkerProcess: ~Copyable {
    let process: Int32
    var connection: FrameConnection

    private init(process: Int32, owningInput input: Int32, owningOutput output: Int32) {
        self.process = process
        connection = FrameConnection(
            owningInput: input,
            owningOutput: output,
            limits: .init(header: 1 << 16, payload: 8 << 20)
        )
    }

    /// Starts a worker at a lower priority than everything that records.
    ///
    /// - Throws: `CaptureError` (`spawn`).
    static func start(_ command: [String]) throws(CaptureError) -> WorkerProcess {
        let requests = try makePipe()
        defer { close(requests.read) }
        let replies: (read: Int32, write: Int32)
        do throws(CaptureError) {
            replies = try makePipe()
        } catch {
            close(requests.write)
            throw error
        }
        defer { close(replies.write) }
        // Fewer wake-ups per key frame; where the system allows less, the default stays.
        _ = gw_set_pipe_size(requests.write, 1 << 20)
        let process: Int32
        do throws(CaptureError) {
            process = try ChildProcess.spawn(
                command,
                input: requests.read,
                output: replies.write,
                errors: 2,
                newSession: false
            )
        } catch {
            close(requests.write)
            close(replies.read)
            throw error
        }
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t(process), 10)
        var parameter = sched_param()
        // SCHED_BATCH (sched.h) is hidden behind _GNU_SOURCE.
        sched_setscheduler(process, 3, &parameter)
        return WorkerProcess(process: process, owningInput: replies.read, owningOutput: requests.write)
    }

    private static func makePipe() throws(CaptureError) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard pipe2(&ends, O_CLOEXEC) == 0 else { throw .system(.spawn, "can't make a pipe") }
        return (ends[0], ends[1])
    }

    deinit {
        guard process > 0 else { return }
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
    }

    /// Bytes that the worker has read.
    var consumedBytes: Int {
        var unread: Int32 = 0
        // FIONREAD tells a pipe's fill level at either end.
        guard ioctl(connection.output, UInt(FIONREAD), &unread) == 0 else { return 0 }
        return connection.writtenBytes - Int(unread)
    }
}
