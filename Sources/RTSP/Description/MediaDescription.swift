/// One `m=` section of a description: a track.
package struct MediaDescription: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case video
        case audio
        case application
        case other(String)
    }

    package enum Codec: Sendable, Hashable {
        case h264
        case h265
        /// RFC 3640, modes AAC-hbr and AAC-lbr.
        case aac
        case pcma
        case pcmu
        /// Any other encoding's name, in upper case; empty where the description has none.
        case other(String)
    }

    package var kind: Kind
    /// The first payload type that the section lists; nil where that can't be read.
    package var payloadType: UInt8?
    package var codec: Codec = .other("")
    /// Ticks a second. H.264 and H.265 always have 90,000, G.711 where none is told 8000, AAC the one of its
    /// configuration where none is told.
    package var clockRate = 90_000
    package var channels = 1
    /// `a=control`; nil where there is none.
    package var control: String?
    /// `a=fmtp` of the payload type, by names in lower case.
    package var parameters: [String: String] = [:]
    /// Pictures a second, from `a=framerate`.
    package var frameRate: Double?
    /// From `a=x-dimensions` or `a=framesize`.
    package var width: Int?
    package var height: Int?
    /// Neither `a=inactive` nor the way back to the camera (ONVIF's back channel is `sendonly`).
    package var isOffered = true

    /// NAL units of the parameter sets, in order VPS, SPS, PPS; empty where none could be read.
    package var parameterSets: [[UInt8]] = []
    /// H.265 packets carry decoding order numbers: `sprop-max-don-diff` or `sprop-depack-buf-nalus` above 0.
    package var hasDecodingOrder = false
    /// `packetization-mode`; 0 where it isn't told.
    package var packetizationMode = 0
    /// How AAC frames lie in packets; nil for other codecs and where nothing can be made of it.
    package var aac: AACFormat?

    /// Reads what follows `m=`: `video 0 RTP/AVP 96`; nil where that is nothing.
    init?(line: String) {
        let words = line.split(whereSeparator: \.isWhitespace)
        guard let first = words.first else { return nil }
        switch first.lowercased() {
        case "video": kind = .video
        case "audio": kind = .audio
        case "application": kind = .application
        default: kind = .other(first.lowercased())
        }
        payloadType = words.dropFirst(3).first.flatMap { UInt8($0) }.flatMap { $0 < 128 ? $0 : nil }
        switch payloadType {
        case 0: (codec, clockRate) = (.pcmu, 8000)
        case 8: (codec, clockRate) = (.pcma, 8000)
        default: break
        }
    }

    /// Takes the section's attributes. Those of another payload type than the first are left out, unless the first has
    /// none of that name.
    mutating func take(_ attributes: [(name: String, value: String)]) {
        for (name, value) in attributes {
            switch name {
            case "control" where !value.isEmpty: control = value
            case "framerate": frameRate = Double(value).flatMap { $0 > 0 && $0 <= 1000 ? $0 : nil }
            case "x-dimensions": take(dimensions: value.split(separator: ","))
            case "framesize":
                let words = value.split(whereSeparator: \.isWhitespace)
                take(dimensions: words.last?.split(whereSeparator: { $0 == "-" || $0 == "x" }) ?? [])
            case "inactive", "sendonly": isOffered = false
            default: break
            }
        }
        if let map = own("rtpmap", of: attributes) { take(map: map) }
        if let format = own("fmtp", of: attributes) { parameters = Self.parameters(format) }
        takeParameters()
    }

    private mutating func take(dimensions: [Substring]) {
        guard dimensions.count >= 2, let wide = dimensions[0].leadingNumber, let high = dimensions[1].leadingNumber,
            (1...32_768).contains(wide), (1...32_768).contains(high)
        else { return }
        (width, height) = (wide, high)
    }

    /// The text behind the payload type.
    private func own(_ name: String, of attributes: [(name: String, value: String)]) -> String? {
        let found = attributes.filter { $0.name == name }.map { attribute in
            let words = attribute.value.split(maxSplits: 1, whereSeparator: \.isWhitespace)
            return (type: words.first.flatMap { UInt8($0) }, text: words.count > 1 ? String(words[1]) : "")
        }
        return found.first { $0.type == payloadType }?.text
            ?? (payloadType.map { $0 >= 96 } ?? true ? found.first?.text : nil)
    }

    /// `H264/90000`, `MPEG4-GENERIC/16000/1`, with a rate that may be missing or nonsense.
    private mutating func take(map: String) {
        let parts = map.split(separator: "/", omittingEmptySubsequences: false)
        let name = parts.first?.trimmed.uppercased() ?? ""
        let rate = parts.count > 1 ? parts[1].leadingNumber.flatMap { (1...10_000_000).contains($0) ? $0 : nil } : nil
        channels = parts.count > 2 ? parts[2].leadingNumber.flatMap { (1...8).contains($0) ? $0 : nil } ?? 1 : 1
        switch name {
        case "H264", "H.264", "AVC": (codec, clockRate) = (.h264, 90_000)
        case "H265", "H.265", "HEVC": (codec, clockRate) = (.h265, 90_000)
        case "MPEG4-GENERIC": (codec, clockRate) = (.aac, rate ?? 0)
        case "PCMA": (codec, clockRate) = (.pcma, rate ?? 8000)
        case "PCMU": (codec, clockRate) = (.pcmu, rate ?? 8000)
        default: (codec, clockRate) = (.other(name), rate ?? (kind == .video ? 90_000 : 8000))
        }
    }
}
