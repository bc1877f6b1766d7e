package import Domain
import Glibc
package import Logging
import Synchronization

/// Where a link's messages go. Called on the link's own thread; may block.
package protocol MQTTSink: Sendable {
    /// Stores a batch, in its order. What it returns from is acknowledged to the broker.
    ///
    /// - Throws: nothing of the batch was stored; the broker will deliver it again.
    func store(_ batch: [MQTTMessage]) throws
}

/// Listens to one broker, for ever: connects, subscribes, hands over messages, acknowledges them once they are stored.
///
/// The PUBACK of a message is queued by libmosquitto when the message is read and leaves only with the next write. So:
/// read what is there, store it, write. A service that dies anywhere in between gets the messages again.
///
/// The inbox is bounded (500 messages or 4 MiB); what doesn't fit waits in the socket and then at the broker.
package final class MQTTLink: Sendable {
    /// A batch ends at whichever comes first; usually when nothing more is there to be read.
    static let batchMessages = 500
    static let batchBytes = 4 << 20
    static let batchTime = Duration.milliseconds(50)
    /// From the start of an attempt to the broker's word that we are subscribed.
    static let connectTimeout = Duration.seconds(10)

    /// What the link is doing, why, and since when.
    package struct Status: Sendable, Equatable {
        package var state: BrokerState
        package var reason: StateReason
        package var detail: String?
        package var since: WallTime
        /// Messages handed over since the start.
        package var received = 0
        /// QoS 0 messages that were lost because they couldn't be stored.
        package var lost = 0
    }

    private struct State {
        var status: Status
        var isStopped = false
        var thread: BlockingThread?
    }

    package let settings: MQTTSettings
    private let sink: any MQTTSink
    private let clock: any HostClock
    private let logger: Logger
    private let wake: WakePipe
    private let state: Mutex<State>

    /// - Throws: `MQTTError` when the process has no file descriptors left.
    package init(
        settings: MQTTSettings,
        sink: any MQTTSink,
        clock: any HostClock = SystemClock(),
        logger: Logger
    ) throws(MQTTError) {
        self.settings = settings
        self.sink = sink
        self.clock = clock
        var logger = logger
        logger[metadataKey: "broker"] = "\(settings)"
        self.logger = logger
        wake = try WakePipe()
        state = Mutex(State(status: Status(state: .connecting, reason: .starting, since: clock.now())))
    }

    package var status: Status { state.withLock { $0.status } }

    /// Starts the link's thread; a second call does nothing.
    package func start() {
        state.withLock { state in
            guard state.thread == nil, !state.isStopped else { return }
            state.thread = BlockingThread(name: "mqtt-link") { [self] in run() }
        }
    }

    /// Says goodbye to the broker, which keeps the session, and returns once the thread has ended.
    package func stop() async {
        let thread = state.withLock { state in
            state.isStopped = true
            return state.thread
        }
        wake.wake()
        await thread?.finished()
    }

    private var isStopped: Bool { state.withLock { $0.isStopped } }

    private func run() {
        blockBrokenPipeSignal()
        var backoff = Backoff()
        var random = SystemRandomNumberGenerator()
        while !isStopped {
            do {
                try serve(&backoff)
            } catch let error as MQTTError {
                set(error.reason == .unauthorised ? .unauthorised : .offline, error.reason, error.message)
            } catch {
                set(.blocked, .disk, "messages can't be stored and stay with the broker: \(error)")
            }
            guard !isStopped else { return }
            wait(backoff.delay(using: &random))
        }
    }

    /// One connection, from connecting to its end.
    private func serve(_ backoff: inout Backoff) throws {
        let handle = try open()
        var lastKeepAlive = clock.monotonic()
        let deadline = lastKeepAlive + Self.connectTimeout
        var progress = Progress.connecting
        while !isStopped {
            try waitForSocket(handle)
            try readBatch(handle)
            let batch = handle.takeInbox()
            if !batch.isEmpty { try store(batch) }
            try advance(&progress, handle)
            if progress == .subscribed { backoff.reset() }
            if handle.wantsToWrite { try handle.write() }
            let now = clock.monotonic()
            if now - lastKeepAlive >= .seconds(1) {
                lastKeepAlive = now
                try handle.keepAlive()
            }
            if progress != .subscribed, now > deadline {
                throw MQTTError(reason: .timeout, message: "\(settings): no answer within 10 s")
            }
        }
        try tell(handle, "offline")
        handle.disconnect()
        try handle.write()
    }

    private enum Progress {
        case connecting, subscribing, subscribed
    }

    private func open() throws(MQTTError) -> MQTTHandle {
        let handle = try MQTTHandle(settings)
        let failure = TCPProbe.failure(
            host: settings.host,
            port: settings.port,
            timeout: .seconds(5),
            wake: wake.readEnd
        )
        if let failure {
            throw MQTTError(reason: failure, message: "\(settings): \(Self.words(failure))")
        }
        try handle.connect()
        return handle
    }

    private static func words(_ reason: StateReason) -> String {
        switch reason {
        case .unknownHost: "its name has no address; check the host"
        case .refused: "nobody listens there; is the broker running?"
        case .timeout: "no answer; check the network and the firewall"
        default: "can't connect"
        }
    }

    private func waitForSocket(_ handle: MQTTHandle) throws(MQTTError) {
        guard let socket = handle.socket else {
            throw MQTTError(reason: .closed, message: "\(settings): the connection is gone")
        }
        let events = handle.wantsToWrite ? POLLIN | POLLOUT : POLLIN
        var descriptors = [
            pollfd(fd: socket, events: Int16(events), revents: 0),
            pollfd(fd: wake.readEnd, events: Int16(POLLIN), revents: 0),
        ]
        _ = poll(&descriptors, 2, 500)
    }

    /// Reads until nothing more is there or the batch is full.
    private func readBatch(_ handle: MQTTHandle) throws(MQTTError) {
        let start = clock.monotonic()
        while handle.inbox.count < Self.batchMessages, handle.inboxBytes < Self.batchBytes {
            let before = handle.inbox.count
            try handle.read()
            guard handle.inbox.count > before, clock.monotonic() - start < Self.batchTime else { return }
        }
    }

    private func store(_ batch: [MQTTMessage]) throws {
        do {
            try sink.store(batch)
            state.withLock { $0.status.received += batch.count }
        } catch {
            // The handle goes with its queued PUBACKs; the broker delivers QoS 1 again to the next one.
            state.withLock { $0.status.lost += batch.count { $0.qos == 0 } }
            throw error
        }
    }

    private func advance(_ progress: inout Progress, _ handle: MQTTHandle) throws(MQTTError) {
        switch progress {
        case .connecting:
            guard let answer = handle.connack else { return }
            guard answer == 0 else {
                throw MQTTError.refused(answer, "\(settings)", version: settings.protocolVersion)
            }
            if settings.filters.isEmpty {
                progress = .subscribed
                try tell(handle, "online")
                set(.subscribed, .ok, nil)
            } else {
                try handle.subscribe()
                progress = .subscribing
            }
        case .subscribing:
            guard let answers = handle.suback else { return }
            if let index = answers.firstIndex(where: { $0 >= 128 }) {
                let filter = settings.filters.indices.contains(index) ? settings.filters[index] : "?"
                throw MQTTError(
                    reason: .unauthorised,
                    message: "\(settings) refuses the subscription \(filter); check the broker's access list",
                    code: answers[index]
                )
            }
            progress = .subscribed
            try tell(handle, "online")
            set(.subscribed, .ok, nil)
        case .subscribed: return
        }
    }

    /// Keeps our state at the broker, where the site wants that.
    private func tell(_ handle: MQTTHandle, _ state: String) throws(MQTTError) {
        guard let topic = settings.statusTopic else { return }
        try handle.publish(topic: topic, payload: Array(state.utf8), qos: 1, retain: true)
    }

    private func set(_ newState: BrokerState, _ reason: StateReason, _ detail: String?) {
        let changed = state.withLock { state in
            let changed = state.status.state != newState || state.status.reason != reason
            if changed { state.status.since = clock.now() }
            state.status.state = newState
            state.status.reason = reason
            state.status.detail = detail
            return changed
        }
        guard changed else { return }
        logger.log(
            level: newState == .subscribed ? .info : .warning,
            "the link to a broker changed",
            metadata: ["state": "\(newState.rawValue)", "reason": "\(reason.rawValue)", "detail": "\(detail ?? "")"]
        )
    }

    private func wait(_ duration: Duration) {
        var descriptor = pollfd(fd: wake.readEnd, events: Int16(POLLIN), revents: 0)
        _ = poll(&descriptor, 1, Int32(clamping: duration.microseconds / 1000))
    }

    /// libmosquitto writes to sockets that may be closed; the error code is enough.
    private func blockBrokenPipeSignal() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}
