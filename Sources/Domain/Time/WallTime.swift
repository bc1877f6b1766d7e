/// A wall-clock instant in microseconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX time).
///
/// Everything stored and sent is UTC. Texts use RFC 3339.
package struct WallTime: Sendable, Hashable, Comparable {
    /// Microseconds since the Unix epoch.
    package var microseconds: Int64

    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    package static let epoch = WallTime(microseconds: 0)

    package static func < (left: WallTime, right: WallTime) -> Bool {
        left.microseconds < right.microseconds
    }

    /// The instant `duration` after `time`; saturates at the ends of the range.
    package static func + (time: WallTime, duration: Duration) -> WallTime {
        let (sum, overflow) = time.microseconds.addingReportingOverflow(duration.microseconds)
        guard overflow else { return WallTime(microseconds: sum) }
        return WallTime(microseconds: duration < .zero ? .min : .max)
    }

    package static func - (time: WallTime, duration: Duration) -> WallTime {
        time + (Duration.zero - duration)
    }

    /// The time from `right` to `left`; negative when `left` is earlier.
    package static func - (left: WallTime, right: WallTime) -> Duration {
        .microseconds(left.microseconds &- right.microseconds)
    }
}

extension Duration {
    /// This duration in whole microseconds, rounded towards zero; saturates.
    package var microseconds: Int64 {
        let parts = components
        let (whole, overflow) = parts.seconds.multipliedReportingOverflow(by: 1_000_000)
        guard !overflow else { return parts.seconds < 0 ? .min : .max }
        return whole.addingReportingOverflow(parts.attoseconds / 1_000_000_000_000).partialValue
    }

    /// This duration in seconds.
    package var seconds: Double {
        let parts = components
        return Double(parts.seconds) + Double(parts.attoseconds) / 1e18
    }
}
