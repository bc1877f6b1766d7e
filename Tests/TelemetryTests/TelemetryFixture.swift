import Domain
import Foundation
import Logging
import Store
import Synchronization
import Testing

@testable import Telemetry

/// Keeps the signals it gets.
final class RecordingSink: AlarmSink {
    struct Refused: Error {}

    private let state = Mutex<(signals: [(signal: AlarmSignal, at: ContinuousClock.Instant)], refusals: Int)>(([], 0))

    func receive(_ signal: AlarmSignal) async throws {
        try state.withLock { state in
            if state.refusals > 0 {
                state.refusals -= 1
                throw Refused()
            }
            state.signals.append((signal, .now))
        }
    }

    func refuse(_ times: Int) { state.withLock { $0.refusals = times } }
    var signals: [AlarmSignal] { state.withLock { $0.signals.map(\.signal) } }
    var arrivals: [ContinuousClock.Instant] { state.withLock { $0.signals.map(\.at) } }
}

/// A service on a temporary folder.
struct TelemetryFixture {
    let folder: URL
    let series: SeriesDatabase
    let sink = RecordingSink()
    let feed = ChangeFeed()
    let service: TelemetryService

    init(_ site: Site, folder: URL? = nil, clock: any HostClock = SystemClock()) throws {
        let directory =
            folder ?? FileManager.default.temporaryDirectory.appending(path: "gw-telemetry-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        self.folder = directory
        series = try SeriesDatabase(directory: directory)
        service = TelemetryService(
            site: site,
            series: series,
            alarms: sink,
            feed: feed,
            clock: clock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    /// Runs the service while `body` runs.
    func running<R: Sendable>(_ body: () async throws -> R) async throws -> R {
        let service = service
        let task = Task { try await service.run() }
        do {
            let result = try await body()
            task.cancel()
            try await task.value
            return result
        } catch {
            task.cancel()
            _ = try? await task.value
            throw error
        }
    }

    var isSubscribed: Bool {
        let brokers = service.brokers()
        return !brokers.isEmpty && brokers.allSatisfy { $0.state == .subscribed }
    }
}

/// Waits until a condition holds; an issue when it doesn't within 15 s.
func expectEventually(
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("the condition did not come about within 15 s", sourceLocation: sourceLocation)
}

/// A site with one broker and the culvert of the examples.
func culvertSite(port: Int, version: Int = 4, tls: Broker.TLS? = nil, password: String = MosquittoBroker.password)
    -> Site
{
    Site(
        name: "test",
        brokers: [
            Broker(
                host: tls == nil ? "127.0.0.1" : "localhost",
                port: port,
                tls: tls,
                user: MosquittoBroker.user,
                password: password,
                protocolVersion: version,
                subscriptions: [
                    .init(topic: "city/water/+/level", profile: "waterLevel"),
                    .init(topic: "city/lamp/+/state", profile: "streetlight"),
                ]
            )
        ],
        sensors: [
            Sensor(
                id: "culvert-01",
                profile: "waterLevel",
                position: GeoPoint(lat: 32.4921, lon: 119.9301),
                rules: [SensorRule(kind: .above, value: 150, clearBelow: 120, forSeconds: 10, classCode: "E-05-06")]
            ),
            Sensor(id: "lamp-0007", profile: "streetlight"),
        ],
        vehicles: [Vehicle(id: "su-m12345", kind: .sanitation, topic: "city/truck/su-m12345/position")]
    )
}

func publisher(_ site: Site) throws -> MQTTPublisher {
    let broker = site.brokers[0]
    let publisher = try MQTTPublisher(
        MQTTSettings(
            host: broker.host,
            port: broker.port,
            tls: broker.tls,
            user: broker.user,
            password: MosquittoBroker.password,
            clientId: "publisher"
        )
    )
    try publisher.connect()
    return publisher
}

func level(_ value: Double, at time: WallTime) -> [UInt8] {
    Array(#"{"ts":"\#(time.rfc3339)","value":\#(value)}"#.utf8)
}
