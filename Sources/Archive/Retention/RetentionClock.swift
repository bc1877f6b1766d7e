package import Domain

/// The time by which ages are judged: a host clock that jumps ahead must not delete weeks of recordings.
///
/// A wall clock that is more than an hour ahead of where the last look and the time since put it is believed only after
/// a day; until then ages are judged by the time that it should be. A clock that goes back is believed at once: that
/// deletes less. The free-space floor doesn't ask for the time.
package struct RetentionClock: Sendable {
    private static let tolerance = Duration.seconds(3600)
    private static let patience = Duration.seconds(86_400)

    private struct Reading {
        var wall: WallTime
        var monotonic: Duration

        /// Where the wall clock should be at `now` on the monotonic one.
        func expected(at now: Duration) -> WallTime { wall + (now - monotonic) }
    }

    /// The last reading that was believed.
    private var reference: Reading?
    /// Since when the clock has gone on from where it jumped to.
    private var candidate: Reading?

    /// - Parameter lastRecorded: the end of the newest frame in the index, at `monotonic`; nil when there is none.
    package init(lastRecorded: WallTime?, monotonic: Duration) {
        reference = lastRecorded.map { Reading(wall: $0, monotonic: monotonic) }
    }

    package mutating func now(wall: WallTime, monotonic: Duration) -> WallTime {
        let reading = Reading(wall: wall, monotonic: monotonic)
        if let expected = reference?.expected(at: monotonic), wall - expected > Self.tolerance {
            guard let since = candidate, abs(since.expected(at: monotonic), wall) <= Self.tolerance else {
                candidate = reading
                return expected
            }
            guard monotonic - since.monotonic >= Self.patience else { return expected }
        }
        candidate = nil
        reference = reading
        return wall
    }

    private func abs(_ left: WallTime, _ right: WallTime) -> Duration { left > right ? left - right : right - left }

    /// The clock is ahead and not believed.
    package var isDistrusting: Bool { candidate != nil }
}
