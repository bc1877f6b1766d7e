extension MediaDescription {
    /// `name=value; name=value`: names in lower case, spaces, empty pieces and missing values allowed. The first of two
    /// equal names counts.
    static func parameters(_ text: String) -> [String: String] {
        var parameters: [String: String] = [:]
        for field in text.fields(separatedBy: ";") {
            let (name, value) = field.pair()
            if !name.isEmpty, parameters[name] == nil { parameters[name] = (value ?? "").unquoted }
        }
        return parameters
    }

    /// Makes of `fmtp` what the codec's payload format says.
    mutating func takeParameters() {
        switch codec {
        case .h264:
            // RFC 6184 §8.1.
            packetizationMode = parameters["packetization-mode"]?.leadingNumber ?? 0
            parameterSets = sets("sprop-parameter-sets")
        case .h265:
            // RFC 7798 §7.1.
            parameterSets = ["sprop-vps", "sprop-sps", "sprop-pps"].flatMap(sets)
            hasDecodingOrder = ["sprop-max-don-diff", "sprop-depack-buf-nalus"].contains {
                (parameters[$0]?.leadingNumber ?? 0) > 0
            }
        case .aac:
            aac = AACFormat(parameters)
            // Neither mode AAC: CELP and others are not frames that can be kept.
            if aac == nil { codec = .other("MPEG4-GENERIC") }
            if clockRate == 0 { clockRate = aac?.sampleRate ?? 8000 }
        default: break
        }
    }

    /// Start codes in front, which some cameras leave in, and zeros behind are taken off.
    private func sets(_ name: String) -> [[UInt8]] {
        (parameters[name] ?? "").split(separator: ",").compactMap { text in
            var nal = Base64.bytes(text)[...]
            let zeros = nal.prefix { $0 == 0 }.count
            if zeros >= 2, nal.dropFirst(zeros).first == 1 { nal = nal.dropFirst(zeros + 1) }
            while nal.last == 0 { nal.removeLast() }
            return nal.count > 1 ? Array(nal) : nil
        }
    }
}
