import Domain

/// The sensors and profiles that are in use: the site's, and those that were added in the console.
struct SourceRoster: Sendable {
    /// In the site's order; own ones last.
    private(set) var sensors: [Sensor]
    private(set) var byId: [String: Sensor]
    private(set) var profiles: [String: PayloadProfile]
    /// Ids of sensors and names of profiles that the console has made.
    private(set) var own: Set<String> = []
    private(set) var ownProfiles: Set<String> = []

    init(_ site: Site) {
        sensors = site.sensorsWithGroupRules
        byId = Dictionary(sensors.map { ($0.id, $0) }) { first, _ in first }
        profiles = site.profileBook
    }

    func profile(_ name: String) -> PayloadProfile { profiles[name] ?? PayloadProfile(name: name) }

    /// False where the site has one of that id.
    mutating func add(_ sensor: Sensor) -> Bool {
        guard byId[sensor.id] == nil else { return false }
        sensors.append(sensor)
        byId[sensor.id] = sensor
        own.insert(sensor.id)
        return true
    }

    mutating func remove(_ id: String) -> Bool {
        guard own.remove(id) != nil else { return false }
        sensors.removeAll { $0.id == id }
        byId[id] = nil
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
