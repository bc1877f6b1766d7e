import Crypto
import Domain
import Foundation
import Store
import Synchronization
import Telemetry
import TestSupport
import Testing

/// A broker whose sessions outlive it, by the test's own configuration.
private final class PersistentBroker {
    let port = TestPeer.freePort()
    /// Where it speaks TLS, if it has a certificate.
    let securePort = TestPeer.freePort()
    let folder: URL
    private var peer: TestPeer?

    init(in folder: URL, certificate: (file: URL, key: URL)?) throws {
        self.folder = folder.appending(path: "broker")
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
        var text = """
            listener \(port) 127.0.0.1
            allow_anonymous true
            persistence true
            persistence_location \(self.folder.path)/
            max_queued_messages 0
            user root

            """
        if let certificate {
            text += "listener \(securePort) 127.0.0.1\n"
            text += "certfile \(certificate.file.path)\nkeyfile \(certificate.key.path)\n"
        }
        try Data(text.utf8).write(to: self.folder.appending(path: "mosquitto.conf"))
    }

    func start() throws {
        // Threads of tests block signals, and a child inherits that: SIGTERM has to reach it.
        let unblock = """
            import os, signal, sys
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
            os.execv(sys.argv[1], sys.argv[1:])
            """
        let conf = folder.appending(path: "mosquitto.conf").path
        peer = try TestPeer(["/usr/bin/python3", "-c", unblock, "/usr/sbin/mosquitto", "-c", conf])
    }

    /// Lets it save its sessions and end.
    func stop() async {
        guard let peer else { return }
        kill(peer.processId, SIGTERM)
        _ = await eventually(within: .seconds(20)) { kill(peer.processId, 0) != 0 || !isAlive(peer.processId) }
        peer.stop()
        self.peer = nil
    }

    /// A process that has ended and not been waited for still has a number.
    private func isAlive(_ id: Int32) -> Bool {
        let status = (try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)) ?? ""
        return !status.isEmpty && status.split(separator: ") ").last?.hasPrefix("Z") == false
    }
}

/// What stands between us and the broker and notes every PUBACK. Over TLS it stands between two ends of TLS, which leave
/// plain what passes it: ours is the one that the service talks to, theirs the one that talks to the broker.
private struct Watched {
    let peers: [TestPeer]
    /// The broker's entry in the site file.
    let entry: String

    init?(_ broker: PersistentBroker, log: URL, certificate: (file: URL, key: URL)?) async throws {
        let port = TestPeer.freePort()
        guard let certificate else {
            guard let proxy = try TestPeer.chaosProxy(listen: port, to: broker.port, mqttLog: log) else { return nil }
            peers = [proxy]
            entry = "url: mqtt://127.0.0.1:\(port)"
            guard await isReady else { return nil }
            return
        }
        let (inner, outer) = (TestPeer.freePort(), TestPeer.freePort())
        let theirs = try TestPeer.tlsEnd(listen: outer, to: broker.securePort, authority: certificate.file)
        guard let proxy = try TestPeer.chaosProxy(listen: inner, to: outer, mqttLog: log) else { return nil }
        peers = [theirs, proxy, try TestPeer.tlsEnd(listen: port, to: inner, certificate: certificate)]
        entry = "url: mqtts://127.0.0.1:\(port)\n    tls: { ca: \(certificate.file.path) }"
        guard await isReady else { return nil }
    }

    private var isReady: Bool {
        get async {
            for peer in peers where await !peer.isReady() { return false }
            return true
        }
    }
}

/// Publishes numbered readings on a thread of its own, again where the broker went away.
private final class Source: Sendable {
    static let sensors = 50
    private let sent = Mutex(0)
    /// No more than so many for now.
    private let allowed = Mutex(0)
    private let total: Int
    /// Messages a second, so that they are on their way while the service dies, however fast it is.
    private let pace: Int
    private let start: WallTime

    init(total: Int, pace: Int) {
        self.total = total
        self.pace = pace
        start = SystemClock().now() - .seconds(7200)
    }

