package import Domain

#if canImport(Glibc)
    import Glibc
#endif

/// The demo's sensors and trucks: what they would publish at any moment, faults included. Times are real, only the
/// course of the values is compressed: a culvert fills within a minute.
package struct SimulatedCity: Sendable {
    /// One MQTT message.
    package struct Message: Sendable, Hashable {
        package var topic: String
        package var payload: String
    }

    /// What the site file of the demo declares.
    package let sensors: [Sensor]
    package let vehicles: [Vehicle]
    private var random: SeededRandom
    private let start: WallTime
    private var nextLamp = 0
    private var lastStep: WallTime?

    package static let lampCount = 200
    package static let levelCount = 20
    package static let truckCount = 10
    /// The middle of the demo's town.
    package static let centre = GeoPoint(lat: 32.4912, lon: 119.9234)

    package init(start: WallTime, seed: UInt64 = 20_261_123) {
        self.start = start
        random = SeededRandom(seed: seed)
        sensors = Self.lamps() + Self.levels() + [Self.gas]
        vehicles =
            (0..<Self.truckCount).map { index in
                let sanitation = index < 7
                var vehicle = Vehicle(
                    id: (sanitation ? "su-m1234" : "su-k5678") + String(index),
                    name: (sanitation ? "苏M1234" : "苏K5678") + String(index),
                    kind: sanitation ? .sanitation : .muck,
                    topic: "city/truck/" + (sanitation ? "su-m1234" : "su-k5678") + "\(index)/position"
                )
                vehicle.rules = Self.rules(ofTruck: index)
                return vehicle
            } + [Self.collector]
    }

    /// Where muck trucks must not go, and what the collector walks.
    package let areas = [
        GeoArea(id: "old-town", name: "老城禁行区", shape: .circle(centre: centre, metres: 180)),
        GeoArea(
            id: "duty-01",
            name: "鼓楼责任网格",
            shape: .polygon(
                [(0.0, 0.0), (0.0, 0.0045), (0.0036, 0.0045), (0.0036, 0.0)].map { north, east in
                    GeoPoint(lat: centre.lat + 0.001 + north, lon: centre.lon + 0.001 + east)
                }
            )
        ),
    ]

    private static func rules(ofTruck index: Int) -> [VehicleRule] {
        switch index {
        case 4: [VehicleRule(kind: .longStop, forSeconds: 60)]
        case 7, 8: [VehicleRule(kind: .inArea, areas: ["old-town"], forSeconds: 6)]
        case 9:
            [
                VehicleRule(kind: .inArea, areas: ["old-town"], forSeconds: 6),
                VehicleRule(kind: .silent, forSeconds: 60),
            ]
        default: [VehicleRule(kind: .overspeed, value: 50, forSeconds: 10)]
        }
    }

    private static let collector = Vehicle(
        id: "collector-01",
        name: "监督员 01",
        kind: .collector,
        topic: "city/collector/collector-01/position",
        rules: [VehicleRule(kind: .absent, forSeconds: 1800)]
    )

    /// What is published between the last step and `now`; call it about once a second.
    package mutating func step(now: WallTime) -> [Message] {
        let seconds = (now - start).seconds
        defer { lastStep = now }
        var messages = lampMessages(now: now, seconds: seconds)
        if Int(seconds) % 2 == 0 { messages += levelMessages(now: now, seconds: seconds) }
        if Int(seconds) % 3 == 0 { messages += truckMessages(now: now, seconds: seconds) }
        if Int(seconds) % 10 == 0 { messages.append(collectorMessage(now: now, seconds: seconds)) }
        if Int(seconds) % 30 == 11 { messages.append(strangerMessage(now: now, seconds: seconds)) }
        if Int(seconds) % 5 == 0 { messages.append(gasMessage(now: now, seconds: seconds)) }
        if Int(seconds) % 20 == 7 { messages += brokenMessages(now: now) }
        return messages
    }

    // MARK: Lamps

    private static func lamps() -> [Sensor] {
        (0..<lampCount).map { index in
            let row = index / 25
            let column = index % 25
            return Sensor(
                id: "lamp-" + padded(index + 1, 4),
                name: "路灯 \(row + 1)-\(column + 1)",
                profile: "streetlight",
                position: GeoPoint(
                    lat: centre.lat + (Double(row) - 3.5) * 0.0021,
                    lon: centre.lon + (Double(column) - 12) * 0.00055
                ),
                address: "\(streets[row % streets.count])路灯 \(column + 1) 号杆",
                rules: [
                    SensorRule(
                        kind: .below,
                        value: 10,
                        clearAbove: 20,
                        forSeconds: 20,
                        field: "powerW",
                        classCode: "P-01-37"
                    ),
                    SensorRule(kind: .noData, forSeconds: 300),
                ]
            )
        }
    }

    private static let streets = ["鼓楼路", "海陵路", "迎春路", "泰山路", "凤凰路", "永定路", "春晖路", "济川路"]

    /// Ten lamps a second, so that each reports every 20 s. Three in a row go dark after 45 s; lamp 150 falls silent.
    private mutating func lampMessages(now: WallTime, seconds: Double) -> [Message] {
        (0..<10).compactMap { _ in
            let index = nextLamp
            nextLamp = (nextLamp + 1) % Self.lampCount
            if index == 149, seconds > 60 { return nil }
            let dark = (75...77).contains(index) && seconds > 45 && seconds.truncatingRemainder(dividingBy: 900) < 600
            let power = dark ? 0.6 : 84 + Double(random.below(60)) / 10
            return Message(
                topic: "city/lamp/\(sensors[index].id)/state",
                payload:
                    #"{"ts":"\#(now.rfc3339)","state":"\#(dark ? "off" : "on")","powerW":\#(Self.brief(power)),"voltageV":\#(Self.brief(226 + Double(random.below(80)) / 10))}"#
            )
        }
    }

    // MARK: Water levels

    private static func levels() -> [Sensor] {
        (0..<levelCount).map { index in
            Sensor(
                id: "culvert-" + padded(index + 1, 2),
                name: "\(streets[index % streets.count])涵洞 \(index / streets.count + 1) 号液位",
                profile: "waterLevel",
                position: GeoPoint(
                    lat: centre.lat - 0.006 + Double(index % 5) * 0.0031,
                    lon: centre.lon - 0.0085 + Double(index / 5) * 0.0055
                ),
                address: "\(streets[index % streets.count])下穿涵洞",
                rules: [
                    SensorRule(kind: .above, value: 150, clearBelow: 120, forSeconds: 10, classCode: "E-05-06"),
                    SensorRule(kind: .noData, forSeconds: 120),
                ]
            )
        }
    }

    /// Culvert 1 fills from 10 s on, stays full and runs dry again, every ten minutes; culvert 4 flaps around its
    /// threshold too shortly to matter; the others breathe.
    private mutating func levelMessages(now: WallTime, seconds: Double) -> [Message] {
        (0..<Self.levelCount).map { index in
            let jitter = Double(random.below(30)) / 10 - 1.5
            let level: Double
            switch index {
            case 0:
                let t = seconds.truncatingRemainder(dividingBy: 600)
                level = t < 10 ? 42 : t < 40 ? 42 + (t - 10) * 5 : t < 200 ? 192 : max(42, 192 - (t - 200) * 1.5)
            case 3:
                level = 138 + 22 * max(0, sin(seconds / 2.2))
            default:
                level = 35 + Double(index) * 3 + 12 * sin(seconds / 90 + Double(index))
            }
            return Message(
                topic: "city/water/\(sensors[Self.lampCount + index].id)/level",
                payload: #"{"ts":"\#(now.rfc3339)","value":\#(Self.brief(level + jitter))}"#
            )
        }
    }

    // MARK: Gas

    private static let gas = Sensor(
        id: "gas-01",
        name: "凤凰路燃气阀井 1 号",
        profile: "gas",
        position: GeoPoint(lat: centre.lat + 0.0032, lon: centre.lon - 0.0041),
        address: "凤凰路燃气阀井",
        rules: [
            SensorRule(kind: .above, value: 20, clearBelow: 15, forSeconds: 5, classCode: "E-05-02"),
            SensorRule(kind: .noData, forSeconds: 120),
        ]
    )

    /// A leak that comes and goes: 30 s above 20 % of the lower explosive limit, 40 s below, for most of ten minutes.
    private mutating func gasMessage(now: WallTime, seconds: Double) -> Message {
        let ofTenMinutes = seconds.truncatingRemainder(dividingBy: 600)
        let leaks = ofTenMinutes > 90 && seconds.truncatingRemainder(dividingBy: 70) < 30
        let level = (leaks ? 26 : 6) + Double(random.below(20)) / 10
        return Message(
            topic: "city/gas/gas-01/state",
            payload: #"{"ts":"\#(now.rfc3339)","concentration":\#(Self.brief(level))}"#
        )
    }

    // MARK: Trucks

    /// Each truck drives round a rectangle of streets; truck 5 stands for a while, truck 10 falls silent for two minutes in five.
    private mutating func truckMessages(now: WallTime, seconds: Double) -> [Message] {
        vehicles.prefix(Self.truckCount).enumerated().compactMap { index, vehicle in
            if index == 9, seconds.truncatingRemainder(dividingBy: 300) > 180 { return nil }
            let speed =
                index == 4 && seconds.truncatingRemainder(dividingBy: 240) > 120 ? 0.0 : 14 + Double(index) * 2.2
            let metres = (index == 4 ? Self.driven(seconds) : seconds) * (14 + Double(index) * 2.2) / 3.6
            let (point, heading) = Self.onRound(index: index, metres: metres)
            return Message(
                topic: vehicle.topic ?? "",
                payload:
                    #"{"ts":"\#(now.rfc3339)","lat":\#(Self.degrees(point.lat)),"lon":\#(Self.degrees(point.lon)),"speedKmh":\#(Self.brief(speed)),"heading":\#(Self.brief(heading))}"#
            )
        }
    }

    /// The collector walks to and fro along the southern half of the duty grid.
    private func collectorMessage(now: WallTime, seconds: Double) -> Message {
        let metres = (seconds * 4 / 3.6).truncatingRemainder(dividingBy: 1600)
        let east = metres < 400 ? metres : metres < 800 ? 400 : metres < 1200 ? 1200 - metres : 0
        let north = metres < 400 ? 50.0 : metres < 800 ? 50 + (metres - 400) / 4 : metres < 1200 ? 150 : 50
        let point = GeoPoint(
            lat: Self.centre.lat + 0.001 + north / 111_320,
            lon: Self.centre.lon + 0.001 + (east + 5) / (111_320 * cos(Self.centre.lat * .pi / 180))
        )
        return Message(
            topic: "city/collector/collector-01/position",
            payload:
                #"{"ts":"\#(now.rfc3339)","lat":\#(Self.degrees(point.lat)),"lon":\#(Self.degrees(point.lon)),"speedKmh":4}"#
        )
    }

    /// A level that was installed and that nobody has declared yet.
    private func strangerMessage(now: WallTime, seconds: Double) -> Message {
        Message(
            topic: "city/water/culvert-99/level",
            payload: #"{"ts":"\#(now.rfc3339)","value":\#(Self.brief(48 + 5 * sin(seconds / 60)))}"#
        )
    }

    /// Seconds of driving in `seconds` when every second two minutes of four are spent standing.
    private static func driven(_ seconds: Double) -> Double {
        (seconds / 240).rounded(.down) * 120 + min(120, seconds.truncatingRemainder(dividingBy: 240))
    }

    /// What truck 1 is to sweep: the rectangle that it drives, and two streets that it skips.
    package var sweepPlan: CoveragePlan {
        let corners = [0.0, 600, 1000, 1600].map { Self.onRound(index: 0, metres: $0).0 }
        let names = ["鼓楼路", "海陵路", "迎春路", "泰山路"]
        var sections = names.enumerated().map { index, name in
            CoveragePlan.Section(name: name, line: [corners[index], corners[(index + 1) % corners.count]])
        }
        for (index, name) in ["永定路", "春晖路"].enumerated() {
            let south = corners[0].lat - 0.0015 * Double(index + 1)
            sections.append(
                CoveragePlan.Section(
                    name: name,
                    line: [GeoPoint(lat: south, lon: corners[0].lon), GeoPoint(lat: south, lon: corners[1].lon)]
                )
            )
        }
        var plan = CoveragePlan(id: "sweep-east", name: "东片区机扫", vehicles: [vehicles[0].id], sections: sections)
        plan.bins = [
            CoveragePlan.Bin(id: "bin-east-1", position: Self.onRound(index: 0, metres: 300).0),
            CoveragePlan.Bin(
                id: "bin-east-2",
                position: GeoPoint(lat: corners[0].lat - 0.0015, lon: (corners[0].lon + corners[1].lon) / 2)
            ),
        ]
        return plan
    }

    /// What the collector is to walk.
    package var dutyPlan: CoveragePlan {
        var plan = CoveragePlan(id: "duty-grid-01", name: "鼓楼责任网格巡查", vehicles: [Self.collector.id])
        plan.area = areas[1]
        return plan
    }

    private static func onRound(index: Int, metres: Double) -> (GeoPoint, Double) {
        let width = 600.0 + Double(index % 5) * 180
        let height = 400.0 + Double(index % 4) * 150
        let round = 2 * (width + height)
        let at = (metres + Double(index) * 370).truncatingRemainder(dividingBy: round)
        let (east, north, heading): (Double, Double, Double) =
            switch at {
            case ..<width: (at, 0, 90)
            case ..<(width + height): (width, at - width, 0)
            case ..<(2 * width + height): (2 * width + height - at, height, 270)
            default: (0, round - at, 180)
            }
        let metresPerDegree = 111_320.0
        let x = east - width / 2 + Double(index % 3 - 1) * 260
        let y = north - height / 2 + Double(index % 4 - 2) * 170
        return (
            GeoPoint(
                lat: centre.lat + y / metresPerDegree,
                lon: centre.lon + x / (metresPerDegree * cos(centre.lat * .pi / 180))
            ),
            heading
        )
    }

    // MARK: Faults

    /// What real gateways send now and then: no JSON, a wrong type, a time of 1970.
    private mutating func brokenMessages(now: WallTime) -> [Message] {
        let sensor = sensors[Self.lampCount + 11].id
        let payloads = [
            "ERR 0x1F sensor timeout", #"{"ts":"\#(now.rfc3339)","value":"n/a"}"#,
            #"{"ts":"1970-01-01T00:00:07Z","value":55}"#,
        ]
        return [Message(topic: "city/water/\(sensor)/level", payload: payloads[random.below(payloads.count)])]
    }

    private static func brief(_ value: Double) -> String { String((value * 10).rounded() / 10) }

    private static func degrees(_ value: Double) -> String { String((value * 1e6).rounded() / 1e6) }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension SeededRandom {
    /// A number from 0 to `bound` - 1.
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
