import Domain
import Foundation

/// All rules of one sensor with their states: pure; takes readings and time, gives signals.
///
/// A value type, so that a batch is judged on a copy which counts only once the batch is stored.
struct SensorJudge {
    enum State: Equatable {
        case condition(ConditionRule)
        case silence(SilenceRule)
        case hazard(HazardRule)

        var isOpen: Bool {
            switch self {
            case .condition(let state): state.isOpen
            case .silence(let state): state.isOpen
            case .hazard(let state): state.isOpen
            }
        }

        /// What is worth storing when it changes.
        var lasting: ConditionRule.Lasting {
            if case .condition(let state) = self { return state.lasting }
            return ConditionRule.Lasting(phase: isOpen ? .open : .idle, latches: [])
        }
    }

    let sensor: Sensor
    /// The sensor's rules, and one for each bit that no filter may hold back.
    let rules: [SensorRule]
    let keys: [String]
    var states: [State]
    /// Which states differ from what is stored.
    var changed: Set<Int> = []
    /// Seconds that local time is ahead of UTC at an instant.
    private let utcOffset: @Sendable (WallTime) -> Int

    init(sensor: Sensor, utcOffset: @escaping @Sendable (WallTime) -> Int = { _ in 0 }) {
        self.sensor = sensor
        self.utcOffset = utcOffset
        rules = sensor.rules + AlarmSignal.neverFiltered.sorted().map(Self.hazard)
        keys = rules.map(Self.key)
        states =
            sensor.rules.map { $0.kind == .noData ? .silence(SilenceRule()) : .condition(ConditionRule()) }
            + AlarmSignal.neverFiltered.map { _ in .hazard(HazardRule()) }
    }

    private static func hazard(_ name: String) -> SensorRule {
        var rule = SensorRule(kind: .state, field: name)
        rule.severity = .critical
        return rule
    }

    /// Takes a reading; `fresh` is false for a retained message, which says nothing about whether the sensor lives.
    mutating func take(_ reading: Reading, fresh: Bool = true) -> [AlarmSignal] {
        let offset = utcOffset
        let sample = Condition.Sample(sensor: sensor.id, at: reading.occurredAt, values: reading.values)
        return step { state, rule in
            switch state {
            case .condition(var condition):
                let event = condition.take(
                    sample,
                    receivedAt: reading.receivedAt,
                    rule: rule,
                    isInForce: rule.isInForce(at: reading.occurredAt, offset)
                )
                state = .condition(condition)
                return event
            case .silence(var silence):
                guard fresh else { return nil }
                let event = silence.heard(at: reading.receivedAt)
                state = .silence(silence)
                return event
            case .hazard(var hazard):
                let event = hazard.take(reading.values[rule.field ?? ""], at: reading.occurredAt)
                state = .hazard(hazard)
                return event
            }
        }
    }

    /// Lets time speak; see `ConditionRule.hold` and `SilenceRule.check`.
    mutating func tick(now: WallTime, silence: Silence?) -> [AlarmSignal] {
        let offset = utcOffset
        return step { state, rule in
            let isInForce = rule.isInForce(at: now, offset)
            switch state {
            case .condition(var condition):
                // While we don't listen, a newer reading may wait at the broker.
                guard let silence, silence.isSettled else { return nil }
                let event = isInForce ? condition.hold(now: now, rule: rule) : condition.dismiss(at: now)
                state = .condition(condition)
                return event
            case .silence(var quiet):
                let event =
                    isInForce
                    ? quiet.check(now: now, silence: silence?.lasted, rule: rule) : quiet.heard(at: now)
                state = .silence(quiet)
                return event
            case .hazard: return nil
            }
        }
    }

    /// The silence after which the sensor counts as stale.
    static func staleAfter(_ sensor: Sensor) -> Duration {
        let silences = sensor.rules.filter { $0.kind == .noData }.map(\.forSeconds)
        return .seconds(silences.min() ?? 3600)
    }

    /// Whether any rule's state can change by time alone.
    var needsTicks: Bool {
        zip(states, rules).contains { state, rule in
            switch state {
            case .condition(let condition):
                condition.dueAt(rule: rule) != nil || (rule.schedule != nil && condition.phase != .idle)
            case .silence(let silence): !silence.isOpen || rule.schedule != nil
            case .hazard: false
            }
        }
    }

    private mutating func step(_ body: (inout State, SensorRule) -> RuleEvent?) -> [AlarmSignal] {
        var signals: [AlarmSignal] = []
        for index in states.indices {
            let before = states[index].lasting
            let event = body(&states[index], rules[index])
            if states[index].lasting != before { changed.insert(index) }
            if let event, let signal = signal(event, index: index) { signals.append(signal) }
        }
        return signals
    }

    /// Rules of one kind and part share an alarm: it clears when the last of them does.
    private func signal(_ event: RuleEvent, index: Int) -> AlarmSignal? {
        switch event {
        case .opened(let at, let value): return signal(index, .raised, at: at, value: value)
        case .cleared(let at, let value):
            let others = states.indices.contains { other in
                other != index && states[other].isOpen && alarmKind(other) == alarmKind(index)
                    && alarmPart(other) == alarmPart(index)
            }
            return others ? nil : signal(index, .cleared, at: at, value: value)
        }
    }

    private func isHazard(_ index: Int) -> Bool { index >= sensor.rules.count }

    /// A hazard's alarm is of its own kind; a rule's of the rule's.
    func alarmKind(_ index: Int) -> String {
        isHazard(index) ? rules[index].field ?? "" : rules[index].kind.rawValue
    }

    func alarmPart(_ index: Int) -> String? { isHazard(index) ? nil : rules[index].part }

    private func signal(_ index: Int, _ phase: AlarmSignal.Phase, at: WallTime, value: Double?) -> AlarmSignal {
        let rule = rules[index]
        return AlarmSignal(
            source: sensor.id,
            sourceKind: .sensor,
            kind: alarmKind(index),
            part: alarmPart(index),
            phase: phase,
            severity: rule.severity ?? .warning,
            at: at,
            classCode: rule.classCode,
            position: sensor.position,
            address: sensor.address,
            value: value,
            threshold: rule.threshold
        )
    }
}

extension SensorRule {
    /// The one number that a reading is compared with; nil where there is none.
    var threshold: Double? {
        switch kind {
        case .above, .below, .rate: value
        case .count: atLeast.map(Double.init)
        default: nil
        }
    }

    func isInForce(at time: WallTime, _ utcOffset: (WallTime) -> Int) -> Bool {
        schedule.map { $0.contains(time, utcOffset: utcOffset(time)) } ?? true
    }
}
