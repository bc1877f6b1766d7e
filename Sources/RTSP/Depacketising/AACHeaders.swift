/// The AU header section of a packet (RFC 3640 §3.2.1): the frames' sizes in bytes and their places in time.
struct AACHeaders: Sendable, Hashable {
    private(set) var sizes: [Int] = []
    /// In frames from the packet's timestamp.
    private(set) var indices: [Int] = []
    /// Where the frames begin.
    private(set) var end = 0

    /// nil where the section can't be read.
    init?(_ payload: Span<UInt8>, _ format: AACFormat, most: Int) {
        let first = Self.width(format, isFirst: true)
        guard first > 0 else {
            guard let size = format.constantSize, !payload.isEmpty else { return nil }
            let count = min(payload.count / size, most)
            guard count > 0 else { return nil }
            sizes = Array(repeating: size, count: count)
            indices = Array(0..<count)
            return
        }
        guard payload.count >= 2 else { return nil }
        let bits = Int(payload.u16(0))
        end = 2 + (bits + 7) / 8
        guard bits >= first, end <= payload.count else { return nil }
        var reader = Bits(at: 16, end: 16 + bits)
        var index = 0
        while sizes.count < most {
            let isFirst = sizes.isEmpty
            guard reader.left >= max(1, isFirst ? first : format.sizeLength + format.indexDeltaLength) else { break }
            sizes.append(format.constantSize ?? reader.take(format.sizeLength, payload))
            let step = reader.take(isFirst ? format.indexLength : format.indexDeltaLength, payload)
            index = isFirst ? 0 : index + 1 + min(step, most)
            indices.append(index)
            if format.ctsDeltaLength > 0, reader.take(1, payload) == 1 {
                _ = reader.take(format.ctsDeltaLength, payload)
            }
            if format.dtsDeltaLength > 0, reader.take(1, payload) == 1 {
                _ = reader.take(format.dtsDeltaLength, payload)
            }
            if format.hasRandomAccessFlag { _ = reader.take(1, payload) }
            _ = reader.take(format.streamStateLength, payload)
        }
        if format.auxiliarySizeLength > 0 {
            var auxiliary = Bits(at: end * 8, end: payload.count * 8)
            guard auxiliary.left >= format.auxiliarySizeLength else { return nil }
            let bits = format.auxiliarySizeLength + auxiliary.take(format.auxiliarySizeLength, payload)
            end += (bits + 7) / 8
            guard end <= payload.count else { return nil }
        }
    }

    private static func width(_ format: AACFormat, isFirst: Bool) -> Int {
        format.sizeLength + (isFirst ? format.indexLength : format.indexDeltaLength)
            + (format.ctsDeltaLength > 0 ? 1 : 0) + (format.dtsDeltaLength > 0 ? 1 : 0)
            + (format.hasRandomAccessFlag ? 1 : 0) + format.streamStateLength
    }

    /// Reads bits from the highest on; beyond the end they are zeros.
    private struct Bits {
        var at: Int
        let end: Int
        var left: Int { end - at }

        mutating func take(_ count: Int, _ bytes: Span<UInt8>) -> Int {
            var value = 0
            for _ in 0..<count {
                value = value << 1 | (at < end ? Int(bytes[at >> 3] >> UInt8(7 - at & 7) & 1) : 0)
                at += 1
            }
            return value
        }
    }
}
