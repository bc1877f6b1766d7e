import Domain

/// The sensors and profiles that are in use: the site's, and those that were added in the console.
struct SourceRoster: Sendable {
    /// In the site's order; own ones last. With the rules that their groups have for every member.
    private(set) var sensors: [Sensor]
    private(set) var byId: [String: Sensor]
    private(set) var profiles: [String: PayloadProfile]
    /// Ids of sensors and names of profiles that the console has made.
    private(set) var own: Set<String> = []
    /// Own sensors as they were defined: without their groups' rules.
    private(set) var definitions: [String: Sensor] = [:]
    let groups: [String: SensorGroup]
    private(set) var ownProfiles: Set<String> = []

    init(_ site: Site) {
        sensors = site.sensorsWithGroupRules
        byId = Dictionary(sensors.map { ($0.id, $0) }) { first, _ in first }
        profiles = site.profileBook
        groups = Dictionary(site.groups.map { ($0.id, $0) }) { first, _ in first }
    }

    func profile(_ name: String) -> PayloadProfile { profiles[name] ?? PayloadProfile(name: name) }

    /// A sensor with the rules that its group has for every member.
    func whole(_ sensor: Sensor) -> Sensor {
        sensor.with(rules: sensor.group.flatMap { groups[$0] }?.memberRules ?? [])
    }

    /// False where the site has one of that id.
    mutating func add(_ sensor: Sensor) -> Bool {
        guard byId[sensor.id] == nil else { return false }
        let whole = whole(sensor)
        sensors.append(whole)
        byId[sensor.id] = whole
        own.insert(sensor.id)
        definitions[sensor.id] = sensor
        return true
    }

    /// Another definition of an own sensor; false where there is none.
    mutating func change(_ sensor: Sensor) -> Bool {
        guard own.contains(sensor.id), let place = sensors.firstIndex(where: { $0.id == sensor.id }) else {
            return false
        }
        sensors[place] = whole(sensor)
        byId[sensor.id] = sensors[place]
        definitions[sensor.id] = sensor
        return true
    }

    mutating func remove(_ id: String) -> Bool {
        guard own.remove(id) != nil else { return false }
        sensors.removeAll { $0.id == id }
        byId[id] = nil
        definitions[id] = nil
        return true
    }

    /// False where the site or the product has one of that name.
    mutating func add(_ profile: PayloadProfile) -> Bool {
        guard profiles[profile.name] == nil || ownProfiles.contains(profile.name) else { return false }
        profiles[profile.name] = profile
        ownProfiles.insert(profile.name)
        return true
    }

    mutating func removeProfile(_ name: String) -> Bool {
        guard ownProfiles.remove(name) != nil else { return false }
        profiles[name] = nil
        return true
    }

    /// The sensors that are read by a profile.
    func users(of profile: String) -> [String] { sensors.filter { $0.profile == profile }.map(\.id) }
}
