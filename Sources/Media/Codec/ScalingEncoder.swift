import CFFmpeg

/// Encodes decoded pictures as H.264 of another size (libswscale, libx264): no B frames, no delay. One thread at a time
/// uses it.
package final class ScalingEncoder {
    package let info: StreamInfo

    private var context: UnsafeMutablePointer<AVCodecContext>?
    private var scaled: UnsafeMutablePointer<AVFrame>?
    private var packet: UnsafeMutablePointer<AVPacket>?
    /// Kept for pictures of one size and format; libswscale makes a new one when they change.
    private var scaler: OpaquePointer?
    private var converter: AccessUnitConverter
    /// What libx264 gets as times: they have to grow, and reverse play's don't.
    private var count: Int64 = 0

    /// The size of the result for pictures of `width`×`height`: no wider than `maximumWidth`, never larger than they
    /// are, both sides even, the proportions kept.
    package static func size(width: Int, height: Int, maximumWidth: Int) -> (width: Int, height: Int) {
        let target = max(16, min(width, maximumWidth))
        let scaledHeight = (height * target + width / 2) / max(1, width)
        return (max(16, target & ~1), max(16, scaledHeight & ~1))
    }

    /// - Parameters:
    ///   - width: pixels of the result, even; `height` too.
    /// - Throws: `unsupported` where libx264 is missing or refuses.
    package init(width: Int, height: Int) throws(MediaError) {
        LibavLog.silence()
        guard let encoder = avcodec_find_encoder_by_name("libx264") else {
            throw MediaError(.unsupported, "this libavcodec has no libx264")
        }
        guard width >= 16, height >= 16, width <= 8192, height <= 8192, width % 2 == 0, height % 2 == 0 else {
            throw MediaError(.unsupported, "pictures of \(width)×\(height) can't be encoded")
        }
        context = avcodec_alloc_context3(encoder)
        scaled = av_frame_alloc()
        packet = av_packet_alloc()
        guard let context, let scaled, packet != nil else {
            throw MediaError(.outOfMemory, "out of memory for an encoder")
        }
        context.pointee.width = Int32(width)
        context.pointee.height = Int32(height)
        context.pointee.pix_fmt = AV_PIX_FMT_YUV420P
        context.pointee.time_base = AVRational(num: 1, den: 25)
        context.pointee.framerate = AVRational(num: 25, den: 1)
        // Key frames stand where the source has them.
        context.pointee.gop_size = 1 << 20
        context.pointee.max_b_frames = 0
        context.pointee.thread_count = 1
        context.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER
        var settings: OpaquePointer?
        defer { av_dict_free(&settings) }
        for (key, value) in [
            ("preset", "superfast"), ("tune", "zerolatency"), ("crf", "24"), ("sc_threshold", "0"),
            ("forced-idr", "1"), ("profile", "main"),
        ] { av_dict_set(&settings, key, value, 0) }
        let code = avcodec_open2(context, encoder, &settings)
        guard code == 0 else {
            throw MediaError(.unsupported, "libx264 does not open: \(MediaError.text(code))", avCode: code)
        }
        let extradata = Array(
            UnsafeBufferPointer(start: context.pointee.extradata, count: Int(context.pointee.extradata_size))
        )
        converter = AccessUnitConverter(codec: .h264, extradata: extradata)
        guard let record = converter.sets.configurationRecord else {
            throw MediaError(.invalidData, "libx264 gave no parameter sets")
        }
        info = StreamInfo(
            codec: .h264,
            width: width,
            height: height,
            extradata: record,
            codecString: converter.sets.codecString
        )
        scaled.pointee.width = Int32(width)
        scaled.pointee.height = Int32(height)
        scaled.pointee.format = AV_PIX_FMT_YUV420P.rawValue
        guard av_frame_get_buffer(scaled, 0) == 0 else {
            throw MediaError(.outOfMemory, "out of memory for an encoder")
        }
    }

    deinit {
        avcodec_free_context(&context)
        av_frame_free(&scaled)
        av_packet_free(&packet)
        sws_freeContext(scaler)
    }

    /// Scales and encodes one picture; its packet comes out at once.
    ///
    /// - Parameters:
    ///   - isKey: makes it a key frame.
    ///   - durationTicks: how long it is shown, as far as that is known.
    package func encode(
        _ picture: DecodedFrame,
        ptsTicks: Int64,
        durationTicks: Int64,
        isKey: Bool
    ) throws(MediaError) -> [Packet] {
        guard let context, let scaled else { return [] }
        guard av_frame_make_writable(scaled) == 0 else { throw MediaError(.outOfMemory, "out of memory for a picture") }
        let source = picture.frame
        scaler = sws_getCachedContext(
            scaler,
            source.pointee.width,
            source.pointee.height,
            AVPixelFormat(rawValue: source.pointee.format),
            scaled.pointee.width,
            scaled.pointee.height,
            AV_PIX_FMT_YUV420P,
            SWS_FAST_BILINEAR,
            nil,
            nil,
            nil
        )
        guard let scaler else { throw MediaError(.unsupported, "pictures of this pixel format can't be scaled") }
        let data = scaled.pointee.data
        let lines = scaled.pointee.linesize
        var destination = [data.0, data.1, data.2, data.3]
        var strides = [lines.0, lines.1, lines.2, lines.3]
        Picture.scale(scaler, from: source, into: &destination, strides: &strides)
        scaled.pointee.pts = count
        count += 1
        scaled.pointee.pict_type = isKey ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE
        let sent = avcodec_send_frame(context, scaled)
        guard sent == 0 else { throw MediaError(.other, "the encoder failed: \(MediaError.text(sent))", avCode: sent) }
        var packets: [Packet] = []
        while let packet, avcodec_receive_packet(context, packet) == 0 {
            let unit = converter.convert(
                UnsafeBufferPointer(start: packet.pointee.data, count: Int(packet.pointee.size))
            )
            packets.append(
                Packet(
                    bytes: unit.bytes,
                    ptsTicks: ptsTicks,
                    dtsTicks: ptsTicks,
                    durationTicks: max(1, durationTicks),
                    isKey: packet.pointee.flags & AV_PKT_FLAG_KEY != 0
                )
            )
            av_packet_unref(packet)
        }
        return packets
    }
}
