/// A vehicle as the site declares it.
package struct Vehicle: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case sanitation, muck
        /// A supervisor on foot, with a phone.
        case collector
    }

    package var id: String
    package var name: String?
    package var kind: Kind
    /// The MQTT topic its positions arrive on; nil where they come another way.
    package var topic: String?
    /// The coordinates its positions arrive in.
    package var datum: Datum
    package var rules: [VehicleRule]

    package init(
        id: String,
        name: String? = nil,
        kind: Kind,
        topic: String? = nil,
        datum: Datum = .wgs84,
        rules: [VehicleRule] = []
    ) {
        self.datum = datum
        self.rules = rules
        self.id = id
        self.name = name
        self.kind = kind
        self.topic = topic
    }
}

/// One position report of one vehicle.
package struct VehiclePosition: Sendable, Hashable {
    /// Whether the position can be believed; what can't is stored and drawn apart, and judged by no rule of places.
    package enum Quality: Int, Sendable, Hashable, Codable, CaseIterable {
        case good = 0
        /// The receiver had no fix.
        case noFix = 1
        /// Too far from the one before for any vehicle.
        case jump = 2
        /// Wandering of a vehicle that stands.
        case drift = 3

        /// The word for it in the API.
        package var name: String {
            switch self {
            case .good: "good"
            case .noFix: "noFix"
            case .jump: "jump"
            case .drift: "drift"
            }
        }
    }

    package var vehicleId: String
    package var occurredAt: WallTime
    package var receivedAt: WallTime
    package var point: GeoPoint
    /// Kilometres per hour.
    package var speedKmh: Double?
    /// Degrees clockwise from north, 0..<360.
    package var heading: Double?
    /// The message carried no time: `occurredAt` is when it arrived.
    package var timeIsArrival: Bool
    /// Metres above sea level.
    package var altitudeMetres: Double?
    /// Kilometres driven in all.
    package var mileageKm: Double?
    /// Whether the ignition is on.
    package var ignition: Bool?
    package var quality = Quality.good
    /// What the position arrived in; `point` is WGS-84 in any case.
    package var datum = Datum.wgs84

    package init(
        vehicleId: String,
        occurredAt: WallTime,
        receivedAt: WallTime,
        point: GeoPoint,
        speedKmh: Double? = nil,
        heading: Double? = nil,
        timeIsArrival: Bool = false
    ) {
        self.vehicleId = vehicleId
        self.occurredAt = occurredAt
        self.receivedAt = receivedAt
        self.point = point
        self.speedKmh = speedKmh
        self.heading = heading
        self.timeIsArrival = timeIsArrival
    }
}