    func begin(port: Int) {
        let thread = Thread { [self] in publish(port) }
        thread.start()
    }

    var isDone: Bool { sent.withLock { $0 } == total }

    /// Goes on up to so many.
    func allow(_ count: Int) { allowed.withLock { $0 = min(count, total) } }

    func sensor(_ number: Int) -> String { "level-\(number % Self.sensors)" }

    func payload(_ number: Int) -> String {
        #"{"ts":"\#((start + .milliseconds(Int64(number))).rfc3339)","value":\#(number)}"#
    }

    /// By the hash of its payload, which the proxy notes.
    func numbers() -> [String: Int] {
        let digits = Array("0123456789abcdef".utf8)
        var numbers: [String: Int] = [:]
        for number in 0..<total {
            var text: [UInt8] = []
            for byte in SHA256.hash(data: Data(payload(number).utf8)) {
                text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
            numbers[String(decoding: text, as: UTF8.self)] = number
        }
        return numbers
    }

    private func publish(_ port: Int) {
        let settings = MQTTSettings(host: "127.0.0.1", port: port, clientId: "source")
        guard let publisher = try? MQTTPublisher(settings) else { return }
        // What the broker hasn't acknowledged is at most 1000; after a break they go again.
        while !isDone {
            do {
                try publisher.connect()
                var next = max(0, sent.withLock { $0 } - 2000)
                while next < total {
                    guard next < allowed.withLock({ $0 }) else {
                        _ = try publisher.flush(timeout: .milliseconds(20))
                        Thread.sleep(forTimeInterval: 0.01)
                        continue
                    }
                    let topic = "city/water/\(sensor(next))/level"
                    try publisher.publish(topic: topic, payload: Array(payload(next).utf8))
                    next += 1
                    let reached = next
                    guard reached % 100 == 0 else { continue }
                    sent.withLock { $0 = max($0, min(reached, total - 1)) }
                    _ = try publisher.flush(timeout: .milliseconds(1))
                    Thread.sleep(forTimeInterval: 100 / Double(pace))
                }
                while try !publisher.flush(timeout: .seconds(5)) {}
                sent.withLock { $0 = total }
            } catch {
                Thread.sleep(forTimeInterval: 0.2)
            }
        }
        publisher.close()
    }
}

/// The hashes of the messages whose PUBACK has passed the proxy, read on as its log grows.
private final class Acknowledged {
    private let file: FileHandle
    private var rest = Data()
    private(set) var hashes: Set<String> = []

    init(_ log: URL) throws {
        file = try FileHandle(forReadingFrom: log)
    }

    /// How many there are now.
    func count() throws -> Int {
        rest += try file.readToEnd() ?? Data()
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: rest[rest.startIndex..<end], as: UTF8.self)
            rest = rest[rest.index(after: end)...]
            guard line.contains("PUBACK"), line.contains(#""dir": "up""#),
                let start = line.range(of: #""sha256": ""#)?.upperBound
            else { continue }
            hashes.insert(String(line[start...].prefix(64)))
        }
        rest = Data(rest)
        return hashes.count
    }

    /// Waits until there are so many.
    func reach(_ goal: Int, within limit: Duration) async throws -> Bool {
        let end = ContinuousClock.now + limit
        while try count() < goal {
            guard ContinuousClock.now < end else { return false }
            try await Task.sleep(for: .milliseconds(20))
        }
        return true
    }
}

@Suite("A service that is killed while sensors report", .serialized)
struct KilledTelemetryTests {
    private static let isLong = ProcessInfo.processInfo.environment["GRIDWATCH_SOAK"] == "1"

    private static func site(_ broker: String) -> String {
        let sensors = (0..<Source.sensors).map { "  - { id: level-\($0), profile: waterLevel }" }
        return """
            site: { name: test }
            recording: { shards: 1 }
            mqtt:
              - \(broker)
                subscribe: [ { topic: "city/water/+/level", profile: waterLevel } ]
            deviceRate: { perSecond: 100000, burst: 10000000 }
            sensors:
            \(sensors.joined(separator: "\n"))
            """
    }

