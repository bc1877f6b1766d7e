import Domain
import Foundation

/// The joint rules of one group with their states: pure, like `SensorJudge`.
///
/// Time is the newest device time of any member. A member's reading that is not newer than its own newest says nothing.
struct GroupJudge {
    /// What one rule remembers of the members.
    private struct Memory: Equatable, Codable {
        var rule = ConditionRule()
        /// `all`, `any`, `not`.
        var condition: Condition?
        /// `count`: the members' answers, by id.
        var answers: [String: Bool] = [:]
        var memories: [String: Condition] = [:]
    }

    private(set) var group: SensorGroup
    /// How many members the site file lists; those that the console has put in follow by id.
    private let declared: Int
    let rules: [SensorRule]
    private let keys: [String]
    private var places: [String: Sensor]
    private let utcOffset: @Sendable (WallTime) -> Int
    private var states: [Memory]
    private var newest: [String: WallTime] = [:]
    private var now: WallTime?
    private var changed: Set<Int> = []

    /// - Parameter sensors: the members, for places and addresses.
    init(group: SensorGroup, sensors: [Sensor], utcOffset: @escaping @Sendable (WallTime) -> Int = { _ in 0 }) {
        self.group = group
        declared = group.sensors.count
        self.utcOffset = utcOffset
        rules = group.rules.filter(\.isJoint)
        keys = rules.map { "group\t" + SensorJudge.key($0) }
        states = rules.map { _ in Memory() }
        places = Dictionary(sensors.map { ($0.id, $0) }) { first, _ in first }
    }

    /// Takes a reading of a member.
    mutating func take(_ reading: Reading) -> [AlarmSignal] {
        if let last = newest[reading.sensorId], reading.occurredAt <= last { return [] }
        newest[reading.sensorId] = reading.occurredAt
        let time = max(now ?? reading.occurredAt, reading.occurredAt)
        now = time
        let sample = Condition.Sample(sensor: reading.sensorId, at: reading.occurredAt, values: reading.values)
        let (order, utcOffset) = (group.sensors, utcOffset)
        return step { memory, rule in
            guard var judged = Self.judge(sample, rule, &memory, order) else { return nil }
            if !rule.isInForce(at: time, utcOffset) { judged.verdict = .clears }
            return memory.rule.take(judged, at: time, receivedAt: reading.receivedAt, rule: rule)
        }
    }

    /// Lets time speak.
    mutating func tick(now: WallTime) -> [AlarmSignal] {
        let utcOffset = utcOffset
        return step { memory, rule in
            rule.isInForce(at: now, utcOffset)
                ? memory.rule.hold(now: now, rule: rule) : memory.rule.dismiss(at: now)
        }
    }

    /// A sensor that the console has put into the group, or has changed: those stand behind the site's, by id.
    mutating func join(_ sensor: Sensor) {
        if !group.sensors.contains(sensor.id) {
            group.sensors = group.sensors.prefix(declared) + (group.sensors.dropFirst(declared) + [sensor.id]).sorted()
        }
        places[sensor.id] = sensor
    }

    /// A sensor that the console has taken out of the group: what it said no longer counts.
    mutating func leave(_ id: String, at time: WallTime) -> [AlarmSignal] {
        guard group.sensors.contains(id) else { return [] }
        group.sensors = group.sensors.prefix(declared) + group.sensors.dropFirst(declared).filter { $0 != id }
        places[id] = nil
        newest[id] = nil
        let order = group.sensors
        let at = max(now ?? time, time)
        return step { memory, rule in
            guard rule.kind == .count, memory.answers.removeValue(forKey: id) != nil else { return nil }
            memory.memories[id] = nil
            let judged = Self.count(memory.answers, rule, order)
            return memory.rule.take(judged, at: at, receivedAt: time, rule: rule)
        }
    }

    var needsTicks: Bool {
        zip(states, rules).contains { memory, rule in
            memory.rule.dueAt(rule: rule) != nil || (rule.schedule != nil && memory.rule.phase != .idle)
        }
    }

    /// Whether an alarm of a member is one of those that an open joint alarm of the same class stands for.
    func standsFor(_ signal: AlarmSignal) -> Bool {
        zip(states, rules).contains { memory, rule in
            memory.rule.isOpen && rule.kind == .count && rule.classCode != nil && rule.classCode == signal.classCode
        }
    }

