import Domain
import Foundation

/// All that is judged of one vehicle: its terminal's alarm bits, which positions can be believed, its rules. Pure; takes
/// positions and time, gives signals.
struct VehicleJudge {
    private static let bitsKey = "terminal"
    private static let filterKey = "filter"

    let vehicle: Vehicle
    private let classes: [String: String]
    private let places: VehicleRuleState.Places
    private let utcOffset: @Sendable (WallTime) -> Int
    private let keys: [String]
    private var bits = TerminalAlarms()
    private var filter = TrackFilter()
    private var states: [VehicleRuleState]
    private var newest: VehiclePosition?
    private var changed: Set<String> = []

    /// - Parameters:
    ///   - classes: of the terminal's alarms, by the bit's name.
    ///   - places: the areas and routes that the rules name.
    init(
        vehicle: Vehicle,
        classes: [String: String] = [:],
        places: VehicleRuleState.Places = .init(areas: [:], routes: [:]),
        utcOffset: @escaping @Sendable (WallTime) -> Int = { _ in 0 }
    ) {
        self.vehicle = vehicle
        self.classes = classes
        self.places = places
        self.utcOffset = utcOffset
        keys = vehicle.rules.map(Self.key)
        states = vehicle.rules.map { _ in VehicleRuleState() }
    }

    /// Everything that a rule's meaning depends on, so that a changed rule starts anew.
    private static func key(_ rule: VehicleRule) -> String {
        var meaning = rule
        meaning.classCode = nil
        meaning.severity = nil
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = (try? encoder.encode(meaning)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return "vehicle\t\(rule.kind.rawValue)\t\(rule.part ?? "value")\t\(text)"
    }

    /// Takes a position; gives it back in WGS-84 and marked, as it is to be stored.
    mutating func take(_ report: VehicleReport) -> (VehiclePosition, [AlarmSignal]) {
        var position = report.position
        if vehicle.datum != .wgs84, position.datum == .wgs84 {
            position.point = vehicle.datum.toWGS84(position.point)
            position.datum = vehicle.datum
        }
        var signals = report.alarmBits.map { take($0, position) } ?? []
        // A late position corrects the track; it opens and clears nothing.
        if let newest, position.occurredAt <= newest.occurredAt { return (position, signals) }
        position.quality = filter.take(position)
        newest = position
        for (index, rule) in vehicle.rules.enumerated() {
            // Where it is can't be said; that it lives can.
            guard
                position.quality == .good || position.quality == .drift || rule.kind == .silent
                    || rule.kind == .absent
            else { continue }
            let offset = utcOffset(position.occurredAt)
            let isInForce = rule.schedule.map { $0.contains(position.occurredAt, utcOffset: offset) } ?? true
            let before = states[index]
            let event = states[index].take(position, rule, places, isInForce: isInForce)
            note(index, before, event, position, &signals)
        }
        return (position, signals)
    }

    /// Lets time speak.
    ///
    /// - Parameter silence: since its last message, by arrival; nil while nobody listens.
    mutating func tick(now: WallTime, silence: Duration?) -> [AlarmSignal] {
        var signals: [AlarmSignal] = []
        for (index, rule) in vehicle.rules.enumerated() {
            let before = states[index]
            let isInForce = rule.schedule.map { $0.contains(now, utcOffset: utcOffset(now)) } ?? true
            let event = states[index].tick(now: now, silence: silence, rule, isInForce: isInForce)
            note(index, before, event, newest, &signals)
        }
        return signals
    }

    var needsTicks: Bool {
        zip(vehicle.rules, states).contains { ($0.kind == .silent && !$1.isOpen) || $0.kind == .absent }
    }

    private mutating func note(
        _ index: Int,
        _ before: VehicleRuleState,
        _ event: RuleEvent?,
        _ position: VehiclePosition?,
        _ signals: inout [AlarmSignal]
    ) {
        if states[index].lasting != before.lasting { changed.insert(keys[index]) }
        guard let event else { return }
        let rule = vehicle.rules[index]
        let (phase, at, value): (AlarmSignal.Phase, WallTime, Double?) =
            switch event {
            case .opened(let at, let value): (.raised, at, value)
            case .cleared(let at, let value): (.cleared, at, value)
            }
        signals.append(
            AlarmSignal(
                source: vehicle.id,
                sourceKind: .vehicle,
                kind: rule.kind.rawValue,
                part: rule.part,
                phase: phase,
                severity: rule.severity ?? .warning,
                at: at,
                classCode: rule.classCode,
                position: position?.point,
                value: value,
                threshold: [.overspeed, .offRoute, .licence].contains(rule.kind) ? rule.value : nil
            )
        )
    }

    private mutating func take(_ alarmBits: UInt32, _ position: VehiclePosition) -> [AlarmSignal] {
        let before = bits.open
        let change = bits.take(alarmBits, at: position.occurredAt)
        if bits.open != before { changed.insert(Self.bitsKey) }
        return change.raised.map { signal($0, .raised, position) }
            + change.cleared.map { signal($0, .cleared, position) }
    }

    private func signal(_ alarm: TerminalAlarm, _ phase: AlarmSignal.Phase, _ position: VehiclePosition)
        -> AlarmSignal
    {
        AlarmSignal(
            source: vehicle.id,
            sourceKind: .vehicle,
            kind: alarm.rawValue,
            // Apart from rules of ours that may have the same name.
            part: AlarmSignal.neverFiltered.contains(alarm.rawValue) ? nil : Self.bitsKey,
            phase: phase,
            severity: alarm.severity,
            at: position.occurredAt,
            classCode: classes[alarm.rawValue],
            position: position.point
        )
    }
}

// MARK: - What is stored

extension VehicleJudge {
    /// The states that have changed since the last call, as JSON by rule.
    mutating func takeChanges() -> [(rule: String, json: [UInt8])] {
        defer { changed = [] }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return changed.sorted().compactMap { key in
            let json =
                key == Self.bitsKey
                ? try? encoder.encode(bits)
                : keys.firstIndex(of: key).flatMap { try? encoder.encode(states[$0]) }
            return json.map { (key, Array($0)) }
        }
    }

    /// Puts a stored state back; false when it is none of this vehicle's.
    mutating func restore(rule key: String, json: [UInt8]) -> Bool {
        let decoder = JSONDecoder()
        if key == Self.bitsKey {
            guard let state = try? decoder.decode(TerminalAlarms.self, from: Data(json)) else { return false }
            bits = state
            return true
        }
        guard let index = keys.firstIndex(of: key),
            let state = try? decoder.decode(VehicleRuleState.self, from: Data(json))
        else { return false }
        states[index] = state
        return true
    }

    /// Takes note of the newest stored position, which had been judged before the service ended.
    mutating func resume(after position: VehiclePosition) {
        if position.quality == .good { _ = filter.take(position) }
        newest = position
    }

    /// What clears the alarm of a stored state whose rule is gone from the site; nil when it wasn't open.
    static func farewell(vehicleId: String, rule key: String, json: [UInt8], at: WallTime) -> AlarmSignal? {
        let words = key.split(separator: "\t", maxSplits: 3).map(String.init)
        guard words.count == 4, words[0] == "vehicle",
            let state = try? JSONDecoder().decode(VehicleRuleState.self, from: Data(json)), state.isOpen
        else { return nil }
        return AlarmSignal(
            source: vehicleId,
            sourceKind: .vehicle,
            kind: words[1],
            part: words[2] == "value" ? nil : words[2],
            phase: .cleared,
            at: at
        )
    }
}
