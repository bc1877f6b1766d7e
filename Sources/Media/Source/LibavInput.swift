import CFFmpeg
import Domain
import Glibc

/// An opened `AVFormatContext` of which one video stream is read, and one of sound where that is wanted.
final class LibavInput {
    /// A packet as libavformat gives it, valid until the next read. Times in 90 kHz ticks.
    struct RawPacket: ~Copyable {
        let bytes: UnsafeBufferPointer<UInt8>
        let pts: Int64?
        let dts: Int64?
        let duration: Int64
        let isKey: Bool
        let isAudio: Bool
        /// What the camera's clock showed at `pts`, in microseconds since 1970; nil where it doesn't tell.
        let cameraTime: Int64?
        /// Of the container's packet that it begins in, in bytes from the file's start; nil where there is none.
        let position: Int64?
    }

    enum RawResult: ~Copyable {
        case packet(RawPacket)
        case end
    }

    private static let pauseMicroseconds: UInt32 = 5000

    let isFile: Bool
    /// HLS: it comes in segments of some seconds.
    let isPlaylist: Bool
    /// May change between two packets (MPEG-TS), and `extradata` with it.
    private(set) var codec: VideoCodec
    let width: Int
    let height: Int
    private(set) var extradata: [UInt8]
    let frameRate: Double?
    private(set) var ignoredStreams: [String] = []
    /// May appear between two packets (MPEG-TS).
    private(set) var audio: AudioTrack?

    private var context: UnsafeMutablePointer<AVFormatContext>?
    private var packet: UnsafeMutablePointer<AVPacket>?
    private var stream: UnsafeMutablePointer<AVStream>
    private var audioStream: UnsafeMutablePointer<AVStream>?
    private let takesAudio: Bool
    /// Streams that have been looked at.
    private var knownStreams = 0
    private let address: SourceAddress
    /// libavformat's interrupt callback holds an unretained pointer to it.
    private let cancellation: Cancellation

    /// - Parameters:
    ///   - url: the address itself, or with a number in place of the host's name.
    ///   - offset: the first byte of a file that is read.
    init(
        address: SourceAddress,
        url: String,
        options: DemuxerOptions,
        cancellation: Cancellation,
        from offset: Int64 = 0
    ) throws(MediaError) {
        self.address = address
        self.cancellation = cancellation
        takesAudio = options.takesAudio
        isFile = address.isFile
        let action = "opening \(address.redacted)"
        guard var opened = Optional(avformat_alloc_context()), let newPacket = av_packet_alloc() else {
            throw MediaError(.outOfMemory, "\(action): out of memory")
        }
        packet = newPacket
        opened?.pointee.interrupt_callback.callback = { opaque in
            guard let opaque else { return 0 }
            return Unmanaged<Cancellation>.fromOpaque(opaque).takeUnretainedValue().shouldStop ? 1 : 0
        }
        opened?.pointee.interrupt_callback.opaque = Unmanaged.passUnretained(cancellation).toOpaque()
        var settings: OpaquePointer?
        defer { av_dict_free(&settings) }
        for (key, value) in LibavSettings.settings(for: address.source, options) {
            av_dict_set(&settings, key, value, 0)
        }
        if offset > 0 { av_dict_set(&settings, "skip_initial_bytes", String(offset), 0) }
        let code = avformat_open_input(&opened, url, nil, &settings)
        guard code == 0, let context = opened else {
            av_packet_free(&packet)
            throw MediaError(avCode: code, action: action, opening: true, cancellation: cancellation)
        }
        var owned: UnsafeMutablePointer<AVFormatContext>? = context
        do throws(MediaError) {
            let index = try Self.chooseVideo(context, action: action, cancellation: cancellation)
            guard let chosen = context.pointee.streams[index], let parameters = chosen.pointee.codecpar else {
                throw MediaError(.notAStream, "\(action): no video stream is there")
            }
            stream = chosen
            codec = Self.codec(parameters.pointee.codec_id)
            width = Int(parameters.pointee.width)
            height = Int(parameters.pointee.height)
            extradata = Self.extradata(parameters)
            let rate = chosen.pointee.avg_frame_rate
            let real = chosen.pointee.r_frame_rate
            frameRate =
                rate.num > 0 && rate.den > 0
                ? Double(rate.num) / Double(rate.den)
                : real.num > 0 && real.den > 0 ? Double(real.num) / Double(real.den) : nil
        } catch {
            avformat_close_input(&owned)
            av_packet_free(&packet)
            throw error
        }
        isPlaylist = context.pointee.iformat.flatMap { $0.pointee.name }.map { strcmp($0, "hls") == 0 } ?? false
        self.context = context
        lookAtStreams(context)
    }

