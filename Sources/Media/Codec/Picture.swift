import CFFmpeg

/// Scaling and JPEG (libswscale, libavcodec's mjpeg encoder): on demand only, never on the sampling path.
enum Picture {
    static func scale(
        _ scaler: OpaquePointer,
        from frame: UnsafeMutablePointer<AVFrame>,
        into destination: inout [UnsafeMutablePointer<UInt8>?],
        strides: inout [Int32]
    ) {
        let data = frame.pointee.data
        let lines = frame.pointee.linesize
        let source: [UnsafePointer<UInt8>?] = [data.0, data.1, data.2, data.3].map { $0.map { UnsafePointer($0) } }
        let sourceStrides = [lines.0, lines.1, lines.2, lines.3]
        sws_scale(scaler, source, sourceStrides, 0, frame.pointee.height, destination, strides)
    }

    static func jpeg(
        of frame: UnsafeMutablePointer<AVFrame>,
        maximumWidth: Int?,
        quality: Int
    ) throws(MediaError) -> [UInt8] {
        let (width, height) = size(frame, maximumWidth: maximumWidth)
        var scaled = try converted(frame, width: width, height: height)
        defer { av_frame_free(&scaled) }
        guard let encoder = avcodec_find_encoder(AV_CODEC_ID_MJPEG) else {
            throw MediaError(.unsupported, "this libavcodec has no JPEG encoder")
        }
        var context = avcodec_alloc_context3(encoder)
        defer { avcodec_free_context(&context) }
        var packet = av_packet_alloc()
        defer { av_packet_free(&packet) }
        guard let context, let packet, let scaled else { throw MediaError(.outOfMemory, "out of memory for a JPEG") }
        context.pointee.width = width
        context.pointee.height = height
        context.pointee.pix_fmt = AV_PIX_FMT_YUVJ420P
        context.pointee.color_range = AVCOL_RANGE_JPEG
        context.pointee.time_base = AVRational(num: 1, den: 25)
        context.pointee.thread_count = 1
        context.pointee.flags |= AV_CODEC_FLAG_QSCALE
        // The encoder's scale runs from 2 (best) to 31.
        let loss = 100 - max(1, min(100, quality))
        let lambda = Int32(2 + loss * loss * 29 / 10_000) * FF_QP2LAMBDA
        context.pointee.global_quality = lambda
        scaled.pointee.quality = lambda
        var code = avcodec_open2(context, encoder, nil)
        if code == 0 { code = avcodec_send_frame(context, scaled) }
        if code == 0 { code = avcodec_receive_packet(context, packet) }
        guard code == 0 else {
            throw MediaError(.other, "the JPEG encoder failed: \(MediaError.text(code))", avCode: code)
        }
        return Array(UnsafeBufferPointer(start: packet.pointee.data, count: Int(packet.pointee.size)))
    }

    /// The size of the result: never larger than the picture, both sides even.
    private static func size(_ frame: UnsafeMutablePointer<AVFrame>, maximumWidth: Int?) -> (Int32, Int32) {
        let width = Int(frame.pointee.width)
        let height = Int(frame.pointee.height)
        let target = max(16, min(width, maximumWidth ?? width))
        let scaledHeight = max(16, height * target / max(1, width))
        return (Int32(target & ~1), Int32(scaledHeight & ~1))
    }

    private static func converted(
        _ frame: UnsafeMutablePointer<AVFrame>,
        width: Int32,
        height: Int32
    ) throws(MediaError) -> UnsafeMutablePointer<AVFrame>? {
        var result = av_frame_alloc()
        result?.pointee.width = width
        result?.pointee.height = height
        result?.pointee.format = AV_PIX_FMT_YUVJ420P.rawValue
        guard let target = result, av_frame_get_buffer(target, 0) == 0 else {
            av_frame_free(&result)
            throw MediaError(.outOfMemory, "out of memory for a picture")
        }
        let scaler = sws_getContext(
            frame.pointee.width,
            frame.pointee.height,
            AVPixelFormat(rawValue: frame.pointee.format),
            width,
            height,
            AV_PIX_FMT_YUVJ420P,
            SWS_AREA,
            nil,
            nil,
            nil
        )
        guard let scaler else {
            av_frame_free(&result)
            throw MediaError(.unsupported, "this pixel format can't be turned into a JPEG")
        }
        defer { sws_freeContext(scaler) }
        let data = target.pointee.data
        let lines = target.pointee.linesize
        var destination = [data.0, data.1, data.2, data.3]
        var strides = [lines.0, lines.1, lines.2, lines.3]
        scale(scaler, from: frame, into: &destination, strides: &strides)
        return result
    }
}
