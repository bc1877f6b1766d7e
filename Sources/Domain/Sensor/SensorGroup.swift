/// Sensors that belong together: a row of lamps, the levels of a district.
package struct SensorGroup: Sendable, Hashable, Codable {
    /// From how many alarms of one class within how long a parent alarm takes their place.
    package struct Storm: Sendable, Hashable, Codable {
        package var atLeast: Int
        package var withinSeconds: Double

        package init(atLeast: Int = 10, withinSeconds: Double = 60) {
            self.atLeast = atLeast
            self.withinSeconds = withinSeconds
        }
    }

    package var id: String
    package var name: String?
    /// The members' ids; in a row, in its order.
    package var sensors: [String]
    /// Rules for every member, and joint ones for the group.
    package var rules: [SensorRule]
    package var storm: Storm?

    package init(
        id: String,
        name: String? = nil,
        sensors: [String],
        rules: [SensorRule] = [],
        storm: Storm? = nil
    ) {
        self.id = id
        self.name = name
        self.sensors = sensors
        self.rules = rules
        self.storm = storm
    }
}