    deinit {
        av_packet_free(&packet)
        // Tearing an RTSP session down waits for the socket: not longer than a moment.
        if !isFile { cancellation.setDeadline(monotonic: SystemClock().monotonic() + .milliseconds(300)) }
        avformat_close_input(&context)
        if !isFile { cancellation.setDeadline(monotonic: nil) }
    }

    /// The first video stream. Its details are probed for only where the container doesn't give what is needed: that
    /// opens a decoder and holds back the first seconds of a camera.
    private static func chooseVideo(
        _ context: UnsafeMutablePointer<AVFormatContext>,
        action: String,
        cancellation: Cancellation
    ) throws(MediaError) -> Int {
        if let index = firstVideo(context) {
            let parameters = context.pointee.streams[index]?.pointee.codecpar
            let id = parameters?.pointee.codec_id ?? AV_CODEC_ID_NONE
            if id == AV_CODEC_ID_H264 || id == AV_CODEC_ID_HEVC { return index }
        }
        let code = avformat_find_stream_info(context, nil)
        guard code >= 0 else {
            throw MediaError(avCode: code, action: action, opening: true, cancellation: cancellation)
        }
        guard let index = firstVideo(context) else {
            throw MediaError(.notAStream, "\(action): no video stream is there")
        }
        return index
    }

    private static func firstVideo(_ context: UnsafeMutablePointer<AVFormatContext>) -> Int? {
        (0..<Int(context.pointee.nb_streams)).first { index in
            guard let stream = context.pointee.streams[index] else { return false }
            return stream.pointee.codecpar?.pointee.codec_type == AVMEDIA_TYPE_VIDEO
                && stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0
        }
    }

    /// Chooses the sound, leaves out what else there is; a video stream that comes later takes the place of the first.
    private func lookAtStreams(_ context: UnsafeMutablePointer<AVFormatContext>) {
        let isLater = knownStreams > 0
        while knownStreams < Int(context.pointee.nb_streams) {
            defer { knownStreams += 1 }
            guard let other = context.pointee.streams[knownStreams], let parameters = other.pointee.codecpar,
                other != stream
            else { continue }
            let type = parameters.pointee.codec_type
            if isLater, type == AVMEDIA_TYPE_VIDEO {
                stream.pointee.discard = AVDISCARD_ALL
                stream = other
                continue
            }
            if takesAudio, audioStream == nil, type == AVMEDIA_TYPE_AUDIO, let track = Self.audioTrack(parameters) {
                audioStream = other
                audio = track
                continue
            }
            other.pointee.discard = AVDISCARD_ALL
            let kind = av_get_media_type_string(type).map { String(cString: $0) } ?? "other"
            let name = String(cString: avcodec_get_name(parameters.pointee.codec_id))
            // Bounded: a source that makes up streams all the time.
            if ignoredStreams.count < 8 { ignoredStreams.append("\(kind)/\(name)") }
        }
    }

    private static func audioTrack(_ parameters: UnsafeMutablePointer<AVCodecParameters>) -> AudioTrack? {
        let kind: AudioFraming.Kind
        switch parameters.pointee.codec_id {
        case AV_CODEC_ID_PCM_ALAW: kind = .g711(.alaw)
        case AV_CODEC_ID_PCM_MULAW: kind = .g711(.ulaw)
        case AV_CODEC_ID_AAC: kind = .aac
        case AV_CODEC_ID_OPUS: kind = .opus
        // MPEG-TS and RTP name every layer by one number.
        case AV_CODEC_ID_MP2, AV_CODEC_ID_MP3: kind = .mpeg
        default: return nil
        }
        return AudioTrack(
            kind: kind,
            sampleRate: Int(parameters.pointee.sample_rate),
            channels: Int(parameters.pointee.ch_layout.nb_channels),
            extradata: extradata(parameters)
        )
    }

    private static func extradata(_ parameters: UnsafeMutablePointer<AVCodecParameters>) -> [UInt8] {
        Array(UnsafeBufferPointer(start: parameters.pointee.extradata, count: Int(parameters.pointee.extradata_size)))
    }

