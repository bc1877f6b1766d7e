/// The header of an RTP packet (RFC 3550 §5.1), and where its payload is.
struct RTPPacket: Sendable, Hashable {
    var isMarked: Bool
    var payloadType: UInt8
    var sequence: UInt16
    var timestamp: UInt32
    var ssrc: UInt32
    /// Without CSRCs, extension and padding.
    var payload: Range<Int>

    /// nil where the bytes are no RTP packet of version 2.
    @inline(__always)
    init?(_ bytes: Span<UInt8>) {
        let count = bytes.count
        guard count >= 12 else { return nil }
        let first = bytes[0]
        guard first >> 6 == 2 else { return nil }
        let second = bytes[1]
        isMarked = second & 0x80 != 0
        payloadType = second & 0x7F
        sequence = bytes.u16(2)
        timestamp = bytes.u32(4)
        ssrc = bytes.u32(8)
        var start = 12 &+ 4 &* Int(first & 15)
        if first & 0x10 != 0 {
            guard start &+ 4 <= count else { return nil }
            start &+= 4 &+ 4 &* Int(bytes.u16(start &+ 2))
        }
        guard start <= count else { return nil }
        var end = count
        if first & 0x20 != 0 {
            // Padding that does not fit is a bit that lies: the payload is believed.
            let padding = Int(bytes[count &- 1])
            if padding > 0, start &+ padding <= end { end &-= padding }
        }
        payload = start..<end
    }
}
