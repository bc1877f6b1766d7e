/// One sender's packets put in order (RFC 3550 Appendix A.1): duplicates dropped, losses counted, restarts noticed.
///
/// Over UDP a packet that is ahead waits for the missing ones, for so many packets and so long; over TCP nothing can
/// overtake, and what is missing was never sent.
struct RTPReceiver: Sendable {
    /// A sequence number that is further ahead is no loss but another beginning.
    private static let mostAhead = 3000
    /// A sequence number that is less far behind is late or a duplicate.
    private static let mostBehind = 100

    /// A packet that doesn't belong to the stream; if the next one follows it, it begins a new one.
    private struct Stranger: Sendable {
        var ssrc: UInt32
        var sequence: UInt16
        var arrivedAt: Int64
    }

    private let settings: TrackReceiver.Settings
    private let payloadType: UInt8?
    private var window: ReorderWindow?
    private var nextSequence: UInt16 = 0
    private var stranger: Stranger?
    private var strangerBytes: [UInt8] = []
    private var isRestart = false

    private(set) var ssrc: UInt32?
    private(set) var jitter: Jitter
    private(set) var timestamps = TimestampUnwrapper()
    private(set) var counts = TrackReceiver.Counts()
    /// Since the sender began, and its first and highest number: for receiver reports.
    private(set) var received: UInt32 = 0
    private(set) var expected: UInt32 = 0
    private var firstSequence: UInt16 = 0

    init(_ settings: TrackReceiver.Settings, payloadType: UInt8?, clockRate: Int) {
        self.settings = settings
        self.payloadType = payloadType
        jitter = Jitter(clockRate: clockRate)
        if settings.isDatagram { window = ReorderWindow(packets: settings.reorderPackets) }
    }

    /// The highest number that was reached, with the count of wraps above it (RFC 3550 §6.4.1).
    var highestSequence: UInt32 { UInt32(firstSequence) &+ expected &- 1 }

    mutating func receive(_ bytes: Span<UInt8>, at now: Int64, into sink: inout some RTPSink) {
        guard let packet = RTPPacket(bytes), payloadType.map({ $0 == packet.payloadType }) ?? true else {
            counts.malformed += 1
            return
        }
        guard let ssrc else {
            begin(packet)
            deliver(packet, bytes, lost: 0, at: now, into: &sink)
            return
        }
        let ahead = Int(Int16(bitPattern: packet.sequence &- nextSequence))
        guard packet.ssrc == ssrc, ahead < Self.mostAhead, ahead > -Self.mostBehind else {
            strange(packet, bytes, at: now, into: &sink)
            return
        }
        stranger = nil
        if ahead < 0 {
            counts.duplicates += 1
        } else if ahead == 0 {
            deliver(packet, bytes, lost: 0, at: now, into: &sink)
            if window?.count ?? 0 > 0 { drain(into: &sink) }
        } else if window != nil {
            wait(packet, bytes, at: now, into: &sink)
        } else {
            deliver(packet, bytes, lost: ahead, at: now, into: &sink)
        }
    }

    /// Packets that have waited long enough go on without the missing ones.
    mutating func tick(at now: Int64, into sink: inout some RTPSink) {
        while let first = window?.first(from: nextSequence), now &- first.arrivedAt >= settings.reorderWait {
            skip(first.distance, into: &sink)
        }
    }

    /// All packets that wait go on.
    mutating func finish(into sink: inout some RTPSink) {
        while let first = window?.first(from: nextSequence) { skip(first.distance, into: &sink) }
    }

    // MARK: - Order

    private mutating func begin(_ packet: RTPPacket) {
        ssrc = packet.ssrc
        nextSequence = packet.sequence
        firstSequence = packet.sequence
        (received, expected) = (0, 0)
    }

