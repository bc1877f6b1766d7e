import CFFmpeg

/// Decodes packets on the calling thread. One thread at a time uses it.
package final class VideoDecoder {
    /// Pixels of the largest picture that is decoded: 8192 × 8192.
    private static let largestPicture: Int64 = 1 << 26

    private var context: UnsafeMutablePointer<AVCodecContext>?
    private var packet: UnsafeMutablePointer<AVPacket>?
    /// The format of pictures that lie in the device's memory; nil in software.
    private let deviceFormat: AVPixelFormat?

    /// - Parameters:
    ///   - extradata: as in `StreamInfo`.
    ///   - keyFramesOnly: other packets are skipped unread, and every picture comes out at once.
    ///   - device: decodes, and must: where it can't, opening or decoding throws, and another decoder is to be opened
    ///     without one.
    ///   - isRough: blocks may show at their edges (no loop filter): for pictures that are made much smaller.
    package init(
        codec: VideoCodec,
        extradata: [UInt8],
        width: Int,
        height: Int,
        keyFramesOnly: Bool = false,
        isRough: Bool = false,
        device: HardwareDevice? = nil
    ) throws(MediaError) {
        LibavLog.silence()
        let id: AVCodecID
        switch codec {
        case .h264: id = AV_CODEC_ID_H264
        case .hevc: id = AV_CODEC_ID_HEVC
        case .mpeg4: id = AV_CODEC_ID_MPEG4
        case .mjpeg: id = AV_CODEC_ID_MJPEG
        case .other: throw MediaError(.unsupported, "no decoder for this codec")
        }
        guard let decoder = avcodec_find_decoder(id) else {
            throw MediaError(.unsupported, "this libavcodec has no decoder for \(codec.rawValue)")
        }
        guard let opened = avcodec_alloc_context3(decoder), let newPacket = av_packet_alloc() else {
            throw MediaError(.outOfMemory, "out of memory for a decoder")
        }
        context = opened
        packet = newPacket
        deviceFormat = device.flatMap { $0.pixelFormat(of: decoder) }
        if let device {
            guard deviceFormat != nil else {
                throw MediaError(.unsupported, "\(device.name) does not decode \(codec.rawValue)")
            }
            opened.pointee.hw_device_ctx = av_buffer_ref(device.context)
            // Only pictures of the device: libavcodec would otherwise go on in software without a word.
            opened.pointee.get_format = { _, offered in
                var next = offered
                while let format = next?.pointee, format != AV_PIX_FMT_NONE {
                    if let facts = av_pix_fmt_desc_get(format),
                        facts.pointee.flags & UInt64(AV_PIX_FMT_FLAG_HWACCEL) != 0
                    {
                        return format
                    }
                    next = next?.advanced(by: 1)
                }
                return AV_PIX_FMT_NONE
            }
        }
        opened.pointee.width = Int32(clamping: width)
        opened.pointee.height = Int32(clamping: height)
        opened.pointee.thread_count = 1
        // A header is all it takes to ask for gigabytes.
        opened.pointee.max_pixels = Self.largestPicture
        opened.pointee.pkt_timebase = AVRational(num: 1, den: 90_000)
        if keyFramesOnly {
            opened.pointee.skip_frame = AVDISCARD_NONKEY
            opened.pointee.flags |= AV_CODEC_FLAG_LOW_DELAY
        }
        if isRough { opened.pointee.skip_loop_filter = AVDISCARD_ALL }
        if !extradata.isEmpty {
            // libavcodec reads past the end and frees it itself.
            let padded = extradata.count + Int(AV_INPUT_BUFFER_PADDING_SIZE)
            guard let memory = av_mallocz(padded) else { throw MediaError(.outOfMemory, "out of memory for a decoder") }
            memory.copyMemory(from: extradata, byteCount: extradata.count)
            opened.pointee.extradata = memory.assumingMemoryBound(to: UInt8.self)
            opened.pointee.extradata_size = Int32(extradata.count)
        }
        let code = avcodec_open2(opened, decoder, nil)
        guard code == 0 else {
            throw MediaError(.invalidData, "the decoder does not open: \(MediaError.text(code))", avCode: code)
        }
    }

    deinit {
        avcodec_free_context(&context)
        av_packet_free(&packet)
    }

    /// Decodes one access unit; gives the pictures that are ready, in presentation order.
    ///
    /// - Throws: `invalidData` when the packet can't be decoded; later packets may work again, from a key frame at the
    ///   latest.
    package func decode(_ packet: [UInt8], ptsTicks: Int64, isKey: Bool) throws(MediaError) -> [DecodedFrame] {
        guard let context, let avPacket = self.packet, !packet.isEmpty, packet.count < 1 << 30 else { return [] }
        // Not reference counted, so avcodec_send_packet copies it, with the padding it needs.
        var code = packet.withUnsafeBufferPointer { buffer in
            avPacket.pointee.data = UnsafeMutablePointer(mutating: buffer.baseAddress)
            avPacket.pointee.size = Int32(buffer.count)
            avPacket.pointee.pts = ptsTicks
            avPacket.pointee.dts = gw_nopts()
            avPacket.pointee.flags = isKey ? AV_PKT_FLAG_KEY : 0
            return avcodec_send_packet(context, avPacket)
        }
        avPacket.pointee.data = nil
        avPacket.pointee.size = 0
        if code == gw_averror(EAGAIN) { code = 0 }
        guard code >= 0 else {
            throw MediaError(.invalidData, "a packet can't be decoded: \(MediaError.text(code))", avCode: code)
        }
        let (frames, failure) = receive()
        if let failure { throw failure }
        return frames
    }

    /// The pictures still held back for reordering; after it only `reset()` and then a key frame.
    package func flush() -> [DecodedFrame] {
        guard let context else { return [] }
        avcodec_send_packet(context, nil)
        return receive().frames
    }

    /// Forgets everything but the parameters.
    package func reset() {
        if let context { avcodec_flush_buffers(context) }
    }

    private func receive() -> (frames: [DecodedFrame], failure: MediaError?) {
        var frames: [DecodedFrame] = []
        while let context, let frame = av_frame_alloc() {
            var owned: UnsafeMutablePointer<AVFrame>? = frame
            guard avcodec_receive_frame(context, frame) == 0 else {
                av_frame_free(&owned)
                break
            }
            guard let deviceFormat, frame.pointee.format == deviceFormat.rawValue else {
                frames.append(DecodedFrame(owning: frame))
                continue
            }
            let copied = copyFromDevice(frame)
            av_frame_free(&owned)
            guard let copied else {
                return (frames, MediaError(.unsupported, "a decoded picture can't be fetched from the device"))
            }
            frames.append(DecodedFrame(owning: copied))
        }
        return (frames, nil)
    }

    /// The picture in the machine's own memory.
    private func copyFromDevice(_ frame: UnsafeMutablePointer<AVFrame>) -> UnsafeMutablePointer<AVFrame>? {
        guard let copy = av_frame_alloc() else { return nil }
        guard av_hwframe_transfer_data(copy, frame, 0) == 0, av_frame_copy_props(copy, frame) == 0 else {
            var owned: UnsafeMutablePointer<AVFrame>? = copy
            av_frame_free(&owned)
            return nil
        }
        return copy
    }
}
