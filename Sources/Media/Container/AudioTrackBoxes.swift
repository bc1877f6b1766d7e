/// The parts of `moov` that describe the sound of segments and clips.
enum AudioTrackBoxes {
    static let trackId: UInt32 = 2

    static func trackHeader(_ builder: inout BoxBuilder, duration: UInt64) {
        builder.fullBox("tkhd", version: 1, flags: 3) {
            $0.zeros(16)
            $0.u32(trackId)
            $0.u32(0)
            $0.u64(duration)
            $0.zeros(8)
            $0.u16(0)
            $0.u16(0)
            $0.u16(0x0100)  // full volume
            $0.u16(0)
            $0.matrix()
            $0.u64(0)
        }
    }

    /// - Parameter timescale: units of `duration` and of the track's times per second.
    static func mediaHeader(
        _ builder: inout BoxBuilder,
        timescale: Int = Int(MediaTime.ticksPerSecond),
        duration: UInt64
    ) {
        builder.fullBox("mdhd", version: 1) {
            $0.zeros(16)
            $0.u32(UInt32(clamping: timescale))
            $0.u64(duration)
            $0.u16(0x55C4)  // und
            $0.u16(0)
        }
        builder.fullBox("hdlr") {
            $0.u32(0)
            $0.name("soun")
            $0.zeros(12)
            $0.raw(Array("audio".utf8) + [0])
        }
    }

    static func dataInformation(_ builder: inout BoxBuilder) {
        builder.fullBox("smhd") { $0.u32(0) }
        builder.box("dinf") {
            $0.fullBox("dref") {
                $0.u32(1)
                $0.fullBox("url ", flags: 1) { _ in }
            }
        }
    }

    /// `stsd` with the sample entry: AudioSampleEntry version 0 (ISO/IEC 14496-12 §12.2.3). `alaw` and `ulaw` are
    /// QuickTime's names for G.711, `.mp2` is FFmpeg's and GStreamer's for layer II: object type 0x6B under `mp4a` would
    /// not tell it from layer III.
    static func sampleDescription(_ builder: inout BoxBuilder, audio: AudioInfo) {
        builder.fullBox("stsd") {
            $0.u32(1)
            $0.box(type(audio.codec)) {
                $0.zeros(6)
                $0.u16(1)
                $0.zeros(8)
                $0.u16(UInt16(clamping: audio.channels))
                $0.u16(16)
                $0.u32(0)
                $0.u16(UInt16(exactly: audio.sampleRate) ?? 0)
                $0.u16(0)
                switch audio.codec {
                case .alaw, .ulaw, .mp2: break
                case .aac:
                    ElementaryStream.write(
                        &$0,
                        objectType: ElementaryStream.aac,
                        streamType: ElementaryStream.audioStream,
                        specific: audio.extradata
                    )
                case .opus: $0.box("dOps") { $0.raw(audio.extradata) }
                }
            }
        }
    }

    private static func type(_ codec: AudioCodec) -> StaticString {
        switch codec {
        case .alaw: "alaw"
        case .ulaw: "ulaw"
        case .aac: "mp4a"
        case .mp2: ".mp2"
        case .opus: "Opus"
        }
    }

    // MARK: - Reading back

    /// What a sample entry says; nil for sound that this version doesn't write.
    static func audio(_ bytes: [UInt8], _ entry: BoxReader.Box) throws(MediaError) -> AudioInfo? {
        var reader = BoxReader(bytes, in: entry)
        try reader.skip(16)
        let channels = Int(try reader.number(2))
        try reader.skip(6)
        let rate = Int(try reader.number(4) >> 16)
        let rest = BoxReader(bytes, from: reader.at, to: entry.end)
        switch entry.type {
        case BoxReader.code("alaw"): return AudioInfo(codec: .alaw, sampleRate: rate, channels: channels)
        case BoxReader.code("ulaw"): return AudioInfo(codec: .ulaw, sampleRate: rate, channels: channels)
        case BoxReader.code(".mp2"): return AudioInfo(codec: .mp2, sampleRate: rate, channels: channels)
        case BoxReader.code("Opus"):
            guard let box = try rest.first("dOps") else { return nil }
            let extradata = Array(bytes[box.content..<box.end])
            return AudioInfo(codec: .opus, sampleRate: rate, channels: channels, extradata: extradata)
        case BoxReader.code("mp4a"):
            guard let box = try rest.first("esds"), let stream = try ElementaryStream.read(bytes, box) else {
                return nil
            }
            guard stream.objectType == ElementaryStream.aac, let configuration = AudioSpecificConfig(stream.specific)
            else {
                return nil
            }
            return AudioInfo(
                codec: .aac,
                sampleRate: rate == 0 ? configuration.sampleRate : rate,
                channels: channels,
                extradata: stream.specific
            )
        default: return nil
        }
    }
}
