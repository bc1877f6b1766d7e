import Domain
import Foundation
import Logging
import Store
import Synchronization
import Testing

@testable import Telemetry

@Suite(
    "Telemetry on a real broker",
    .serialized,
    .enabled(if: MosquittoBroker.binary != nil, "mosquitto is not installed: apt-get install mosquitto"),
    .timeLimit(.minutes(2))
)
struct TelemetryServiceTests {
    private func count(_ fixture: TelemetryFixture, _ id: String = "culvert-01") async throws -> Int {
        try await ReadingRepository(fixture.series).count(sensorId: id)
    }

    @Test(
        "a level above its threshold for its duration is signalled within a second, once; the clear clears",
        arguments: [4, 5]
    )
    func threshold(_ version: Int) async throws {
        let broker = try MosquittoBroker()
        try broker.start()
        let site = culvertSite(port: broker.port, version: version)
        let fixture = try TelemetryFixture(site)
        try await fixture.running {
            try await expectEventually { fixture.isSubscribed }
            let device = try publisher(site)
            let start = SystemClock().now() - .seconds(120)
            let topic = "city/water/culvert-01/level"
            try device.publish(topic: topic, payload: level(160, at: start))
            _ = try device.flush(timeout: .seconds(5))
            let sent = ContinuousClock.now
            try device.publish(topic: topic, payload: level(161, at: start + .seconds(10)))
            try await expectEventually { fixture.sink.signals.count == 1 }
            let took = try #require(fixture.sink.arrivals.first) - sent
            #expect(took < .seconds(4), "a promise of a second, on a loaded machine")
            print("message to alarm: \(took)")
            for second in 11...110 {
                try device.publish(topic: topic, payload: level(170, at: start + .seconds(Double(second))))
            }
            _ = try device.flush(timeout: .seconds(10))
            try await expectEventually { try await count(fixture) == 102 }
            #expect(fixture.sink.signals.count == 1)
            try device.publish(topic: topic, payload: level(119, at: start + .seconds(111)))
            _ = try device.flush(timeout: .seconds(5))
            try await expectEventually { fixture.sink.signals.count == 2 }
            // A signal is struck off after the sink has returned; a service that ends in between sends it again.
            try await expectEventually { try await fixture.series.pendingSignals().isEmpty }
            device.close()
        }
        let signals = fixture.sink.signals
        #expect(signals.map(\.phase) == [.raised, .cleared])
        #expect(signals.first?.classCode == "E-05-06" && signals.first?.kind == "above")
    }

    @Test("bad payloads are counted and kept per sensor, raise nothing and stop nothing")
    func badPayloads() async throws {
        let broker = try MosquittoBroker()
        try broker.start()
        let site = culvertSite(port: broker.port)
        let fixture = try TelemetryFixture(site)
        try await fixture.running {
            try await expectEventually { fixture.isSubscribed }
            let device = try publisher(site)
            let topic = "city/water/culvert-01/level"
            let now = SystemClock().now().rfc3339
            var payloads: [[UInt8]] = [
                "no JSON", #"{"ts":"\#(now)","value":"high"}"#, #"{"ts":"\#(now)","value":NaN}"#,
                #"{"ts":"1970-01-01T00:00:00Z","value":999}"#, #"{"ts":"2099-01-01T00:00:00Z","value":999}"#,
                #"{"ts":"\#(now)","value":1e400}"#, "", String(repeating: "[", count: 60_000),
            ].map { Array($0.utf8) }
            payloads.append([UInt8](repeating: 0x31, count: 1 << 20))
            payloads.append([0xFF, 0xFE, 0x00])
            for payload in payloads { try device.publish(topic: topic, payload: payload) }
            for _ in 0..<20 { try device.publish(topic: topic, payload: [0x7B]) }
            try device.publish(topic: "city/water/stranger/level", payload: level(1, at: SystemClock().now()))
            try device.publish(topic: topic, payload: level(1, at: SystemClock().now()))
            device.close()
            try await expectEventually { fixture.service.sensor("culvert-01")?.last != nil }
            let status = fixture.service.sensor("culvert-01")
            #expect(status?.rejected.count == 30)
            #expect(status?.rejected.lastReason == .notJSON)
            #expect(fixture.service.brokers().first?.rejected == 30)
            #expect(fixture.service.unknownSources().map(\.id) == ["stranger"])
        }
        let kept = try await fixture.service.rejected(source: "culvert-01")
        #expect(kept.count == 20)
        #expect(fixture.sink.signals.isEmpty)
    }

