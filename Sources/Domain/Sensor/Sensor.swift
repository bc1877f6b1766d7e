/// A sensor as the site declares it.
package struct Sensor: Sendable, Hashable, Codable {
    package var id: String
    package var name: String?
    /// `streetlight`, `waterLevel`, … : the payload profile and how the console shows it.
    package var profile: String
    package var position: GeoPoint?
    package var address: String?
    package var rules: [SensorRule]

    package init(
        id: String,
        name: String? = nil,
        profile: String,
        position: GeoPoint? = nil,
        address: String? = nil,
        rules: [SensorRule] = []
    ) {
        self.id = id
        self.name = name
        self.profile = profile
        self.position = position
        self.address = address
        self.rules = rules
    }
}

/// When a sensor's readings mean that something is wrong, and when they no longer do.
package struct SensorRule: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case above, below, noData
    }

    package var kind: Kind
    /// The threshold in the sensor's unit; unused by `noData`.
    package var value: Double
    /// `above`: clears at or below this; nil means `value`.
    package var clearBelow: Double?
    /// `below`: clears at or above this; nil means `value`.
    package var clearAbove: Double?
    /// Seconds the condition must last; for `noData`, the silence.
    package var forSeconds: Double
    /// The name of the value when readings carry named ones; nil for `value`.
    package var field: String?
    package var classCode: String?

    package init(
        kind: Kind,
        value: Double = 0,
        clearBelow: Double? = nil,
        clearAbove: Double? = nil,
        forSeconds: Double = 0,
        field: String? = nil,
        classCode: String? = nil
    ) {
        self.kind = kind
        self.value = value
        self.clearBelow = clearBelow
        self.clearAbove = clearAbove
        self.forSeconds = forSeconds
        self.field = field
        self.classCode = classCode
    }
}

/// One report of one sensor.
package struct Reading: Sendable, Hashable {
    package var sensorId: String
    /// The device's time.
    package var occurredAt: WallTime
    /// Ours.
    package var receivedAt: WallTime
    /// `["value": x]` for a plain reading, else the named values.
    package var values: [String: Double]
    /// The message carried no time: `occurredAt` is when it arrived.
    package var timeIsArrival: Bool

    package init(
        sensorId: String,
        occurredAt: WallTime,
        receivedAt: WallTime,
        values: [String: Double],
        timeIsArrival: Bool = false
    ) {
        self.sensorId = sensorId
        self.occurredAt = occurredAt
        self.receivedAt = receivedAt
        self.values = values
        self.timeIsArrival = timeIsArrival
    }
}

/// A vehicle as the site declares it.
package struct Vehicle: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case sanitation, muck
    }

    package var id: String
    package var name: String?
    package var kind: Kind
    /// The topic its positions arrive on.
    package var topic: String

    package init(id: String, name: String? = nil, kind: Kind, topic: String) {
        self.id = id
        self.name = name
        self.kind = kind
        self.topic = topic
    }
}

/// One position report of one vehicle.
package struct VehiclePosition: Sendable, Hashable {
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
