/// Appends numbers in as few bytes as they need (LEB128; signed ones zigzag).
struct VarintWriter {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func append(_ value: Int) { append(UInt64(value)) }

    mutating func append(signed value: Int64) {
        append(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    mutating func append(_ text: String) {
        append(text.utf8.count)
        bytes += text.utf8
    }

    /// The bytes of a double that differ from another's, with their place.
    mutating func append(_ bits: UInt64, against last: UInt64) {
        let difference = bits ^ last
        guard difference != 0 else {
            bytes.append(0)
            return
        }
        let low = difference.trailingZeroBitCount / 8
        let high = 8 - difference.leadingZeroBitCount / 8
        bytes.append(UInt8(low << 4 | (high - low)))
        for at in low..<high { bytes.append(UInt8(truncatingIfNeeded: difference >> UInt64(8 * at))) }
    }
}

/// Reads what `VarintWriter` wrote; nil beyond the end or for what can't be.
struct VarintReader {
    private let bytes: [UInt8]
    private var at = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func byte() -> UInt8? {
        guard at < bytes.count else { return nil }
        at += 1
        return bytes[at - 1]
    }

    mutating func unsigned() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = byte() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        return nil
    }

    mutating func int(below limit: Int) -> Int? {
        guard let value = unsigned(), value < UInt64(limit) else { return nil }
        return Int(value)
    }

    mutating func signed() -> Int64? {
        unsigned().map { Int64(bitPattern: $0 >> 1) ^ -Int64(bitPattern: $0 & 1) }
    }

    mutating func text() -> String? {
        guard let count = int(below: 4096), at + count <= bytes.count else { return nil }
        defer { at += count }
        return String(validating: bytes[at..<at + count], as: UTF8.self)
    }

    mutating func bits(against last: UInt64) -> UInt64? {
        guard let head = byte() else { return nil }
        guard head != 0 else { return last }
        let (low, count) = (UInt64(head >> 4), UInt64(head & 15))
        guard low + count <= 8, count > 0 else { return nil }
        var difference: UInt64 = 0
        for index in 0..<count {
            guard let byte = byte() else { return nil }
            difference |= UInt64(byte) << (8 * (low + index))
        }
        return last ^ difference
    }
}
