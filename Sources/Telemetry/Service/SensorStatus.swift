package import Domain

/// A sensor as the API and the change feed give it.
package struct SensorStatus: Sendable, Hashable, Encodable {
    package var id: String
    package var name: String?
    package var profile: String
    package var position: GeoPoint?
    package var address: String?
    /// The newest reading by the device's time.
    package var last: ReadingItem?
    /// The ids of its open alarms.
    package var alarmIds: [String]
    package var rejected: RejectionCount
    package var rules: [RuleItem]
    /// True when nothing fresh has arrived for longer than the sensor's `noData` rule allows (an hour without one), or
    /// when `last` is what the broker had kept.
    package var stale: Bool
    /// True for one that was accepted in the console; absent for one of the site file.
    package var own: Bool?
    /// The group that the console has put it into.
    package var group: String?

    private enum CodingKeys: String, CodingKey {
        case id, name, profile, position, address, last, alarmIds, rejected, rules, stale, own, group
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(name ?? id, forKey: .name)
        try container.encode(profile, forKey: .profile)
        try container.encode(position, forKey: .position)
        try container.encode(address, forKey: .address)
        try container.encode(last, forKey: .last)
        try container.encode(alarmIds, forKey: .alarmIds)
        try container.encode(rejected, forKey: .rejected)
        try container.encode(rules, forKey: .rules)
        try container.encode(stale, forKey: .stale)
        try container.encodeIfPresent(own, forKey: .own)
        try container.encodeIfPresent(group, forKey: .group)
    }
}

/// A vehicle as the API and the change feed give it.
package struct VehicleStatus: Sendable, Hashable, Encodable {
    package var id: String
    package var name: String?
    package var kind: Vehicle.Kind
    /// The newest position by the device's time.
    package var last: PositionItem?
    package var rejected: RejectionCount
    /// The ids of its open alarms.
    package var alarmIds: [String]
    package var rules: [VehicleRule]

    private enum CodingKeys: String, CodingKey {
        case id, name, kind, last, rejected, alarmIds, rules
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(name ?? id, forKey: .name)
        try container.encode(kind, forKey: .kind)
        try container.encode(last, forKey: .last)
        try container.encode(rejected, forKey: .rejected)
        try container.encode(alarmIds, forKey: .alarmIds)
        try container.encode(rules, forKey: .rules)
    }
}

/// A sensor or vehicle that sends but that the site doesn't declare.
package struct UnknownSource: Sendable, Hashable, Encodable {
    package var id: String
    package var topic: String
    package var profile: String
    package var count: Int
    package var firstAt: WallTime
    package var lastAt: WallTime
}
