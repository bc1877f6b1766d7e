/// What is read of a compound RTCP packet (RFC 3550 §6): the rest is passed over.
struct RTCPPacket: Sendable, Hashable {
    struct SenderReport: Sendable, Hashable {
        var ssrc: UInt32
        /// Seconds since 1900 above, fractions of 2⁻³² s below.
        var ntp: UInt64
        var timestamp: UInt32
    }

    /// The last one, if there are several.
    var senderReport: SenderReport?
    /// Who says goodbye.
    var goodbyes: [UInt32] = []
    /// Packets in the compound that could be read, known or not.
    var packets = 0
    /// Its end can't be read; what came before holds.
    var isTruncated = false

    init(_ bytes: Span<UInt8>) {
        var at = 0
        while at + 4 <= bytes.count {
            let first = bytes[at]
            let type = bytes[at + 1]
            let end = at + 4 + 4 * Int(bytes.u16(at + 2))
            guard first >> 6 == 2, (192...223).contains(type), end <= bytes.count else { break }
            packets += 1
            switch type {
            case 200 where end - at >= 28:
                senderReport = SenderReport(
                    ssrc: bytes.u32(at + 4),
                    ntp: UInt64(bytes.u32(at + 8)) << 32 | UInt64(bytes.u32(at + 12)),
                    timestamp: bytes.u32(at + 16)
                )
            case 203:
                for index in 0..<Int(first & 31) where at + 8 + 4 * index <= end {
                    if goodbyes.count < 32 { goodbyes.append(bytes.u32(at + 4 + 4 * index)) }
                }
            // Receiver reports, descriptions, APP and what is newer.
            default: break
            }
            at = end
        }
        isTruncated = at < bytes.count
    }

    /// A packet's second byte tells RTCP from RTP where both come on one port (RFC 5761 §4).
    static func isRTCP(_ bytes: Span<UInt8>) -> Bool {
        bytes.count >= 4 && bytes[0] >> 6 == 2 && (192...223).contains(bytes[1])
    }
}
