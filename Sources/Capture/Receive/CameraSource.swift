import Domain
import Media
import RTSP

/// Opens a camera's source in the way that suits it: RTSP with H.264 or H.265 is received by ourselves, everything else
/// by libavformat. Recording and probing choose alike.
enum CameraSource {
    /// Opens `url`; a change of the way counts as the same attempt, within the same time.
    ///
    /// - Throws: what keeps the source from being read; `cancelled` after `Cancellation.cancel()`.
    static func open(
        _ url: String,
        _ options: DemuxerOptions,
        _ cancellation: Cancellation
    ) throws(MediaError) -> any PacketSource {
        guard let address = RTSPURL(url), let way = firstWay(options.source.transport, of: address) else {
            return try demuxer(url, options, cancellation)
        }
        let clock = SystemClock()
        let end = clock.monotonic() + options.connectTimeout
        cancellation.setDeadline(monotonic: end)
        defer { cancellation.setDeadline(monotonic: nil) }
        let name = try SourceAddress(url).redacted
        var attempt = Attempt(way: way, takesAudio: options.takesAudio)
        while true {
            let opened = try open(address, &attempt, name, options, cancellation)
            if let source = opened { return source }
            if attempt.isLibavs {
                var rest = options
                rest.connectTimeout = max(.seconds(1), end - clock.monotonic())
                return try demuxer(url, rest, cancellation)
            }
        }
    }

    private static func demuxer(
        _ url: String,
        _ options: DemuxerOptions,
        _ cancellation: Cancellation
    ) throws(MediaError) -> Demuxer {
        if options.source.verifyTLS, let address = RTSPURL(url), address.isEncrypted {
            let name = try SourceAddress(url).redacted
            throw MediaError(
                .unsupported,
                "opening \(name): it needs libavformat, which can't check the certificate; leave verifyTLS out"
            )
        }
        return try Demuxer(opening: url, options: options, cancellation: cancellation)
    }

    /// How it is asked.
    private struct Attempt {
        var way: RTSPSession.Way
        var takesAudio: Bool
        /// What it describes is for libavformat.
        var isLibavs = false
    }

    /// nil where the source is libavformat's from the beginning.
    private static func firstWay(_ transport: SourceTransport, of url: RTSPURL) -> RTSPSession.Way? {
        switch transport {
        case .auto, .tcp: .tcp
        // Datagrams beside an encrypted connection would be open to everybody.
        case .udp: url.isEncrypted ? .tcp : .udp
        case .http, .multicast, .libav: nil
        }
    }

    /// One session; nil when it is worth another one, as `attempt` says then.
    private static func open(
        _ url: RTSPURL,
        _ attempt: inout Attempt,
        _ name: String,
        _ options: DemuxerOptions,
        _ cancellation: Cancellation
    ) throws(MediaError) -> RTSPSource? {
        let conversation = try RTSPConversation(
            url,
            way: attempt.way,
            name: name,
            options: options.source,
            cancellation: cancellation
        )
        let description = try conversation.describe()
        let choice: TrackChoice
        switch TrackChoice.choose(from: description, takesAudio: attempt.takesAudio) {
        case .tracks(let tracks): choice = tracks
        case .noVideo: throw MediaError(.notAStream, "opening \(name): no video stream is there")
        case .libav:
            conversation.end()
            attempt.isLibavs = true
            return nil
        }
        do throws(MediaError) {
            return try RTSPSource(
                conversation,
                playing: choice,
                of: description,
                way: attempt.way,
                name: name,
                options: options,
                cancellation: cancellation
            )
        } catch {
            if choice.sound != nil, conversation.setUp.contains(where: { $0.index == choice.video }),
                ![.unauthorised, .refused, .timeout, .cancelled, .outOfMemory].contains(error.code)
            {
                // A camera that refuses the set-up of its own sound.
                attempt.takesAudio = false
                return nil
            }
            if conversation.fault?.code == .unsupportedTransport, attempt.way == .tcp, !url.isEncrypted,
                options.source.transport == .auto
            {
                attempt.way = .udp
                return nil
            }
            throw error
        }
    }
}
