import Domain
import Media
import RTSP

/// A camera's stream over RTSP, received by ourselves: H.264 or H.265, and G.711 or AAC where sound is wanted.
///
/// What libavformat does is done by `RTSPConversation` and `TrackReceiver`; times, sound and parameters are made of it by
/// the same `StreamAssembly`. One thread at a time uses it; its calls block.
final class RTSPSource: PacketSource {
    var info: StreamInfo { assembly.info }
    let arrivalCounts = true

    private let name: String
    private let conversation: RTSPConversation
    private let cancellation: Cancellation
    private let clock = SystemClock()
    private var readTimeout: Duration
    private var assembly: StreamAssembly
    private var tracks: ReceivedTracks
    /// Time spent waiting since the last picture: sound or reports alone are no sign of life.
    private var waited: Duration = .zero
    private var pictureAt: Duration

    /// After a goodbye (RTCP BYE) so long without a picture is the end: some cameras say it and go on.
    private static let afterGoodbye = Duration.seconds(1)

    /// Plays the chosen tracks and reads as far as the stream's parameters.
    ///
    /// - Throws: what keeps the source from being read; `cancelled` after `Cancellation.cancel()`.
    init(
        _ conversation: RTSPConversation,
        playing choice: TrackChoice,
        of description: SessionDescription,
        way: RTSPSession.Way,
        name: String,
        options: DemuxerOptions,
        cancellation: Cancellation
    ) throws(MediaError) {
        self.name = name
        self.conversation = conversation
        self.cancellation = cancellation
        readTimeout = options.readTimeout
        pictureAt = clock.monotonic()
        guard let tracks = ReceivedTracks(choice, of: description, isDatagram: way == .udp) else {
            throw MediaError(.unsupported, "opening \(name): what it describes can't be put together")
        }
        self.tracks = tracks
        let video = description.media[choice.video]
        assembly = StreamAssembly(
            codec: video.codec == .h265 ? .hevc : .h264,
            width: video.width ?? 0,
            height: video.height ?? 0,
            extradata: video.parameterSets.flatMap { [0, 0, 0, 1] + $0 },
            frameRate: video.frameRate,
            hasDecodingTimes: false,
            isFile: false,
            sound: choice.sound.flatMap { Self.soundTrack(description.media[$0]) },
            ignoredStreams: choice.ignored
        )
        try play(choice)
        while assembly.needsMore {
            guard assembly.hold(try read()) else {
                throw MediaError(.notAStream, "\(name): no parameter sets in the first packets")
            }
        }
        assembly.opened()
    }

    deinit { conversation.end() }

    func next() throws(MediaError) -> ReadResult {
        if let pending = assembly.pending() { return pending }
        let began = clock.monotonic()
        cancellation.setDeadline(monotonic: began + readTimeout - waited)
        defer { cancellation.setDeadline(monotonic: nil) }
        let packet = try read()
        if packet.track == .video { waited = .zero } else { waited += clock.monotonic() - began }
        return assembly.result(packet)
    }

    func setReadTimeout(_ timeout: Duration) { readTimeout = timeout }

    var losses: ReceptionLosses {
        var losses = ReceptionLosses()
        losses.packets = tracks.lostPackets
        losses.damagedPictures = assembly.damagedPictures
        return losses
    }

    private func play(_ choice: TrackChoice) throws(MediaError) {
        let playing = try conversation.play([choice.video] + (choice.sound.map { [$0] } ?? [])) { channel, bytes, now in
            // The answer may come behind the first packets: what SETUP said is enough to take them.
            tracks.begin(conversation.setUp)
            tracks.take(channel: channel, bytes, at: now)
        }
        tracks.begin(playing)
    }

    /// One access unit or frame of sound, timed.
    private func read() throws(MediaError) -> Packet {
        while true {
            if let packet = assembly.next() { return packet }
            while let unit = tracks.nextSound() {
                unit.bytes.withUnsafeBufferPointer { assembly.takeSound($0, at: unit.time) }
            }
            while var unit = tracks.nextPicture() {
                if let packet = try take(&unit) { return packet }
            }
            if let packet = assembly.next() { return packet }
            try conversation.read(collecting: tracks.wait) { channel, bytes, now in
                tracks.take(channel: channel, bytes, at: now)
            }
            let now = clock.monotonic()
            tracks.takeDatagrams(conversation.ports, at: now)
            for (track, report) in tracks.reports(at: now) { try conversation.report(report, about: track) }
            if tracks.hasEnded, now - pictureAt >= Self.afterGoodbye {
                throw MediaError(.closed, "reading \(name): the camera said goodbye")
            }
        }
    }

    /// Takes the unit's bytes out of it, so that nobody else holds them and they are changed in place.
    private func take(_ unit: inout AccessUnit) throws(MediaError) -> Packet? {
        pictureAt = clock.monotonic()
        let facts = StreamAssembly.UnitFacts(
            pts: unit.timestamp,
            cameraTime: tracks.cameraTime(of: unit.timestamp),
            arrival: MediaTime.ticks(microseconds: unit.arrivedAt / 1000),
            damage: unit.isDamaged ? .within : unit.packetsLost > 0 ? .before : .none
        )
        var bytes: [UInt8] = []
        swap(&bytes, &unit.bytes)
        switch assembly.takePicture(units: consume bytes, facts) {
        case .packet(let packet): return packet
        case .nothing: return nil
        case .otherCodec:
            throw MediaError(.invalidData, "reading \(name): the stream goes on with another codec than it says")
        }
    }

    private static func soundTrack(_ media: MediaDescription) -> AudioTrack? {
        switch media.codec {
        case .pcma: .g711(.alaw, sampleRate: media.clockRate, channels: media.channels)
        case .pcmu: .g711(.ulaw, sampleRate: media.clockRate, channels: media.channels)
        case .aac: .aac(media.aac?.config ?? [], sampleRate: media.clockRate, channels: media.channels)
        case .h264, .h265, .other: nil
        }
    }
}
