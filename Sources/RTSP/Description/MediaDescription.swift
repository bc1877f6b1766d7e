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
    package var codec: Codec
    /// Ticks a second. Video always has 90,000, whatever the description says; sound what it says, or the codec's own.
    package var clockRate: Int
    package var channels: Int
    /// `a=control`; nil where there is none.
    package var control: String?
    /// `a=fmtp` of the payload type, by names in lower case.
    package var parameters: [String: String]
    /// Pictures a second, from `a=framerate`.
    package var frameRate: Double?
    /// From `a=x-dimensions` or `a=framesize`.
    package var width: Int?
    package var height: Int?
    /// Not `a=inactive`, not of our own direction (ONVIF's back channel is `sendonly`), and its port may be anything.
    package var isOffered: Bool

    /// NAL units of the parameter sets, in order VPS, SPS, PPS; empty where none could be read.
    package var parameterSets: [[UInt8]] = []
    /// `sprop-max-don-diff` > 0, or interleaved mode: H.265 packets carry decoding order numbers.
    package var hasDecodingOrder = false
    /// `packetization-mode`; 0 where it isn't told.
    package var packetizationMode = 0
    /// How AAC frames lie in packets; nil for other codecs and where nothing can be made of it.
    package var aac: AACFormat?
}

/// RFC 3640 §3.3: the widths of an AU header's fields in bits, and the decoder's configuration.
package struct AACFormat: Sendable, Hashable {
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
}
