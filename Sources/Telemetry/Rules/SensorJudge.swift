import Domain
import Foundation

/// All rules of one sensor with their states: pure; takes readings and time, gives signals.
///
/// A value type, so that a batch is judged on a copy which counts only once the batch is stored.
struct SensorJudge {
    private enum State {
        case threshold(ThresholdRule)
        case silence(SilenceRule)

        /// What is worth storing when it changes: newest values are found again from the readings.
        var phase: ThresholdRule.Phase {
            switch self {
            case .threshold(let state): state.phase
            case .silence(let state): state.isOpen ? .open : .idle
            }
        }

        var isOpen: Bool {
            switch self {
            case .threshold(let state): state.isOpen
            case .silence(let state): state.isOpen
            }
        }
    }

    let sensor: Sensor
    private let keys: [String]
    private var states: [State]
    /// Which states differ from what is stored.
    private var changed: Set<Int> = []

    init(sensor: Sensor) {
        self.sensor = sensor
        keys = sensor.rules.map(Self.key)
        states = sensor.rules.map { rule -> State in
            rule.kind == .noData ? .silence(SilenceRule()) : .threshold(ThresholdRule())
        }
    }

    /// What identifies a rule's state: everything that its meaning depends on, so that a changed rule starts anew.
    static func key(_ rule: SensorRule) -> String {
        let clear = rule.clearBelow ?? rule.clearAbove
        return [
            rule.kind.rawValue, rule.field ?? "value", String(rule.value), clear.map { String($0) } ?? "-",
            String(rule.forSeconds),
        ].joined(separator: "\t")
    }

    /// Takes a reading; `fresh` is false for a retained message, which says nothing about whether the sensor lives.
    mutating func take(_ reading: Reading, fresh: Bool = true) -> [AlarmSignal] {
        step { state, rule in
            switch state {
            case .threshold(var threshold):
                guard let value = reading.values[rule.field ?? "value"] else { return nil }
                let event = threshold.take(value, at: reading.occurredAt, receivedAt: reading.receivedAt, rule: rule)
                state = .threshold(threshold)
                return event
            case .silence(var silence):
                guard fresh else { return nil }
                let event = silence.heard(at: reading.receivedAt)
                state = .silence(silence)
                return event
            }
        }
    }

    /// Lets time speak; see `ThresholdRule.hold` and `SilenceRule.check`.
    mutating func tick(now: WallTime, silence: Silence?) -> [AlarmSignal] {
        step { state, rule in
            switch state {
            case .threshold(var threshold):
                // While we don't listen, a newer reading may wait at the broker.
                guard let silence, silence.isSettled else { return nil }
                let event = threshold.hold(now: now, rule: rule)
                state = .threshold(threshold)
                return event
            case .silence(var quiet):
                let event = quiet.check(now: now, silence: silence?.lasted, rule: rule)
                state = .silence(quiet)
                return event
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
        zip(states, sensor.rules).contains { state, rule in
            switch state {
            case .threshold(let threshold): threshold.dueAt(rule: rule) != nil
            case .silence(let silence): !silence.isOpen
            }
        }
    }

    private mutating func step(_ body: (inout State, SensorRule) -> RuleEvent?) -> [AlarmSignal] {
        var signals: [AlarmSignal] = []
        for index in states.indices {
            let before = states[index].phase
            let event = body(&states[index], sensor.rules[index])
            if states[index].phase != before { changed.insert(index) }
            if let event, let signal = signal(event, index: index) { signals.append(signal) }
        }
        return signals
    }

    /// Rules of one kind and field share an alarm: it clears when the last of them does.
    private func signal(_ event: RuleEvent, index: Int) -> AlarmSignal? {
        let rule = sensor.rules[index]
        switch event {
        case .opened(let at, let value): return signal(rule, .raised, at: at, value: value)
        case .cleared(let at, let value):
            let others = states.indices.contains { other in
                other != index && states[other].isOpen && sensor.rules[other].kind == rule.kind
                    && sensor.rules[other].field == rule.field
            }
            return others ? nil : signal(rule, .cleared, at: at, value: value)
        }
    }

    private func signal(_ rule: SensorRule, _ phase: AlarmSignal.Phase, at: WallTime, value: Double?) -> AlarmSignal {
        AlarmSignal(
            source: sensor.id,
            sourceKind: .sensor,
            kind: rule.kind.rawValue,
            part: rule.field,
            phase: phase,
            at: at,
            classCode: rule.classCode,
            position: sensor.position,
            address: sensor.address,
            value: value,
            threshold: rule.kind == .noData ? nil : rule.value
        )
    }
}

// MARK: - What is stored

extension SensorJudge {
    /// The states that have changed since the last call, as JSON by rule.
    mutating func takeChanges() -> [(rule: String, json: [UInt8])] {
        defer { changed = [] }
        return changed.sorted().compactMap { index in
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            let json: Data? =
                switch states[index] {
                case .threshold(let state): try? encoder.encode(state)
                case .silence(let state): try? encoder.encode(state)
                }
            return json.map { (keys[index], Array($0)) }
        }
    }

    /// Puts a stored state back; false when no rule of the sensor has that key or the JSON isn't its state.
    mutating func restore(rule key: String, json: [UInt8]) -> Bool {
        guard let index = keys.firstIndex(of: key) else { return false }
        let decoder = JSONDecoder()
        switch states[index] {
        case .threshold:
            guard let state = try? decoder.decode(ThresholdRule.self, from: Data(json)) else { return false }
            states[index] = .threshold(state)
        case .silence:
            guard let state = try? decoder.decode(SilenceRule.self, from: Data(json)) else { return false }
            states[index] = .silence(state)
        }
        return true
    }

    /// Makes up for the readings after the last change of phase, which are stored as readings only.
    mutating func resume(after last: Reading) {
        for index in states.indices {
            guard case .threshold(var state) = states[index],
                let value = last.values[sensor.rules[index].field ?? "value"]
            else { continue }
            state.resume(newest: value, at: last.occurredAt, receivedAt: last.receivedAt)
            states[index] = .threshold(state)
        }
    }

    /// What clears the alarm of a stored state whose rule is gone from the site; nil when it wasn't open, or another
    /// rule of the same kind and field is.
    static func farewell(sensorId: String, rule key: String, json: [UInt8], judge: SensorJudge?, at: WallTime)
        -> AlarmSignal?
    {
        let words = key.split(separator: "\t", maxSplits: 2).map(String.init)
        guard words.count == 3, let kind = SensorRule.Kind(rawValue: words[0]) else { return nil }
        let wasOpen =
            kind == .noData
            ? (try? JSONDecoder().decode(SilenceRule.self, from: Data(json)))?.isOpen
            : (try? JSONDecoder().decode(ThresholdRule.self, from: Data(json)))?.isOpen
        guard wasOpen == true else { return nil }
        let field = words[1] == "value" ? nil : words[1]
        if let judge {
            let others = judge.states.indices.contains { index in
                judge.states[index].isOpen && judge.sensor.rules[index].kind == kind
                    && judge.sensor.rules[index].field == field
            }
            if others { return nil }
        }
        return AlarmSignal(
            source: sensorId,
            sourceKind: .sensor,
            kind: kind.rawValue,
            part: field,
            phase: .cleared,
            at: at
        )
    }
}
