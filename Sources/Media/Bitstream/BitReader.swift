/// Reads a NAL unit's bits without its emulation prevention bytes. Beyond the end it gives zeros and says so.
struct BitReader {
    private let bytes: [UInt8]
    private var bit = 0
    private(set) var overrun = false

    /// - Parameter payload: the NAL unit behind its header.
    init(payload: ArraySlice<UInt8>) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(payload.count)
        var zeros = 0
        for byte in payload {
            if zeros >= 2, byte == 3 {
                zeros = 0
                continue
            }
            zeros = byte == 0 ? zeros + 1 : 0
            bytes.append(byte)
        }
        self.bytes = bytes
    }

    mutating func flag() -> Bool { bits(1) == 1 }

    /// Up to 32 bits.
    mutating func bits(_ count: Int) -> Int {
        guard bit + count <= bytes.count * 8 else {
            overrun = true
            bit = bytes.count * 8
            return 0
        }
        var value = 0
        for index in bit..<bit + count {
            value = value << 1 | Int(bytes[index >> 3] >> UInt8(7 - index & 7) & 1)
        }
        bit += count
        return value
    }

    mutating func skip(_ count: Int) {
        var left = count
        while left > 0 {
            _ = bits(min(32, left))
            left -= 32
        }
    }

    /// ue(v) of ITU-T H.264 §9.1.
    mutating func unsigned() -> Int {
        var zeros = 0
        while !flag() {
            zeros += 1
            if zeros > 31 || overrun {
                overrun = true
                return 0
            }
        }
        return (1 << zeros) - 1 + bits(zeros)
    }

    /// se(v) of ITU-T H.264 §9.1.1.
    mutating func signed() -> Int {
        let code = unsigned()
        return code & 1 == 1 ? (code + 1) / 2 : -(code / 2)
    }
}
