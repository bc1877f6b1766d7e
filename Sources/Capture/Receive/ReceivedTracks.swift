import Domain
import Media
import RTSP

/// The tracks of one session that are received: packets in, access units out, in the order in which they can be used.
struct ReceivedTracks {
    /// A frame of sound. Its time lies on the pictures' clock, in ticks of 90 kHz; nil where nothing says it.
    struct SoundUnit {
        var bytes: [UInt8]
        var time: Int64?
    }

    private var video: TrackReceiver
    private var sound: TrackReceiver?
    private let videoIndex: Int
    private let soundIndex: Int?
    private let soundRate: Int
    /// As SETUP and PLAY agreed on them.
    private var videoTrack: RTSPSession.Track?
    private var soundTrack: RTSPSession.Track?
    private var placement: SoundPlacement
    /// The latest picture.
    private var picture: SoundPlacement.Unit?
    private var pace = ReceivePace()
    private let isDatagram: Bool
    private let datagrams: DatagramReader?
    private var reportsReadAt = Duration.zero
    private var reportedAt = Duration.zero

    /// How often it is asked for a receiver report, and the ports of RTCP are read.
    private static let reportPeriod = Duration.seconds(1)
    /// So many frames of sound wait for the first picture; of more the oldest are dropped.
    private static let mostEarlySound = 512
    private static let reportReadPeriod = Duration.milliseconds(200)
    /// 2000-01-01: a camera without a clock of its own reports zero, or the time since it was switched on.
    private static let earliestCameraTime: Int64 = 946_684_800_000_000

    /// nil where the pictures can't be put together.
    init?(_ choice: TrackChoice, of description: SessionDescription, isDatagram: Bool) {
        var settings = TrackReceiver.Settings(isDatagram: isDatagram, ssrc: .random(in: 1 ... .max))
        guard let video = TrackReceiver(description.media[choice.video], settings) else { return nil }
        self.video = video
        videoIndex = choice.video
        soundIndex = choice.sound
        settings.ssrc &+= 1
        sound = choice.sound.flatMap { TrackReceiver(description.media[$0], settings) }
        soundRate = choice.sound.map { description.media[$0].clockRate } ?? 8000
        placement = SoundPlacement(rate: soundRate, firsts: nil)
        self.isDatagram = isDatagram
        datagrams = isDatagram ? DatagramReader() : nil
    }

    /// Takes over what the session has agreed on.
    mutating func begin(_ tracks: [RTSPSession.Track]) {
        for track in tracks {
            if track.index == videoIndex { videoTrack = track }
            if track.index == soundIndex { soundTrack = track }
        }
        if let one = videoTrack?.firstTimestamp, let other = soundTrack?.firstTimestamp {
            placement = SoundPlacement(rate: soundRate, firsts: (one, other))
        }
    }

    /// Takes an interleaved packet; those of unknown channels are nobody's.
    mutating func take(channel: UInt8, _ bytes: Span<UInt8>, at now: Duration) {
        guard !isDatagram else { return }
        if let track = videoTrack {
            if channel == track.rtpChannel { return video.rtp(bytes, at: now.nanoseconds) }
            if channel == track.rtcpChannel { return video.rtcp(bytes, at: now.nanoseconds) }
        }
        if let track = soundTrack {
            if channel == track.rtpChannel { sound?.rtp(bytes, at: now.nanoseconds) }
            if channel == track.rtcpChannel { sound?.rtcp(bytes, at: now.nanoseconds) }
        }
    }

    /// Takes what has come on the tracks' UDP ports.
    mutating func takeDatagrams(_ ports: [Int: DatagramPair], at now: Duration) {
        guard let datagrams else { return }
        let time = now.nanoseconds
        let readsReports = now - reportsReadAt >= Self.reportReadPeriod
        if readsReports { reportsReadAt = now }
        if let pair = ports[videoIndex] {
            pair.receive(datagrams, packet: { video.rtp($0, at: time) })
            if readsReports { pair.receive(datagrams, report: { video.rtcp($0, at: time) }) }
            video.tick(at: time)
        }
        if let soundIndex, let pair = ports[soundIndex] {
            pair.receive(datagrams, packet: { sound?.rtp($0, at: time) })
            if readsReports { pair.receive(datagrams, report: { sound?.rtcp($0, at: time) }) }
            sound?.tick(at: time)
        }
    }

    /// The next picture that is whole.
    mutating func nextPicture() -> AccessUnit? {
        guard let unit = video.next() else { return nil }
        pace.picture(unit.timestamp)
        picture = SoundPlacement.Unit(
            timestamp: unit.timestamp,
            wall: video.wallMicroseconds(of: unit.timestamp),
            arrivedAt: unit.arrivedAt
        )
        return unit
    }

    /// The next frame of sound. What comes before the first picture waits for it: there is no line yet to lie on.
    mutating func nextSound() -> SoundUnit? {
        guard picture != nil else {
            while (sound?.waiting ?? 0) > Self.mostEarlySound { _ = sound?.next() }
            return nil
        }
        guard let unit = sound?.next() else { return nil }
        let own = SoundPlacement.Unit(
            timestamp: unit.timestamp,
            wall: sound?.wallMicroseconds(of: unit.timestamp),
            arrivedAt: unit.arrivedAt
        )
        return SoundUnit(bytes: unit.bytes, time: placement.place(own, picture: picture))
    }

    /// How long what comes next may be collected, once all pictures that are whole have been taken.
    var wait: Duration { pace.wait(isBetween: !video.hasBegunUnit) }

    /// What the camera's clock showed at a picture.
    func cameraTime(of timestamp: Int64) -> WallTime? {
        guard let time = video.wallMicroseconds(of: timestamp), time >= Self.earliestCameraTime else { return nil }
        return WallTime(microseconds: time)
    }

    /// Receiver reports that are due, with the tracks that they are about.
    mutating func reports(at now: Duration) -> [(track: RTSPSession.Track, bytes: [UInt8])] {
        guard now - reportedAt >= Self.reportPeriod else { return [] }
        reportedAt = now
        var due: [(track: RTSPSession.Track, bytes: [UInt8])] = []
        if let videoTrack, let bytes = video.report(at: now.nanoseconds) { due.append((videoTrack, bytes)) }
        if let soundTrack, let bytes = sound?.report(at: now.nanoseconds) { due.append((soundTrack, bytes)) }
        return due
    }

    /// RTP packets of the pictures that never came.
    var lostPackets: Int { video.counts.lost }

    /// The camera said that no more pictures come.
    var hasEnded: Bool { video.hasEnded }
}

extension Duration {
    /// Whole nanoseconds, rounded towards zero; meant for times of the monotonic clock.
    fileprivate var nanoseconds: Int64 {
        let parts = components
        return parts.seconds &* 1_000_000_000 &+ parts.attoseconds / 1_000_000_000
    }
}
