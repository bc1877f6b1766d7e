import Domain
import Foundation
import Store
import Testing

@testable import Telemetry

/// Accepted sensors that get rules, a group and a place while the service runs.
@Suite("Sensors that are defined in the console")
struct ChangedSensorTests {
    private static let gateway = Gateway(id: "gw", token: "0123456789abcdef0123")
    private static let here = GeoPoint(lat: 32.5, lon: 119.9)

    private static var site: Site {
        var count = SensorRule(kind: .count, classCode: "P-01-37")
        count.atLeast = 2
        count.of = [SensorRule(kind: .above, value: 100)]
        return Site(
            name: "test",
            gateways: [gateway],
            sensors: [Sensor(id: "level-1", profile: "waterLevel", position: here)],
            groups: [
                SensorGroup(
                    id: "row",
                    sensors: ["level-1"],
                    rules: [SensorRule(kind: .below, value: -5), count]
                )
            ]
        )
    }

    private static let high = SensorRule(kind: .above, value: 150, clearBelow: 120, classCode: "E-05-06")

    private static func well(_ rules: [SensorRule], group: String? = nil) -> Sensor {
        Sensor(id: "well-9", name: "井 9", profile: "waterLevel", position: here, rules: rules, group: group)
    }

    private struct World {
        let fixture: TelemetryFixture
        let start = SystemClock().now() - .seconds(100)

        func post(_ second: Double, _ value: Double, _ id: String = "well-9") async throws {
            let time = (start + .seconds(second)).rfc3339
            let outcome = try await fixture.service.post(
                Array(#"{"source":"\#(id)","ts":"\#(time)","value":\#(value)}"#.utf8),
                from: gateway
            )
            #expect(outcome.accepted == 1)
        }

        /// `+well-9 above`, `-row count`, in the order in which the alarms got them.
        var signals: [String] {
            fixture.sink.signals.map { "\($0.phase == .raised ? "+" : "-")\($0.source) \($0.kind)" }
        }
    }

    private static func running(
        _ fixture: TelemetryFixture,
        _ body: (World) async throws -> Void
    ) async throws {
        let world = World(fixture: fixture)
        try await fixture.running {
            try await expectEventually {
                let text = #"{"source":"level-1","ts":"\#((world.start - .seconds(60)).rfc3339)","value":1}"#
                return (try? await fixture.service.post(Array(text.utf8), from: gateway))?.accepted == 1
            }
            try await body(world)
        }
    }

