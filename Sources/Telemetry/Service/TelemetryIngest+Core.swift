import Domain
import Foundation

extension TelemetryIngest.Core {
    /// Everything that the site's rules need, before anything has arrived.
    init(_ site: Site) {
        let utcOffset = site.utcOffset
        judges = Dictionary(
            site.sensorsWithGroupRules.map { ($0.id, SensorJudge(sensor: $0, utcOffset: utcOffset)) }
        ) { first, _ in first }
        let sensors = Dictionary(site.sensors.map { ($0.id, $0) }) { first, _ in first }
        groups = site.groups.map { group in
            GroupJudge(group: group, sensors: group.sensors.compactMap { sensors[$0] }, utcOffset: utcOffset)
        }.filter { !$0.rules.isEmpty }
        groupsOf = [:]
        for (index, judge) in groups.enumerated() {
            for id in Set(judge.group.sensors) { groupsOf[id, default: []].append(index) }
        }
        storms = StormJudge(groups: site.groups)
        let places = VehicleRuleState.Places(
            areas: Dictionary(site.areas.map { ($0.id, $0) }) { first, _ in first },
            routes: Dictionary(site.routes.map { ($0.id, $0) }) { first, _ in first }
        )
        vehicles = Dictionary(
            site.vehicles.map { vehicle in
                let judge = VehicleJudge(
                    vehicle: vehicle,
                    classes: site.terminals?.classes ?? [:],
                    places: places,
                    utcOffset: utcOffset
                )
                return (vehicle.id, judge)
            }
        ) { first, _ in first }
        routers = site.brokers.map { TopicRouter(broker: $0, site: site) }
        rate = site.deviceRate
        self.utcOffset = utcOffset
    }

    /// The sensors whose rules time may change now: all of a few; of many a part, each about once a second.
    mutating func nextTicking() -> [String: SensorJudge] {
        guard judges.count > TelemetryIngest.ticksPerTurn else { return judges.filter { $0.value.needsTicks } }
        if waitingTicks.isEmpty { waitingTicks = Array(judges.keys) }
        let part = waitingTicks.suffix(max(TelemetryIngest.ticksPerTurn, judges.count / 4))
        waitingTicks.removeLast(part.count)
        var found: [String: SensorJudge] = [:]
        for id in part {
            if let judge = judges[id], judge.needsTicks { found[id] = judge }
        }
        return found
    }

    /// Whether a declared source may send one more message; what is undeclared has no rate of its own.
    mutating func admits(_ id: String, at now: Duration) -> Bool {
        buckets[id, default: RateBucket(rate, at: now)].take(rate, now: now)
    }

    /// Takes a profile in that the console has saved, or (nil) lets it go.
    mutating func adopt(_ profile: PayloadProfile?, named name: String, users: [String]) {
        for index in routers.indices { routers[index].set(profile, named: name, users: users) }
    }
}

extension Site {
    /// Seconds that local time is ahead of UTC at an instant.
    var utcOffset: @Sendable (WallTime) -> Int {
        let zone = TimeZone(identifier: timeZone) ?? .gmt
        return { time in zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(time.microseconds) / 1e6)) }
    }

    /// Every profile that the site can use: the built-in ones, and its own in their place.
    var profileBook: [String: PayloadProfile] {
        PayloadProfile.builtIn.merging(profiles.map { ($0.name, $0) }) { $1 }
    }

    /// The sensors with their own rules and those that their groups have for every member.
    var sensorsWithGroupRules: [Sensor] {
        var inherited: [String: [SensorRule]] = [:]
        for group in groups {
            for id in Set(group.sensors) { inherited[id, default: []] += group.memberRules }
        }
        return sensors.map { $0.with(rules: inherited[$0.id] ?? []) }
    }
}

extension SensorGroup {
    /// The rules that hold for every member.
    var memberRules: [SensorRule] { rules.filter { !$0.isJoint } }
}

extension Sensor {
    /// The sensor with further rules, each once.
    func with(rules more: [SensorRule]) -> Sensor {
        var sensor = self
        for rule in more where !sensor.rules.contains(rule) { sensor.rules.append(rule) }
        return sensor
    }
}
