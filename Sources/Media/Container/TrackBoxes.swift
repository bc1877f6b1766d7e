/// The parts of `moov` that segments and clips share: the movie's and the pictures'.
enum TrackBoxes {
    static let trackId: UInt32 = 1

    static func check(_ info: StreamInfo) throws(MediaError) {
        guard info.codec.isRecordable else {
            throw MediaError(.unsupported, "\(info.codec.rawValue) can't be recorded")
        }
        guard !info.extradata.isEmpty || info.codec == .mjpeg, (1...65_535).contains(info.width),
            (1...65_535).contains(info.height)
        else {
            throw MediaError(.invalidData, "the stream's parameter sets are missing")
        }
    }

    static func movieHeader(_ builder: inout BoxBuilder, info: StreamInfo, duration: UInt64) {
        builder.fullBox("mvhd", version: 1) {
            $0.zeros(16)
            $0.u32(UInt32(MediaTime.ticksPerSecond))
            $0.u64(duration)
            $0.u32(0x10000)
            $0.u16(0x0100)
            $0.zeros(10)
            $0.matrix()
            $0.zeros(24)
            $0.u32(info.audio == nil ? trackId + 1 : AudioTrackBoxes.trackId + 1)
        }
    }

    static func trackHeader(_ builder: inout BoxBuilder, info: StreamInfo, duration: UInt64) {
        builder.fullBox("tkhd", version: 1, flags: 3) {
            $0.zeros(16)
            $0.u32(trackId)
            $0.u32(0)
            $0.u64(duration)
            $0.zeros(16)
            $0.matrix()
            $0.u32(UInt32(info.width) << 16)
            $0.u32(UInt32(info.height) << 16)
        }
    }

    static func mediaHeader(_ builder: inout BoxBuilder, duration: UInt64) {
        builder.fullBox("mdhd", version: 1) {
            $0.zeros(16)
            $0.u32(UInt32(MediaTime.ticksPerSecond))
            $0.u64(duration)
            $0.u16(0x55C4)  // und
            $0.u16(0)
        }
        builder.fullBox("hdlr") {
            $0.u32(0)
            $0.name("vide")
            $0.zeros(12)
            $0.raw(Array("video".utf8) + [0])
        }
    }

    /// Where samples lie: in this file.
    static func dataInformation(_ builder: inout BoxBuilder) {
        builder.fullBox("vmhd", flags: 1) { $0.zeros(8) }
        builder.box("dinf") {
            $0.fullBox("dref") {
                $0.u32(1)
                $0.fullBox("url ", flags: 1) { _ in }
            }
        }
    }

    static func sampleDescription(_ builder: inout BoxBuilder, info: StreamInfo) {
        builder.fullBox("stsd") {
            $0.u32(1)
            $0.box(entry(info.codec)) {
                $0.zeros(6)
                $0.u16(1)
                $0.zeros(16)
                $0.u16(UInt16(info.width))
                $0.u16(UInt16(info.height))
                $0.u32(0x0048_0000)
                $0.u32(0x0048_0000)
                $0.u32(0)
                $0.u16(1)
                $0.zeros(32)
                $0.u16(0x0018)
                $0.u16(0xFFFF)
                switch info.codec {
                case .h264: $0.box("avcC") { $0.raw(info.extradata) }
                case .hevc: $0.box("hvcC") { $0.raw(info.extradata) }
                case .mpeg4, .mjpeg, .other:
                    ElementaryStream.write(
                        &$0,
                        objectType: info.codec == .mjpeg ? ElementaryStream.jpeg : ElementaryStream.visual,
                        streamType: ElementaryStream.videoStream,
                        specific: info.extradata
                    )
                }
            }
        }
    }

    /// The sample entry's type.
    private static func entry(_ codec: VideoCodec) -> StaticString {
        switch codec {
        case .h264: "avc1"
        case .hevc: "hvc1"
        case .mpeg4, .mjpeg, .other: "mp4v"
        }
    }
}
