/// What is known about a source's streams: its video, and its sound if that can be recorded.
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
    /// The sound that comes with the video; nil where there is none, or none that can be recorded.
    package var audio: AudioInfo?

    package init(
        codec: VideoCodec,
        width: Int,
        height: Int,
        extradata: [UInt8],
        codecString: String,
        averageFrameRate: Double? = nil,
        ignoredStreams: [String] = [],
        audio: AudioInfo? = nil
    ) {
        self.codec = codec
        self.width = width
        self.height = height
        self.extradata = extradata
        self.codecString = codecString
        self.averageFrameRate = averageFrameRate
        self.ignoredStreams = ignoredStreams
        self.audio = audio
    }

    /// Whether pictures of both can follow each other under one sample entry; the sound may differ.
    package func isSameFormat(as other: StreamInfo) -> Bool {
        codec == other.codec && width == other.width && height == other.height && extradata == other.extradata
    }
}