    /// MPEG-TS may say that a stream goes on with another codec.
    private func followCodec() {
        guard let parameters = stream.pointee.codecpar else { return }
        let current = Self.codec(parameters.pointee.codec_id)
        if current != codec {
            codec = current
            extradata = Self.extradata(parameters)
        }
    }

    /// From the latest RTCP sender report; libavformat forgets the wrap of 32-bit RTP times there, which the connection's
    /// first report tells.
    private func cameraTime(_ packet: UnsafeMutablePointer<AVPacket>, pts: Int64, base: AVRational) -> Int64? {
        var size = 0
        guard let data = av_packet_get_side_data(packet, AV_PKT_DATA_PRFT, &size),
            size >= MemoryLayout<AVProducerReferenceTime>.size
        else { return nil }
        var reported = AVProducerReferenceTime()
        withUnsafeMutableBytes(of: &reported) {
            $0.copyBytes(from: UnsafeRawBufferPointer(start: data, count: MemoryLayout<AVProducerReferenceTime>.size))
        }
        var time = reported.wallclock
        let none = gw_nopts()
        if let start = context?.pointee.start_time_realtime, start != none, pts != none {
            let expected = start + av_rescale_q(pts, base, gw_time_base_q())
            if (expected - time).magnitude > Self.rtpWrap - 60_000_000,
                (expected - time).magnitude < Self.rtpWrap + 60_000_000
            {
                time = expected
            }
        }
        return time >= Self.earliestCameraTime ? time : nil
    }

    /// 2^32 ticks of 90 kHz, in microseconds.
    private static let rtpWrap: UInt64 = 47_721_858_844
    /// 2000-01-01: a camera without a clock of its own reports zero, or the time since it was switched on.
    private static let earliestCameraTime: Int64 = 946_684_800_000_000

    private static func codec(_ id: AVCodecID) -> VideoCodec {
        switch id {
        case AV_CODEC_ID_H264: .h264
        case AV_CODEC_ID_HEVC: .hevc
        case AV_CODEC_ID_MPEG4: .mpeg4
        case AV_CODEC_ID_MJPEG: .mjpeg
        default: .other
        }
    }

    /// Reads until a packet of a chosen stream has come.
    func read(opening: Bool) throws(MediaError) -> RawResult {
        guard let context, let packet else { return .end }
        let ticks = AVRational(num: 1, den: 90_000)
        while true {
            av_packet_unref(packet)
            let code = av_read_frame(context, packet)
            if code == gw_averror_eof(), isFile { return .end }
            if code == gw_averror(EAGAIN), !cancellation.shouldStop {
                // Nothing there yet although the call is a blocking one: without a pause this could spin.
                usleep(Self.pauseMicroseconds)
                continue
            }
            guard code >= 0 else {
                let action = "reading \(address.redacted)"
                throw MediaError(avCode: code, action: action, opening: opening, cancellation: cancellation)
            }
            if knownStreams < Int(context.pointee.nb_streams) { lookAtStreams(context) }
            guard packet.pointee.size > 0 else { continue }
            let index = packet.pointee.stream_index
            let isAudio = index == audioStream?.pointee.index
            guard isAudio || index == stream.pointee.index else { continue }
            if !isAudio { followCodec() }
            let base = isAudio ? audioStream?.pointee.time_base ?? ticks : stream.pointee.time_base
            let none = gw_nopts()
            let (pts, dts) = (packet.pointee.pts, packet.pointee.dts)
            return .packet(
                RawPacket(
                    bytes: UnsafeBufferPointer(start: packet.pointee.data, count: Int(packet.pointee.size)),
                    pts: pts == none ? nil : av_rescale_q(pts, base, ticks),
                    dts: dts == none ? nil : av_rescale_q(dts, base, ticks),
                    duration: packet.pointee.duration > 0 ? av_rescale_q(packet.pointee.duration, base, ticks) : 0,
                    isKey: packet.pointee.flags & AV_PKT_FLAG_KEY != 0,
                    isAudio: isAudio,
                    cameraTime: isFile || isAudio ? nil : cameraTime(packet, pts: pts, base: base),
                    position: packet.pointee.pos >= 0 ? packet.pointee.pos : nil
                )
            )
        }
    }
}