    private mutating func deliver(
        _ packet: RTPPacket,
        _ bytes: Span<UInt8>,
        lost: Int,
        at now: Int64,
        into sink: inout some RTPSink
    ) {
        nextSequence = packet.sequence &+ 1
        counts.packets &+= 1
        counts.bytes &+= bytes.count
        counts.lost &+= lost
        received &+= 1
        expected &+= 1 &+ UInt32(truncatingIfNeeded: lost)
        jitter.packet(timestamp: packet.timestamp, at: now)
        sink.take(
            packet,
            payload: bytes.extracting(packet.payload),
            timestamp: timestamps.unwrap(packet.timestamp),
            lost: lost,
            isRestart: isRestart,
            at: now
        )
        isRestart = false
    }

    /// Keeps a packet that is ahead; makes room by giving up the missing ones before it.
    private mutating func wait(
        _ packet: RTPPacket,
        _ bytes: Span<UInt8>,
        at now: Int64,
        into sink: inout some RTPSink
    ) {
        tick(at: now, into: &sink)
        // What has just gone on may have been this very packet, sent twice.
        var ahead = Int(Int16(bitPattern: packet.sequence &- nextSequence))
        let size = window?.size ?? 0
        while ahead >= size, let first = window?.first(from: nextSequence) {
            skip(first.distance, into: &sink)
            ahead = Int(Int16(bitPattern: packet.sequence &- nextSequence))
        }
        guard ahead >= 0 else {
            counts.duplicates += 1
            return
        }
        if ahead == 0 || ahead >= size {
            deliver(packet, bytes, lost: ahead, at: now, into: &sink)
            drain(into: &sink)
        } else if window?.holds(packet.sequence) ?? false {
            counts.duplicates += 1
        } else {
            counts.reordered += 1
            window?.insert(bytes, packet.sequence, at: now)
        }
    }

    /// Gives up `missing` packets and goes on with what is held behind them.
    private mutating func skip(_ missing: Int, into sink: inout some RTPSink) {
        let sequence = nextSequence &+ UInt16(truncatingIfNeeded: missing)
        hand(sequence, lost: missing, into: &sink)
        drain(into: &sink)
    }

    private mutating func drain(into sink: inout some RTPSink) {
        while window?.count ?? 0 > 0, hand(nextSequence, lost: 0, into: &sink) {}
    }

    @discardableResult
    private mutating func hand(_ sequence: UInt16, lost: Int, into sink: inout some RTPSink) -> Bool {
        guard let (bytes, arrivedAt) = window?.take(sequence) else { return false }
        if let packet = RTPPacket(bytes.span) {
            deliver(packet, bytes.span, lost: lost, at: arrivedAt, into: &sink)
        }
        window?.giveBack(bytes, sequence)
        return true
    }

    /// A packet of another sender, or far from where this one was. Two in a row that follow each other, with none of the
    /// stream between them, are a new beginning; one alone is a stray.
    private mutating func strange(
        _ packet: RTPPacket,
        _ bytes: Span<UInt8>,
        at now: Int64,
        into sink: inout some RTPSink
    ) {
        let isAnnounced = packet.ssrc != ssrc && packet.ssrc == settings.senderSSRC
        let follows = stranger.map { $0.ssrc == packet.ssrc && $0.sequence &+ 1 == packet.sequence } ?? false
        guard isAnnounced || follows else {
            if stranger != nil { counts.malformed += 1 }
            stranger = Stranger(ssrc: packet.ssrc, sequence: packet.sequence, arrivedAt: now)
            strangerBytes.removeAll(keepingCapacity: true)
            strangerBytes.append(bytes)
            return
        }
        finish(into: &sink)
        counts.restarts += 1
        isRestart = true
        timestamps.forget()
        jitter.restart()
        if follows, let stranger, let first = RTPPacket(strangerBytes.span) {
            begin(first)
            let kept = strangerBytes
            deliver(first, kept.span, lost: 0, at: stranger.arrivedAt, into: &sink)
        } else {
            begin(packet)
        }
        stranger = nil
        deliver(packet, bytes, lost: 0, at: now, into: &sink)
    }
}
