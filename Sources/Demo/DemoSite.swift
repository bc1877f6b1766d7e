import Domain
import Foundation

/// The site file of the demo centre, as text: the demo is configured by the same file as any centre.
package struct DemoSite: Sendable {
    /// Where the scenes' clips are.
    package var scenes: SceneRenderer
    package var city: SimulatedCity
    /// The port of the private broker on loopback; user and password come from `GRIDWATCH_DEMO_MQTT_USER` and
    /// `GRIDWATCH_DEMO_MQTT_PASSWORD`.
    package var brokerPort: Int

    package init(scenes: SceneRenderer, city: SimulatedCity, brokerPort: Int) {
        self.scenes = scenes
        self.city = city
        self.brokerPort = brokerPort
    }

    /// The names of the environment's variables that the text refers to.
    package static let userVariable = "GRIDWATCH_DEMO_MQTT_USER"
    package static let passwordVariable = "GRIDWATCH_DEMO_MQTT_PASSWORD"

    /// The YAML text.
    package var yaml: String {
        """
        # Written by `gridwatch demo`; a centre of one's own starts from a copy of this.
        site: { name: 示范区数字化城管监督指挥中心, timeZone: Asia/Shanghai, language: zh-CN }
        recording: { segment: 60s, freeSpaceFloor: 500MB }
        cameras:
        \(cameras)
        mqtt:
          - url: mqtt://127.0.0.1:\(brokerPort)
            user: ${\(Self.userVariable)}
            password: ${\(Self.passwordVariable)}
            subscribe:
              - { topic: "city/lamp/+/state", profile: streetlight }
              - { topic: "city/water/+/level", profile: waterLevel }
              - { topic: "city/gas/+/state", profile: gas }
        sensors:
        \(sensors)
        groups:
        \(groups)
        areas:
        \(areas)
        plans:
        \(plans)
        vehicles:
        \(vehicles)
        cases:
          policy: { "09009": open, "06010": ask, "E-05-06": open }

        """
    }

    private struct CameraLine {
        var id: String
        var name: String
        var group: String
        var lat: Double
        var lon: Double
        var address: String
        var zone: String?
    }

    private var cameras: String {
        let lines = [
            CameraLine(
                id: "demo-gulou",
                name: "鼓楼路海陵路口",
                group: "鼓楼片区",
                lat: 32.4912,
                lon: 119.9234,
                address: "鼓楼路与海陵路口东北角",
                zone:
                    #"{ id: kerb, name: 禁停区, polygon: [[0.20, 0.62], [0.80, 0.62], [0.80, 0.86], [0.20, 0.86]], rules: [ { kind: stationary, after: 15s, class: "09009" } ] }"#
            ),
            CameraLine(
                id: "demo-square",
                name: "人民广场北侧",
                group: "鼓楼片区",
                lat: 32.4931,
                lon: 119.9212,
                address: "人民广场北侧长椅旁",
                zone:
                    #"{ id: square, name: 广场地面, polygon: [[0.05, 0.45], [0.95, 0.45], [0.95, 0.98], [0.05, 0.98]], rules: [ { kind: stationary, after: 20s, class: "06010" } ] }"#
            ),
            CameraLine(
                id: "demo-night",
                name: "迎春路夜间",
                group: "迎春片区",
                lat: 32.4888,
                lon: 119.9261,
                address: "迎春路 18 号门前",
                zone:
                    #"{ id: kerb, name: 禁停区, polygon: [[0.05, 0.62], [0.95, 0.62], [0.95, 0.86], [0.05, 0.86]], rules: [ { kind: stationary, after: 30s, class: "09009" } ] }"#
            ),
            CameraLine(
                id: "demo-canal",
                name: "凤城河东岸",
                group: "迎春片区",
                lat: 32.4874,
                lon: 119.9199,
                address: "凤城河东岸护栏段",
                zone:
                    #"{ id: bank, name: 护栏外, polygon: [[0.05, 0.60], [0.95, 0.60], [0.95, 0.73], [0.05, 0.73]], rules: [ { kind: motion, after: 2s } ] }"#
            ),
            CameraLine(
                id: "demo-covered",
                name: "泰山路公交站",
                group: "泰山片区",
                lat: 32.4949,
                lon: 119.9266,
                address: "泰山路公交站台",
                zone: nil
            ),
        ]
        return lines.map { line in
            var text = """
                  - id: \(line.id)
                    name: \(line.name)
                    group: \(line.group)
                    source: "file:\(scenes.folder.appending(path: line.id + ".mp4").path)"
                    position: { lat: \(line.lat), lon: \(line.lon) }
                    address: \(line.address)
                    record: { keepDays: 1 }
                """
            if let zone = line.zone { text += "\n    zones:\n      - \(zone)" }
            return text
        }.joined(separator: "\n")
    }

    private var sensors: String {
        city.sensors.map { sensor in
            var text = #"  - { id: \#(sensor.id), name: "\#(sensor.name ?? sensor.id)", profile: \#(sensor.profile)"#
            if let position = sensor.position {
                text += ", position: { lat: \(Self.degrees(position.lat)), lon: \(Self.degrees(position.lon)) }"
            }
            if let address = sensor.address { text += #", address: "\#(address)""# }
            return text + ", rules: [ \(sensor.rules.map(Self.rule).joined(separator: ", ")) ] }"
        }.joined(separator: "\n")
    }

    /// Each street's lamps: three neighbours dark are one fault of the row. The culverts: a storm is one alarm.
    private var groups: String {
        let rows = stride(from: 0, to: SimulatedCity.lampCount, by: 25).map { first in
            let ids = city.sensors[first..<min(first + 25, SimulatedCity.lampCount)].map(\.id)
            return #"""
                  - id: lamp-row-\#(first / 25 + 1)
                    name: 路灯第 \#(first / 25 + 1) 排
                    sensors: [\#(ids.joined(separator: ", "))]
                    rules: [ { kind: count, atLeast: 3, adjacent: true, for: 5s, class: "P-01-37", of: [ { kind: below, field: powerW, value: 10, clearAbove: 20 } ] } ]
                """#
        }
        let storm = #"""
              - { id: culverts, name: 下穿涵洞, sensors: ["culvert-*"], storm: { atLeast: 5, within: 60s } }
            """#
        return (rows + [storm]).joined(separator: "\n")
    }

    private static func point(_ point: GeoPoint) -> String { "[\(degrees(point.lat)), \(degrees(point.lon))]" }

    private var areas: String {
        city.areas.map { area in
            let shape =
                switch area.shape {
                case .circle(let centre, let metres):
                    "centre: { lat: \(Self.degrees(centre.lat)), lon: \(Self.degrees(centre.lon)) }, metres: \(metres)"
                case .polygon(let corners): "polygon: [\(corners.map(Self.point).joined(separator: ", "))]"
                }
            return "  - { id: \(area.id), name: \(area.name ?? area.id), \(shape) }"
        }.joined(separator: "\n")
    }

    /// Every half hour is a round, so that what is missed is soon an alarm.
    private var plans: String {
        let clock = (0...48).map { "\($0 < 20 ? "0" : "")\($0 / 2):\($0 % 2 == 0 ? "00" : "30")" }
        let hours = zip(clock, clock.dropFirst()).map { "\"\($0)-\($1)\"" }
        return [city.sweepPlan, city.dutyPlan].map { plan in
            var text = """
                  - id: \(plan.id)
                    name: \(plan.name ?? plan.id)
                    vehicles: [\(plan.vehicles.joined(separator: ", "))]
                """
            if let area = plan.area { return text + "\n    area: \(area.id)" }
            text += "\n    schedule: { hours: [\(hours.joined(separator: ", "))] }\n    sections:"
            for section in plan.sections {
                let line = section.line.map(Self.point).joined(separator: ", ")
                text += "\n      - { name: \(section.name), line: [\(line)] }"
            }
            text += "\n    bins:"
            for bin in plan.bins {
                let position = "{ lat: \(Self.degrees(bin.position.lat)), lon: \(Self.degrees(bin.position.lon)) }"
                text += "\n      - { id: \(bin.id), position: \(position) }"
            }
            return text
        }.joined(separator: "\n")
    }

    private var vehicles: String {
        city.vehicles.map { vehicle in
            let rules = vehicle.rules.map(Self.rule).joined(separator: ", ")
            return
                #"  - { id: \#(vehicle.id), name: "\#(vehicle.name ?? vehicle.id)", kind: \#(vehicle.kind.rawValue), topic: "\#(vehicle.topic ?? "")", rules: [ \#(rules) ] }"#
        }.joined(separator: "\n")
    }

    private static func rule(_ rule: VehicleRule) -> String {
        var parts = ["kind: \(rule.kind.rawValue)"]
        if rule.value != 0 { parts.append("value: \(rule.value)") }
        if !rule.areas.isEmpty { parts.append("areas: [\(rule.areas.joined(separator: ", "))]") }
        parts.append("for: \(rule.forSeconds)s")
        return "{ \(parts.joined(separator: ", ")) }"
    }

    private static func rule(_ rule: SensorRule) -> String {
        var parts = ["kind: \(rule.kind.rawValue)"]
        if rule.kind != .noData { parts.append("value: \(rule.value)") }
        if let clear = rule.clearBelow { parts.append("clearBelow: \(clear)") }
        if let clear = rule.clearAbove { parts.append("clearAbove: \(clear)") }
        if let field = rule.field { parts.append("field: \(field)") }
        parts.append("for: \(rule.forSeconds)s")
        if let code = rule.classCode { parts.append("class: \"\(code)\"") }
        return "{ \(parts.joined(separator: ", ")) }"
    }

    private static func degrees(_ value: Double) -> String { String((value * 1e6).rounded() / 1e6) }
}
