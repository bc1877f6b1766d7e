import Domain
import Foundation
import Store
import Testing

@testable import Telemetry

/// Senders that nobody declared, quarantine and profiles, without a broker: over the way of gateways.
@Suite("What the console adds to the site's sensors")
struct OwnSourceTests {
    private static let gateway = Gateway(id: "gw", token: "0123456789abcdef0123")
    private static var site: Site {
        Site(
            name: "test",
            gateways: [gateway, Gateway(id: "narrow", token: "fedcba98765432100123", sources: ["level-1"])],
            sensors: [
                Sensor(
                    id: "level-1",
                    profile: "waterLevel",
                    rules: [SensorRule(kind: .above, value: 150, clearBelow: 120, classCode: "E-05-06")]
                )
            ],
            vehicles: [Vehicle(id: "truck-1", kind: .muck)]
        )
    }

    private static func post(_ fixture: TelemetryFixture, _ text: String) async throws -> PostOutcome {
        try await fixture.service.post(Array(text.utf8), from: gateway)
    }

    private static func count(_ fixture: TelemetryFixture, _ id: String) async throws -> Int {
        try await ReadingRepository(fixture.series).count(sensorId: id)
    }

    @Test("what a gateway posts is on the disk when it is answered, and what isn't taken is told with its place")
    func posts() async throws {
        let fixture = try TelemetryFixture(Self.site)
        let now = SystemClock().now().rfc3339
        let later = (SystemClock().now() + .seconds(10)).rfc3339
        try await fixture.running {
            try await expectEventually {
                (try? await Self.post(fixture, #"{"source":"level-1","ts":"\#(now)","value":1}"#))?.accepted == 1
            }
            let outcome = try await Self.post(
                fixture,
                """
                {"items": [
                  {"source": "level-1", "ts": "\(later)", "value": 160},
                  {"source": "truck-1", "ts": "\(now)", "lat": 32.5, "lon": 119.9},
                  {"source": "level-1", "value": "high"},
                  {"source": "nobody", "value": 3},
                  {"value": 3}
                ]}
                """
            )
            #expect(outcome.accepted == 2)
            #expect(outcome.rejected.map(\.index) == [2, 3, 4])
            #expect(outcome.rejected.map(\.reason) == ["wrongType", "unknownSource", "unknownSource"])
            #expect(try await Self.count(fixture, "level-1") == 2)
            #expect(fixture.service.vehicle("truck-1")?.last?.lat == 32.5)
            try await expectEventually { fixture.sink.signals.count == 1 }
            let narrow = try #require(fixture.service.gateway(token: "fedcba98765432100123"))
            let foreign = try await fixture.service.post(
                Array(#"{"source":"truck-1","lat":1,"lon":2}"#.utf8),
                from: narrow
            )
            #expect(foreign.accepted == 0 && foreign.rejected.first?.reason == "notYours")
            #expect(fixture.service.gateway(token: "0123456789abcdef012") == nil)
        }
    }

    @Test("an undeclared sender is listed over restarts, and becomes a sensor with what it had said")
    func accept() async throws {
        let fixture = try TelemetryFixture(Self.site)
        let start = SystemClock().now() - .seconds(100)
        try await fixture.running {
            try await expectEventually {
                (try? await Self.post(fixture, #"{"source":"level-1","value":1}"#))?.accepted == 1
            }
            for second in 0..<5 {
                let time = (start + .seconds(Double(second))).rfc3339
                _ = try await Self.post(fixture, #"{"source":"well-9","ts":"\#(time)","level":\#(second)}"#)
            }
            #expect(fixture.service.unknownSources().map(\.id) == ["well-9"])
            #expect(fixture.service.unknownSources().first?.count == 5)
            #expect(fixture.sink.signals.isEmpty)
        }
        try fixture.series.close()
        let second = try TelemetryFixture(Self.site, folder: fixture.folder)
        try await second.running {
            try await expectEventually { second.service.unknownSources().map(\.id) == ["well-9"] }
            let raw = try await second.service.recentMessages(source: "well-9", profile: nil)
            let trials = second.service.tryOut(.named("waterLevel"), on: raw)
            #expect(trials.count == 5 && trials.allSatisfy { $0.readings.count == 1 && $0.reason == nil })
            let sensor = Sensor(id: "well-9", name: "Well", profile: "waterLevel")
            try await expectEventually {
                (try? await Self.post(second, #"{"source":"level-1","value":1}"#))?.accepted == 1
            }
            let outcome = try await second.service.accept(sensor, by: "admin")
            #expect(outcome == ReprocessOutcome(accepted: 5, rejected: 0))
            #expect(try await Self.count(second, "well-9") == 5)
            #expect(second.service.unknownSources().isEmpty)
            #expect(second.service.sensor("well-9")?.last?.value == 4 && second.service.sensor("well-9")?.own == true)
            await #expect(throws: OwnSourceFailure.taken) { try await second.service.accept(sensor, by: "admin") }
            await #expect(throws: OwnSourceFailure.notOwn) { try await second.service.removeOwnSensor("level-1") }
            #expect(try await Self.post(second, #"{"source":"well-9","value":9}"#).accepted == 1)
        }
        try second.series.close()
        let third = try TelemetryFixture(Self.site, folder: fixture.folder)
        try await third.running {
            try await expectEventually { third.service.sensor("well-9")?.last?.value == 9 }
            try await third.service.removeOwnSensor("well-9")
            #expect(third.service.sensor("well-9") == nil)
            #expect(try await Self.count(third, "well-9") == 6)
        }
    }

    @Test("quarantine is emptied by a profile that understands it, and what stays bad stays")
    func reprocess() async throws {
        let fixture = try TelemetryFixture(Self.site)
        try await fixture.running {
            try await expectEventually {
                (try? await Self.post(fixture, #"{"source":"level-1","value":1}"#))?.accepted == 1
            }
            let own = try JSONDecoder().decode(
                PayloadProfile.self,
                from: Data(
                    #"{"name":"dtu","fields":[{"name":"value","path":"d.mm","scale":0.1,"required":true}],"time":"t"}"#
                        .utf8
                )
            )
            try await fixture.service.save(own, by: "admin")
            await #expect(throws: OwnSourceFailure.taken) {
                try await fixture.service.save(PayloadProfile(name: "waterLevel"), by: "admin")
            }
            _ = try await Self.post(fixture, #"{"source":"dtu-1","t":1795420000,"d":{"mm":1520}}"#)
            _ = try await Self.post(fixture, #"{"source":"dtu-1","t":1795420060,"d":{"cm":1520}}"#)
            let outcome = try await fixture.service.accept(Sensor(id: "dtu-1", profile: "dtu"), by: "admin")
            #expect(outcome == ReprocessOutcome(accepted: 1, rejected: 1))
            #expect(fixture.service.sensor("dtu-1")?.last?.value == 152)
            #expect(try await fixture.service.rejected(source: "dtu-1").count == 1)
            let again = try await fixture.service.reprocess(source: "dtu-1")
            #expect(again == ReprocessOutcome(accepted: 0, rejected: 1))
            await #expect(throws: OwnSourceFailure.inUse) { try await fixture.service.removeProfile("dtu") }
        }
    }

    @Test("late messages out of the quarantine correct the series and open nothing")
    func lateReprocess() async throws {
        let fixture = try TelemetryFixture(Self.site)
        let now = SystemClock().now()
        try await fixture.running {
            try await expectEventually {
                (try? await Self.post(fixture, #"{"source":"level-1","ts":"\#(now.rfc3339)","value":1}"#))?.accepted
                    == 1
            }
            // A word that the profile doesn't know: in quarantine; then as a reading of before.
            var batch = SeriesBatch()
            batch.rejected = [
                RejectedPayload(
                    source: "level-1",
                    topic: "t",
                    receivedAt: now - .seconds(60),
                    reason: .wrongType,
                    sizeBytes: 13,
                    payload: Array(#"{"value":200}"#.utf8)
                )
            ]
            try await fixture.service.storeSignals(batch)
            #expect(try await fixture.service.reprocess(source: "level-1").accepted == 1)
            #expect(try await Self.count(fixture, "level-1") == 2)
            #expect(fixture.service.sensor("level-1")?.last?.value == 1)
        }
        #expect(fixture.sink.signals.isEmpty)
    }
}
