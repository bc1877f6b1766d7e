import Domain
import Foundation

extension TelemetryIngest.Core {
    /// Everything that the site's rules need, before anything has arrived.
    init(_ site: Site) {
        let zone = TimeZone(identifier: site.timeZone) ?? .gmt
        let utcOffset: @Sendable (WallTime) -> Int = { time in
            zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(time.microseconds) / 1e6))
        }
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
    }
}

extension Site {
    /// Every profile that the site can use: the built-in ones, and its own in their place.
    var profileBook: [String: PayloadProfile] {
        PayloadProfile.builtIn.merging(profiles.map { ($0.name, $0) }) { $1 }
    }

    /// The sensors with their own rules and those that their groups have for every member.
    var sensorsWithGroupRules: [Sensor] {
        var inherited: [String: [SensorRule]] = [:]
        for group in groups {
            let rules = group.rules.filter { !$0.isJoint }
            for id in Set(group.sensors) { inherited[id, default: []] += rules }
        }
        return sensors.map { sensor in
            var sensor = sensor
            for rule in inherited[sensor.id] ?? [] where !sensor.rules.contains(rule) { sensor.rules.append(rule) }
            return sensor
        }
    }
}