    private static func judge(
        _ sample: Condition.Sample,
        _ rule: SensorRule,
        _ memory: inout Memory,
        _ order: [String]
    ) -> Condition.Judged? {
        guard rule.kind == .count else {
            var condition = memory.condition ?? Condition()
            let judged = condition.judge(sample, rule)
            memory.condition = condition
            return judged
        }
        guard let part = rule.of?.first else { return nil }
        var condition = memory.memories[sample.sensor] ?? Condition()
        guard let judged = condition.judge(sample, part) else { return nil }
        if condition != Condition() { memory.memories[sample.sensor] = condition }
        switch judged.verdict {
        case .holds: memory.answers[sample.sensor] = true
        case .clears: memory.answers[sample.sensor] = false
        case .neither: break
        }
        return count(memory.answers, rule, order)
    }

    /// What the members' answers come to.
    private static func count(_ answers: [String: Bool], _ rule: SensorRule, _ order: [String]) -> Condition.Judged {
        let holding = holding(answers, rule, order)
        let least = rule.atLeast ?? 1
        let clear = rule.clearBelow.map { Int($0) } ?? least
        let verdict: Condition.Verdict =
            holding.count >= least ? .holds : holding.count < min(clear, least) ? .clears : .neither
        return Condition.Judged(verdict, value: Double(holding.count))
    }

    /// The members that count: all that hold, or the longest run of neighbours.
    private static func holding(_ answers: [String: Bool], _ rule: SensorRule, _ order: [String]) -> [String] {
        guard rule.adjacent == true else { return order.filter { answers[$0] == true } }
        var longest: [String] = []
        var run: [String] = []
        for id in order {
            if answers[id] == true { run.append(id) } else { run = [] }
            if run.count > longest.count { longest = run }
        }
        return longest
    }

    private mutating func step(_ body: (inout Memory, SensorRule) -> RuleEvent?) -> [AlarmSignal] {
        var signals: [AlarmSignal] = []
        for index in states.indices {
            var memory = states[index]
            let event = body(&memory, rules[index])
            if memory.rule.lasting != states[index].rule.lasting || memory.answers != states[index].answers
                || memory.condition?.allLatches != states[index].condition?.allLatches
            {
                changed.insert(index)
            }
            states[index] = memory
            if let event { signals.append(signal(event, index)) }
        }
        return signals
    }

    private func signal(_ event: RuleEvent, _ index: Int) -> AlarmSignal {
        let rule = rules[index]
        let members: [Sensor] =
            rule.kind == .count
            ? Self.holding(states[index].answers, rule, group.sensors).compactMap { places[$0] }
            : (rule.of ?? []).compactMap { $0.sensor.flatMap { places[$0] } }
        let (phase, at, value): (AlarmSignal.Phase, WallTime, Double?) =
            switch event {
            case .opened(let at, let value): (.raised, at, value)
            case .cleared(let at, let value): (.cleared, at, value)
            }
        return AlarmSignal(
            source: group.id,
            sourceKind: .group,
            kind: rule.kind.rawValue,
            part: rule.id,
            phase: phase,
            severity: rule.severity ?? .warning,
            at: at,
            classCode: rule.classCode,
            position: GeoPoint.middle(of: members.compactMap(\.position)),
            address: members.first?.address,
            value: value,
            threshold: rule.threshold
        )
    }
}

// MARK: - What is stored

extension GroupJudge {
    /// The states that have changed since the last call, as JSON by rule.
    mutating func takeChanges() -> [(rule: String, json: [UInt8])] {
        defer { changed = [] }
        return changed.sorted().compactMap { index in
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            return (try? encoder.encode(states[index])).map { (keys[index], Array($0)) }
        }
    }

    /// Puts a stored state back; false when the group has no such rule.
    mutating func restore(rule key: String, json: [UInt8]) -> Bool {
        guard let index = keys.firstIndex(of: key),
            let memory = try? JSONDecoder().decode(Memory.self, from: Data(json))
        else { return false }
        states[index] = memory
        now = max(now ?? .epoch, memory.rule.newestAt ?? .epoch)
        return true
    }

    /// Takes note of a member's newest stored reading, which had been judged before the service ended.
    mutating func resume(after reading: Reading) {
        newest[reading.sensorId] = reading.occurredAt
        now = max(now ?? reading.occurredAt, reading.occurredAt)
    }

    /// What clears the alarm of a stored state whose rule is gone from the site; nil when it wasn't open.
    static func farewell(groupId: String, rule key: String, json: [UInt8], at: WallTime) -> AlarmSignal? {
        let words = key.split(separator: "\t", maxSplits: 3).map(String.init)
        guard words.count == 4, words[0] == "group",
            let memory = try? JSONDecoder().decode(Memory.self, from: Data(json)), memory.rule.isOpen
        else { return nil }
        return AlarmSignal(
            source: groupId,
            sourceKind: .group,
            kind: words[1],
            part: words[2] == "value" ? nil : words[2],
            phase: .cleared,
            at: at
        )
    }
}
