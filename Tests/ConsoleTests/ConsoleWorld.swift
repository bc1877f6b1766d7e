import Alarms
import Archive
import Cases
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Store
import Synchronization
import Telemetry

@testable import Console

/// A whole centre without capture: real databases, archive, alarms, cases and telemetry in a folder of its own, and a
/// signed-in user of every role.
final class ConsoleWorld: Sendable {
    let folder: URL
    let clock = ManualClock()
    let feed = ChangeFeed()
    let archive: Archive
    let alarms: AlarmService
    let cases: CaseService
    let users: UserService
    let services: ConsoleServices
    /// By role; `unit2` is a second unit's user.
    let tokens: [String: String]

    static let password = "correct horse"
    static let settings = ConsoleServer.Settings(
        port: 0,
        livePing: .milliseconds(100),
        eventPing: .milliseconds(50),
        grace: .milliseconds(500)
    )

    init(loginLimits: LoginLimiter.Limits = LoginLimiter.Limits()) async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "gridwatch-console-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let database = try Store.Database(directory: folder)
        let base = BaseData(timeZone: TimeZone(secondsFromGMT: 8 * 3600) ?? .gmt)
        let book = try await BaseDataBook(base, repository: BaseEditionRepository(database), clock: clock)
        let site = Self.site
        let clock = clock
        archive = Archive(
            dataDirectory: folder,
            database: database,
            clock: clock,
            settings: ArchiveSettings(
                // No pictures: the default would start this test program again.
                renderExecutable: URL(filePath: "/bin/false"),
                liveInterval: .milliseconds(20),
                site: site
            )
        )
        cases = CaseService(repository: CaseRepository(database), book: book, feed: feed, clock: clock)
        alarms = AlarmService(
            repository: AlarmRepository(database),
            cases: cases,
            evidence: archive,
            directory: AlarmDirectory(cameras: site.cameras, sensors: site.sensors, vehicles: site.vehicles),
            feed: feed,
            clock: clock
        )
        users = UserService(
            database: database,
            clock: clock,
            hasher: PasswordHasher(cost: PasswordHasher.Cost(rounds: 16)),
            loginLimits: loginLimits,
            units: { Set(base.responsibility.units.map(\.id)) }
        )
        let series = try SeriesDatabase(directory: folder)
        let telemetry = TelemetryService(
            site: site,
            series: series,
            alarms: alarms,
            feed: feed,
            clock: clock,
            logger: Logger(label: "test")
        )
        var tokens: [String: String] = [:]
        let units = base.responsibility.units
        for role in Role.allCases {
            tokens[role.rawValue] = try await Self.signIn(
                users,
                role.rawValue,
                role,
                unit: role == .unit ? units[0].id : nil
            )
        }
        tokens["unit2"] = try await Self.signIn(users, "unit2", .unit, unit: units[1].id)
        self.tokens = tokens
        let box = StatusBox()
        let storage = StorageService(
            dataDirectory: folder,
            database: database,
            policies: RetentionPolicies(site: site),
            clock: clock
        )
        services = ConsoleServices(
            site: site,
            version: "test",
            clock: clock,
            users: users,
            feed: feed,
            archive: archive,
            alarms: alarms,
            cases: cases,
            telemetry: telemetry,
            cameraStatus: { box.statuses.withLock { $0 } },
            currentPicture: { _ in CurrentPicture(jpeg: Self.jpeg, at: .epoch) },
            health: {
                HealthFacts(
                    freeBytes: 5,
                    totalBytes: 10,
                    capture: [HealthFacts.Shard(shard: 0, connected: true, since: .epoch)]
                )
            },
            storage: { try await storage.report() },
            probe: { request in
                // As the real one: what is said of the address holds no credentials.
                guard let url = try? SourceURL(request.url), url.host != "busy" else { return nil }
                guard url.host != "away" else {
                    return .failure(ProbeFailure(reason: .timeout, detail: "opening \(url.redacted): no answer"))
                }
                var report = ProbeReport(
                    source: url.redacted,
                    codec: "h264",
                    width: 1920,
                    height: 1080,
                    isRecordable: true
                )
                report.advice = [.init(.longGOP, .warning, ["seconds": "12"])]
                return .report(report)
            },
            parts: PartService(repository: PartRepository(database), book: book, clock: clock),
            duty: DutyService(
                repository: DutyRepository(database),
                alarms: AlarmRepository(database),
                feed: feed,
                clock: clock
            ),
            fieldTracks: FieldTrackRepository(series)
        )
        self.box = box
    }

    private let box: StatusBox

    /// Says what state a camera is in.
    func set(_ status: CameraStatus) {
        box.statuses.withLock { $0[status.cameraId] = status }
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    private static func signIn(_ users: UserService, _ name: String, _ role: Role, unit: String?) async throws -> String
    {
        try await users.add(name: name, role: role, password: password, unit: unit)
        guard case .signedIn(let session) = try await users.signIn(name: name, password: password, address: nil) else {
            throw CancellationError()
        }
        return session.token
    }

    /// The smallest that can be walked to its end.
    static let jpeg: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xDA, 0, 2, 0x11, 0x22, 0xFF, 0xD9]

    static let gatewayToken = "gateway-token-0123456789"

    static let site = Site(
        name: "示范区",
        cameras: [
            Camera(
                id: "gate",
                name: "大门",
                source: "rtsp://operator:s3cret@10.0.0.1/a",
                position: GeoPoint(lat: 32.4912, lon: 119.9234),
                address: "海陵路 1 号",
                zones: [
                    Zone(
                        id: "kerb",
                        polygon: PicturePolygon([
                            PicturePoint(x: 0, y: 0), PicturePoint(x: 1, y: 0), PicturePoint(x: 1, y: 1),
                        ]),
                        rules: [ZoneRule(kind: .stationary, afterSeconds: 10, classCode: "09009")]
                    )
                ]
            ),
            Camera(id: "yard", name: "院子", source: "rtsp://10.0.0.2/b"),
        ],
        gateways: [Gateway(id: "dtu", token: gatewayToken)],
        sensors: [
            Sensor(id: "culvert-01", profile: "waterLevel", rules: [SensorRule(kind: .above, value: 150)])
        ],
        plans: [CoveragePlan(id: "sweep", vehicles: ["su-1"])],
        vehicles: [Vehicle(id: "su-1", kind: .sanitation, topic: "truck/su-1")]
    )

    // MARK: What tests make

    /// A new open alarm that asks a monitor.
    func raiseAlarm(_ part: String = UUID().uuidString) async throws -> Alarm {
        try await alarms.receive(
            AlarmSignal(
                source: "gate",
                sourceKind: .camera,
                kind: "stationary",
                part: part,
                phase: .raised,
                at: clock.now(),
                classCode: "09009"
            )
        )
        let page = try await alarms.list(AlarmFilter(source: "gate"), page: PageRequest())
        guard let alarm = page.items.first(where: { $0.part == part }) else { throw CancellationError() }
        return alarm
    }

    /// A new case as a monitor reports it.
    func reportCase() async throws -> Case {
        let request = CaseRequest(
            classCode: "09009",
            position: GeoPoint(lat: 32.4912, lon: 119.9234),
            channel: "monitor",
            at: clock.now(),
            filed: false
        )
        return try await cases.report(request, by: CaseActor(name: "monitor", role: .monitor)).case
    }

    // MARK: Requests

    /// Asks without a socket.
    func ask(
        _ method: HTTPRequest.Method,
        _ path: String,
        as who: String? = "admin",
        _ json: String? = nil,
        headers: HTTPFields = [:]
    ) async throws -> Reply {
        try await ask(method, path, as: who, bytes: json.map { Array($0.utf8) }, headers: headers)
    }

    func ask(
        _ method: HTTPRequest.Method,
        _ path: String,
        as who: String?,
        bytes: [UInt8]?,
        headers: HTTPFields = [:]
    ) async throws -> Reply {
        let server = ConsoleServer(services: services, settings: Self.settings, logger: Self.logger)
        var headers = headers
        if let who, let token = tokens[who] { headers[.authorization] = "Bearer \(token)" }
        let sent = headers
        return try await server.application().application.test(.router) { client in
            try await client.execute(
                uri: path,
                method: method,
                headers: sent,
                body: bytes.map { ByteBuffer(bytes: $0) }
            ) { response in
                Reply(
                    status: response.status.code,
                    headers: response.headers,
                    bytes: Array(response.body.readableBytesView)
                )
            }
        }
    }

    static var logger: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }
}

private final class StatusBox: Sendable {
    let statuses = Mutex<[String: CameraStatus]>([:])
}

/// An answer.
struct Reply: Sendable {
    var status: Int
    var headers: HTTPFields
    var bytes: [UInt8]

    var json: JSONValue { JSONValue(parsing: bytes) ?? .null }
    var text: String { String(decoding: bytes, as: UTF8.self) }
    /// The code of a problem.
    var code: String? { json["code"]?.text }
    /// The field that a 422 names.
    var field: String? { json["params"]?["field"]?.text }
}
