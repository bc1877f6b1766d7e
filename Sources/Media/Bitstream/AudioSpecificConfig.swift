/// What an AAC stream's AudioSpecificConfig says (ISO/IEC 14496-3 §1.6.2.1).
struct AudioSpecificConfig: Equatable {
    static let rates = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
    ]

    /// Audio object type: 2 is AAC LC, 5 SBR.
    var objectType: Int
    /// Of the core coder: frames are counted in its samples.
    var sampleRate: Int
    /// 0 where a program config element says it.
    var channels: Int
    /// Samples of the core coder per frame.
    var frameSamples: Int

    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 2 else { return nil }
        var reader = PlainBitReader(bytes)
        objectType = reader.bits(5)
        if objectType == 31 { objectType = 32 + reader.bits(6) }
        guard let rate = Self.rate(&reader) else { return nil }
        sampleRate = rate
        let configuration = reader.bits(4)
        channels = configuration == 7 ? 8 : configuration
        var core = objectType
        if objectType == 5 || objectType == 29 {
            guard Self.rate(&reader) != nil else { return nil }
            core = reader.bits(5)
        }
        let isShort = [1, 2, 3, 4, 6, 7].contains(core) && reader.bits(1) == 1
        frameSamples = isShort ? 960 : 1024
        guard !reader.overrun, objectType > 0, channels <= 8, (1000...192_000).contains(sampleRate) else { return nil }
    }

    private static func rate(_ reader: inout PlainBitReader) -> Int? {
        let index = reader.bits(4)
        if index == 15 { return reader.bits(24) }
        return index < rates.count ? rates[index] : nil
    }
}

/// Reads bits of a header without emulation prevention. Beyond the end it gives zeros and says so.
struct PlainBitReader {
    private let bytes: [UInt8]
    private var at = 0
    private(set) var overrun = false

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Up to 32 bits.
    mutating func bits(_ count: Int) -> Int {
        var value = 0
        for _ in 0..<count {
            guard at < bytes.count * 8 else {
                overrun = true
                value <<= 1
                continue
            }
            value = value << 1 | Int(bytes[at >> 3] >> UInt8(7 - at & 7) & 1)
            at += 1
        }
        return value
    }
}
