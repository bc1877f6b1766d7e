/// How a video stream is coded, as far as recording and decoding tell codecs apart.
package enum VideoCodec: String, Sendable, Hashable, Codable, CaseIterable {
    case h264
    case hevc
    case mpeg4
    case mjpeg
    case other

    /// Whether this version writes the codec into segments.
    package var isRecordable: Bool { self == .h264 || self == .hevc }
}
