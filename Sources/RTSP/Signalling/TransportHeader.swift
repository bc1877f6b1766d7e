/// The `Transport` header of an answer to SETUP (RFC 2326 §12.39): the first of its transports.
struct TransportHeader: Sendable, Hashable {
    var isTCP = false
    var channels: (rtp: UInt8, rtcp: UInt8)? { rtpChannel.flatMap { rtp in rtcpChannel.map { (rtp, $0) } } }
    private var rtpChannel: UInt8?
    private var rtcpChannel: UInt8?
    var serverRTPPort: UInt16?
    var serverRTCPPort: UInt16?
    var source: String?
    var ssrc: UInt32?

    init(_ text: String) {
        let fields = text.fields(separatedBy: ",").first?.fields(separatedBy: ";") ?? []
        if let profile = fields.first?.lowercased() { isTCP = profile.hasSuffix("/tcp") }
        for field in fields.dropFirst() {
            let (name, value) = field.pair()
            guard let value = value?.unquoted, !value.isEmpty else { continue }
            switch name {
            case "interleaved":
                guard let (first, second) = Self.two(value), let rtp = UInt8(exactly: first) else { continue }
                rtpChannel = rtp
                rtcpChannel = UInt8(exactly: second ?? first + 1)
            case "server_port":
                guard let (first, second) = Self.two(value), let rtp = UInt16(exactly: first), rtp > 0 else { continue }
                serverRTPPort = rtp
                serverRTCPPort = UInt16(exactly: second ?? first + 1)
            case "source": source = value
            case "ssrc": ssrc = UInt32(value, radix: 16)
            default: break
            }
        }
    }

    /// `a-b`, or `a` alone.
    private static func two(_ text: String) -> (Int, Int?)? {
        let parts = text.split(separator: "-")
        guard let first = parts.first?.leadingNumber, first <= 65_535 else { return nil }
        return (first, parts.count > 1 ? parts[1].leadingNumber : nil)
    }
}
