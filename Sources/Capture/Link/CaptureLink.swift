package import Domain
package import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Serve's end of the link to one capture shard: connects to `DIR/capture/N.sock`, again and again until closed.
///
/// It has a thread of its own, because `poll` blocks.
package final class CaptureLink: Sendable {
    /// One message of capture with the bytes that came with it.
    package typealias Event = (event: CaptureEvent, payload: [UInt8])

    /// What capture says, in order; ends after `close()`.
    ///
    /// Bounded to 512 events: the oldest go when the reader is slow, and are counted in `droppedEvents`.
    package let events: AsyncStream<Event>
    package let shard: Int
    private let folder: URL
    private let continuation: AsyncStream<Event>.Continuation
    private let wakePipe: WakePipe?
    private let state = Mutex(State())

    private struct State {
        var started = false
        var closed = false
        var connected = false
        /// Bounded to 1 MiB: `send` refuses more.
        var commands: [[UInt8]] = []
        var commandBytes = 0
        var droppedEvents = 0
    }

    /// Prepares the link to `shard`; `start()` opens it.
    package init(dataDirectory: URL, shard: Int) {
        (events, continuation) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingNewest(512))
        folder = dataDirectory.appending(path: "capture")
        self.shard = shard
        wakePipe = try? WakePipe()
    }

    deinit { continuation.finish() }

    /// Begins to connect. A second call does nothing.
    package func start() {
        let first = state.withLock { state in
            defer { state.started = true }
            return !state.started && !state.closed
        }
        guard first else { return }
        guard let wakePipe else {
            continuation.finish()
            return
        }
        let thread = Thread { [self] in run(wakePipe) }
        thread.name = "capture-link-\(shard)"
        thread.stackSize = 512 << 10
        thread.start()
    }

    /// Whether the greetings were exchanged and the socket is open.
    package var isConnected: Bool { state.withLock { $0.connected } }

    /// Events that a slow reader has not got.
    package var droppedEvents: Int { state.withLock { $0.droppedEvents } }

    /// Sends a command.
    ///
    /// - Returns: false when there is no connection, or capture has not taken the last megabyte of commands.
    @discardableResult
    package func send(_ command: CaptureCommand) -> Bool {
        let bytes = CaptureProtocol.frame(command)
        let accepted = state.withLock { state in
            guard state.connected, state.commandBytes + bytes.count <= 1 << 20 else { return false }
            state.commands.append(bytes)
            state.commandBytes += bytes.count
            return true
        }
        if accepted { wakePipe?.wake() }
        return accepted
    }

    /// Closes the socket and ends `events`.
    package func close() {
        state.withLock { $0.closed = true }
        wakePipe?.wake()
        if !state.withLock({ $0.started }) { continuation.finish() }
    }

    private var isClosed: Bool { state.withLock { $0.closed } }

    private func run(_ wakePipe: WakePipe) {
        var pauseMilliseconds: Int32 = 100
        while !isClosed {
            if let descriptor = UnixSocket.connect(folder: folder, name: "\(shard).sock") {
                if talk(descriptor, wakePipe) { pauseMilliseconds = 100 }
                state.withLock { state in
                    state.connected = false
                    state.commands = []
                    state.commandBytes = 0
                }
            }
            guard !isClosed else { break }
            var entry = pollfd(fd: wakePipe.readEnd, events: Int16(POLLIN), revents: 0)
            poll(&entry, 1, pauseMilliseconds)
            wakePipe.drain()
            pauseMilliseconds = min(1000, pauseMilliseconds * 2)
        }
        continuation.finish()
    }

    /// Serves one connection until it ends.
    ///
    /// - Returns: whether the greetings were exchanged.
    private func talk(_ descriptor: Int32, _ wakePipe: WakePipe) -> Bool {
        var connection = FrameConnection(owningInput: descriptor, owningOutput: descriptor, limits: .init())
        var greeted = false
        while !isClosed {
            let commands = state.withLock { state in
                defer {
                    state.commands = []
                    state.commandBytes = 0
                }
                return state.commands
            }
            for command in commands { connection.enqueue(command) }
            guard connection.flush() else { return greeted }
            let wanted = Int16(POLLIN) | (connection.pendingBytes > 0 ? Int16(POLLOUT) : 0)
            var entries = [
                pollfd(fd: descriptor, events: wanted, revents: 0),
                pollfd(fd: wakePipe.readEnd, events: Int16(POLLIN), revents: 0),
            ]
            poll(&entries, 2, -1)
            if entries[1].revents != 0 { wakePipe.drain() }
            guard entries[0].revents & ~Int16(POLLOUT) != 0 else { continue }
            guard case .frames(let frames) = connection.read() else { return greeted }
            for frame in frames {
                guard let event = CaptureProtocol.decode(CaptureEvent.self, from: frame) else { continue }
                if case .hello(let version, _, _, _) = event {
                    guard CaptureProtocol.accepts(version) else { return greeted }
                    connection.enqueue(
                        CaptureProtocol.frame(
                            CaptureCommand.hello(protocolVersion: CaptureProtocol.version, pid: getpid())
                        )
                    )
                    greeted = true
                    state.withLock { $0.connected = true }
                }
                if case .dropped = continuation.yield((event, frame.payload)) {
                    state.withLock { $0.droppedEvents += 1 }
                }
            }
        }
        // What was accepted before `close()` (a `stop`, say) still goes out, as far as capture takes it at once.
        for command in state.withLock({ $0.commands }) { connection.enqueue(command) }
        _ = connection.flush()
        return greeted
    }
}
