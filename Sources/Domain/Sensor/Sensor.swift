/// A sensor as the site declares it.
package struct Sensor: Sendable, Hashable, Codable {
    package var id: String
    package var name: String?
    /// `streetlight`, `waterLevel`, … : the payload profile and how the console shows it.
    package var profile: String
    package var position: GeoPoint?
    package var address: String?
    package var rules: [SensorRule]
    /// The group that the console has put it into; nil for a sensor of the site file, whose groups list their members.
    package var group: String?

    package init(
        id: String,
        name: String? = nil,
        profile: String,
        position: GeoPoint? = nil,
        address: String? = nil,
        rules: [SensorRule] = [],
        group: String? = nil
    ) {
        self.id = id
        self.name = name
        self.profile = profile
        self.position = position
        self.address = address
        self.rules = rules
        self.group = group
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
