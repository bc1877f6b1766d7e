/// One session as client: OPTIONS, DESCRIBE, SETUP, PLAY, keep-alives and TEARDOWN (RFC 2326). Pure.
///
/// Every input returns what is to be done, in that order. It holds neither a socket nor a clock: times are monotonic,
/// from any origin.
///
///     connect to session.url, then start(now:)
///       → .send … → received(message, now:) → .described → choose([0, 2], now:)
///       → TCP: .send …                        UDP: .openPorts(track:) → portsOpened(track:rtp:rtcp:now:)
///       → .playing(tracks) → tick(now:) about every second, stop(now:) at the end
package struct RTSPSession: Sendable {
    package enum Way: String, Sendable, Hashable {
        /// Interleaved with the messages on their connection.
        case tcp
        case udp
    }

    package struct Settings: Sendable {
        /// With user and password, if there are any.
        package var url: RTSPURL
        package var way: Way
        package var userAgent = "gridwatch"
        /// How long an answer may take.
        package var answerWithin = Duration.seconds(8)
        /// Redirects that are followed before giving up.
        package var mostRedirects = 4
        /// Where the client nonces of digest authentication start; hand in something random.
        package var seed: UInt64 = 0

        package init(url: RTSPURL, way: Way) {
            self.url = url
            self.way = way
        }
    }

    package enum Action: Sendable, Hashable {
        /// Write these bytes to the connection.
        case send([UInt8])
        /// The server has described its media: call `choose`.
        case described(SessionDescription)
        /// Bind two neighbouring UDP ports, the first one even, and call `portsOpened`.
        case openPorts(track: Int)
        /// A track is set up. TCP: packets may come from now on, let the reader know of its channels. UDP: punch
        /// a hole by sending a few bytes to the server's ports, if it has named them.
        case setUp(Track)
        /// PLAY was answered. Later again, after `resume`.
        case playing([Track])
        /// PAUSE was answered.
        case paused
        /// Close the connection, open one to this URL and call `start` again: a redirect, or the server closed while it
        /// wanted credentials.
        case connect(RTSPURL)
        /// Nothing more will come of it: close the connection.
        case failed(RTSPFault)
        /// TEARDOWN was answered, or the server said that the stream is over: close the connection.
        case ended
    }

    /// What SETUP and PLAY agreed on for one of the chosen tracks.
    package struct Track: Sendable, Hashable {
        /// Index into `SessionDescription.media`.
        package var index: Int
        package var way: Way
        /// TCP: the channels of RTP and RTCP.
        package var channels: (rtp: UInt8, rtcp: UInt8) { (rtpChannel, rtcpChannel) }
        package var rtpChannel: UInt8 = 0
        package var rtcpChannel: UInt8 = 1
        /// UDP: the server's ports; nil where it did not name them.
        package var serverRTPPort: UInt16?
        package var serverRTCPPort: UInt16?
        /// UDP: the address that packets come from where it is not the connection's peer. Untrusted.
        package var source: String?
        package var ssrc: UInt32?
        /// RTP-Info: the first packet's sequence number and timestamp; nil where not told.
        package var firstSequence: UInt16?
        package var firstTimestamp: UInt32?
    }

    enum Phase: Sendable, Hashable {
        case idle
        case asking
        case describing
        case described
        /// The place in `chosen` of the track that is set up now.
        case settingUp(Int)
        case starting
        case playing
        case pausing
        case paused
        case leaving(since: Duration)
        case over
    }

    static let defaultTimeout = Duration.seconds(60)

    package let settings: Settings
    /// Where the connection is to go: another one after a redirect.
    package internal(set) var url: RTSPURL
    package internal(set) var description: SessionDescription?
    /// The session's time-out as the server told it, 60 s where it did not.
    package internal(set) var timeout = RTSPSession.defaultTimeout

    var phase = Phase.idle
    var requests: RTSPRequests
    /// Methods that `Public` lists; nil before it was seen.
    var methods: Set<String>?
    var base = ""
    var chosen: [Int] = []
    var tracks: [Track] = []
    var sessionId: String?
    var nextKeepAlive: Duration?
    var keepsAliveByOptions = false
    var leavesOutRange = false
    var redirects = 0
    var hasReconnected = false

    package init(_ settings: Settings) {
        self.settings = settings
        url = settings.url
        requests = RTSPRequests(settings)
    }

    package var isPlaying: Bool { phase == .playing }

    /// The connection is open.
    package mutating func start(now: Duration) -> [Action] {
        guard phase == .idle else { return [] }
        phase = .asking
        return [send("OPTIONS", url.description, now: now)]
    }

    /// Sets up these media of the description, in this order, and plays them. One that the server does not set up is
    /// left out, except the first.
    package mutating func choose(_ tracks: [Int], now: Duration) -> [Action] {
        guard phase == .described, let description else { return [] }
        chosen = tracks.filter { description.media.indices.contains($0) }
        guard !chosen.isEmpty else { return fail(RTSPFault(.badDescription, "no track of it can be received")) }
        return setUp(0, now: now)
    }

    /// The local ports of a track that goes over UDP.
    package mutating func portsOpened(track: Int, rtp: UInt16, rtcp: UInt16, now: Duration) -> [Action] {
        guard case .settingUp(let place) = phase, chosen[place] == track, requests.isIdle else { return [] }
        return [setUp(place, transport: "RTP/AVP;unicast;client_port=\(rtp)-\(rtcp)", now: now)]
    }

    package mutating func pause(now: Duration) -> [Action] {
        guard phase == .playing else { return [] }
        phase = .pausing
        return [send("PAUSE", sessionURL, now: now)]
    }

    package mutating func resume(now: Duration) -> [Action] {
        guard phase == .paused else { return [] }
        return play(now: now)
    }

    /// Ends the session. Bytes to send come at once; `.ended` when the server has answered or did not in two seconds.
    package mutating func stop(now: Duration) -> [Action] {
        switch phase {
        case .over, .leaving: return []
        case .settingUp, .starting, .playing, .pausing, .paused:
            guard sessionId != nil || !tracks.isEmpty else { fallthrough }
            phase = .leaving(since: now)
            requests.forgetAll()
            return [send("TEARDOWN", sessionURL, now: now)]
        case .idle, .asking, .describing, .described:
            phase = .over
            return [.ended]
        }
    }

    /// The peer has closed the connection.
    package mutating func closed(now: Duration) -> [Action] {
        switch phase {
        case .over: return []
        case .leaving:
            phase = .over
            return [.ended]
        case .asking, .describing:
            // Some servers close after a 401 and want the answer on a new connection.
            guard requests.isAnsweringChallenge, !hasReconnected else { fallthrough }
            hasReconnected = true
            restart()
            return [.connect(url)]
        default:
            return fail(RTSPFault(.closed, "the server closed the connection"))
        }
    }

    // MARK: - What others of its files share

    mutating func send(_ method: String, _ url: String, _ headers: [(String, String)] = [], now: Duration) -> Action {
        var headers = headers
        if let sessionId { headers.append(("Session", sessionId)) }
        return .send(requests.send(method, url, headers, now: now))
    }

    mutating func fail(_ fault: RTSPFault) -> [Action] {
        phase = .over
        return [.failed(fault)]
    }

    /// Forgets what a new connection has no part of.
    mutating func restart() {
        phase = .idle
        requests.forgetAll()
        (chosen, tracks, sessionId, description) = ([], [], nil, nil)
        (nextKeepAlive, timeout) = (nil, Self.defaultTimeout)
    }

    /// The URL of requests for the whole session.
    var sessionURL: String { ControlURL.resolve(description?.control, base: base) }

    func trackURL(_ index: Int) -> String {
        guard let description, description.media.indices.contains(index) else { return base }
        // A track without a control URL is the only one of its session.
        return ControlURL.resolve(description.media[index].control, base: base)
    }

    mutating func setUp(_ place: Int, now: Duration) -> [Action] {
        phase = .settingUp(place)
        switch settings.way {
        case .udp: return [.openPorts(track: chosen[place])]
        case .tcp:
            let channel = 2 * place
            return [setUp(place, transport: "RTP/AVP/TCP;unicast;interleaved=\(channel)-\(channel + 1)", now: now)]
        }
    }

    private mutating func setUp(_ place: Int, transport: String, now: Duration) -> Action {
        send("SETUP", trackURL(chosen[place]), [("Transport", transport)], now: now)
    }

    mutating func play(now: Duration) -> [Action] {
        phase = .starting
        return [send("PLAY", sessionURL, leavesOutRange ? [] : [("Range", "npt=0.000-")], now: now)]
    }
}
