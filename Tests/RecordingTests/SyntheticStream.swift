import Media
import Recording

/// Packets of a camera that doesn't exist, with real parameter sets: what is recorded needn't be decoded.
enum SyntheticStream {
    static let info = StreamInfo(
        codec: .h264,
        width: 640,
        height: 352,
        extradata: [
            1, 0x4D, 0x40, 0x1E, 0xFF, 0xE1, 0, 10, 0x67, 0x42, 0xC0, 0x1E, 0xD9, 0x00, 0xA0, 0x2C, 0xC8, 0x40, 1, 0, 4,
            0x68,
            0xCE, 0x3C, 0x80,
        ],
        codecString: "avc1.42c01e"
    )

    /// 25 pictures a second, a key frame every 25; 600 bytes each.
    static func packets(_ range: Range<Int>) -> [Packet] {
        range.map { index in
            var bytes: [UInt8] = [0, 0, 2, 0x54, index % 25 == 0 ? 0x65 : 0x41]
            for offset in 0..<595 { bytes.append(UInt8(truncatingIfNeeded: index &* 31 &+ offset &* 7)) }
            return Packet(
                bytes: bytes,
                ptsTicks: Int64(index) * 3600,
                dtsTicks: Int64(index) * 3600,
                durationTicks: 3600,
                isKey: index % 25 == 0
            )
        }
    }
}
