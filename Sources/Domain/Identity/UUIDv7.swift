/// Makes version 7 UUIDs (RFC 9562 §5.7): 48 bits of Unix milliseconds, then random bits, so that ids sort by time.
package enum UUIDv7 {
    /// A new id as lower-case text, `018f…-7…`.
    package static func make(at time: WallTime, using random: inout some RandomNumberGenerator) -> String {
        let milliseconds = UInt64(clamping: time.microseconds / 1000) & 0xFFFF_FFFF_FFFF
        let high = milliseconds << 16 | 0x7000 | UInt64.random(in: 0...0xFFF, using: &random)
        let low = UInt64.random(in: 0...0x3FFF_FFFF_FFFF_FFFF, using: &random) | 0x8000_0000_0000_0000
        let digits = Array((hex(high) + hex(low)).utf8)
        let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        return groups.map { String(decoding: digits[$0], as: UTF8.self) }.joined(separator: "-")
    }

    /// A new id from the system's random numbers.
    package static func make(at time: WallTime) -> String {
        var random = SystemRandomNumberGenerator()
        return make(at: time, using: &random)
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
