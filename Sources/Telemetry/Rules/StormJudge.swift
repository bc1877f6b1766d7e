import Domain
import Foundation

/// Finds storms: many alarms of one class in one area within a short time. One parent alarm then stands for them.
///
/// An area is a group of the site that says so, else a square of 0.01° (about a kilometre). While the parent is open,
/// alarms of its class there carry its name, so that no case comes of each; the parent names those before it. It clears when fewer than half as many as
/// opened it are left. Pure; time is when the signals are judged.
struct StormJudge {
    private struct Key: Hashable {
        var area: String
        /// The class, or the kind where there is none.
        var part: String
    }

    private struct State: Equatable, Codable {
        var isOpen = false
        /// Raised within the storm's time and not cleared since: when, by source.
        var recent: [String: WallTime] = [:]
        /// Every child whose alarm is open.
        var open: Set<String> = []
    }

    private var areas: [String: String]
    private let limits: [String: SensorGroup.Storm]
    private let usual = SensorGroup.Storm()
    private var states: [Key: State] = [:]
    private var changed: Set<Key> = []

    init(groups: [SensorGroup]) {
        let stormy = groups.filter { $0.storm != nil }
        areas = Dictionary(stormy.flatMap { group in group.sensors.map { ($0, group.id) } }) { first, _ in first }
        limits = Dictionary(stormy.compactMap { group in group.storm.map { (group.id, $0) } }) { first, _ in first }
    }

    /// Takes a sensor's signal, marks it when it is part of a storm, and tells what to signal before it.
    mutating func take(_ signal: inout AlarmSignal, now: WallTime) -> AlarmSignal? {
        guard signal.sourceKind == .sensor, !AlarmSignal.neverFiltered.contains(signal.kind), signal.parent == nil,
            let area = area(of: signal)
        else { return nil }
        switch signal.phase {
        case .raised: return raise(&signal, area: area, now: now)
        case .cleared: return clear(signal, area: area)
        }
    }

    private func area(of signal: AlarmSignal) -> String? {
        if let area = areas[signal.source] { return area }
        guard let point = signal.position, point.isValid else { return nil }
        return "area-\(Int((point.lat * 100).rounded(.down)))-\(Int((point.lon * 100).rounded(.down)))"
    }

    private mutating func raise(_ signal: inout AlarmSignal, area: String, now: WallTime) -> AlarmSignal? {
        let key = Key(area: area, part: signal.classCode ?? signal.kind)
        let limit = limits[area] ?? usual
        var state = states[key] ?? State()
        defer { states[key] = state }
        state.open.insert(signal.source)
        state.recent[signal.source] = now
        state.recent = state.recent.filter { now - $0.value <= .seconds(limit.withinSeconds) }
        if state.isOpen {
            signal.parent = area
            changed.insert(key)
            return nil
        }
        guard state.recent.count >= limit.atLeast else {
            signal.area = area
            // The first one's case opens at once. Those after it wait as long as they can still be found to be a part.
            if state.recent.count > 1, signal.severity != .critical { signal.waitSeconds = limit.withinSeconds }
            return nil
        }
        state.isOpen = true
        signal.parent = area
        changed.insert(key)
        var parent = signal
        parent.source = area
        parent.sourceKind = .group
        parent.kind = "storm"
        parent.part = key.part
        parent.severity = .critical
        parent.value = Double(state.recent.count)
        parent.threshold = Double(limit.atLeast)
        parent.parent = nil
        parent.children = state.recent.keys.filter { $0 != signal.source }.sorted()
        return parent
    }

    private mutating func clear(_ signal: AlarmSignal, area: String) -> AlarmSignal? {
        var ended: AlarmSignal?
        // A cleared signal may lack the class of the raised one: whichever storm knows the source lets go of it.
        for (key, value) in states where key.area == area && value.open.contains(signal.source) {
            ended = letGo(signal.source, of: key, value, signal) ?? ended
        }
        return ended
    }

    /// - Parameter signal: what the storm's own signal is made of when it ends.
    private mutating func letGo(_ source: String, of key: Key, _ value: State, _ signal: AlarmSignal) -> AlarmSignal? {
        var state = value
        var ended: AlarmSignal?
        state.open.remove(source)
        state.recent.removeValue(forKey: source)
        if state.isOpen {
            changed.insert(key)
            if state.open.count < max(1, (limits[key.area] ?? usual).atLeast / 2) {
                state.isOpen = false
                var parent = signal
                parent.source = key.area
                parent.sourceKind = .group
                parent.kind = "storm"
                parent.part = key.part
                ended = parent
            }
        }
        states[key] = state.open.isEmpty ? nil : state
        return ended
    }

    /// A sensor that the console has put into a group: its alarms count there, where the group has a storm of its own.
    mutating func join(_ id: String, _ group: String) {
        if limits[group] != nil { areas[id] = group }
    }

    mutating func leave(_ id: String) { areas[id] = nil }

    /// A sensor that is gone, or stands elsewhere now: no storm counts it any longer.
    mutating func release(_ id: String, at time: WallTime) -> [AlarmSignal] {
        let signal = AlarmSignal(source: id, sourceKind: .sensor, kind: "storm", phase: .cleared, at: time)
        return states.filter { $0.value.open.contains(id) }.sorted { $0.key.area < $1.key.area }
            .compactMap { letGo(id, of: $0.key, $0.value, signal) }
    }
}

// MARK: - What is stored

extension StormJudge {
    /// The storms that have changed since the last call; nil for one that is over.
    mutating func takeChanges() -> [(area: String, rule: String, json: [UInt8]?)] {
        defer { changed = [] }
        return changed.map { key in
            let state = states[key].flatMap { $0.isOpen ? $0 : nil }
            let json = state.flatMap { try? JSONEncoder().encode($0) }
            return (key.area, "storm\t\(key.part)", json.map { Array($0) })
        }
    }

    /// Puts a stored storm back; false when it is none.
    mutating func restore(area: String, rule: String, json: [UInt8]) -> Bool {
        guard rule.hasPrefix("storm\t"), let state = try? JSONDecoder().decode(State.self, from: Data(json))
        else { return false }
        states[Key(area: area, part: String(rule.dropFirst(6)))] = state
        return true
    }
}
