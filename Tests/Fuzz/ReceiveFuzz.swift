@testable import RTSP

/// The receive path's parsers, each with the promises that it must keep on any bytes.
enum ReceiveFuzz: UInt8, CaseIterable {
    case description
    case connection
    case session
    case rtp
    case rtcp
    case h264
    case h265
    case aac

    func run(_ input: [UInt8]) {
        switch self {
        case .description: Self.describe(input)
        case .connection: Self.read(input)
        case .session: Self.lead(input)
        case .rtp: Self.order(input)
        case .rtcp: Self.report(input)
        case .h264: Self.put(input, Self.video[0])
        case .h265: Self.put(input, Self.video[1 + Int((input.first ?? 0) & 1)])
        case .aac: Self.put(input, Self.sound[Int((input.first ?? 0) & 3)])
        }
    }

    private static let video = ["H264/90000", "H265/90000", "H265/90000\na=fmtp:96 sprop-max-don-diff=1"]
        .compactMap { media("m=video 0 RTP/AVP 96\na=rtpmap:96 " + $0) }
    private static let sound = [
        "mode=AAC-hbr", "mode=AAC-lbr", "constantsize=9;indexlength=0;indexdeltalength=0",
        "ctsdeltalength=9;dtsdeltalength=5;randomaccessindication=1;auxiliarydatasizelength=8",
    ].compactMap { media("m=audio 0 RTP/AVP 96\na=rtpmap:96 MPEG4-GENERIC/8000\na=fmtp:96 " + $0) }
    private static let g711 = media("m=audio 0 RTP/AVP 0")

    private static func media(_ text: String) -> MediaDescription? { SessionDescription(Array(text.utf8))?.media.first }

    private static func describe(_ input: [UInt8]) {
        guard let description = SessionDescription(input) else { return }
        precondition(!description.media.isEmpty && description.media.count <= 32)
        for media in description.media {
            precondition(media.clockRate > 0 && media.channels > 0)
            for nal in media.parameterSets { precondition(nal.count > 1 && nal.last != 0) }
            _ = TrackReceiver(media, TrackReceiver.Settings(isDatagram: true, ssrc: 1))
            _ = ControlURL.resolve(media.control, base: "rtsp://h/")
        }
    }

    /// The pieces must be the same, whether all bytes come at once or in pieces of a size that the first byte tells.
    private static func read(_ input: [UInt8]) {
        guard let first = input.first else { return }
        let bytes = Array(input.dropFirst())
        let whole = pieces(bytes, of: bytes.count)
        let split = pieces(bytes, of: Int(first & 31) + 1)
        precondition(whole == split)
    }

    private static func pieces(_ bytes: [UInt8], of size: Int) -> [[UInt8]] {
        var limits = RTSPStreamReader.Limits()
        (limits.head, limits.body, limits.garbage) = (256, 128, 300)
        var reader = RTSPStreamReader(limits: limits)
        reader.channels = [0, 1]
        var found: [[UInt8]] = []
        var (from, end) = (0, 0)
        while end < bytes.count {
            end = min(bytes.count, end + max(1, size))
            let buffer = bytes.span.extracting(from..<end)
            var at = 0
            reading: while true {
                switch reader.next(in: buffer, at: &at) {
                case .frame(let channel, let range):
                    found.append([channel] + bytes[from + range.lowerBound..<from + range.upperBound])
                case .message(let message):
                    found.append(Array("\(message.start) \(message.headers)".utf8) + message.body)
                case .needsMore: break reading
                case .failed(let fault): return found + [Array(fault.code.rawValue.utf8)]
                }
            }
            from += at
        }
        return found
    }

    private static func lead(_ input: [UInt8]) {
        guard let url = RTSPURL("rtsp://user:sesame@h/live"), let first = input.first else { return }
        var settings = RTSPSession.Settings(url: url, way: first & 1 == 0 ? .tcp : .udp)
        settings.seed = 1
        var session = RTSPSession(settings)
        var reader = RTSPStreamReader()
        var now = Duration.zero
        var at = 1
        var actions = session.start(now: now)
        var rounds = 0
        while rounds < 100 {
            rounds += 1
            var done = 0
            while done < actions.count {
                let action = actions[done]
                done += 1
                switch action {
                case .described: actions += session.choose([0, 1], now: now)
                case .openPorts(let track): actions += session.portsOpened(track: track, rtp: 2, rtcp: 3, now: now)
                case .connect: actions += session.start(now: now)
                case .failed(let fault): precondition(!fault.detail.contains("sesame"))
                case .send(let bytes): precondition(!bytes.contains(0) && bytes.count < 1 << 20)
                default: break
                }
            }
            switch reader.next(in: input.span, at: &at) {
            case .message(let message): actions = session.received(message, now: now)
            case .frame(let channel, let range):
                now += .seconds(Int(channel))
                actions = range.isEmpty ? session.stop(now: now) : session.tick(now: now)
            case .needsMore, .failed: return
            }
        }
    }

