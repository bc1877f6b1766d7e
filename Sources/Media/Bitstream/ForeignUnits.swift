/// Tells NAL units of H.264 and H.265 apart by their headers: a stream of start codes may go on with the other codec
/// without a word of the container.
enum ForeignUnits {
    /// Whether no stream of `codec` holds the unit.
    ///
    /// The first byte of an H.265 base layer's unit is even, so as H.264 it has an even type; a picture then looks like a data
    /// partition (types 2 to 4, which no camera sends) or like a unit without type. H.264's pictures and sequence sets are
    /// of odd types, which as H.265 are units of a layer above 31 (ITU-T H.264 §7.4.1, H.265 §7.4.2.2).
    static func isForeign(_ nal: UnsafeBufferPointer<UInt8>, to codec: VideoCodec) -> Bool {
        guard nal.count > 2 else { return false }
        if nal[0] & 0x80 != 0 { return true }
        switch codec {
        case .h264: return (2...4).contains(nal[0] & 31) || nal[0] == 0x40
        case .hevc: return nal[0] & 1 == 1
        default: return false
        }
    }

    /// The codec of a unit that is a sequence parameter set of the other codec; nil for everything else.
    static func codec(ofSequence nal: UnsafeBufferPointer<UInt8>, otherThan codec: VideoCodec) -> VideoCodec? {
        guard nal.count > 4 else { return nil }
        switch codec {
        case .h264:
            guard nal[0] == 0x42, nal[1] == 1, let read = SequenceParameters(hevc: Array(nal)) else { return nil }
            return read.width > 0 && read.height > 0 ? .hevc : nil
        case .hevc:
            guard nal[0] & 0x9F == 7, profiles.contains(nal[1]), let read = SequenceParameters(h264: Array(nal)) else {
                return nil
            }
            return read.width > 0 && read.height > 0 ? .h264 : nil
        default: return nil
        }
    }

    /// `profile_idc` of ITU-T H.264 Annex A.
    private static let profiles: Set<UInt8> = [44, 66, 77, 88, 100, 110, 122, 244]
}
