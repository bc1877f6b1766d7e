package import Domain

/// What the site says of the sources of alarms: names, places, and which camera looks at a place.
package struct AlarmDirectory: Sendable {
    private struct Place {
        var name: String
        var position: GeoPoint?
        var address: String?
    }

    private let camerasNow: @Sendable () -> [Camera]
    private var sensors: [String: Place] = [:]
    private var groups: [String: Place] = [:]
    private var vehicles: [String: Place] = [:]
    /// Sensors that the console has accepted: others a moment later.
    private let ownSensor: @Sendable (String) -> Sensor?
    private let className: @Sendable (String) -> String?

    /// - Parameters:
    ///   - ownSensor: a sensor that the console has accepted, as it is now.
    ///   - className: the name of a class by its code.
    package init(
        cameras: @autoclosure @escaping @Sendable () -> [Camera] = [],
        sensors: [Sensor] = [],
        groups: [SensorGroup] = [],
        plans: [CoveragePlan] = [],
        vehicles: [Vehicle] = [],
        ownSensor: @escaping @Sendable (String) -> Sensor? = { _ in nil },
        className: @escaping @Sendable (String) -> String? = { _ in nil }
    ) {
        camerasNow = cameras
        for sensor in sensors {
            self.sensors[sensor.id] = Self.place(sensor)
        }
        for group in groups { self.groups[group.id] = Place(name: group.name ?? group.id) }
        for plan in plans { self.groups[plan.id] = Place(name: plan.name ?? plan.id) }
        for vehicle in vehicles { self.vehicles[vehicle.id] = Place(name: vehicle.name ?? vehicle.id) }
        self.ownSensor = ownSensor
        self.className = className
    }

    private static func place(_ sensor: Sensor) -> Place {
        Place(name: sensor.name ?? sensor.id, position: sensor.position, address: sensor.address)
    }

    func name(of source: String, _ kind: AlarmSignal.SourceKind) -> String {
        place(of: source, kind)?.name ?? source
    }

    func position(of source: String, _ kind: AlarmSignal.SourceKind) -> GeoPoint? {
        place(of: source, kind)?.position
    }

    func address(of source: String, _ kind: AlarmSignal.SourceKind) -> String? {
        place(of: source, kind)?.address
    }

    func className(_ code: String?) -> String? { code.flatMap(className) }

    /// The camera whose picture may show an alarm: the source itself, or the nearest one within `metres`.
    func camera(for alarm: Alarm, within metres: Double) -> String? {
        if alarm.sourceKind == .camera { return camerasNow().contains { $0.id == alarm.source } ? alarm.source : nil }
        guard let position = alarm.position else { return nil }
        let near = camerasNow().compactMap { camera -> (id: String, metres: Double)? in
            guard let distance = camera.position?.distance(to: position), distance <= metres else { return nil }
            return (camera.id, distance)
        }
        return near.min { ($0.metres, $0.id) < ($1.metres, $1.id) }?.id
    }

    private func place(of source: String, _ kind: AlarmSignal.SourceKind) -> Place? {
        switch kind {
        case .camera:
            camerasNow().first { $0.id == source }
                .map { Place(name: $0.name, position: $0.position, address: $0.address) }
        case .sensor: sensors[source] ?? ownSensor(source).map(Self.place)
        case .group: groups[source]
        case .vehicle: vehicles[source]
        case .system: nil
        }
    }
}
