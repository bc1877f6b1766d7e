import Domain
import Store

/// What the rules knew when the service ended, brought back.
extension TelemetryIngest.Core {
    /// Puts stored states back.
    ///
    /// - Parameters:
    ///   - last: the newest reading of each sensor.
    ///   - histories: the readings that rates are judged by, oldest first.
    ///   - positions: the newest position of each vehicle.
    /// - Returns: the states whose rules are gone.
    mutating func restore(
        _ stored: [SeriesBatch.RuleState],
        last: [String: Reading],
        histories: [String: [Reading]],
        positions: [String: VehiclePosition] = [:]
    ) -> [SeriesBatch.RuleState] {
        var numbers: [String: Int] = [:]
        for (index, group) in groups.enumerated() { numbers[group.group.id] = index }
        var orphans: [SeriesBatch.RuleState] = []
        for item in stored {
            guard let json = item.state else { continue }
            let isKnown =
                if item.rule.hasPrefix("storm\t") {
                    storms.restore(area: item.sensorId, rule: item.rule, json: json)
                } else if let index = numbers[item.sensorId] {
                    groups[index].restore(rule: item.rule, json: json)
                } else if vehicles[item.sensorId] != nil {
                    vehicles[item.sensorId]?.restore(rule: item.rule, json: json) ?? false
                } else {
                    judges[item.sensorId]?.restore(rule: item.rule, json: json) ?? false
                }
            if !isKnown { orphans.append(item) }
        }
        for (id, reading) in last {
            judges[id]?.resume(after: histories[id] ?? [reading])
            for index in groupsOf[id] ?? [] { groups[index].resume(after: reading) }
        }
        for (id, position) in positions { vehicles[id]?.resume(after: position) }
        return orphans
    }

    /// What clears the alarm of a state whose rule is gone; nil when it wasn't open.
    func farewell(_ item: SeriesBatch.RuleState, at time: WallTime) -> AlarmSignal? {
        let json = item.state ?? []
        if item.rule.hasPrefix("group\t") {
            return GroupJudge.farewell(groupId: item.sensorId, rule: item.rule, json: json, at: time)
        }
        if item.rule.hasPrefix("vehicle\t") {
            return VehicleJudge.farewell(vehicleId: item.sensorId, rule: item.rule, json: json, at: time)
        }
        return SensorJudge.farewell(
            sensorId: item.sensorId,
            rule: item.rule,
            json: json,
            judge: judges[item.sensorId],
            at: time
        )
    }
}
