import Domain
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Listens for JT/T 808 terminals over TCP and UDP on one port.
///
/// Bounded: 10,000 connections (one more is closed at once), each of at most 4 KiB of unread message; a connection on
/// which nothing comes for ten minutes is closed. Datagrams of 10,000 addresses are kept apart, the one unheard for the
/// longest is forgotten.
final class JT808Server: Sendable {
    static let maximumConnections = 10_000
    static let idleAfter = TimeAmount.minutes(10)

    struct Counts: Sendable, Equatable {
        var connections = 0
        var messages = 0
        /// Packets that could not be read, refused or understood.
        var refused = 0
    }

    private let settings: TerminalSettings
    private let terminals: [String: JT808Session.Terminal]
    private let inbox: IngestInbox
    private let clock: any HostClock
    private let logger: Logger
    private let onUnknown: @Sendable (_ phone: String) -> Void
    private let state = Mutex(Counts())
    private let listening = Mutex<Int?>(nil)

    /// - Parameters:
    ///   - terminals: by number without leading zeros.
    ///   - onUnknown: called for each message of a terminal that isn't one of these.
    init(
        settings: TerminalSettings,
        terminals: [String: JT808Session.Terminal],
        inbox: IngestInbox,
        clock: any HostClock,
        logger: Logger,
        onUnknown: @escaping @Sendable (_ phone: String) -> Void
    ) {
        self.settings = settings
        self.terminals = terminals
        self.inbox = inbox
        self.clock = clock
        self.logger = logger
        self.onUnknown = onUnknown
    }

    var counts: Counts { state.withLock { $0 } }
    /// The port, once it is listened on.
    var port: Int? { listening.withLock { $0 } }

    /// Listens until the task is cancelled.
    ///
    /// - Throws: `IOError` when the address can't be listened on.
    func run() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let server = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: 256)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        IdleStateHandler(readTimeout: Self.idleAfter),
                        JT808Connection(server: self)
                    )
                }
            }
            .bind(host: settings.host, port: settings.port).get()
        let port = server.localAddress?.port ?? settings.port
        let datagrams: any Channel
        do {
            datagrams = try await DatagramBootstrap(group: group)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(JT808Datagrams(server: self))
                    }
                }
                .bind(host: settings.host, port: port).get()
        } catch {
            try? await server.close()
            throw error
        }
        listening.withLock { $0 = port }
        logger.info("listening for terminals", metadata: ["port": "\(port)"])
        await withTaskCancellationHandler {
            try? await server.closeFuture.get()
        } onCancel: {
            server.close(promise: nil)
            datagrams.close(promise: nil)
        }
        listening.withLock { $0 = nil }
        try? await datagrams.closeFuture.get()
    }

    private static func part(_ location: JT808Location?, vehicle: String, receivedAt: WallTime) -> IngestPart {
        if let location, let report = VehicleReport(location, vehicle: vehicle, receivedAt: receivedAt) {
            return .report(report)
        }
        let reason: RejectionReason =
            location.map { !$0.point.isValid ? .badPosition : $0.at == nil ? .badTime : .tooOld } ?? .wrongType
        return .rejected(
            RejectedPayload(
                source: vehicle,
                topic: "jt808",
                receivedAt: receivedAt,
                reason: location?.at.map { $0 > receivedAt } == true ? .inFuture : reason,
                sizeBytes: 0,
                payload: []
            )
        )
    }

    // MARK: For the connections

    func makeSession() -> JT808Session { JT808Session(terminals: terminals) }

    /// Counts a connection in; false when there are too many.
    func enter() -> Bool {
        state.withLock { counts in
            guard counts.connections < Self.maximumConnections else { return false }
            counts.connections += 1
            return true
        }
    }

    func leave() { state.withLock { $0.connections -= 1 } }

    /// Does what a session wants, except closing.
    ///
    /// - Parameter send: called on any thread.
    /// - Returns: whether the connection is to be closed.
    func perform(
        _ session: inout JT808Session,
        _ found: [Result<JT808Frame, JT808Frame.Failure>],
        send: @escaping @Sendable ([UInt8]) -> Void
    ) -> Bool {
        var closes = false
        let before = session.refused
        for result in found {
            guard case .success(let frame) = result else {
                session.noteUnreadable()
                continue
            }
            for action in session.take(frame) {
                switch action {
                case .send(let bytes): send(bytes)
                case .unknown(let phone): onUnknown(phone)
                case .close: closes = true
                case .store(let locations, let vehicle, let answer):
                    let now = clock.now()
                    let parts = locations.map { Self.part($0, vehicle: vehicle, receivedAt: now) }
                    inbox.add(parts) { if $0 { send(answer) } }
                }
            }
        }
        let refused = session.refused - before
        state.withLock { counts in
            counts.messages += found.count
            counts.refused += refused
        }
        return closes
    }
}

/// One terminal's TCP connection. Runs on its channel's event loop only.
private final class JT808Connection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let server: JT808Server
    private var splitter = JT808Splitter()
    private var session: JT808Session
    private var isCounted = false

    init(server: JT808Server) {
        self.server = server
        session = server.makeSession()
    }

    func channelActive(context: ChannelHandlerContext) {
        isCounted = server.enter()
        if !isCounted { context.close(promise: nil) }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if isCounted { server.leave() }
        isCounted = false
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(buffer: unwrapInboundIn(data))
        let channel = context.channel
        let found = splitter.take(bytes.span)
        let closes = server.perform(&session, found) { bytes in
            channel.writeAndFlush(channel.allocator.buffer(bytes: bytes), promise: nil)
        }
        if closes { context.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// All terminals that speak UDP. Runs on its channel's event loop only.
private final class JT808Datagrams: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private struct Peer {
        var session: JT808Session
        var heardAt: NIODeadline
    }

    private let server: JT808Server
    private var peers: [SocketAddress: Peer] = [:]

    init(server: JT808Server) {
        self.server = server
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        let address = envelope.remoteAddress
        let channel = context.channel
        var peer = peers[address] ?? Peer(session: server.makeSession(), heardAt: .now())
        peer.heardAt = .now()
        // A datagram holds whole messages.
        var splitter = JT808Splitter()
        let bytes = Array(buffer: envelope.data)
        let closes = server.perform(&peer.session, splitter.take(bytes.span)) { bytes in
            let answer = AddressedEnvelope(remoteAddress: address, data: channel.allocator.buffer(bytes: bytes))
            channel.writeAndFlush(answer, promise: nil)
        }
        peers[address] = closes ? nil : peer
        if peers.count > JT808Server.maximumConnections,
            let oldest = peers.min(by: { $0.value.heardAt < $1.value.heardAt })?.key
        {
            peers.removeValue(forKey: oldest)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A datagram that could not be sent concerns nobody else.
    }
}
