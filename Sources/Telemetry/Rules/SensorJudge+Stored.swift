import Domain
import Foundation

/// What is stored of a sensor's rules, and how it comes back.
extension SensorJudge {
    /// What identifies a rule's state: everything that its meaning depends on, so that a changed rule starts anew.
    static func key(_ rule: SensorRule) -> String {
        let clear = rule.clearBelow ?? rule.clearAbove
        var words = [
            rule.kind.rawValue, rule.part ?? "value", String(rule.value), clear.map { String($0) } ?? "-",
            String(rule.forSeconds),
        ]
        // Rules that say no more than these three keep the key they always had.
        var plain = SensorRule(kind: rule.kind, value: rule.value, forSeconds: rule.forSeconds, field: rule.field)
        plain.clearBelow = rule.clearBelow
        plain.clearAbove = rule.clearAbove
        var meaning = rule
        meaning.classCode = nil
        meaning.severity = nil
        if meaning != plain {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            words.append((try? encoder.encode(meaning)).map { String(decoding: $0, as: UTF8.self) } ?? "")
        }
        return words.joined(separator: "\t")
    }

    /// The states that have changed since the last call, as JSON by rule.
    mutating func takeChanges() -> [(rule: String, json: [UInt8])] {
        defer { changed = [] }
        return changed.sorted().compactMap(json)
    }

    /// Every state, as JSON by rule.
    func stored() -> [(rule: String, json: [UInt8])] { states.indices.compactMap(json) }

    private func json(_ index: Int) -> (rule: String, json: [UInt8])? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let json: Data? =
            switch states[index] {
            case .condition(let state): try? encoder.encode(state)
            case .silence(let state): try? encoder.encode(state)
            case .hazard(let state): try? encoder.encode(state)
            }
        return json.map { (keys[index], Array($0)) }
    }

    /// Takes over the states of rules that meant the same before.
    mutating func keep(_ before: SensorJudge) {
        for (index, key) in keys.enumerated() {
            if let old = before.keys.firstIndex(of: key) { states[index] = before.states[old] }
        }
    }

    /// Puts a stored state back; false when no rule of the sensor has that key or the JSON isn't its state.
    mutating func restore(rule key: String, json: [UInt8]) -> Bool {
        guard let index = keys.firstIndex(of: key) else { return false }
        let decoder = JSONDecoder()
        switch states[index] {
        case .condition:
            guard let state = try? decoder.decode(ConditionRule.self, from: Data(json)) else { return false }
            states[index] = .condition(state)
        case .silence:
            guard let state = try? decoder.decode(SilenceRule.self, from: Data(json)) else { return false }
            states[index] = .silence(state)
        case .hazard:
            guard let state = try? decoder.decode(HazardRule.self, from: Data(json)) else { return false }
            states[index] = .hazard(state)
        }
        return true
    }

    /// Seconds of stored readings that `resume` needs; 0 when the newest reading is enough.
    var memorySeconds: Double { sensor.rules.map(\.memorySeconds).max() ?? 0 }

    /// Makes up for the readings after the last change of phase, which are stored as readings only; oldest first.
    mutating func resume(after readings: [Reading]) {
        for index in states.indices {
            if case .hazard(var state) = states[index] {
                for reading in readings { _ = state.take(nil, at: reading.occurredAt) }
                states[index] = .hazard(state)
            }
            guard case .condition(var state) = states[index] else { continue }
            for reading in readings {
                state.resume(
                    Condition.Sample(sensor: sensor.id, at: reading.occurredAt, values: reading.values),
                    receivedAt: reading.receivedAt,
                    rule: rules[index]
                )
            }
            states[index] = .condition(state)
        }
    }

    /// What clears the alarm of a stored state whose rule is gone from the site; nil when it wasn't open, or another
    /// rule of the same kind and part is.
    static func farewell(sensorId: String, rule key: String, json: [UInt8], judge: SensorJudge?, at: WallTime)
        -> AlarmSignal?
    {
        let words = key.split(separator: "\t", maxSplits: 2).map(String.init)
        guard words.count == 3, let kind = SensorRule.Kind(rawValue: words[0]) else { return nil }
        let part = words[1] == "value" ? nil : words[1]
        let isHazard = part.map(AlarmSignal.neverFiltered.contains) ?? false
        let decoder = JSONDecoder()
        let data = Data(json)
        let wasOpen =
            kind == .noData
            ? (try? decoder.decode(SilenceRule.self, from: data))?.isOpen
            : (try? decoder.decode(ConditionRule.self, from: data))?.isOpen
                ?? (try? decoder.decode(HazardRule.self, from: data))?.isOpen
        guard wasOpen == true else { return nil }
        let alarm = (kind: isHazard ? part ?? "" : kind.rawValue, part: isHazard ? nil : part)
        if let judge {
            let others = judge.states.indices.contains { index in
                judge.states[index].isOpen && judge.alarmKind(index) == alarm.kind
                    && judge.alarmPart(index) == alarm.part
            }
            if others { return nil }
        }
        return AlarmSignal(
            source: sensorId,
            sourceKind: .sensor,
            kind: alarm.kind,
            part: alarm.part,
            phase: .cleared,
            at: at
        )
    }
}
