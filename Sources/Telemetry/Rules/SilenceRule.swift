import Domain

/// How long a sensor has been silent, as far as we can tell.
struct Silence: Equatable {
    /// Since the last message, or since we listen.
    var lasted: Duration
    /// For how long we have listened without a break.
    var listened: Duration

    /// What had waited at the broker while we were away has arrived.
    var isSettled: Bool { lasted < listened || listened >= .seconds(5) }
}

/// The state of one `noData` rule of one sensor: pure. Silence is measured by arrival, not by the device's times.
///
/// It counts only while we listen: while no broker is connected, nobody can tell a silent sensor from a silent line.
struct SilenceRule: Equatable, Codable {
    private(set) var isOpen = false

    /// Something fresh has arrived.
    mutating func heard(at time: WallTime) -> RuleEvent? {
        guard isOpen else { return nil }
        isOpen = false
        return .cleared(at: time, value: nil)
    }

    /// Lets time speak.
    ///
    /// - Parameter silence: for how long nothing has arrived although we listened; nil while we don't listen.
    mutating func check(now: WallTime, silence: Duration?, rule: SensorRule) -> RuleEvent? {
        guard !isOpen, let silence, silence >= .seconds(rule.forSeconds) else { return nil }
        isOpen = true
        return .opened(at: now - (silence - .seconds(rule.forSeconds)), value: nil)
    }
}
