/// Payloads of RFC 6184 §5.2: single NAL units, STAP-A, STAP-B, FU-A and FU-B. MTAPs are of interleaved mode, which no
/// camera sends.
extension VideoDepacketiser {
    mutating func takeH264(_ payload: Span<UInt8>) {
        guard !payload.isEmpty else { return }
        switch payload[0] & 31 {
        case 1...23: add(payload)
        case 24: aggregate(payload, from: 1)
        case 25: aggregate(payload, from: 3)
        case 28: fragment(payload, from: 2)
        case 29: fragment(payload, from: 4)
        case 0:
            // Some cameras leave the start code in front.
            let zeros = Self.zeros(payload)
            if zeros >= 2, zeros + 1 < payload.count, payload[zeros] == 1 {
                takeH264(payload.extracting((zeros + 1)..<payload.count))
            } else {
                unusable += 1
            }
        case 26, 27: spoil()
        default: unusable += 1
        }
    }

    static func zeros(_ payload: Span<UInt8>) -> Int {
        var zeros = 0
        while zeros < payload.count, payload[zeros] == 0 { zeros += 1 }
        return zeros
    }

    private mutating func aggregate(_ payload: Span<UInt8>, from start: Int) {
        var at = start
        while at + 2 <= payload.count {
            let size = Int(payload.u16(at))
            at += 2
            guard at + size <= payload.count else { return spoil() }
            add(payload.extracting(at..<(at + size)))
            at += size
        }
    }

    private mutating func fragment(_ payload: Span<UInt8>, from start: Int) {
        guard payload.count >= start else { return spoil() }
        let header = payload[1]
        add(
            fragment: payload.extracting(start..<payload.count),
            type: header & 31,
            header: (payload[0] & 0xE0 | header & 31, nil),
            isStart: header & 0x80 != 0,
            isEnd: header & 0x40 != 0
        )
    }

    /// The first NAL unit that begins in a packet, and whether it would be a picture's first slice; nil where none does.
    func firstNAL(_ payload: Span<UInt8>) -> (type: UInt8, isFirst: Bool)? {
        guard payload.count >= 4 else { return nil }
        if isH265 { return firstH265NAL(payload) }
        switch payload[0] & 31 {
        case 1...23: return (payload[0] & 31, payload[1] & 0x80 != 0)
        case 24 where payload.count >= 5: return (payload[3] & 31, payload[4] & 0x80 != 0)
        case 25 where payload.count >= 7: return (payload[5] & 31, payload[6] & 0x80 != 0)
        case 28: return payload[1] & 0x80 != 0 ? (payload[1] & 31, payload[2] & 0x80 != 0) : nil
        default: return nil
        }
    }
}
