/// What is known about a source's video stream before its packets are looked at.
package struct StreamInfo: Sendable, Hashable {
    package var codec: VideoCodec
    /// Picture size in pixels, as shown (cropping applied); 0 when not known.
    package var width: Int
    package var height: Int
    /// The contents of `avcC` or `hvcC` (ISO/IEC 14496-15), whatever form the source uses; the codec's own header for
    /// other codecs; may be empty.
    package var extradata: [UInt8]
    /// RFC 6381, like `avc1.4d401e` or `hvc1.1.6.L93.B0`; empty when there is no such name.
    package var codecString: String
    /// Frames per second, where the source says so.
    package var averageFrameRate: Double?
    /// Other streams of the source that are left out, as `audio/pcm_alaw`.
    package var ignoredStreams: [String]

    package init(
        codec: VideoCodec,
        width: Int,
        height: Int,
        extradata: [UInt8],
        codecString: String,
        averageFrameRate: Double? = nil,
        ignoredStreams: [String] = []
    ) {
        self.codec = codec
        self.width = width
        self.height = height
        self.extradata = extradata
        self.codecString = codecString
        self.averageFrameRate = averageFrameRate
        self.ignoredStreams = ignoredStreams
    }

    /// Whether samples of both can follow each other under one sample entry.
    package func isSameFormat(as other: StreamInfo) -> Bool {
        codec == other.codec && width == other.width && height == other.height && extradata == other.extradata
    }
}
