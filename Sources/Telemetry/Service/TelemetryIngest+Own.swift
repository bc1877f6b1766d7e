import Domain
import Store

/// Sensors that come, change and go while the service runs.
extension TelemetryIngest.Core {
    /// Takes a sensor in that the console has accepted, or another definition of it.
    ///
    /// Rules that mean the same as before keep their state. What a rule that is gone held open is cleared.
    ///
    /// - Parameters:
    ///   - sensor: with the rules of its group.
    ///   - history: its newest readings, oldest first: what rates are judged by.
    /// - Returns: what is to be stored with it.
    mutating func put(_ sensor: Sensor, profile: PayloadProfile, history: [Reading], at time: WallTime) -> SeriesBatch {
        var batch = SeriesBatch()
        let before = judges[sensor.id]
        var judge = SensorJudge(sensor: sensor, utcOffset: utcOffset)
        judge.resume(after: history)
        if let before { judge.keep(before) }
        judges[sensor.id] = judge
        for index in routers.indices { routers[index].declare(sensor.id, profile) }
        if let before {
            leave(before, unless: judge, &batch, at: time)
            if before.sensor.group != sensor.group || before.sensor.position != sensor.position {
                batch.signals += storms.release(sensor.id, at: time)
            }
            if before.sensor.group != sensor.group { leaveGroups(sensor.id, &batch, at: time) }
        }
        if let group = sensor.group {
            storms.join(sensor.id, group)
            if let index = groups.firstIndex(where: { $0.group.id == group }) {
                groups[index].join(sensor)
                if !(groupsOf[sensor.id] ?? []).contains(index) { groupsOf[sensor.id, default: []].append(index) }
                if let newest = history.last { groups[index].resume(after: newest) }
            }
        }
        batch.ruleStates += changedStates()
        return batch
    }

    /// Lets an accepted sensor go: what its rules held open is cleared.
    mutating func release(_ id: String, at time: WallTime) -> SeriesBatch {
        var batch = SeriesBatch()
        if let before = judges[id] { leave(before, unless: nil, &batch, at: time) }
        judges[id] = nil
        buckets[id] = nil
        for index in routers.indices { routers[index].undeclare(id) }
        batch.signals += storms.release(id, at: time)
        leaveGroups(id, &batch, at: time)
        batch.ruleStates += changedStates()
        return batch
    }

    /// Forgets the states of rules that are gone, and clears what they held open.
    private func leave(
        _ before: SensorJudge,
        unless now: SensorJudge?,
        _ batch: inout SeriesBatch,
        at time: WallTime
    ) {
        let id = before.sensor.id
        for (key, json) in before.stored() where !(now?.keys.contains(key) ?? false) {
            let item = SeriesBatch.RuleState(sensorId: id, rule: key, state: json)
            batch.ruleStates.append(SeriesBatch.RuleState(sensorId: id, rule: key, state: nil))
            let signal = SensorJudge.farewell(sensorId: id, rule: key, json: item.state ?? [], judge: now, at: time)
            // Several rules of one kind and part have one alarm.
            if let signal, !batch.signals.contains(signal) { batch.signals.append(signal) }
        }
    }

    private mutating func leaveGroups(_ id: String, _ batch: inout SeriesBatch, at time: WallTime) {
        for index in groupsOf.removeValue(forKey: id) ?? [] {
            batch.signals += groups[index].leave(id, at: time)
        }
        storms.leave(id)
    }

    /// The states of groups and storms that differ from what is stored.
    private mutating func changedStates() -> [SeriesBatch.RuleState] {
        var states: [SeriesBatch.RuleState] = []
        for index in groups.indices {
            let id = groups[index].group.id
            states += groups[index].takeChanges().map {
                SeriesBatch.RuleState(sensorId: id, rule: $0.rule, state: $0.json)
            }
        }
        states += storms.takeChanges().map { SeriesBatch.RuleState(sensorId: $0.area, rule: $0.rule, state: $0.json) }
        return states
    }
}
