package import Domain

/// The time by which ages are judged: a host clock that jumps ahead must not delete weeks of recordings.
///
/// A wall clock that is more than an hour ahead of where the last look and the time since put it is believed only after
/// a day; until then ages are judged by the time that it should be. A clock that goes back is believed at once: that
/// deletes less. The free-space floor doesn't ask for the time.
package struct RetentionClock: Sendable {
    private static let tolerance = Duration.seconds(3600)
    private static let patience = Duration.seconds(86_400)

    private var reference: (wall: WallTime, monotonic: Duration)?
    private var aheadSince: Duration?

    /// - Parameter lastRecorded: the end of the newest frame in the index, at `monotonic`; nil when there is none.
    package init(lastRecorded: WallTime?, monotonic: Duration) {
        reference = lastRecorded.map { ($0, monotonic) }
    }

    package mutating func now(wall: WallTime, monotonic: Duration) -> WallTime {
        guard let known = reference else {
            reference = (wall, monotonic)
            return wall
        }
        let expected = known.wall + (monotonic - known.monotonic)
        if wall - expected > Self.tolerance {
            let since = aheadSince ?? monotonic
            aheadSince = since
            guard monotonic - since >= Self.patience else { return expected }
        }
        aheadSince = nil
        reference = (wall, monotonic)
        return wall
    }

    /// The clock is ahead and not believed.
    package var isDistrusting: Bool { aheadSince != nil }
}