    @Test("rules hold at once, keep their state where they mean the same, and clear what they held when they go")
    func live() async throws {
        let fixture = try TelemetryFixture(Self.site)
        try await Self.running(fixture) { world in
            _ = try await fixture.service.accept(Self.well([]), by: "admin")
            try await world.post(0, 200)
            try await fixture.service.changeOwnSensor(Self.well([Self.high]), by: "admin")
            #expect(world.signals.isEmpty)
            // The value of before is not judged anew; the next one is.
            try await world.post(1, 201)
            try await expectEventually { world.signals == ["+well-9 above"] }
            let signal = try #require(fixture.sink.signals.first)
            #expect(signal.classCode == "E-05-06" && signal.position == Self.here)
            // Another name and another rule beside it: the open one goes on.
            var renamed = Self.well([Self.high, SensorRule(kind: .rate, value: 1000)])
            renamed.rules[1].perSeconds = 60
            renamed.name = "井 9 东"
            try await fixture.service.changeOwnSensor(renamed, by: "admin")
            try await world.post(2, 202)
            #expect(fixture.service.sensor("well-9")?.name == "井 9 东")
            #expect(fixture.service.sensor("well-9")?.rules.count == 2)
            #expect(world.signals == ["+well-9 above"])
            // Another threshold is another rule: the old one's alarm clears, the new one judges for itself.
            var higher = Self.high
            higher.value = 180
            try await fixture.service.changeOwnSensor(Self.well([higher]), by: "admin")
            try await expectEventually { world.signals == ["+well-9 above", "-well-9 above"] }
            try await world.post(3, 203)
            try await expectEventually { world.signals == ["+well-9 above", "-well-9 above", "+well-9 above"] }
            try await fixture.service.removeOwnSensor("well-9")
            try await expectEventually { world.signals.last == "-well-9 above" && world.signals.count == 4 }
            await #expect(throws: OwnSourceFailure.notOwn) {
                try await fixture.service.changeOwnSensor(Self.well([]), by: "admin")
            }
            await #expect(throws: OwnSourceFailure.notOwn) {
                try await fixture.service.changeOwnSensor(Sensor(id: "level-1", profile: "rain"), by: "admin")
            }
        }
    }

    @Test("an open alarm, its rules and the group survive a restart")
    func restart() async throws {
        let fixture = try TelemetryFixture(Self.site)
        try await Self.running(fixture) { world in
            _ = try await fixture.service.accept(Self.well([]), by: "admin")
            try await fixture.service.changeOwnSensor(Self.well([Self.high], group: "row"), by: "admin")
            try await world.post(0, 200)
            try await expectEventually { world.signals == ["+well-9 above"] }
        }
        try fixture.series.close()
        let second = try TelemetryFixture(Self.site, folder: fixture.folder)
        try await Self.running(second) { world in
            #expect(second.service.ownSensor("well-9") == Self.well([Self.high], group: "row"))
            // Those of the group are there too.
            #expect(second.service.sensor("well-9")?.rules.count == 2)
            try await world.post(50, 100)
            // The first service's signal may come a second time, if it ended before it had noted the delivery.
            try await expectEventually { world.signals.filter { $0 != "+well-9 above" } == ["-well-9 above"] }
        }
    }

    @Test("in a group its rules count for the sensor, and the sensor for the group; out of it neither")
    func group() async throws {
        let fixture = try TelemetryFixture(Self.site)
        try await Self.running(fixture) { world in
            _ = try await fixture.service.accept(Self.well([]), by: "admin")
            try await world.post(0, 110, "level-1")
            try await world.post(0, 110)
            try await fixture.service.changeOwnSensor(Self.well([], group: "row"), by: "admin")
            try await world.post(1, -9)
            try await expectEventually { world.signals == ["+well-9 below"] }
            try await world.post(2, 111)
            try await expectEventually {
                world.signals.contains("-well-9 below") && world.signals.contains("+row count")
            }
            try await fixture.service.changeOwnSensor(Self.well([]), by: "admin")
            try await expectEventually { world.signals.last == "-row count" }
            let before = world.signals.count
            try await world.post(3, -9)
            try await world.post(4, 120)
            #expect(world.signals.count == before)
        }
    }

    @Test("what the site file declares later counts, and the console's stays aside")
    func declaredLater() async throws {
        let fixture = try TelemetryFixture(Self.site)
        try await Self.running(fixture) { _ in
            _ = try await fixture.service.accept(Self.well([Self.high]), by: "admin")
            await #expect(throws: OwnSourceFailure.taken) {
                _ = try await fixture.service.accept(Sensor(id: "row", profile: "rain"), by: "admin")
            }
        }
        try fixture.series.close()
        var site = Self.site
        site.sensors.append(Sensor(id: "well-9", profile: "rain"))
        let second = try TelemetryFixture(site, folder: fixture.folder)
        try await Self.running(second) { _ in
            #expect(second.service.sensor("well-9")?.profile == "rain")
            #expect(second.service.sensor("well-9")?.own == nil && second.service.ownSensor("well-9") == nil)
        }
    }

    @Test("a storm lets go of a sensor that moves to another area")
    func storm() {
        var storms = StormJudge(groups: [
            SensorGroup(id: "low", sensors: ["a", "b", "c", "d"], storm: .init(atLeast: 4, withinSeconds: 60))
        ])
        let time = WallTime(microseconds: 1_800_000_000_000_000)
        var parents: [AlarmSignal] = []
        for id in ["a", "b", "c", "d"] {
            var signal = AlarmSignal(source: id, sourceKind: .sensor, kind: "above", phase: .raised, at: time)
            if let parent = storms.take(&signal, now: time) { parents.append(parent) }
        }
        #expect(parents.map(\.phase) == [.raised])
        #expect(storms.release("a", at: time).isEmpty && storms.release("b", at: time).isEmpty)
        let ended = storms.release("c", at: time)
        #expect(ended.map(\.kind) == ["storm"] && ended.first?.phase == .cleared && ended.first?.source == "low")
        #expect(storms.release("c", at: time).isEmpty)
    }
}
