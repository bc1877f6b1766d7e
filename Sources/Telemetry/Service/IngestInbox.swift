import Domain
import Logging
import Synchronization

/// What one thing of a message comes to, before it is stored.
enum IngestPart: Sendable {
    case report(VehicleReport)
    case reading(Reading)
    /// One that was quarantined and is taken after all: it says nothing about whether the sensor lives.
    case kept(Reading)
    case rejected(RejectedPayload)
    /// A sender that the site doesn't declare, by which way it came, and what it said.
    case unknown(String, way: String, payload: [UInt8])
}

/// Messages of terminals and gateways on their way to the disk, in batches, on a thread of its own.
///
/// Bounded: while 4096 messages wait, further ones are refused, and their senders, which get no answer (or a 503), send
/// again. So do those whose messages could not be stored.
final class IngestInbox: Sendable {
    static let maximumWaiting = 4096
    static let batchMessages = 500

    private struct Item {
        var parts: [IngestPart]
        var done: @Sendable (_ isStored: Bool) -> Void
    }

    private struct State {
        var items: [Item] = []
        var isRunning = false
        var refused = 0
        var failed = 0
    }

    private let ingest: TelemetryIngest
    private let logger: Logger
    private let wake = Mutex<WakePipe?>(nil)
    private let state = Mutex(State())
    private let thread = Mutex<BlockingThread?>(nil)

    init(ingest: TelemetryIngest, logger: Logger) {
        self.ingest = ingest
        self.logger = logger
    }

    /// Messages that found no room, and messages that could not be stored: each will come again.
    var dropped: (refused: Int, failed: Int) { state.withLock { ($0.refused, $0.failed) } }

    /// Adds a message; `done` is called on the inbox's thread once all of it is on the disk, or could not be stored, or
    /// at once when there is no room.
    func add(_ parts: [IngestPart], done: @escaping @Sendable (_ isStored: Bool) -> Void) {
        let isTaken = state.withLock { state in
            guard state.items.count < Self.maximumWaiting, state.isRunning else {
                state.refused += 1
                return false
            }
            state.items.append(Item(parts: parts, done: done))
            return true
        }
        if isTaken { wake.withLock { $0 }?.wake() } else { done(false) }
    }

    /// - Throws: `MQTTError` when the process has no file descriptors left.
    func start() throws(MQTTError) {
        let pipe = try WakePipe()
        wake.withLock { $0 = pipe }
        state.withLock { $0.isRunning = true }
        thread.withLock { $0 = $0 ?? BlockingThread(name: "ingest-inbox") { [self] in run(pipe) } }
    }

    /// Stores what waits and returns.
    func stop() async {
        state.withLock { $0.isRunning = false }
        wake.withLock { $0 }?.wake()
        await thread.withLock { $0 }?.finished()
    }

    private func run(_ wake: WakePipe) {
        while true {
            let (batch, isRunning) = state.withLock { state in
                let batch = Array(state.items.prefix(Self.batchMessages))
                state.items.removeFirst(batch.count)
                return (batch, state.isRunning)
            }
            if batch.isEmpty {
                if !isRunning { return }
                wake.wait(milliseconds: 500)
                continue
            }
            store(batch, wake)
        }
    }

    private func store(_ batch: [Item], _ wake: WakePipe) {
        do {
            let parts = batch.flatMap(\.parts)
            if !parts.isEmpty { try ingest.take(parts) }
            for item in batch { item.done(true) }
        } catch {
            state.withLock { $0.failed += batch.count }
            for item in batch { item.done(false) }
            logger.error("messages of terminals or gateways can't be stored", metadata: ["error": "\(error)"])
            // They come again; not at once.
            wake.wait(milliseconds: 500)
        }
    }
}