    /// Each packet is a length, a time and bytes.
    private static func packets(_ input: [UInt8], _ body: (ArraySlice<UInt8>, Int64) -> Void) {
        var at = 1
        var now: Int64 = 0
        while at + 2 < input.count {
            now += Int64(input[at + 1]) * 1_000_000
            let end = min(input.count, at + 2 + Int(input[at]))
            body(input[at + 2..<end], now)
            at = end
        }
    }

    private static func order(_ input: [UInt8]) {
        struct Kept: RTPSink {
            var last: Int64?
            var packets = 0
            var lost = 0
            mutating func take(
                _ packet: RTPPacket,
                payload: Span<UInt8>,
                timestamp: Int64,
                lost: Int,
                isRestart: Bool,
                at now: Int64
            ) {
                precondition(lost >= 0 && lost < 65_536 && payload.count <= 255)
                packets += 1
                self.lost += lost
            }
        }
        var settings = TrackReceiver.Settings(isDatagram: (input.first ?? 0) & 1 == 1, ssrc: 1)
        settings.reorderPackets = 16
        var receiver = RTPReceiver(settings, payloadType: nil, clockRate: 90_000)
        var kept = Kept()
        var given = 0
        packets(input) { bytes, now in
            given += 1
            receiver.receive(bytes.span, at: now, into: &kept)
            receiver.tick(at: now, into: &kept)
        }
        receiver.finish(into: &kept)
        precondition(kept.packets <= given && kept.lost == receiver.counts.lost)
        precondition(kept.packets == receiver.counts.packets)
    }

    private static func report(_ input: [UInt8]) {
        guard let media = g711,
            var receiver = TrackReceiver(media, TrackReceiver.Settings(isDatagram: true, ssrc: 1))
        else { return }
        packets(input) { bytes, now in
            receiver.either(bytes.span, at: now)
            while let unit = receiver.next() { _ = receiver.wallMicroseconds(of: unit.timestamp) }
            guard let report = receiver.report(at: now) else { return }
            let read = RTCPPacket(report.span)
            precondition(read.packets == 2 && !read.isTruncated)
        }
    }

    /// Payloads behind headers that are right, but for a bit here and there: every unit is a list of NAL units.
    private static func put(_ input: [UInt8], _ media: MediaDescription) {
        guard var receiver = TrackReceiver(media, TrackReceiver.Settings(isDatagram: false, ssrc: 1)) else { return }
        var sequence: UInt16 = 65_530
        var timestamp: UInt32 = 0
        var given = 0
        func check(_ unit: AccessUnit) {
            precondition(!unit.bytes.isEmpty && unit.bytes.count <= given * 3 + 8)
            guard media.kind == .video else { return }
            var at = 0
            while at < unit.bytes.count {
                precondition(at + 4 < unit.bytes.count)
                let size = Int(unit.bytes.span.u32(at))
                precondition(size > 0 && at + 4 + size <= unit.bytes.count && unit.bytes[at + 3 + size] != 0)
                at += 4 + size
            }
        }
        packets(input) { bytes, now in
            // The time's byte says what the header is like.
            let flags = UInt8(truncatingIfNeeded: now / 1_000_000)
            sequence &+= flags & 0x0F == 0x0F ? 2 : 1
            if flags & 0x10 != 0 { timestamp &+= 3600 }
            var packet: [UInt8] = [0x80, 96 | (flags & 0x20 != 0 ? 0x80 : 0)]
            packet.append(u16: sequence)
            packet.append(u32: timestamp)
            packet.append(u32: flags & 0xC0 == 0xC0 ? 2 : 1)
            packet += bytes
            given += packet.count
            receiver.rtp(packet.span, at: now)
            if flags & 0x4F == 0x40 { receiver.tick(at: now + 2_000_000_000) }
            while let unit = receiver.next() { check(unit) }
        }
        receiver.finish(at: 0)
        while let unit = receiver.next() { check(unit) }
        let counts = receiver.counts
        precondition(counts.damagedUnits <= counts.units)
    }
}
