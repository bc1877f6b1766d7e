import Domain

/// Which way the next attempt asks for RTSP's pictures. Pure.
///
/// UDP passes no firewall that doesn't know of it, and nobody says so: the session is set up and nothing comes. Then the
/// next attempt is over TCP, and so are all others for a while.
struct TransportChoice: Sendable {
    /// How long TCP is kept to after UDP has brought nothing.
    static let keepsFallback = Duration.seconds(3600)
    /// Within so long UDP brings its first packet, or never.
    static let firstPacket = Duration.seconds(4)

    private let wanted: SourceTransport
    private var fallbackSince: Duration?

    init(_ wanted: SourceTransport) {
        self.wanted = wanted
    }

    /// The transport of an attempt at `now`.
    mutating func next(now: Duration) -> SourceTransport {
        guard wanted == .udp, let since = fallbackSince else { return wanted }
        guard now - since < Self.keepsFallback else {
            fallbackSince = nil
            return wanted
        }
        return .tcp
    }

    /// An attempt ended.
    ///
    /// - Parameter packets: whether any packet came.
    mutating func ended(_ transport: SourceTransport, packets: Bool, reason: StateReason, now: Duration) {
        guard wanted == .udp, transport == .udp, !packets else { return }
        // A server that can't be reached or refuses the password does so whatever the pictures' way.
        guard [.noPackets, .timeout, .notAStream, .sourceError].contains(reason) else { return }
        fallbackSince = now
    }
}
