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

    package enum Action: Sendable {
        /// Write these bytes to the connection.
        case send([UInt8])
        /// The server has described its media: call `choose`.
        case described(SessionDescription)
        /// Bind two neighbouring UDP ports, the first one even, and call `portsOpened`.
        case openPorts(track: Int)
        /// A track is set up. TCP: packets may come from now on, let the reader know of its channels. UDP: punch
        /// a hole by sending a few bytes to the server's ports, if it has named them.
        case setUp(Track)
        /// PLAY was answered.
        case playing([Track])
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

    package private(set) var settings: Settings
    /// Where the connection is to go: another one after a redirect.
    package private(set) var url: RTSPURL

    package init(_ settings: Settings) {
        self.settings = settings
        url = settings.url
    }

    /// The connection is open.
    package mutating func start(now: Duration) -> [Action] { [] }
    /// A message has come.
    package mutating func received(_ message: RTSPMessage, now: Duration) -> [Action] { [] }
    /// Sets up these media of the description, in this order, and plays them.
    package mutating func choose(_ tracks: [Int], now: Duration) -> [Action] { [] }
    /// The local ports of a track that goes over UDP.
    package mutating func portsOpened(track: Int, rtp: UInt16, rtcp: UInt16, now: Duration) -> [Action] { [] }
    /// Time passes: keep-alives and time-outs. Call it about every second.
    package mutating func tick(now: Duration) -> [Action] { [] }
    /// The peer has closed the connection.
    package mutating func closed(now: Duration) -> [Action] { [] }
    package mutating func pause(now: Duration) -> [Action] { [] }
    package mutating func resume(now: Duration) -> [Action] { [] }
    /// Ends the session. Bytes to send come at once; `.ended` when the server has answered or did not in two seconds.
    package mutating func stop(now: Duration) -> [Action] { [] }

    package var isPlaying: Bool { false }
    /// The session's time-out as the server told it, 60 s where it did not.
    package var timeout: Duration { .seconds(60) }
}
