/// Writes ISO BMFF boxes (ISO/IEC 14496-12 §4.2) into one growing array.
struct BoxBuilder {
    var bytes: [UInt8] = []

    /// Opens a box, lets `content` fill it and sets its size.
    mutating func box(_ type: StaticString, _ content: (inout BoxBuilder) -> Void) {
        let start = bytes.count
        u32(0)
        name(type)
        content(&self)
        patch(UInt32(truncatingIfNeeded: bytes.count - start), at: start)
    }

    mutating func fullBox(
        _ type: StaticString,
        version: UInt8 = 0,
        flags: UInt32 = 0,
        _ content: (inout BoxBuilder) -> Void
    ) {
        box(type) {
            $0.u32(UInt32(version) << 24 | flags)
            content(&$0)
        }
    }

    mutating func u8(_ value: UInt8) { bytes.append(value) }

    mutating func u16(_ value: UInt16) {
        bytes.append(UInt8(value >> 8))
        bytes.append(UInt8(value & 255))
    }

    mutating func u32(_ value: UInt32) {
        bytes.append(UInt8(value >> 24))
        bytes.append(UInt8(value >> 16 & 255))
        bytes.append(UInt8(value >> 8 & 255))
        bytes.append(UInt8(value & 255))
    }

    mutating func u64(_ value: UInt64) {
        u32(UInt32(value >> 32))
        u32(UInt32(value & 0xFFFF_FFFF))
    }

    mutating func zeros(_ count: Int) { bytes.append(contentsOf: repeatElement(0, count: count)) }

    mutating func name(_ type: StaticString) {
        type.withUTF8Buffer { bytes.append(contentsOf: $0.prefix(4)) }
    }

    mutating func raw(_ content: [UInt8]) { bytes.append(contentsOf: content) }

    /// A text behind its length in 2 bytes.
    mutating func text(_ text: String) {
        let utf8 = Array(text.utf8.prefix(65_535))
        u16(UInt16(utf8.count))
        raw(utf8)
    }

    /// The unity matrix of `mvhd` and `tkhd`.
    mutating func matrix() {
        for value: UInt32 in [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x4000_0000] { u32(value) }
    }

    mutating func patch(_ value: UInt32, at offset: Int) {
        bytes[offset] = UInt8(value >> 24)
        bytes[offset + 1] = UInt8(value >> 16 & 255)
        bytes[offset + 2] = UInt8(value >> 8 & 255)
        bytes[offset + 3] = UInt8(value & 255)
    }
}
