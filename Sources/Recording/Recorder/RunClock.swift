import Domain
import Media

/// Maps a run's media time to wall time: anchored at the run's start, then slewed by at most 500 ppm towards the smallest
/// delay between media time and arrival. Time given out never goes back.
struct RunClock: Sendable, Equatable {
    /// Wall time less media time, in microseconds.
    private var offset: Int64
    private var slewedAt: Int64 = 0
    private var windowStart: Int64 = 0
    private var windowMinimum: Int64 = .max
    private var target: Int64

    private static let window: Int64 = 10 * 90_000
    private static let maximumSlew: Int64 = 500

    /// - Parameter anchor: wall time at tick 0.
    init(anchor: WallTime) {
        offset = anchor.microseconds
        target = offset
    }

    /// Takes the arrival of a packet; ticks grow from call to call.
    mutating func observe(ticks: Int64, arrival: WallTime) {
        let media = MediaTime.microseconds(ticks)
        windowMinimum = min(windowMinimum, arrival.microseconds &- media)
        if ticks - windowStart >= Self.window {
            target = windowMinimum
            windowMinimum = .max
            windowStart = ticks
        }
        let elapsed = MediaTime.microseconds(ticks - slewedAt)
        // In steps that are worth a microsecond or more.
        guard elapsed >= 100_000 else { return }
        let limit = elapsed * Self.maximumSlew / 1_000_000
        offset += max(-limit, min(limit, target &- offset))
        slewedAt = ticks
    }

    func wall(_ ticks: Int64) -> WallTime {
        WallTime(microseconds: offset &+ MediaTime.microseconds(ticks))
    }
}
