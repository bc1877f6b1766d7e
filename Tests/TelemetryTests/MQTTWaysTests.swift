import Domain
import Foundation
import Store
import Testing

@testable import Telemetry

@Suite(
    "Ways of MQTT",
    .serialized,
    .enabled(if: MosquittoBroker.binary != nil, "mosquitto is not installed: apt-get install mosquitto"),
    .timeLimit(.minutes(2))
)
struct MQTTWaysTests {
    private func count(_ fixture: TelemetryFixture, _ id: String = "culvert-01") async throws -> Int {
        try await ReadingRepository(fixture.series).count(sensorId: id)
    }

    @Test("what two subscriptions overlap on is counted once and opens one alarm")
    func overlapping() async throws {
        let broker = try MosquittoBroker()
        try broker.start()
        var site = culvertSite(port: broker.port)
        site.brokers[0].subscriptions.append(.init(topic: "city/water/#", profile: "waterLevel"))
        site.brokers[0].subscriptions.append(.init(topic: "city/+/culvert-01/level", profile: "waterLevel"))
        let fixture = try TelemetryFixture(site)
        try await fixture.running {
            try await expectEventually { fixture.isSubscribed }
            let device = try publisher(site)
            let start = SystemClock().now() - .seconds(100)
            for second in 0..<20 {
                try device.publish(
                    topic: "city/water/culvert-01/level",
                    payload: level(160, at: start + .seconds(Double(second)))
                )
            }
            device.close()
            try await expectEventually { try await count(fixture) == 20 }
            try await expectEventually { !fixture.sink.signals.isEmpty }
        }
        #expect(try await count(fixture) == 20)
        #expect(fixture.sink.signals.map(\.phase) == [.raised])
    }

    @Test("two services share the messages of one subscription, and lose none between them")
    func shared() async throws {
        let broker = try MosquittoBroker()
        try broker.start()
        var site = culvertSite(port: broker.port, version: 5)
        site.brokers[0].subscriptions = [.init(topic: "$share/gridwatch/city/water/+/level", profile: "waterLevel")]
        let (one, two) = (try TelemetryFixture(site), try TelemetryFixture(site))
        try await one.running {
            try await two.running {
                try await expectEventually { one.isSubscribed && two.isSubscribed }
                let device = try publisher(site)
                let start = SystemClock().now() - .seconds(1000)
                for second in 0..<200 {
                    try device.publish(
                        topic: "city/water/culvert-01/level",
                        payload: level(Double(second), at: start + .seconds(Double(second)))
                    )
                }
                device.close()
                try await expectEventually {
                    let counts = (try await count(one), try await count(two))
                    return counts.0 + counts.1 == 200
                }
            }
        }
        let counts = (try await count(one), try await count(two))
        #expect(counts.0 > 0 && counts.1 > 0 && counts.0 + counts.1 == 200, "\(counts)")
    }

    @Test("what the broker had kept is shown as stale until something fresh arrives")
    func retained() async throws {
        let broker = try MosquittoBroker()
        try broker.start()
        let site = culvertSite(port: broker.port)
        let device = try publisher(site)
        let old = SystemClock().now() - .seconds(600)
        let topic = "city/water/culvert-01/level"
        try device.publish(topic: topic, payload: level(42, at: old), retain: true)
        _ = try device.flush(timeout: .seconds(10))
        let fixture = try TelemetryFixture(site)
        try await fixture.running {
            try await expectEventually { fixture.service.sensor("culvert-01")?.last?.value == 42 }
            #expect(fixture.service.sensor("culvert-01")?.stale == true)
            try device.publish(topic: topic, payload: level(43, at: SystemClock().now()))
            _ = try device.flush(timeout: .seconds(10))
            try await expectEventually { fixture.service.sensor("culvert-01")?.last?.value == 43 }
            #expect(fixture.service.sensor("culvert-01")?.stale == false)
        }
        device.close()
    }

    @Test("a client certificate opens the door, and none leaves it shut")
    func clientCertificate() async throws {
        let listener = """
            cafile FOLDER/ca.pem
            certfile FOLDER/server.pem
            keyfile FOLDER/server.key
            require_certificate true
            """
        let broker = try MosquittoBroker(listener: listener)
        let path = broker.folder.path
        try Self.makeCertificates(path)
        try broker.start()
        let tls = Broker.TLS(
            caFile: "\(path)/ca.pem",
            certificateFile: "\(path)/client.pem",
            keyFile: "\(path)/client.key"
        )
        let good = culvertSite(port: broker.port, tls: tls)
        let fixture = try TelemetryFixture(good)
        try await fixture.running {
            try await expectEventually { fixture.isSubscribed }
            let device = try publisher(good)
            try device.publish(topic: "city/water/culvert-01/level", payload: level(5, at: SystemClock().now()))
            device.close()
            try await expectEventually { fixture.service.sensor("culvert-01")?.last?.value == 5 }
        }
        let bad = try TelemetryFixture(culvertSite(port: broker.port, tls: Broker.TLS(caFile: "\(path)/ca.pem")))
        try await bad.running {
            try await expectEventually { bad.service.brokers().first?.state == .offline }
            #expect(bad.service.brokers().first?.connected == false)
        }
    }

    private static func makeCertificates(_ path: String) throws {
        let openssl = "/usr/bin/openssl"
        try MosquittoBroker.run(
            openssl,
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=ca", "-keyout",
                "\(path)/ca.key", "-out", "\(path)/ca.pem",
            ]
        )
        try "subjectAltName=DNS:localhost,IP:127.0.0.1".write(toFile: "\(path)/san", atomically: true, encoding: .utf8)
        for name in ["server", "client"] {
            try MosquittoBroker.run(
                openssl,
                [
                    "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout",
                    "\(path)/\(name).key", "-out", "\(path)/\(name).csr",
                ]
            )
            try MosquittoBroker.run(
                openssl,
                [
                    "x509", "-req", "-in", "\(path)/\(name).csr", "-CA", "\(path)/ca.pem", "-CAkey",
                    "\(path)/ca.key", "-CAcreateserial", "-days", "2", "-extfile", "\(path)/san", "-out",
                    "\(path)/\(name).pem",
                ]
            )
        }
    }

    @Test("a device that sends more than its rate goes to quarantine with the rest, others are not held up")
    func flood() async throws {
        let broker = try MosquittoBroker()
        try broker.start()
        var site = culvertSite(port: broker.port)
        site.deviceRate = DeviceRate(perSecond: 0.001, burst: 20)
        let fixture = try TelemetryFixture(site)
        try await fixture.running {
            try await expectEventually { fixture.isSubscribed }
            let device = try publisher(site)
            let start = SystemClock().now() - .seconds(1000)
            for second in 0..<300 {
                let payload = level(1, at: start + .seconds(Double(second)))
                try device.publish(topic: "city/water/culvert-01/level", payload: payload)
            }
            try device.publish(topic: "city/lamp/lamp-0007/state", payload: Array(#"{"state":"on"}"#.utf8))
            device.close()
            try await expectEventually { fixture.service.sensor("lamp-0007")?.last != nil }
            try await expectEventually { fixture.service.sensor("culvert-01")?.rejected.count == 280 }
            #expect(try await count(fixture) == 20)
            #expect(fixture.service.sensor("culvert-01")?.rejected.lastReason == .tooMany)
            #expect(fixture.service.brokers().first?.rejected == 280)
        }
    }
}
