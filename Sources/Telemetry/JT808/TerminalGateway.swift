package import Domain
import Logging
import Store
import Synchronization

/// The site's JT/T 808 terminals: listens for them, for ever, and says how that goes.
final class TerminalGateway: Sendable {
    private struct State {
        var failure: String?
        var since: WallTime
    }

    private let settings: TerminalSettings
    private let server: JT808Server
    private let inbox: IngestInbox
    private let clock: any HostClock
    private let logger: Logger
    private let state: Mutex<State>

    /// - Throws: `StoreError` when the terminals' codes can't be kept.
    init(
        settings: TerminalSettings,
        series: SeriesDatabase,
        ingest: TelemetryIngest,
        inbox: IngestInbox,
        clock: any HostClock,
        logger: Logger
    ) async throws {
        self.settings = settings
        self.clock = clock
        self.logger = logger
        state = Mutex(State(since: clock.now()))
        self.inbox = inbox
        var terminals: [String: JT808Session.Terminal] = [:]
        for terminal in settings.terminals {
            let key = JT808Session.key(terminal.phone)
            var code = terminal.code
            // Made once and kept, so that a terminal which has registered needn't do it again.
            if code == nil {
                let made = String(UUIDv7.make(at: clock.now()).suffix(12))
                code = try await series.setting("jt808Code.\(key)", otherwise: made)
            }
            terminals[key] = JT808Session.Terminal(vehicle: terminal.vehicle, code: code ?? "")
        }
        server = JT808Server(
            settings: settings,
            terminals: terminals,
            inbox: inbox,
            clock: clock,
            logger: logger,
            onUnknown: { phone in ingest.noteUnknown(phone, way: "jt808") }
        )
    }

    /// Listens until the task is cancelled; when the address can't be had, tries again every 5 s.
    func run() async {
        while !Task.isCancelled {
            do {
                state.withLock { $0 = State(since: clock.now()) }
                try await server.run()
            } catch {
                let text = "\(settings.host):\(settings.port) can't be listened on: \(error)"
                state.withLock { $0 = State(failure: text, since: clock.now()) }
                logger.error("terminals can't be listened for", metadata: ["error": "\(text)"])
            }
            if !Task.isCancelled { try? await Task.sleep(for: .seconds(5)) }
        }
    }

    var status: TerminalStatus {
        let counts = server.counts
        let dropped = inbox.dropped
        let (failure, since) = state.withLock { ($0.failure, $0.since) }
        return TerminalStatus(
            host: settings.host,
            port: server.port ?? settings.port,
            listening: server.port != nil,
            since: since,
            detail: failure,
            terminals: settings.terminals.count,
            connections: counts.connections,
            received: counts.messages,
            rejected: counts.refused,
            waiting: dropped.refused + dropped.failed
        )
    }
}

/// The JT/T 808 listener as the API gives it.
package struct TerminalStatus: Sendable, Hashable, Encodable {
    package var host: String
    package var port: Int
    package var listening: Bool
    package var since: WallTime
    /// Why it doesn't listen.
    package var detail: String?
    /// Terminals that the site declares.
    package var terminals: Int
    /// TCP connections that are open.
    package var connections: Int
    /// Messages that have come since the start.
    package var received: Int
    /// Those that could not be read, refused or understood.
    package var rejected: Int
    /// Those that were left with their terminals, which send them again.
    package var waiting: Int
}
