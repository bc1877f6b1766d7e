/// A profile and level in words, from an RFC 6381 name.
struct CodecProfile {
    let name: String

    /// nil for names that say none.
    init?(codecString: String) {
        let parts = codecString.split(separator: ".")
        guard let kind = parts.first else { return nil }
        switch kind {
        case "avc1", "avc3":
            guard parts.count > 1, let number = UInt32(parts[1], radix: 16), parts[1].count == 6 else { return nil }
            let (profile, constraints, level) = (number >> 16, number >> 8 & 0xff, number & 0xff)
            name = "\(Self.advanced(profile, constraints)) \(level / 10).\(level % 10)"
        case "hvc1", "hev1":
            guard parts.count > 3, let profile = Int(parts[1].filter(\.isNumber)), let level = Int(parts[3].dropFirst())
            else { return nil }
            let names = [1: "Main", 2: "Main 10", 3: "Main Still Picture", 4: "Range Extensions"]
            name = "\(names[profile] ?? "profile \(profile)") \(level / 30).\(level % 30 / 3)"
        default:
            return nil
        }
    }

    /// ITU-T H.264 annex A.2.
    private static func advanced(_ profile: UInt32, _ constraints: UInt32) -> String {
        switch profile {
        case 66: constraints & 0x40 != 0 ? "Constrained Baseline" : "Baseline"
        case 77: "Main"
        case 88: "Extended"
        case 100: "High"
        case 110: "High 10"
        case 122: "High 4:2:2"
        case 244: "High 4:4:4"
        default: "profile \(profile)"
        }
    }
}
