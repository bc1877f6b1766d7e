/// Builds receiver reports with their description (RFC 3550 §6.4.2 and §6.5).
struct ReceiverReport: Sendable {
    private let ssrc: UInt32
    private let name: [UInt8]
    private var lastExpected: UInt32 = 0
    private var lastReceived: UInt32 = 0

    init(ssrc: UInt32, name: String) {
        self.ssrc = ssrc
        self.name = Array(name.utf8.prefix(255))
    }

    mutating func restart() { (lastExpected, lastReceived) = (0, 0) }

    /// A compound packet: RR with one block, and SDES with CNAME.
    mutating func bytes(_ receiver: RTPReceiver, _ clock: SenderClock, at now: Int64) -> [UInt8]? {
        guard let sender = receiver.ssrc else { return nil }
        let expected = receiver.expected &- lastExpected
        let received = receiver.received &- lastReceived
        (lastExpected, lastReceived) = (receiver.expected, receiver.received)
        // RFC 3550 Appendix A.3; our counts leave duplicates out, so less than nothing is never lost.
        let lostNow = expected > received ? expected - received : 0
        let fraction = expected == 0 ? 0 : min(255, UInt64(lostNow) << 8 / UInt64(expected))
        let lost = min(receiver.expected &- receiver.received, 0x7F_FFFF)

        var bytes: [UInt8] = [0x81, 201, 0, 7]
        bytes.reserveCapacity(48 + name.count)
        bytes.append(u32: ssrc)
        bytes.append(u32: sender)
        bytes.append(u32: UInt32(truncatingIfNeeded: fraction) << 24 | lost)
        bytes.append(u32: receiver.highestSequence)
        bytes.append(u32: receiver.jitter.ticks)
        bytes.append(u32: clock.latest?.ntpMiddle ?? 0)
        bytes.append(u32: clock.latest.map { Self.delay(now &- $0.arrivedAt) } ?? 0)

        // A chunk ends with at least one zero, on a boundary of four bytes.
        let chunk = 4 + 2 + name.count
        let padding = 4 - chunk % 4
        bytes += [0x81, 202]
        bytes.append(u16: UInt16((chunk + padding) / 4))
        bytes.append(u32: ssrc)
        bytes += [1, UInt8(name.count)]
        bytes += name
        bytes += Array(repeating: 0, count: padding)
        return bytes
    }

    /// Nanoseconds in units of 1/65,536 s.
    private static func delay(_ nanoseconds: Int64) -> UInt32 {
        let seconds = max(0, nanoseconds) / 1_000_000_000
        let rest = max(0, nanoseconds) % 1_000_000_000
        return UInt32(truncatingIfNeeded: min(seconds, 65_535) << 16 | rest << 16 / 1_000_000_000)
    }
}
