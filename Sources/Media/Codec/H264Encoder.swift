import CFFmpeg

/// Encodes generated pictures as H.264 without B frames and without delay (libx264). One thread at a time uses it.
package final class H264Encoder {
    package let info: StreamInfo

    private var context: UnsafeMutablePointer<AVCodecContext>?
    private var frame: UnsafeMutablePointer<AVFrame>?
    private var packet: UnsafeMutablePointer<AVPacket>?
    private var converter: AccessUnitConverter
    private let frameTicks: Int64

    /// - Parameters:
    ///   - width: pixels, even; `height` too.
    ///   - frameRate: frames per second.
    ///   - bitRate: bits per second, on average.
    ///   - keyInterval: frames from one key frame to the next.
    /// - Throws: `unsupported` where libx264 is missing or refuses.
    package init(width: Int, height: Int, frameRate: Int, bitRate: Int, keyInterval: Int) throws(MediaError) {
        LibavLog.silence()
        guard let encoder = avcodec_find_encoder_by_name("libx264") else {
            throw MediaError(.unsupported, "this libavcodec has no libx264")
        }
        guard width >= 16, height >= 16, width <= 8192, height <= 8192, width % 2 == 0, height % 2 == 0,
            (1...240).contains(frameRate)
        else { throw MediaError(.unsupported, "pictures of \(width)×\(height) at \(frameRate)/s can't be encoded") }
        context = avcodec_alloc_context3(encoder)
        frame = av_frame_alloc()
        packet = av_packet_alloc()
        frameTicks = 90_000 / Int64(frameRate)
        guard let context, let frame, packet != nil else {
            throw MediaError(.outOfMemory, "out of memory for an encoder")
        }
        context.pointee.width = Int32(width)
        context.pointee.height = Int32(height)
        context.pointee.pix_fmt = AV_PIX_FMT_YUV420P
        context.pointee.time_base = AVRational(num: 1, den: 90_000)
        context.pointee.framerate = AVRational(num: Int32(frameRate), den: 1)
        context.pointee.bit_rate = Int64(bitRate)
        context.pointee.gop_size = Int32(clamping: keyInterval)
        context.pointee.max_b_frames = 0
        context.pointee.thread_count = 1
        context.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER
        var settings: OpaquePointer?
        defer { av_dict_free(&settings) }
        for (key, value) in [
            ("preset", "veryfast"), ("tune", "zerolatency"), ("sc_threshold", "0"), ("forced-idr", "1"),
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
            codecString: converter.sets.codecString,
            averageFrameRate: Double(frameRate)
        )
        frame.pointee.width = Int32(width)
        frame.pointee.height = Int32(height)
        frame.pointee.format = AV_PIX_FMT_YUV420P.rawValue
        guard av_frame_get_buffer(frame, 0) == 0 else {
            throw MediaError(.outOfMemory, "out of memory for an encoder")
        }
    }

    deinit {
        avcodec_free_context(&context)
        av_frame_free(&frame)
        av_packet_free(&packet)
    }

    /// Encodes one picture: `yuv420` holds the Y, U and V planes one after the other without padding.
    package func encode(yuv420: [UInt8], ptsTicks: Int64) throws(MediaError) -> [Packet] {
        guard let frame, let context else { return [] }
        guard yuv420.count == info.width * info.height * 3 / 2 else {
            throw MediaError(.invalidData, "a picture of \(yuv420.count) bytes does not fit the encoder")
        }
        guard av_frame_make_writable(frame) == 0 else { throw MediaError(.outOfMemory, "out of memory for a picture") }
        let lines = frame.pointee.linesize
        let data = frame.pointee.data
        var at = 0
        yuv420.withUnsafeBufferPointer { source in
            for (plane, line, width, height) in [
                (data.0, lines.0, info.width, info.height), (data.1, lines.1, info.width / 2, info.height / 2),
                (data.2, lines.2, info.width / 2, info.height / 2),
            ] {
                for row in 0..<height {
                    if let plane, let base = source.baseAddress {
                        (plane + row * Int(line)).update(from: base + at, count: width)
                    }
                    at += width
                }
            }
        }
        frame.pointee.pts = ptsTicks
        frame.pointee.pict_type = AV_PICTURE_TYPE_NONE
        return try take(avcodec_send_frame(context, frame))
    }

    /// The packets still inside; the encoder is used up.
    package func finish() throws(MediaError) -> [Packet] {
        guard let context else { return [] }
        return try take(avcodec_send_frame(context, nil))
    }

    private func take(_ sent: Int32) throws(MediaError) -> [Packet] {
        guard sent == 0 else {
            throw MediaError(.other, "the encoder failed: \(MediaError.text(sent))", avCode: sent)
        }
        var packets: [Packet] = []
        while let context, let packet, avcodec_receive_packet(context, packet) == 0 {
            let unit = converter.convert(
                UnsafeBufferPointer(start: packet.pointee.data, count: Int(packet.pointee.size))
            )
            packets.append(
                Packet(
                    bytes: unit.bytes,
                    ptsTicks: packet.pointee.pts,
                    dtsTicks: packet.pointee.dts,
                    durationTicks: frameTicks,
                    isKey: packet.pointee.flags & AV_PKT_FLAG_KEY != 0
                )
            )
            av_packet_unref(packet)
        }
        return packets
    }
}
