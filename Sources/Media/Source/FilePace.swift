import Domain
import Glibc

/// Lets a file's packets through when their time has come.
struct FilePace {
    private var anchor: (monotonic: Duration, ticks: Int64)?

    /// Later than this, and time is taken anew from here: a machine that slept doesn't replay the past in a burst.
    private static let maximumLag: Duration = .seconds(2)

    /// Waits until `ticks` (90 kHz) are due; false when cancelled.
    mutating func wait(for ticks: Int64, clock: SystemClock, cancellation: Cancellation) -> Bool {
        let now = clock.monotonic()
        guard let anchor else {
            self.anchor = (now, ticks)
            return !cancellation.isCancelled
        }
        let due = anchor.monotonic + .microseconds(MediaTime.microseconds(ticks &- anchor.ticks))
        if now - due > Self.maximumLag || due - now > .seconds(60) {
            self.anchor = (now, ticks)
            return !cancellation.isCancelled
        }
        while true {
            if cancellation.isCancelled { return false }
            let left = due - clock.monotonic()
            guard left > .zero else { return true }
            // In slices, so that cancelling takes effect.
            usleep(UInt32(clamping: min(left.microseconds, 40_000)))
        }
    }
}
