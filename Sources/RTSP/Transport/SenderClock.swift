/// The sender's wall clock at timestamps of its stream, from sender reports (RFC 3550 §6.4.1).
struct SenderClock: Sendable {
    /// 1900 to 1970 in seconds.
    private static let epoch: Int64 = 2_208_988_800
    /// Before 2010 no camera of ours was built: its clock is not set.
    private static let earliest: Int64 = 1_262_304_000
    /// A report is about now: a timestamp further away from the latest packet's is wrong.
    private static let mostSecondsOff: Int64 = 60

    private let clockRate: Int64
    private var anchor: (timestamp: Int64, microseconds: Int64)?
    /// A report from before the first packet: what it counts from isn't known yet.
    private var early: (timestamp: UInt32, microseconds: Int64)?
    /// The middle of the latest report's NTP time, and when it came: for receiver reports.
    private(set) var latest: (ntpMiddle: UInt32, arrivedAt: Int64)?

    init(clockRate: Int) {
        self.clockRate = Int64(clockRate)
    }

    mutating func take(_ report: RTCPPacket.SenderReport, _ timestamps: TimestampUnwrapper, at now: Int64) {
        latest = (UInt32(truncatingIfNeeded: report.ntp >> 16), now)
        guard let microseconds = Self.microseconds(ntp: report.ntp) else { return }
        guard timestamps.latest != nil else {
            early = (report.timestamp, microseconds)
            return
        }
        set(timestamps.peek(report.timestamp), microseconds, timestamps)
    }

    /// The first packet has come.
    mutating func begin(_ timestamps: TimestampUnwrapper) {
        guard let early else { return }
        self.early = nil
        set(timestamps.peek(early.timestamp), early.microseconds, timestamps)
    }

    /// The sender has started over: its timestamps mean something else now.
    mutating func restart() {
        anchor = nil
        early = nil
    }

    func microseconds(of timestamp: Int64) -> Int64? {
        guard let anchor else { return nil }
        let (ticks, overflow) = timestamp.subtractingReportingOverflow(anchor.timestamp)
        guard !overflow, ticks.magnitude < 1 << 42 else { return nil }
        return anchor.microseconds + ticks * 1_000_000 / clockRate
    }

    private mutating func set(_ timestamp: Int64, _ microseconds: Int64, _ timestamps: TimestampUnwrapper) {
        guard let last = timestamps.latest, abs(timestamp - last) <= Self.mostSecondsOff * clockRate else { return }
        anchor = (timestamp, microseconds)
    }

    /// Microseconds since 1970; nil where the clock isn't set.
    ///
    /// NTP's first era ends in 2036. Until it does, a clear top bit is a camera that counts from its own start.
    static func microseconds(ntp: UInt64) -> Int64? {
        let seconds = Int64(ntp >> 32) - epoch
        guard seconds >= earliest else { return nil }
        return seconds * 1_000_000 + Int64(((ntp & 0xFFFF_FFFF) * 1_000_000) >> 32)
    }
}
