/// Payloads of RFC 7798 §4.4: single NAL units, aggregation packets and fragments, with and without decoding order
/// numbers. PACI packets are passed over.
extension VideoDepacketiser {
    mutating func takeH265(_ payload: Span<UInt8>) {
        guard payload.count >= 2 else { return }
        // Only the base layer is a picture of its own.
        guard payload[0] & 1 == 0, payload[1] >> 3 == 0 else {
            unusable += 1
            return
        }
        let order = hasDecodingOrder ? 2 : 0
        switch payload[0] >> 1 & 63 {
        case 0...47:
            let zeros = Self.zeros(payload)
            if zeros >= 2, zeros + 2 < payload.count, payload[zeros] == 1 {
                // Some cameras leave the start code in front; a trailing picture of no temporal layer does not exist.
                takeH265(payload.extracting((zeros + 1)..<payload.count))
            } else if order == 0 {
                add(payload)
            } else if payload.count >= 4 {
                add(payload.extracting(0..<2), payload.extracting(4..<payload.count))
            } else {
                spoil()
            }
        case 48: aggregate(payload)
        case 49: fragment(payload, order)
        case 50: spoil()
        default: unusable += 1
        }
    }

    private mutating func aggregate(_ payload: Span<UInt8>) {
        var at = 2
        // The first NAL unit has its number, the others the difference in one byte.
        var order = hasDecodingOrder ? 2 : 0
        while at + order + 2 <= payload.count {
            at += order
            let size = Int(payload.u16(at))
            at += 2
            guard at + size <= payload.count else { return spoil() }
            add(payload.extracting(at..<(at + size)))
            at += size
            order = hasDecodingOrder ? 1 : 0
        }
    }

    private mutating func fragment(_ payload: Span<UInt8>, _ order: Int) {
        guard payload.count >= 3 else { return spoil() }
        let header = payload[2]
        let isStart = header & 0x80 != 0
        let start = 3 + (isStart ? order : 0)
        guard payload.count >= start else { return spoil() }
        add(
            fragment: payload.extracting(start..<payload.count),
            type: header & 63,
            header: (payload[0] & 0x81 | (header & 63) << 1, payload[1]),
            isStart: isStart,
            isEnd: header & 0x40 != 0
        )
    }

    func firstH265NAL(_ payload: Span<UInt8>) -> (type: UInt8, isFirst: Bool)? {
        let order = hasDecodingOrder ? 2 : 0
        let first: (at: Int, type: UInt8)
        switch payload[0] >> 1 & 63 {
        case 48 where payload.count > 4 + order: first = (6 + order, payload[4 + order] >> 1 & 63)
        case 49 where payload[2] & 0x80 != 0: first = (3 + order, payload[2] & 63)
        case 0...47: first = (2 + order, payload[0] >> 1 & 63)
        default: return nil
        }
        return (first.type, first.at < payload.count && payload[first.at] & 0x80 != 0)
    }
}
