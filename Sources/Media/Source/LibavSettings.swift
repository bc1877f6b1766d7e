import Domain

/// What libavformat is told when a source is opened (ffmpeg-protocols(1), ffmpeg-formats(1)), by kind of source.
enum LibavSettings {
    /// Containers that are read, and none of those that lead to other files or devices.
    private static let formats =
        "rtsp,rtp,sdp,flv,live_flv,hls,mpegts,mov,mp4,m4a,matroska,webm,avi,mpeg,mpjpeg,jpeg_pipe,mjpeg,h264,hevc,m4v,aac,mp3"

    static func settings(for source: SourceURL, _ options: DemuxerOptions) -> [(String, String)] {
        if source.scheme == .file {
            // Every packet of the file counts, whatever its edit list would show.
            return [
                ("protocol_whitelist", "file"), ("format_whitelist", formats), ("ignore_editlist", "1"),
                ("probesize", "1000000"),
            ]
        }
        let timeout = max(options.connectTimeout, options.readTimeout)
        let microseconds = String(timeout.components.seconds * 1_000_000 + 1)
        var settings = [
            ("format_whitelist", formats), ("protocol_whitelist", protocols(of: source.scheme)),
            ("fflags", "nobuffer"), ("probesize", "500000"), ("analyzeduration", "1000000"),
        ]
        switch source.scheme {
        case .file:
            break
        case .rtsp, .rtsps:
            settings += transport(options.source.transport)
            settings += [
                ("allowed_media_types", options.takesAudio ? "video+audio" : "video"), ("timeout", microseconds),
                // UDP: room for the packets of a key frame that come at once.
                ("buffer_size", "2097152"),
            ]
        case .rtmp, .rtmps:
            settings += [("rtmp_live", "live"), ("rtmp_buffer", "500")]
        case .http, .https:
            settings += [
                ("rw_timeout", microseconds), ("multiple_requests", "0"),
                // HLS: from the last segment but one on, and no playlist that never changes for ever.
                ("live_start_index", "-2"), ("m3u8_hold_counters", "20"), ("max_reload", "20"),
            ]
        case .udp:
            settings += [
                ("timeout", microseconds), ("fifo_size", "14000"), ("overrun_nonfatal", "1"),
                ("buffer_size", "2097152"),
            ]
        }
        if let agent = options.source.userAgent { settings.append(("user_agent", agent)) }
        if let referer = options.source.referer { settings.append(("referer", referer)) }
        if options.source.verifyTLS { settings += verification }
        return settings
    }

    private static let verification = [("tls_verify", "1"), ("ca_file", "/etc/ssl/certs/ca-certificates.crt")]

    /// For a TLS connection alone.
    static func tls(host: String, verifies: Bool) -> [(String, String)] {
        verifies ? verification + [("verifyhost", host)] : []
    }

    /// What a source may open on its way: never a file, whatever a playlist names.
    private static func protocols(of scheme: SourceURL.Scheme) -> String {
        switch scheme {
        case .file: "file"
        case .rtsp, .rtsps: "rtsp,rtsps,rtp,srtp,udp,tcp,tls,http,https"
        case .rtmp, .rtmps: "rtmp,rtmps,rtmpt,rtmpts,tcp,tls,http,https"
        case .http, .https: "http,https,tcp,tls,crypto"
        case .udp: "udp"
        }
    }

    private static func transport(_ transport: SourceTransport) -> [(String, String)] {
        switch transport {
        // libavformat goes on to UDP where the server refuses TCP (RFC 2326 §11.3.14: 461).
        case .auto, .libav: [("rtsp_transport", "tcp+udp"), ("rtsp_flags", "prefer_tcp")]
        case .tcp: [("rtsp_transport", "tcp")]
        case .udp: [("rtsp_transport", "udp")]
        case .http: [("rtsp_transport", "http")]
        case .multicast: [("rtsp_transport", "udp_multicast")]
        }
    }
}
