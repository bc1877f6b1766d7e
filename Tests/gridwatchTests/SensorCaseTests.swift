import Domain
import Foundation
import TestSupport
import Testing

@Suite("A sensor's reading")
struct SensorCaseTests {
    private static func site(port: Int) -> String {
        """
        site: { name: test }
        recording: { shards: 1 }
        mqtt:
          - url: mqtt://127.0.0.1:\(port)
            subscribe: [ { topic: "city/water/+/level", profile: waterLevel } ]
        sensors:
          - id: culvert-01
            profile: waterLevel
            position: { lat: 32.4921, lon: 119.9301 }
            rules: [ { kind: above, value: 150, clearBelow: 120, for: 10s, class: "E-05-06" } ]
        cases:
          policy: { "E-05-06": open }
        """
    }

    private static func payload(_ value: Double, secondsAgo: Double) -> String {
        let at = SystemClock().now() - .milliseconds(Int64(secondsAgo * 1000))
        return #"{"ts":"\#(at.rfc3339)","value":\#(value)}"#
    }

    private static func isConnected(_ visitor: Visitor) async throws -> Bool {
        for _ in 0..<100 {
            let brokers = try await visitor.get("api/v1/brokers").items
            if brokers.first?["connected"] as? Bool == true { return true }
            try await Task.sleep(for: .milliseconds(100))
        }
        return false
    }

    @Test(
        "above its threshold for its duration opens one case within a second; a hundred more open no second; the clear closes the alarm alone"
    )
    func oneCase() async throws {
        guard let broker = try MosquittoForTests() else {
            print("skipped: mosquitto is not installed")
            return
        }
        let folder = RunningCentre.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let centre = try await RunningCentre(site: Self.site(port: broker.port), folder: folder)
        defer { centre.stop() }
        let visitor = try await Visitor(centre, "admin", password: "administrator")
        #expect(try await Self.isConnected(visitor))
        let topic = "city/water/culvert-01/level"
        try broker.publish(topic, [Self.payload(160, secondsAgo: 11)])
        #expect(try await visitor.get("api/v1/cases").items.isEmpty)
        try broker.publish(topic, [Self.payload(162, secondsAgo: 0)])
        let sent = ContinuousClock.now
        var cases: [[String: Any]] = []
        while cases.isEmpty, ContinuousClock.now - sent < .seconds(5) * patience {
            cases = try await visitor.get("api/v1/cases").items
        }
        let delay = ContinuousClock.now - sent
        print("case seen \(delay) after the message")
        #expect(delay < .seconds(1) * patience)
        let opened = try #require(cases.first)
        #expect(opened["class"] as? String == "E-05-06")
        #expect((opened["cell"] as? String)?.count == 15)
        #expect(opened["unit"] is String)
        #expect(opened["dueAt"] is String)
        #expect(opened["state"] as? String == "filed")

        try broker.publish(
            topic,
            (0..<100).map { Self.payload(160 + Double($0 % 7), secondsAgo: 0.001 * Double(100 - $0)) }
        )
        try broker.publish(topic, [Self.payload(90, secondsAgo: 0)])
        var alarms: [[String: Any]] = []
        for _ in 0..<150 {
            alarms = try await visitor.get("api/v1/alarms").items
            if alarms.first?["state"] as? String == "cleared" { break }
            try broker.publish(topic, [Self.payload(90, secondsAgo: 0)])
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(alarms.count == 1)
        #expect(alarms.first?["state"] as? String == "cleared")
        let after = try await visitor.get("api/v1/cases").items
        #expect(after.count == 1)
        #expect(after.first?["state"] as? String == "filed")
    }

    @Test("that is broken is counted, kept and shown per sensor, and raises no alarm")
    func broken() async throws {
        guard let broker = try MosquittoForTests() else {
            print("skipped: mosquitto is not installed")
            return
        }
        let folder = RunningCentre.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let centre = try await RunningCentre(site: Self.site(port: broker.port), folder: folder)
        defer { centre.stop() }
        let visitor = try await Visitor(centre, "admin", password: "administrator")
        #expect(try await Self.isConnected(visitor))
        let now = SystemClock().now().rfc3339
        let payloads = [
            "not json", #"{"ts":"\#(now)","value":"high"}"#, #"{"ts":"\#(now)","value":NaN}"#,
            #"{"ts":"\#(now)","value":1e999}"#,
            #"{"ts":"1970-01-01T00:00:00Z","value":200}"#, #"{"ts":"2099-01-01T00:00:00Z","value":200}"#,
            #"{"ts":"\#(now)","value":200,"x":"\#(String(repeating: "x", count: 1 << 20))"}"#,
        ]
        try broker.publish("city/water/culvert-01/level", payloads)
        var count = 0
        for _ in 0..<100 * patience where count < payloads.count {
            let sensor = try await visitor.get("api/v1/sensors/culvert-01").json
            count = (sensor["rejected"] as? [String: Any])?["count"] as? Int ?? 0
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(count == payloads.count)
        #expect(try await visitor.get("api/v1/sensors/culvert-01/rejected").items.count == payloads.count)
        #expect(try await visitor.get("api/v1/alarms").items.isEmpty)
    }

    @Test("published while the broker's client was away arrives after the broker is back")
    func brokerBack() async throws {
        guard let broker = try MosquittoForTests() else {
            print("skipped: mosquitto is not installed")
            return
        }
        let folder = RunningCentre.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let centre = try await RunningCentre(site: Self.site(port: broker.port), folder: folder)
        defer { centre.stop() }
        let visitor = try await Visitor(centre, "admin", password: "administrator")
        #expect(try await Self.isConnected(visitor))
        // The service is away while the broker keeps its session.
        centre.killServe()
        let value = 123.25
        try broker.publish("city/water/culvert-01/level", [Self.payload(value, secondsAgo: 0)])
        try await centre.startAgain()
        let again = try await Visitor(centre, "admin", password: "administrator")
        var last: Double?
        for _ in 0..<150 * patience where last != value {
            let sensor = try await again.get("api/v1/sensors/culvert-01").json
            last = (sensor["last"] as? [String: Any])?["value"] as? Double
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(last == value)
        // And the broker itself goes and comes back.
        broker.stop()
        try await Task.sleep(for: .seconds(1))
        try broker.start()
        for _ in 0..<300 * patience where last != 77 {
            try? broker.publish("city/water/culvert-01/level", [Self.payload(77, secondsAgo: 0)])
            let sensor = try await again.get("api/v1/sensors/culvert-01").json
            last = (sensor["last"] as? [String: Any])?["value"] as? Double
            try await Task.sleep(for: .milliseconds(200))
        }
        #expect(last == 77)
    }
}