    @Test("what is published while the service is away arrives when it is back, with the last positions and words")
    func away() async throws {
        let broker = try MosquittoBroker()
        try broker.start()
        let site = culvertSite(port: broker.port)
        let first = try TelemetryFixture(site)
        try await first.running { try await expectEventually { first.isSubscribed } }
        try first.series.close()
        let device = try publisher(site)
        let start = SystemClock().now() - .seconds(1000)
        for second in 0..<300 {
            let payload = level(Double(second), at: start + .seconds(Double(second)))
            try device.publish(topic: "city/water/culvert-01/level", payload: payload)
        }
        let position = #"{"ts":"\#(start.rfc3339)","lat":32.5,"lon":119.9,"speedKmh":12,"heading":90}"#
        try device.publish(topic: "city/truck/su-m12345/position", payload: Array(position.utf8))
        try device.publish(topic: "city/lamp/lamp-0007/state", payload: Array(#"{"state":"on"}"#.utf8))
        _ = try device.flush(timeout: .seconds(10))
        device.close()
        let second = try TelemetryFixture(site, folder: first.folder)
        let changes = second.feed.listen()
        try await second.running {
            try await expectEventually { try await count(second) == 300 }
            try await expectEventually { second.service.sensor("lamp-0007")?.last?.value == 1 }
            #expect(second.service.vehicle("su-m12345")?.last?.speedKmh == 12)
            #expect(second.service.sensor("lamp-0007")?.last?.timeIsArrival == true)
            for await change in changes where change.change.topic == .vehicle { break }
        }
        let page = try await second.service.readings(
            sensorId: "culvert-01",
            from: start,
            to: start + .seconds(999),
            page: PageRequest(limit: 200)
        )
        #expect(page.items.count == 200)
        let rest = try await second.service.readings(
            sensorId: "culvert-01",
            from: start,
            to: start + .seconds(999),
            page: PageRequest(limit: 200, cursor: page.next)
        )
        #expect(rest.items.count == 100 && rest.next == nil)
        #expect((page.items + rest.items).compactMap(\.value) == (0..<300).map(Double.init))
    }

    @Test("a broker that goes and comes back finds us again, and what is published meanwhile arrives")
    func brokerRestart() async throws {
        let broker = try MosquittoBroker()
        try broker.start()
        let site = culvertSite(port: broker.port)
        let fixture = try TelemetryFixture(site)
        try await fixture.running {
            try await expectEventually { fixture.isSubscribed }
            broker.stop()
            try await expectEventually { fixture.service.brokers().first?.reason == .refused }
            #expect(fixture.service.brokers().first?.state == .offline)
            try broker.start()
            let device = try publisher(site)
            let start = SystemClock().now() - .seconds(100)
            for second in 0..<50 {
                let payload = level(Double(second), at: start + .seconds(Double(second)))
                try device.publish(topic: "city/water/culvert-01/level", payload: payload)
            }
            device.close()
            try await expectEventually { try await count(fixture) == 50 }
            broker.kill()
            try await expectEventually { fixture.service.brokers().first?.state == .offline }
            try broker.start()
            try await expectEventually { fixture.isSubscribed }
        }
    }

    @Test("a wrong password shows as unauthorised with a reason that doesn't hold it", arguments: [4, 5])
    func wrongPassword(_ version: Int) async throws {
        let broker = try MosquittoBroker()
        try broker.start()
        let fixture = try TelemetryFixture(culvertSite(port: broker.port, version: version, password: "s3cret-wrong"))
        try await fixture.running {
            try await expectEventually { fixture.service.brokers().first?.state == .unauthorised }
            let status = try #require(fixture.service.brokers().first)
            #expect(status.reason == .unauthorised)
            #expect(status.detail?.contains("s3cret") == false)
        }
    }

    @Test("TLS works with its own CA, and a certificate of another is refused")
    func tls() async throws {
        let listener = "cafile FOLDER/ca.pem\ncertfile FOLDER/server.pem\nkeyfile FOLDER/server.key"
        let broker = try MosquittoBroker(listener: listener)
        let path = broker.folder.path
        func makeCA(_ name: String) throws {
            try MosquittoBroker.run(
                "/usr/bin/openssl",
                [
                    "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=\(name)", "-keyout",
                    "\(path)/\(name).key", "-out", "\(path)/\(name).pem",
                ]
            )
        }
        try makeCA("ca")
        try makeCA("other")
        try "subjectAltName=DNS:localhost,IP:127.0.0.1".write(toFile: "\(path)/san", atomically: true, encoding: .utf8)
        try MosquittoBroker.run(
            "/usr/bin/openssl",
            [
                "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", "\(path)/server.key",
                "-out",
                "\(path)/server.csr",
            ]
        )
        try MosquittoBroker.run(
            "/usr/bin/openssl",
            [
                "x509", "-req", "-in", "\(path)/server.csr", "-CA", "\(path)/ca.pem", "-CAkey", "\(path)/ca.key",
                "-CAcreateserial", "-days", "2", "-extfile", "\(path)/san", "-out", "\(path)/server.pem",
            ]
        )
        try broker.start()
        let good = culvertSite(port: broker.port, tls: Broker.TLS(caFile: "\(path)/ca.pem"))
        let fixture = try TelemetryFixture(good)
        try await fixture.running {
            try await expectEventually { fixture.isSubscribed }
            let device = try publisher(good)
            try device.publish(topic: "city/water/culvert-01/level", payload: level(5, at: SystemClock().now()))
            _ = try device.flush(timeout: .seconds(5))
            device.close()
            try await expectEventually { fixture.service.sensor("culvert-01")?.last?.value == 5 }
        }
        let bad = try TelemetryFixture(culvertSite(port: broker.port, tls: Broker.TLS(caFile: "\(path)/other.pem")))
        try await bad.running {
            try await expectEventually { bad.service.brokers().first?.state == .offline }
            #expect(bad.service.brokers().first?.detail?.contains("certificate") == true)
        }
    }

    /// Stores nothing the first times.
    private final class FailingSink: MQTTSink {
        struct Failure: Error {}

        private let state: Mutex<(failures: Int, topics: [String], attempts: Int)>

        init(failures: Int) { state = Mutex((failures, [], 0)) }

        func store(_ batch: [MQTTMessage]) throws {
            try state.withLock { state in
                state.attempts += 1
                if state.failures > 0 {
                    state.failures -= 1
                    throw Failure()
                }
                state.topics += batch.map(\.topic)
            }
        }

        var topics: [String] { state.withLock { $0.topics } }
        var attempts: Int { state.withLock { $0.attempts } }
    }

    @Test("a message that could not be stored is not acknowledged: the broker delivers it again")
    func redelivery() async throws {
        let broker = try MosquittoBroker()
        try broker.start()
        let site = culvertSite(port: broker.port)
        let sink = FailingSink(failures: 2)
        let settings = MQTTSettings(
            host: "127.0.0.1",
            port: broker.port,
            user: MosquittoBroker.user,
            password: MosquittoBroker.password,
            clientId: "redelivery",
            filters: ["a/+"]
        )
        let link = try MQTTLink(
            settings: settings,
            sink: sink,
            logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() }
        )
        link.start()
        try await expectEventually { link.status.state == .subscribed }
        let device = try publisher(site)
        for index in 0..<50 { try device.publish(topic: "a/\(index)", payload: [0x31]) }
        _ = try device.flush(timeout: .seconds(5))
        device.close()
        try await expectEventually { Set(sink.topics).count == 50 }
        #expect(sink.topics.count == 50)
        #expect(sink.attempts > 2)
        await link.stop()
    }

    @Test("a signal that the alarms refuse is kept and comes again, also after a restart")
    func outbox() async throws {
        let broker = try MosquittoBroker()
        try broker.start()
        let site = culvertSite(port: broker.port)
        let first = try TelemetryFixture(site)
        first.sink.refuse(1_000_000)
        try await first.running {
            try await expectEventually { first.isSubscribed }
            let device = try publisher(site)
            let start = SystemClock().now() - .seconds(60)
            for second in [0.0, 10] {
                try device.publish(
                    topic: "city/water/culvert-01/level",
                    payload: level(200, at: start + .seconds(second))
                )
            }
            _ = try device.flush(timeout: .seconds(5))
            device.close()
            try await expectEventually { try await first.series.pendingSignals().count == 1 }
        }
        try first.series.close()
        let second = try TelemetryFixture(site, folder: first.folder)
        try await second.running { try await expectEventually { second.sink.signals.count == 1 } }
        #expect(second.sink.signals.first?.phase == .raised)
    }

    @Test(
        "20,000 readings that waited at the broker: stored and judged, beside mosquitto_sub alone",
        .enabled(if: ProcessInfo.processInfo.environment["GRIDWATCH_MEASURE"] != nil, "set GRIDWATCH_MEASURE=1"),
        arguments: [4, 5]
    )
    func rate(_ version: Int) async throws {
        let total = 20_000
        let broker = try MosquittoBroker()
        try broker.start()
        var site = culvertSite(port: broker.port, version: version)
        site.sensors += (0..<1000).map { index in
            let rule = SensorRule(kind: .above, value: 1e9, forSeconds: 10)
            return Sensor(id: "level-\(index)", profile: "waterLevel", rules: [rule])
        }
        let first = try TelemetryFixture(site)
        try await first.running { try await expectEventually { first.isSubscribed } }
        try first.series.close()
        let arguments =
            [
                "-h", "127.0.0.1", "-p", "\(broker.port)", "-u", MosquittoBroker.user, "-P", MosquittoBroker.password,
                "-q", "1",
                "-c", "-i", "alone", "-t", "city/water/+/level", "-V", version == 5 ? "5" : "311",
            ] + (version == 5 ? ["-x", "3600"] : [])
        try MosquittoBroker.run("/usr/bin/mosquitto_sub", arguments + ["-E"])
        let device = try publisher(site)
        let start = SystemClock().now() - .seconds(1000)
        for index in 0..<total {
            let payload = level(Double(index), at: start + .milliseconds(index))
            try device.publish(topic: "city/water/level-\(index % 1000)/level", payload: payload)
        }
        device.close()
        let clock = ContinuousClock()
        let alone = try clock.measure {
            try MosquittoBroker.run("/usr/bin/mosquitto_sub", arguments + ["-C", "\(total)"])
        }
        let second = try TelemetryFixture(site, folder: first.folder)
        let began = clock.now
        let took = try await second.running {
            try await expectEventually { second.service.brokers().first?.received == total }
            return clock.now - began
        }
        print("MQTT \(version): mosquitto_sub \(alone), gridwatch \(took) for \(total) messages")
    }
}
