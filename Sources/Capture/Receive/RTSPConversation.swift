import Domain
import Media
import RTSP

/// One RTSP session with its connection: asks, answers, keeps alive, and hands on the packets that come.
///
/// The rules are `RTSPSession`'s; here are the sockets and the clock. One thread uses it, its calls block for a moment
/// at most (`ReceivePace.longest`) and look at the cancellation then.
final class RTSPConversation {
    /// Hands on an interleaved packet: its channel, its bytes, and when it came.
    typealias TakeFrame = (UInt8, Span<UInt8>, Duration) -> Void

    /// Why the session ended, where it was the session that did.
    private(set) var fault: RTSPFault?
    /// Tracks that the server has set up.
    private(set) var setUp: [RTSPSession.Track] = []
    /// UDP: each track's two ports, by its index.
    private(set) var ports: [Int: DatagramPair] = [:]

    private let name: String
    private let options: SourceOptions
    private let cancellation: Cancellation
    private let clock = SystemClock()
    private var connection: any StreamConnection
    private var session: RTSPSession
    private var reader = RTSPStreamReader()
    private let buffer: ReceiveBuffer
    private var description: SessionDescription?
    private var tracks: [RTSPSession.Track]?
    private var hasEnded = false
    private var tickedAt: Duration
    private var heardAt: Duration
    /// The connection failed or said nothing: taking leave would be a waste of time.
    private var isBroken = false

    private static let second = Duration.seconds(1)
    private static let leave = Duration.milliseconds(300)

    /// Connects; nothing is asked yet.
    init(
        _ url: RTSPURL,
        way: RTSPSession.Way,
        name: String,
        options: SourceOptions,
        cancellation: Cancellation
    ) throws(MediaError) {
        self.name = name
        self.options = options
        self.cancellation = cancellation
        var settings = RTSPSession.Settings(url: url, way: way)
        settings.userAgent = options.userAgent ?? settings.userAgent
        settings.seed = UInt64.random(in: .min ... .max)
        session = RTSPSession(settings)
        buffer = ReceiveBuffer(maximum: reader.largestPiece + (64 << 10))
        connection = try SourceConnection.open(url, name: name, options: options, cancellation: cancellation)
        tickedAt = clock.monotonic()
        heardAt = tickedAt
    }

    /// Asks for the description.
    func describe() throws(MediaError) -> SessionDescription {
        try perform(session.start(now: clock.monotonic()))
        while true {
            if let description { return description }
            try read { _, _, _ in }
        }
    }

    /// Sets up the tracks and plays them; packets may come before it returns.
    func play(_ chosen: [Int], _ frame: TakeFrame) throws(MediaError) -> [RTSPSession.Track] {
        try perform(session.choose(chosen, now: clock.monotonic()))
        while true {
            if let tracks {
                if session.settings.way == .tcp { connection.beginStreaming() }
                return tracks
            }
            try read(frame)
        }
    }

    /// Reads what comes within a time; lets time pass.
    ///
    /// - Throws: `cancelled`, `timeout` at the deadline, and what ends the session.
    func read(collecting wait: Duration = ReceivePace.moment, _ frame: TakeFrame) throws(MediaError) {
        if cancellation.isCancelled { throw MediaError(.cancelled, "reading \(name) was cancelled") }
        do throws(MediaError) {
            let room = buffer.room()
            guard !room.isEmpty else { throw MediaError(.invalidData, "reading \(name): a message without end") }
            let received =
                ports.isEmpty
                ? try connection.receive(into: room, collecting: wait)
                : try connection.receive(into: room, within: wait)
            let now = clock.monotonic()
            switch received {
            case .bytes(let count):
                buffer.filled(count)
                heardAt = now
                try parse(now, frame)
            case .nothing:
                if buffer.count > 0, now - heardAt >= Self.second {
                    heardAt = now
                    try parse(now, settling: true, frame)
                }
            case .closed:
                // A web server says its piece and closes.
                guard session.description != nil || reader.skippedBytes + buffer.count == 0 else {
                    throw MediaError(.notAStream, "opening \(name): what answers there does not speak RTSP")
                }
                let before = connection
                try perform(session.closed(now: now))
                if connection === before {
                    throw MediaError(.closed, "reading \(name): the other side closed the connection")
                }
            }
            if now - tickedAt >= Self.second {
                tickedAt = now
                try perform(session.tick(now: now))
            }
        } catch {
            isBroken = true
            throw error
        }
        if hasEnded { throw MediaError(.closed, "reading \(name): the camera ended the stream") }
        if cancellation.isOverdue { throw MediaError(.timeout, "reading \(name): no picture in time") }
    }

