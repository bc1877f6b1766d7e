/// How many messages one device may send: so many a second for ever, and so many at once after a time of silence. What is
/// more goes to quarantine.
package struct DeviceRate: Sendable, Hashable, Codable {
    package var perSecond: Double
    /// A gateway that was cut off delivers hours at once.
    package var burst: Double

    package init(perSecond: Double = 100, burst: Double = 20_000) {
        self.perSecond = perSecond
        self.burst = burst
    }
}

/// What one device has left of its rate: pure.
package struct RateBucket: Sendable, Equatable {
    private var left: Double
    private var at: Duration

    package init(_ rate: DeviceRate, at: Duration) {
        left = rate.burst
        self.at = at
    }

    /// Takes one message out; false when nothing is left.
    package mutating func take(_ rate: DeviceRate, now: Duration) -> Bool {
        if now > at {
            left = min(rate.burst, left + (now - at).seconds * rate.perSecond)
            at = now
        }
        guard left >= 1 else { return false }
        left -= 1
        return true
    }
}
