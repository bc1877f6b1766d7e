import CFFmpeg

/// Encodes floating-point samples as AAC LC (libavcodec's own encoder). One thread at a time uses it.
package final class AACEncoder {
    /// Samples per channel of one packet.
    package static let frameSamples = 1024

    /// What it gives: AAC with its AudioSpecificConfig.
    package let info: AudioInfo

    private var context: UnsafeMutablePointer<AVCodecContext>?
    private var packet: UnsafeMutablePointer<AVPacket>?
    private var frame: UnsafeMutablePointer<AVFrame>?
    /// By channel; less than a packet's worth.
    private var waiting: [[Float]]
    private var taken: Int64 = 0

    /// - Parameters:
    ///   - sampleRate: Hz, one of those that AAC knows.
    ///   - channels: 1 or 2.
    package init(sampleRate: Int, channels: Int) throws(MediaError) {
        LibavLog.silence()
        guard (1...2).contains(channels), AudioSpecificConfig.rates.contains(sampleRate),
            let encoder = avcodec_find_encoder(AV_CODEC_ID_AAC)
        else { throw MediaError(.unsupported, "sound of \(sampleRate) Hz and \(channels) channels can't become AAC") }
        waiting = Array(repeating: [], count: channels)
        context = avcodec_alloc_context3(encoder)
        packet = av_packet_alloc()
        frame = av_frame_alloc()
        guard let context, packet != nil, let frame else {
            throw MediaError(.outOfMemory, "out of memory for an encoder")
        }
        context.pointee.sample_rate = Int32(sampleRate)
        context.pointee.sample_fmt = AV_SAMPLE_FMT_FLTP
        av_channel_layout_default(&context.pointee.ch_layout, Int32(channels))
        context.pointee.time_base = AVRational(num: 1, den: Int32(sampleRate))
        // Telephone quality needs little; libavcodec lowers what a rate can't carry.
        context.pointee.bit_rate = Int64(channels * (sampleRate > 16_000 ? 64_000 : 32_000))
        context.pointee.thread_count = 1
        context.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER
        let code = avcodec_open2(context, encoder, nil)
        guard code == 0 else {
            throw MediaError(.unsupported, "the AAC encoder does not open: \(MediaError.text(code))", avCode: code)
        }
        info = AudioInfo(
            codec: .aac,
            sampleRate: sampleRate,
            channels: channels,
            extradata: Array(
                UnsafeBufferPointer(start: context.pointee.extradata, count: Int(context.pointee.extradata_size))
            )
        )
        frame.pointee.nb_samples = Int32(Self.frameSamples)
        frame.pointee.format = AV_SAMPLE_FMT_FLTP.rawValue
        frame.pointee.sample_rate = Int32(sampleRate)
        av_channel_layout_default(&frame.pointee.ch_layout, Int32(channels))
        guard av_frame_get_buffer(frame, 0) == 0 else {
            throw MediaError(.outOfMemory, "out of memory for an encoder")
        }
    }

    deinit {
        avcodec_free_context(&context)
        av_packet_free(&packet)
        av_frame_free(&frame)
    }

    /// Takes samples, one array per channel, and gives the packets that are full: `sample` is the number of the packet's
    /// first sample, counted from the first one taken. The encoder's own run-in before sample 0 is left out.
    package func encode(_ channels: [[Float]]) throws(MediaError) -> [(bytes: [UInt8], sample: Int64)] {
        guard channels.count == waiting.count else {
            throw MediaError(.invalidData, "the number of channels has changed")
        }
        for index in waiting.indices { waiting[index] += channels[index] }
        var packets: [(bytes: [UInt8], sample: Int64)] = []
        while waiting[0].count >= Self.frameSamples { packets += try encodeFrame() }
        return packets
    }

    private func encodeFrame() throws(MediaError) -> [(bytes: [UInt8], sample: Int64)] {
        guard let context, let frame, let packet, av_frame_make_writable(frame) == 0,
            let planes = frame.pointee.extended_data
        else { throw MediaError(.outOfMemory, "out of memory for sound") }
        for index in waiting.indices {
            guard waiting[index].count >= Self.frameSamples, let plane = planes[index] else {
                throw MediaError(.invalidData, "the channels differ in length")
            }
            plane.withMemoryRebound(to: Float.self, capacity: Self.frameSamples) { samples in
                for at in 0..<Self.frameSamples { samples[at] = waiting[index][at] }
            }
            waiting[index].removeFirst(Self.frameSamples)
        }
        frame.pointee.pts = taken
        taken += Int64(Self.frameSamples)
        let code = avcodec_send_frame(context, frame)
        guard code == 0 else {
            throw MediaError(.other, "the AAC encoder failed: \(MediaError.text(code))", avCode: code)
        }
        var packets: [(bytes: [UInt8], sample: Int64)] = []
        while avcodec_receive_packet(context, packet) == 0 {
            if packet.pointee.pts >= 0 {
                let bytes = Array(UnsafeBufferPointer(start: packet.pointee.data, count: Int(packet.pointee.size)))
                packets.append((bytes, packet.pointee.pts))
            }
            av_packet_unref(packet)
        }
        return packets
    }
}