    /// The values of every stored reading, by sensor; the database is closed again.
    private static func stored(_ folder: URL) async throws -> [Int: Int] {
        let series = try SeriesDatabase(directory: folder.appending(path: "data"))
        var found: [Int: Int] = [:]
        for index in 0..<Source.sensors {
            var cursor: String?
            repeat {
                let page = try await ReadingRepository(series).readings(
                    sensorId: "level-\(index)",
                    from: .epoch,
                    to: SystemClock().now() + .seconds(3600),
                    page: PageRequest(limit: 1000, cursor: cursor)
                )
                for reading in page.items { found[Int(reading.values["value"] ?? -1), default: 0] += 1 }
                cursor = page.next
            } while cursor != nil
        }
        try series.close()
        return found
    }

    @Test(
        "kill -9 loses no message that was acknowledged and stores none twice, also when the broker restarts",
        arguments: [false, true]
    )
    func killed(overTLS: Bool) async throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/sbin/mosquitto"), SharedData.folder != nil else {
            print("skipped: mosquitto or the shared tools are not here")
            return
        }
        let (kills, restarts, total) = Self.isLong ? (100, 20, 1_000_000) : overTLS ? (2, 1, 8000) : (3, 1, 20_000)
        let folder = RunningCentre.temporaryFolder()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let certificate = overTLS ? try TestPeer.certificate(in: folder) : nil
        try #require(!overTLS || certificate != nil, "no openssl")
        let broker = try PersistentBroker(in: folder, certificate: certificate)
        try broker.start()
        let log = folder.appending(path: "mqtt.log")
        let watched = try #require(try await Watched(broker, log: log, certificate: certificate))
        defer { for peer in watched.peers { peer.stop() } }
        let centre = try await RunningCentre(site: Self.site(watched.entry), folder: folder)
        defer { centre.stop() }
        // The session has to be there before anything is published.
        let visitor = try await Visitor(centre, "admin", password: "administrator")
        var isConnected = false
        for _ in 0..<600 where !isConnected {
            isConnected = try await visitor.get("api/v1/brokers").items.first?["connected"] as? Bool == true
            if !isConnected { try await Task.sleep(for: .milliseconds(100)) }
        }
        try #require(isConnected)
        let acknowledged = try Acknowledged(log)
        let source = Source(total: total, pace: Self.isLong ? 10_000 : 4000)
        let numbers = source.numbers()
        source.begin(port: broker.port)
        var lost = 0
        for round in 0..<kills {
            // Somewhere in the middle of the next stretch of messages.
            let goal = total * (round * 2 + 1) / (kills * 2 + 1)
            let end = total * (round * 2 + 2) / (kills * 2 + 1)
            source.allow(end)
            #expect(try await acknowledged.reach(goal, within: .seconds(600)))
            // Else nothing would be on its way.
            #expect(try acknowledged.count() < end, "round \(round)")
            centre.killServe()
            let stored = try await Self.stored(folder)
            _ = try acknowledged.count()
            for hash in acknowledged.hashes {
                guard let number = numbers[hash], stored[number] == nil else { continue }
                lost += 1
            }
            if round * restarts / kills != (round + 1) * restarts / kills {
                await broker.stop()
                try broker.start()
            }
            try await centre.startAgain()
        }
        source.allow(total)
        #expect(lost == 0, "\(lost) acknowledged messages were not on the disk")
        #expect(await eventually(within: .seconds(600)) { source.isDone })
        // Each message that was published comes in the end.
        #expect(try await acknowledged.reach(total, within: .seconds(600)))
        centre.killServe()
        let stored = try await Self.stored(folder)
        #expect(stored.count == total)
        #expect(stored.values.allSatisfy { $0 == 1 })
        print(
            "\(overTLS ? "TLS" : "plain"): kill -9 × \(kills), broker restarts × \(restarts), \(total) messages: lost \(lost), stored \(stored.count)"
        )
    }
}
