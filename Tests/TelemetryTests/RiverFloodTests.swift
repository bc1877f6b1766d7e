import Domain
import Foundation
import TestSupport
import Testing

@testable import Telemetry

/// Floods of the Aude and the Agly in January 2020 (Hub'Eau, levels in millimetres), judged by two rules.
@Suite("Floods of real rivers")
struct RiverFloodTests {
    /// - `normal`: the station's usual level in mm, its median of the month.
    struct Station: Sendable {
        var file: String
        var normal: Double
        var hasFlood: Bool
    }

    static let stations = [
        Station(file: "river_hubeau_Agly_Y0634020_2020-01_flood.csv", normal: 5950, hasFlood: true),
        Station(file: "river_hubeau_Aude_Y1612050_2020-01_flood.csv", normal: 1125, hasFlood: true),
        Station(file: "river_hubeau_Aude_Y1422020_2020-01_minor.csv", normal: 506, hasFlood: false),
    ]

    private static func readings(_ file: URL) throws -> [Reading] {
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst()
        var byTime: [WallTime: Double] = [:]
        for line in lines {
            let fields = line.split(separator: ";", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: CharacterSet(charactersIn: "\"\r")) }
            guard fields.count > 8, let at = WallTime(rfc3339: fields[7]), let level = Double(fields[8]) else {
                continue
            }
            byTime[at] = level
        }
        return byTime.sorted { $0.key < $1.key }.map { at, level in
            Reading(sensorId: "s", occurredAt: at, receivedAt: at, values: ["value": level])
        }
    }

    /// What comes of one rule: times of alarms.
    private static func alarms(_ rule: SensorRule, _ readings: [Reading]) -> [WallTime] {
        var judge = SensorJudge(sensor: Sensor(id: "s", profile: "waterLevel", rules: [rule]))
        return readings.flatMap { judge.take($0) }.filter { $0.phase == .raised }.map(\.at)
    }

    private static func hours(_ duration: Duration) -> String { String(format: "%.1f", duration.seconds / 3600) }

    @Test(
        "above and rate tell a flood two hours before its peak, at one false alarm a month at most",
        .enabled(if: SharedData.file("data/sensor/\(stations[0].file)") != nil, "the shared series are not here")
    )
    func floods() throws {
        for station in Self.stations {
            let file = try #require(SharedData.file("data/sensor/\(station.file)"))
            // What can't be is refused at the door, as a profile with `min: 0` does.
            let all = try Self.readings(file)
            let readings = all.filter { ($0.values["value"] ?? -1) >= 0 }
            let peak = try #require(readings.max { ($0.values["value"] ?? 0) < ($1.values["value"] ?? 0) })
            var above = SensorRule(kind: .above, value: station.normal * 1.5, clearBelow: station.normal * 1.3)
            above.forSeconds = 1800
            var rate = SensorRule(kind: .rate, value: 200, clearBelow: 50, forSeconds: 1800)
            rate.perSeconds = 3600
            rate.clearForSeconds = 6 * 3600
            for rule in [above, rate] {
                let found = Self.alarms(rule, readings)
                // An alarm in the two days before the peak is of the flood, or else false.
                let early = found.filter { $0 <= peak.occurredAt && peak.occurredAt - $0 <= .seconds(48 * 3600) }
                let own = station.hasFlood ? early : []
                let wrong = found.count - own.count
                let lead = own.first.map { Self.hours(peak.occurredAt - $0) } ?? "-"
                print(
                    "flood: \(station.file) readings \(readings.count) (refused \(all.count - readings.count))",
                    "peak \(peak.values["value"] ?? 0) mm \(rule.kind.rawValue): lead \(lead) h, other alarms \(wrong)"
                )
                if station.hasFlood {
                    let first = try #require(own.first)
                    #expect(peak.occurredAt - first >= .seconds(7200))
                    #expect(wrong <= 1)
                }
            }
        }
    }
}
