import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// The host's two clocks, handed in so that a test can move time.
package protocol HostClock: Sendable {
    /// The wall clock (UTC); may step in either direction.
    func now() -> WallTime
    /// Time since an arbitrary start; never steps and never goes back.
    func monotonic() -> Duration
}

/// The clocks of the operating system.
package struct SystemClock: HostClock {
    package init() {}

    package func now() -> WallTime {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return WallTime(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    package func monotonic() -> Duration {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }
}

/// Clocks that stand still until they are moved.
package final class ManualClock: HostClock {
    private struct State {
        var wall: WallTime
        var monotonic: Duration
    }

    private let state: Mutex<State>

    package init(_ wall: WallTime = WallTime(microseconds: 1_795_428_000_000_000), monotonic: Duration = .seconds(1000))
    {
        state = Mutex(State(wall: wall, monotonic: monotonic))
    }

    package func now() -> WallTime { state.withLock { $0.wall } }

    package func monotonic() -> Duration { state.withLock { $0.monotonic } }

    /// Lets time pass: both clocks move.
    package func advance(by duration: Duration) {
        state.withLock {
            $0.wall = $0.wall + duration
            $0.monotonic += duration
        }
    }

    /// Steps the wall clock alone, as an operator or NTP does.
    package func stepWall(by duration: Duration) {
        state.withLock { $0.wall = $0.wall + duration }
    }
}
