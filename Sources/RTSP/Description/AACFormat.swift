/// RFC 3640 §3.2.1 and §4.1: the widths of an AU header's fields in bits, and the decoder's configuration.
package struct AACFormat: Sendable, Hashable {
    private static let sampleRates = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
    ]

    package var sizeLength = 13
    package var indexLength = 3
    package var indexDeltaLength = 3
    package var ctsDeltaLength = 0
    package var dtsDeltaLength = 0
    package var hasRandomAccessFlag = false
    package var streamStateLength = 0
    package var auxiliarySizeLength = 0
    /// Bytes of each frame where there are no sizes in the packets.
    package var constantSize: Int?
    /// AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1); empty where the description has none.
    package var config: [UInt8] = []
    /// Ticks of one frame: `constantDuration`, or 1024.
    package var frameTicks = 1024

    package init() {}

    /// nil for modes that are not AAC and widths that nothing has.
    init?(_ parameters: [String: String]) {
        func number(_ name: String) -> Int? { parameters[name]?.leadingNumber }
        // Cameras leave the mode out or write it in their own case; widths that are named count more than it.
        switch (parameters["mode"] ?? "aac-hbr").lowercased() {
        case "aac-hbr": break
        case "aac-lbr": (sizeLength, indexLength, indexDeltaLength) = (6, 2, 2)
        default: return nil
        }
        sizeLength = number("sizelength") ?? sizeLength
        indexLength = number("indexlength") ?? indexLength
        indexDeltaLength = number("indexdeltalength") ?? indexDeltaLength
        ctsDeltaLength = number("ctsdeltalength") ?? 0
        dtsDeltaLength = number("dtsdeltalength") ?? 0
        hasRandomAccessFlag = number("randomaccessindication") == 1
        streamStateLength = number("streamstateindication") ?? 0
        auxiliarySizeLength = number("auxiliarydatasizelength") ?? 0
        constantSize = number("constantsize").flatMap { (1...8191).contains($0) ? $0 : nil }
        if constantSize != nil, number("sizelength") == nil { sizeLength = 0 }
        frameTicks = number("constantduration").flatMap { (1...65_536).contains($0) ? $0 : nil } ?? 1024
        config = parameters["config"].flatMap { bytes(hexadecimal: $0) } ?? []
        let widths = [
            sizeLength, indexLength, indexDeltaLength, ctsDeltaLength, dtsDeltaLength, streamStateLength,
            auxiliarySizeLength,
        ]
        guard widths.allSatisfy({ (0...32).contains($0) }), sizeLength > 0 || constantSize != nil else { return nil }
    }

    /// The rate in the configuration, for descriptions that have none; nil where it can't be read.
    var sampleRate: Int? {
        guard config.count >= 2 else { return nil }
        let index = Int(config[0] & 7) << 1 | Int(config[1] >> 7)
        guard index != 15 else {
            guard config.count >= 5 else { return nil }
            let bits = config[1...4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            return Int(bits >> 7 & 0xFF_FFFF)
        }
        return index < Self.sampleRates.count ? Self.sampleRates[index] : nil
    }
}
