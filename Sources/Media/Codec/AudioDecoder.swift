import CFFmpeg

/// Decodes sound to floating-point samples, one array per channel. One thread at a time uses it.
package final class AudioDecoder {
    private var context: UnsafeMutablePointer<AVCodecContext>?
    private var packet: UnsafeMutablePointer<AVPacket>?
    private var frame: UnsafeMutablePointer<AVFrame>?

    /// - Throws: `unsupported` where this libavcodec lacks the decoder or refuses the parameters.
    package init(_ audio: AudioInfo) throws(MediaError) {
        LibavLog.silence()
        let id: AVCodecID =
            switch audio.codec {
            case .alaw: AV_CODEC_ID_PCM_ALAW
            case .ulaw: AV_CODEC_ID_PCM_MULAW
            case .aac: AV_CODEC_ID_AAC
            case .opus: AV_CODEC_ID_OPUS
            case .mp2: AV_CODEC_ID_MP2
            }
        guard let decoder = avcodec_find_decoder(id), (1...8).contains(audio.channels) else {
            throw MediaError(.unsupported, "this libavcodec has no decoder for \(audio.name)")
        }
        context = avcodec_alloc_context3(decoder)
        packet = av_packet_alloc()
        frame = av_frame_alloc()
        guard let context, packet != nil, frame != nil else {
            throw MediaError(.outOfMemory, "out of memory for a decoder")
        }
        context.pointee.sample_rate = Int32(clamping: audio.sampleRate)
        av_channel_layout_default(&context.pointee.ch_layout, Int32(audio.channels))
        context.pointee.thread_count = 1
        if !audio.extradata.isEmpty, audio.codec == .aac {
            let padded = audio.extradata.count + Int(AV_INPUT_BUFFER_PADDING_SIZE)
            guard let memory = av_mallocz(padded) else { throw MediaError(.outOfMemory, "out of memory for a decoder") }
            memory.copyMemory(from: audio.extradata, byteCount: audio.extradata.count)
            context.pointee.extradata = memory.assumingMemoryBound(to: UInt8.self)
            context.pointee.extradata_size = Int32(audio.extradata.count)
        }
        let code = avcodec_open2(context, decoder, nil)
        guard code == 0 else {
            throw MediaError(.unsupported, "the decoder does not open: \(MediaError.text(code))", avCode: code)
        }
    }

    deinit {
        avcodec_free_context(&context)
        av_packet_free(&packet)
        av_frame_free(&frame)
    }

    /// The samples of one packet, from -1 to 1, by channel; empty when it gives none.
    ///
    /// - Throws: `invalidData` when it can't be decoded; later packets may work again.
    package func decode(_ bytes: [UInt8]) throws(MediaError) -> [[Float]] {
        guard let context, let packet, let frame, !bytes.isEmpty else { return [] }
        // Not reference counted, so avcodec_send_packet copies it, with the padding it needs.
        let code = bytes.withUnsafeBufferPointer { buffer in
            packet.pointee.data = UnsafeMutablePointer(mutating: buffer.baseAddress)
            packet.pointee.size = Int32(clamping: buffer.count)
            return avcodec_send_packet(context, packet)
        }
        packet.pointee.data = nil
        packet.pointee.size = 0
        guard code >= 0 else {
            throw MediaError(.invalidData, "sound can't be decoded: \(MediaError.text(code))", avCode: code)
        }
        var channels: [[Float]] = []
        while avcodec_receive_frame(context, frame) == 0 {
            let samples = Self.samples(frame)
            if channels.isEmpty {
                channels = samples
            } else if channels.count == samples.count {
                for index in channels.indices { channels[index] += samples[index] }
            }
            av_frame_unref(frame)
        }
        return channels
    }

    /// The formats that the decoders above give: 16 bits interleaved or by channel, floating point by channel.
    private static func samples(_ frame: UnsafeMutablePointer<AVFrame>) -> [[Float]] {
        let count = Int(frame.pointee.nb_samples)
        let channels = Int(frame.pointee.ch_layout.nb_channels)
        guard count > 0, (1...8).contains(channels), let planes = frame.pointee.extended_data else { return [] }
        switch AVSampleFormat(rawValue: frame.pointee.format) {
        case AV_SAMPLE_FMT_S16:
            guard let plane = planes[0] else { return [] }
            return plane.withMemoryRebound(to: Int16.self, capacity: count * channels) { samples in
                (0..<channels).map { channel in
                    (0..<count).map { Float(samples[$0 * channels + channel]) / 32_768 }
                }
            }
        case AV_SAMPLE_FMT_S16P:
            return (0..<channels).compactMap { channel in
                planes[channel]?.withMemoryRebound(to: Int16.self, capacity: count) { samples in
                    (0..<count).map { Float(samples[$0]) / 32_768 }
                }
            }
        case AV_SAMPLE_FMT_FLTP:
            return (0..<channels).compactMap { channel in
                planes[channel]?.withMemoryRebound(to: Float.self, capacity: count) { samples in
                    Array(UnsafeBufferPointer(start: samples, count: count))
                }
            }
        default: return []
        }
    }
}
