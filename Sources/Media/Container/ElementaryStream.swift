/// `esds` (ISO/IEC 14496-14 §5.6): ES_Descriptor, DecoderConfigDescriptor, DecoderSpecificInfo, SLConfigDescriptor.
enum ElementaryStream {
    /// objectTypeIndication (ISO/IEC 14496-1 §7.2.6.6, and the registration authority's list).
    static let visual: UInt8 = 0x20
    static let aac: UInt8 = 0x40
    static let jpeg: UInt8 = 0x6C

    /// streamType, upstream 0, reserved 1.
    static let videoStream: UInt8 = 0x11
    static let audioStream: UInt8 = 0x15

    static func write(_ builder: inout BoxBuilder, objectType: UInt8, streamType: UInt8, specific: [UInt8]) {
        let inner = specific.isEmpty ? 0 : 1 + sizeBytes(specific.count) + specific.count
        let configuration = 13 + inner
        builder.fullBox("esds") {
            $0.u8(0x03)
            size(&$0, 3 + 1 + sizeBytes(configuration) + configuration + 3)
            $0.u16(0)  // ES_ID
            $0.u8(0)
            $0.u8(0x04)
            size(&$0, configuration)
            $0.u8(objectType)
            $0.u8(streamType)
            $0.zeros(11)  // buffer size and bit rates: not known beforehand
            if !specific.isEmpty {
                $0.u8(0x05)
                size(&$0, specific.count)
                $0.raw(specific)
            }
            $0.u8(0x06)
            $0.u8(1)
            $0.u8(2)
        }
    }

    /// What an `esds` box says; nil where it is none that this version writes.
    static func read(
        _ bytes: [UInt8],
        _ box: BoxReader.Box
    ) throws(MediaError) -> (objectType: UInt8, specific: [UInt8])? {
        var reader = BoxReader(bytes, in: box, skipping: 4)
        guard try reader.number(1) == 3 else { return nil }
        _ = try size(&reader)
        try reader.skip(2)
        let flags = try reader.number(1)
        if flags & 0x80 != 0 { try reader.skip(2) }
        if flags & 0x40 != 0 { try reader.skip(Int(reader.number(1))) }
        if flags & 0x20 != 0 { try reader.skip(2) }
        guard try reader.number(1) == 4 else { return nil }
        let length = try size(&reader)
        let objectType = UInt8(truncatingIfNeeded: try reader.number(1))
        try reader.skip(12)
        guard length > 13 else { return (objectType, []) }
        guard try reader.number(1) == 5 else { return nil }
        return (objectType, try reader.take(size(&reader)))
    }

    // Seven bits a byte, the highest one telling that another follows (ISO/IEC 14496-1 §8.3.3).

    private static func sizeBytes(_ size: Int) -> Int { size < 1 << 7 ? 1 : size < 1 << 14 ? 2 : 3 }

    private static func size(_ builder: inout BoxBuilder, _ size: Int) {
        let count = sizeBytes(size)
        for index in (0..<count).reversed() {
            builder.u8(UInt8(size >> (7 * index) & 127) | (index > 0 ? 128 : 0))
        }
    }

    private static func size(_ reader: inout BoxReader) throws(MediaError) -> Int {
        var size = 0
        for _ in 0..<4 {
            let byte = Int(try reader.number(1))
            size = size << 7 | byte & 127
            if byte & 128 == 0 { return size }
        }
        return size
    }
}