    /// Sends a compound RTCP packet about a track.
    func report(_ bytes: [UInt8], about track: RTSPSession.Track) throws(MediaError) {
        if let pair = ports[track.index] { return pair.report(bytes) }
        let size = UInt16(clamping: bytes.count)
        try connection.send([0x24, track.rtcpChannel, UInt8(size >> 8), UInt8(size & 255)] + bytes)
    }

    /// Takes leave (TEARDOWN), and waits for the answer for a moment: a connection that is closed with unread bytes
    /// would take the request with it.
    func end() {
        guard !isBroken, !hasEnded, fault == nil else { return }
        isBroken = true
        let end = clock.monotonic() + Self.leave
        do throws(MediaError) {
            try perform(session.stop(now: clock.monotonic()))
            while !hasEnded, clock.monotonic() < end {
                let room = buffer.room()
                guard !room.isEmpty,
                    case .bytes(let count) = try connection.receive(into: room, collecting: ReceivePace.moment)
                else { continue }
                buffer.filled(count)
                try parse(clock.monotonic()) { _, _, _ in }
            }
        } catch {
            // It is over either way.
        }
    }

    private func parse(_ now: Duration, settling: Bool = false, _ frame: TakeFrame) throws(MediaError) {
        var at = 0
        var settles = settling
        while true {
            let bytes = buffer.bytes
            let piece = settles ? reader.settle(in: bytes.span, at: &at) : reader.next(in: bytes.span, at: &at)
            settles = false
            switch piece {
            case .frame(let channel, let payload): frame(channel, bytes.span.extracting(payload), now)
            case .message(let message):
                let before = connection
                try perform(session.received(message, now: now))
                // Another connection: what is left of the old one's bytes is gone.
                guard connection === before else { return }
            case .needsMore:
                buffer.consume(at)
                return
            case .failed(let fault): throw failure(fault)
            }
        }
    }

    private func perform(_ actions: [RTSPSession.Action]) throws(MediaError) {
        for action in actions {
            switch action {
            case .send(let bytes): try connection.send(bytes)
            case .described(let found): description = found
            case .openPorts(let track):
                guard let server = connection.peer else {
                    throw MediaError(.unsupported, "opening \(name): UDP beside an encrypted connection")
                }
                let pair = try DatagramPair(from: server, name: name)
                ports[track] = pair
                let now = clock.monotonic()
                try perform(session.portsOpened(track: track, rtp: pair.rtpPort, rtcp: pair.rtcpPort, now: now))
            case .setUp(let track):
                setUp.append(track)
                if track.way == .tcp {
                    reader.channels.formUnion([track.rtpChannel, track.rtcpChannel])
                } else {
                    ports[track.index]?.punch(rtp: track.serverRTPPort, rtcp: track.serverRTCPPort)
                }
            case .playing(let playing): tracks = playing
            case .connect(let url): try reconnect(to: url)
            case .failed(let fault): throw failure(fault)
            // Nobody pauses it.
            case .paused: break
            case .ended: hasEnded = true
            }
        }
    }

    private func reconnect(to url: RTSPURL) throws(MediaError) {
        connection = try SourceConnection.open(url, name: name, options: options, cancellation: cancellation)
        reader = RTSPStreamReader()
        buffer.removeAll()
        ports = [:]
        setUp = []
        try perform(session.start(now: clock.monotonic()))
    }

    private func failure(_ fault: RTSPFault) -> MediaError {
        self.fault = fault
        return MediaError(fault, name: name, opening: tracks == nil)
    }
}
