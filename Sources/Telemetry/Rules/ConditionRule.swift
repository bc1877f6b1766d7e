import Domain

/// The state of one rule that readings decide: pure, fed with verdicts on readings and with time.
///
/// `idle → pending → open → clearing → idle`. The condition must last `for`, the clear condition `clearFor`, both on the
/// device's times. Readings between the two keep an open rule open and send a pending one back. A reading that is not
/// newer than the newest one seen changes nothing here (it is stored all the same).
///
/// A sensor that reports on change sends one reading and then nothing while its value stands. So the last value counts
/// as holding until the next one: `hold` ends a pending or clearing rule's wait once the rest of it has passed since
/// that reading arrived, for at most max(3 × the wait, 10 min) after it arrived, and only when the reading wasn't older
/// than that on arrival (a backlog says nothing about now).
struct ConditionRule: Equatable, Codable {
    enum Phase: Equatable, Codable {
        case idle
        /// The condition holds since the reading of that device time.
        case pending(since: WallTime)
        case open
        /// The clear condition holds since the reading of that device time.
        case clearing(since: WallTime)
    }

    private(set) var phase = Phase.idle
    /// The newest device time seen.
    private(set) var newestAt: WallTime?
    private(set) var newestValue: Double?
    /// When the newest reading arrived, by the wall clock.
    private(set) var arrivedAt: WallTime?
    /// What the condition remembers; nil until it has to.
    private(set) var condition: Condition?

    var isOpen: Bool {
        switch phase {
        case .open, .clearing: true
        case .idle, .pending: false
        }
    }

    /// What is worth storing when it changes: newest values are found again from the readings.
    struct Lasting: Equatable {
        var phase: Phase
        var latches: [Bool?]
    }

    var lasting: Lasting { Lasting(phase: phase, latches: condition?.allLatches ?? []) }

    /// Takes a reading.
    ///
    /// - Parameter isInForce: false while the rule's schedule says that it doesn't apply at the reading's time.
    mutating func take(_ sample: Condition.Sample, receivedAt: WallTime, rule: SensorRule, isInForce: Bool = true)
        -> RuleEvent?
    {
        if let newestAt, sample.at <= newestAt { return nil }
        var memory = condition ?? Condition()
        guard let judged = memory.judge(sample, rule) else { return nil }
        newestAt = sample.at
        newestValue = judged.value
        arrivedAt = receivedAt
        if !isInForce { memory.forget() }
        condition = memory == Condition() ? nil : memory
        return step(isInForce ? judged : Condition.Judged(.clears, value: judged.value), at: sample.at, rule: rule)
    }

    /// Takes a verdict from outside: joint conditions are judged by their group.
    mutating func take(_ judged: Condition.Judged, at time: WallTime, receivedAt: WallTime, rule: SensorRule)
        -> RuleEvent?
    {
        newestAt = time
        newestValue = judged.value
        arrivedAt = receivedAt
        return step(judged, at: time, rule: rule)
    }

    private mutating func step(_ judged: Condition.Judged, at time: WallTime, rule: SensorRule) -> RuleEvent? {
        switch (phase, judged.verdict) {
        case (.idle, .holds):
            return wait(from: min(judged.since ?? time, time), at: time, value: judged.value, rule: rule)
        case (.idle, _): return nil
        case (.pending(let since), .holds):
            // What began anew in between (a stop at another place) has to last anew.
            return wait(from: max(since, judged.since ?? since), at: time, value: judged.value, rule: rule)
        case (.pending, _):
            phase = .idle
            return nil
        case (.open, .clears): return leave(from: time, at: time, value: judged.value, rule: rule)
        case (.clearing(let since), .clears): return leave(from: since, at: time, value: judged.value, rule: rule)
        case (.open, _), (.clearing, _):
            phase = .open
            return nil
        }
    }

    private mutating func wait(from since: WallTime, at time: WallTime, value: Double?, rule: SensorRule) -> RuleEvent?
    {
        guard time - since >= .seconds(rule.forSeconds) else {
            phase = .pending(since: since)
            return nil
        }
        phase = .open
        return .opened(at: since + .seconds(rule.forSeconds), value: value)
    }

    private mutating func leave(from since: WallTime, at time: WallTime, value: Double?, rule: SensorRule)
        -> RuleEvent?
    {
        let wait = Duration.seconds(rule.clearForSeconds ?? 0)
        guard time - since >= wait else {
            phase = .clearing(since: since)
            return nil
        }
        phase = .idle
        return .cleared(at: since + wait, value: value)
    }
}

// MARK: - Time alone

extension ConditionRule {
    /// The wait that is running: since when, and how many seconds it takes.
    private func running(_ rule: SensorRule) -> (since: WallTime, seconds: Double)? {
        switch phase {
        case .idle, .open: nil
        case .pending(let since): rule.holdsWithoutReadings ? (since, rule.forSeconds) : nil
        case .clearing(let since): (since, rule.clearForSeconds ?? 0)
        }
    }

    /// When `hold` may end the wait, by the wall clock; nil when only a reading can.
    func dueAt(rule: SensorRule) -> WallTime? {
        guard let (since, seconds) = running(rule), let newestAt, let arrivedAt else { return nil }
        let bound = Self.holdBound(seconds)
        guard arrivedAt - newestAt <= bound else { return nil }
        let rest = Duration.seconds(seconds) - (newestAt - since)
        return rest <= bound ? arrivedAt + max(rest, .zero) : nil
    }

    /// Lets time speak: ends a wait whose value has held for long enough.
    mutating func hold(now: WallTime, rule: SensorRule) -> RuleEvent? {
        guard let (since, seconds) = running(rule), let dueAt = dueAt(rule: rule), let arrivedAt, now >= dueAt,
            now - arrivedAt <= Self.holdBound(seconds)
        else { return nil }
        let at = since + .seconds(seconds)
        if isOpen {
            phase = .idle
            return .cleared(at: at, value: newestValue)
        }
        phase = .open
        return .opened(at: at, value: newestValue)
    }

    /// The rule's schedule has ended: what it held no longer counts.
    mutating func dismiss(at time: WallTime) -> RuleEvent? {
        let wasOpen = isOpen
        phase = .idle
        return wasOpen ? .cleared(at: time, value: nil) : nil
    }

    /// Takes note of a stored reading that had been judged before the service ended.
    mutating func resume(_ sample: Condition.Sample, receivedAt: WallTime, rule: SensorRule) {
        var memory = condition ?? Condition()
        guard let judged = memory.remember(sample, rule, unchangedSince: pendingSince) else { return }
        condition = memory == Condition() ? nil : memory
        if let newestAt, sample.at <= newestAt { return }
        newestAt = sample.at
        newestValue = judged
        arrivedAt = receivedAt
    }

    private var pendingSince: WallTime? {
        if case .pending(let since) = phase { return since }
        return nil
    }

    /// How long a value counts as holding without a newer one.
    static func holdBound(_ seconds: Double) -> Duration {
        max(.seconds(3 * seconds), .seconds(600))
    }
}
