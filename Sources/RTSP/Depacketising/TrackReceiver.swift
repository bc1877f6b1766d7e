/// All of one track's reception: RTP in, access units out; RTCP in and out. Pure.
///
/// Times are monotonic nanoseconds from any origin. In steady state it allocates once per access unit.
///
///     receiver.rtp(bytes.extracting(payload), at: now)
///     while let unit = receiver.next() { ... }
package struct TrackReceiver: Sendable {
    package struct Settings: Sendable {
        /// Packets may come out of order, twice or not at all (UDP).
        package var isDatagram: Bool
        /// Packets that are kept while one before them is missing.
        package var reorderPackets = 128
        /// How long, in nanoseconds, they are kept.
        package var reorderWait: Int64 = 60_000_000
        /// Our own SSRC in receiver reports.
        package var ssrc: UInt32
        /// The canonical name in receiver reports (RFC 3550 §6.5.1).
        package var name = "gridwatch"
        /// The sender's SSRC, where SETUP told it.
        package var senderSSRC: UInt32?

        package init(isDatagram: Bool, ssrc: UInt32) {
            self.isDatagram = isDatagram
            self.ssrc = ssrc
        }
    }

    package struct Counts: Sendable, Hashable {
        package var packets = 0
        package var bytes = 0
        /// Never came, or too late.
        package var lost = 0
        package var duplicates = 0
        package var reordered = 0
        /// No RTP, or of another payload type or stream.
        package var malformed = 0
        /// Payloads that the codec's format forbids or that are not supported.
        package var unusable = 0
        package var units = 0
        package var damagedUnits = 0
        /// The sender started over: SSRC or sequence jumped.
        package var restarts = 0
    }

    private static let firstReport: Int64 = 1_000_000_000
    private static let reportEvery: Int64 = 5_000_000_000

    private var receiver: RTPReceiver
    private var depacketiser: Depacketiser
    private var clock: SenderClock
    private var reports: ReceiverReport
    private var nextReport: Int64?
    private var restarts = 0

    /// The sender said goodbye (RFC 3550 §6.6), and nothing has come since.
    package private(set) var hasEnded = false

    /// nil where the track's codec is none that can be put together here.
    package init?(_ media: MediaDescription, _ settings: Settings) {
        guard let depacketiser = Depacketiser(media), media.clockRate > 0 else { return nil }
        self.depacketiser = depacketiser
        receiver = RTPReceiver(settings, payloadType: media.payloadType, clockRate: media.clockRate)
        clock = SenderClock(clockRate: media.clockRate)
        reports = ReceiverReport(ssrc: settings.ssrc, name: settings.name)
    }

    package var counts: Counts {
        var counts = receiver.counts
        let made = depacketiser.counts
        (counts.units, counts.damagedUnits, counts.unusable) = (made.units, made.damaged, made.unusable)
        return counts
    }

    /// Interarrival jitter in ticks (RFC 3550 §6.4.1).
    package var jitter: UInt32 { receiver.jitter.ticks }

    /// Takes one RTP packet.
    package mutating func rtp(_ bytes: Span<UInt8>, at now: Int64) {
        receiver.receive(bytes, at: now, into: &depacketiser)
        if nextReport == nil, receiver.ssrc != nil {
            nextReport = now &+ Self.firstReport
            clock.begin(receiver.timestamps)
        }
        if receiver.counts.restarts != restarts {
            restarts = receiver.counts.restarts
            clock.restart()
            reports.restart()
        }
        hasEnded = false
    }

    /// Takes one compound RTCP packet.
    package mutating func rtcp(_ bytes: Span<UInt8>, at now: Int64) {
        let packet = RTCPPacket(bytes)
        if let report = packet.senderReport { clock.take(report, receiver.timestamps, at: now) }
        if let ssrc = receiver.ssrc, packet.goodbyes.contains(ssrc) { hasEnded = true }
    }

    /// Takes a packet of which nobody said whether it is RTP or RTCP (RFC 5761 §4).
    package mutating func either(_ bytes: Span<UInt8>, at now: Int64) {
        RTCPPacket.isRTCP(bytes) ? rtcp(bytes, at: now) : rtp(bytes, at: now)
    }

    /// Units that are whole and have not been taken.
    package var waiting: Int { depacketiser.waiting }

    /// The next unit that is whole; nil where there is none yet.
    package mutating func next() -> AccessUnit? { depacketiser.next() }

    /// Something of a unit has come that is not whole yet.
    package var hasBegunUnit: Bool { depacketiser.hasBegunUnit }

    /// Time passes: packets that waited long enough for a missing one go on. Call it about every 20 ms over UDP, and
    /// about every second over TCP.
    package mutating func tick(at now: Int64) {
        receiver.tick(at: now, into: &depacketiser)
        depacketiser.tick(at: now)
    }

    /// The stream has ended: what has begun comes out too.
    package mutating func finish(at now: Int64) {
        receiver.finish(into: &depacketiser)
        depacketiser.finish()
    }

    /// A receiver report to send (RFC 3550 §6.4.2, with SDES), when it is time for one: every 5 s, and not before the
    /// first packet.
    package mutating func report(at now: Int64) -> [UInt8]? {
        guard let due = nextReport, now >= due else { return nil }
        nextReport = now &+ Self.reportEvery
        return reports.bytes(receiver, clock, at: now)
    }

    /// The camera's clock at a unit's timestamp, in microseconds since 1970; nil before the first sender report that
    /// makes sense.
    package func wallMicroseconds(of timestamp: Int64) -> Int64? { clock.microseconds(of: timestamp) }
}
