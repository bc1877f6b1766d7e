import Domain
import Media

/// Maps a run's media time to wall time: anchored at the run's start, then slewed by at most 500 ppm towards the smallest
/// delay between media time and arrival. Time given out never goes back.
///
/// Arrival is taken from the monotonic clock, so a step of the host's wall clock is known exactly and not mistaken for a
/// delay; the mapping follows it by slewing. Delays only ever make arrival late, so what the camera's clock does shows in
/// the lower edge of all delays: `DelayLine`.
struct RunClock: Sendable, Equatable {
    /// Until then the anchor may still move to the shortest delay: a first key frame is large, or was held up.
    static let settleTime: Duration = .milliseconds(800)

    /// 500 ppm of wall time, as nanoseconds per 90 kHz tick of a media clock that is slow by as much.
    private static let slewPerTick = 500e-6 / (1 - 500e-6) * 1e9 / 90_000

    /// Wall time less media time, in nanoseconds.
    private var offset: Int64
    /// Wall less monotonic time of the host at the last packet, in microseconds.
    private var hostOffset: Int64
    private var line = DelayLine()
    private var slewedAt: Int64 = 0
    /// Monotonic time of the first packet.
    private let began: Duration
    private(set) var isSettled = false
    /// No wall time of the run lies before it, in nanoseconds.
    private let earliest: Int64

    /// - Parameters:
    ///   - arrival: wall time at tick 0.
    ///   - monotonic: the host's other clock at that instant.
    ///   - earliest: where the run before ended: runs never overlap.
    init(arrival: WallTime, monotonic: Duration, notBefore earliest: WallTime? = nil) {
        self.earliest = (earliest?.microseconds).map { $0 * 1000 } ?? .min
        offset = max(arrival.microseconds * 1000, self.earliest)
        hostOffset = arrival.microseconds - monotonic.microseconds
        began = monotonic
    }

    /// Takes the arrival of a packet; ticks grow from call to call.
    mutating func observe(ticks: Int64, arrival: WallTime, monotonic: Duration) {
        let media = MediaTime.microseconds(ticks)
        hostOffset = arrival.microseconds - monotonic.microseconds
        line.observe(media: media, delay: monotonic.microseconds - media)
        guard isSettled else {
            offset = max((line.delay(at: media) + hostOffset) * 1000, earliest)
            return
        }
        let elapsed = ticks - slewedAt
        guard elapsed > 0 else { return }
        let limit = Int64(Double(elapsed) * Self.slewPerTick)
        let error = (line.delay(at: media) + hostOffset) * 1000 - offset
        offset += max(-limit, min(limit, error))
        slewedAt = ticks
    }

    /// Whether enough of the run has come to anchor it.
    func canSettle(monotonic: Duration) -> Bool { monotonic - began >= Self.settleTime }

    /// Fixes the anchor: from now on time is only slewed.
    mutating func settle() {
        guard !isSettled else { return }
        isSettled = true
        line.settle()
    }

    /// The same clock for a run that begins at `ticks` of this one and goes on with its time line.
    func rebased(to ticks: Int64) -> RunClock {
        var clock = self
        let media = MediaTime.microseconds(ticks)
        clock.offset += media * 1000
        clock.line.rebase(by: media)
        clock.slewedAt -= ticks
        return clock
    }

    /// Moves a run's beginning ahead.
    mutating func advance(to earliest: WallTime) { offset = max(offset, earliest.microseconds * 1000) }

    func wall(_ ticks: Int64) -> WallTime {
        WallTime(microseconds: Self.floor(offset, 1000) + MediaTime.microseconds(ticks))
    }

    private static func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }
}
