import Domain

/// The state of one `above` or `below` rule of one sensor: pure, fed with readings and with time.
///
/// `idle → pending → open → idle`. The condition is `value > threshold` (`below`: `<`); it must last `for` on the
/// device's times. Readings between the clear threshold and the threshold keep an open rule open and send a pending one
/// back. A reading that is not newer than the newest one seen changes nothing here (it is stored all the same).
///
/// A sensor that reports on change sends one reading and then nothing while its value stands. So the last value counts
/// as holding until the next one: `hold` opens a pending rule once the rest of `for` has passed since that reading
/// arrived, for at most max(3 × `for`, 10 min) after it arrived, and only when the reading wasn't older than that on
/// arrival (a backlog says nothing about now).
struct ThresholdRule: Equatable, Codable {
    enum Phase: Equatable, Codable {
        case idle
        /// The condition holds since the reading of that device time.
        case pending(since: WallTime)
        case open
    }

    private(set) var phase = Phase.idle
    /// The newest device time seen.
    private(set) var newestAt: WallTime?
    private(set) var newestValue: Double?
    /// When the newest reading arrived, by the wall clock.
    private(set) var arrivedAt: WallTime?

    /// Takes a reading's value.
    mutating func take(
        _ value: Double,
        at time: WallTime,
        receivedAt: WallTime,
        rule: SensorRule
    ) -> RuleEvent? {
        if let newestAt, time <= newestAt { return nil }
        newestAt = time
        newestValue = value
        arrivedAt = receivedAt
        switch phase {
        case .idle:
            guard holds(value, rule) else { return nil }
            return begin(at: time, value: value, rule: rule)
        case .pending(let since):
            guard holds(value, rule) else {
                phase = .idle
                return nil
            }
            guard time - since >= .seconds(rule.forSeconds) else { return nil }
            phase = .open
            return .opened(at: since + .seconds(rule.forSeconds), value: value)
        case .open:
            guard clears(value, rule) else { return nil }
            phase = .idle
            return .cleared(at: time, value: value)
        }
    }

    /// When `hold` may open the rule, by the wall clock; nil when only a reading can.
    func dueAt(rule: SensorRule) -> WallTime? {
        guard case .pending(let since) = phase, let newestAt, let arrivedAt else { return nil }
        let bound = Self.holdBound(rule)
        guard arrivedAt - newestAt <= bound else { return nil }
        let rest = Duration.seconds(rule.forSeconds) - (newestAt - since)
        return rest <= bound ? arrivedAt + max(rest, .zero) : nil
    }

    /// Lets time speak: opens a pending rule whose value has held for long enough.
    mutating func hold(now: WallTime, rule: SensorRule) -> RuleEvent? {
        guard
            case .pending(let since) = phase, let dueAt = dueAt(rule: rule), let arrivedAt, now >= dueAt,
            now - arrivedAt <= Self.holdBound(rule)
        else { return nil }
        phase = .open
        return .opened(at: since + .seconds(rule.forSeconds), value: newestValue)
    }

    /// Takes note of a stored reading that had been judged before the service ended.
    mutating func resume(newest value: Double, at time: WallTime, receivedAt: WallTime) {
        if let newestAt, time <= newestAt { return }
        newestAt = time
        newestValue = value
        arrivedAt = receivedAt
    }

    var isOpen: Bool { phase == .open }

    /// How long a value counts as holding without a newer one.
    static func holdBound(_ rule: SensorRule) -> Duration {
        max(.seconds(3 * rule.forSeconds), .seconds(600))
    }

    private mutating func begin(at time: WallTime, value: Double, rule: SensorRule) -> RuleEvent? {
        if rule.forSeconds <= 0 {
            phase = .open
            return .opened(at: time, value: value)
        }
        phase = .pending(since: time)
        return nil
    }

    private func holds(_ value: Double, _ rule: SensorRule) -> Bool {
        rule.kind == .above ? value > rule.value : value < rule.value
    }

    private func clears(_ value: Double, _ rule: SensorRule) -> Bool {
        rule.kind == .above
            ? value <= min(rule.clearBelow ?? rule.value, rule.value)
            : value >= max(rule.clearAbove ?? rule.value, rule.value)
    }
}
