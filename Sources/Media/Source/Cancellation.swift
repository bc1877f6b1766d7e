package import Domain
import Synchronization

/// Ends blocking calls into libavformat from another thread, at once or at a deadline.
package final class Cancellation: Sendable {
    private let cancelled = Atomic<Bool>(false)
    /// Nanoseconds of the monotonic clock; `Int64.max` for none.
    private let deadline = Atomic<Int64>(.max)
    private let clock: any HostClock

    package init(clock: any HostClock = SystemClock()) {
        self.clock = clock
    }

    /// Ends the call that is under way and every later one; can't be undone.
    package func cancel() {
        cancelled.store(true, ordering: .relaxed)
    }

    package var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    /// Sets the instant of the monotonic clock at which blocking calls give up; nil removes it.
    package func setDeadline(monotonic: Duration?) {
        deadline.store(monotonic.map(Self.nanoseconds) ?? .max, ordering: .relaxed)
    }

    /// Whether the deadline has passed.
    package var isOverdue: Bool {
        let limit = deadline.load(ordering: .relaxed)
        return limit != .max && Self.nanoseconds(clock.monotonic()) >= limit
    }

    /// Whether a blocking call has to return now.
    package var shouldStop: Bool { isCancelled || isOverdue }

    private static func nanoseconds(_ duration: Duration) -> Int64 {
        let parts = duration.components
        return parts.seconds &* 1_000_000_000 &+ parts.attoseconds / 1_000_000_000
    }
}
