/// How a video stream is coded, as far as recording and decoding tell codecs apart.
package enum VideoCodec: String, Sendable, Hashable, Codable, CaseIterable {
    case h264
    case hevc
    case mpeg4
    case mjpeg
    case other

    /// Whether this version writes the codec into segments.
    package var isRecordable: Bool { self != .other }

    /// Whether its packets are NAL units with parameter sets (ISO/IEC 14496-15).
    var hasParameterSets: Bool { self == .h264 || self == .hevc }

    /// RFC 6381, for codecs whose name doesn't depend on the stream.
    var fixedName: String {
        switch self {
        case .mpeg4: "mp4v.20.9"
        case .mjpeg: "mp4v.6C"
        case .h264, .hevc, .other: ""
        }
    }
}
