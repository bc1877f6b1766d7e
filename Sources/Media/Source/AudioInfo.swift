/// How sound is coded, as far as it is recorded.
package enum AudioCodec: String, Sendable, Hashable, Codable, CaseIterable {
    /// G.711 A law.
    case alaw
    /// G.711 µ law.
    case ulaw
    case aac
    case opus
    /// MPEG-1 and MPEG-2 audio, layer II.
    case mp2
}

/// What is known about a source's sound, if it has any that can be recorded.
package struct AudioInfo: Sendable, Hashable {
    package var codec: AudioCodec
    /// Samples per second and channel.
    package var sampleRate: Int
    package var channels: Int
    /// AAC: the AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1); Opus: the contents of `dOps`; empty for others.
    package var extradata: [UInt8]

    package init(codec: AudioCodec, sampleRate: Int, channels: Int, extradata: [UInt8] = []) {
        self.codec = codec
        self.sampleRate = sampleRate
        self.channels = channels
        self.extradata = extradata
    }

    /// RFC 6381, as the `codecs` parameter of `video/mp4` has it; G.711 and MP2 have no registered
    /// name: then the codec's.
    package var codecString: String {
        switch codec {
        case .alaw, .ulaw, .mp2: codec.rawValue
        case .aac: "mp4a.40.\(AudioSpecificConfig(extradata)?.objectType ?? 2)"
        case .opus: "opus"
        }
    }

    /// `audio/aac`, as `StreamInfo.ignoredStreams` names streams.
    package var name: String { "audio/\(codec.rawValue)" }
}
