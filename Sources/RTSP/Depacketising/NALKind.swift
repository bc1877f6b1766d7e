/// What a NAL unit's type means for the bounds of access units (ITU-T H.264 §7.4.1.2.3, H.265 §7.4.2.4.4).
enum NALKind: Sendable, Hashable {
    case slice(isKey: Bool)
    /// A delimiter or parameter set: units may begin with it.
    case opening
    /// Anything else that comes before a picture's first slice.
    case prefix
    /// What follows slices, or means nothing for bounds.
    case other

    static func h264(_ type: UInt8) -> NALKind {
        switch type {
        case 1...4: .slice(isKey: false)
        case 5: .slice(isKey: true)
        case 7, 9: .opening
        case 6, 8, 14...18: .prefix
        default: .other
        }
    }

    static func h265(_ type: UInt8) -> NALKind {
        switch type {
        case 16...23: .slice(isKey: true)
        case 0...31: .slice(isKey: false)
        case 32, 33, 35: .opening
        case 34, 39, 41...44, 48...55: .prefix
        default: .other
        }
    }
}
