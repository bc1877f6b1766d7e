import Alarms
import Cases
import Domain
import Foundation
import Store
import Synchronization

/// The recordings' side of alarms, with faults that tests switch on.
final class FakeEvidence: AlarmEvidence {
    struct State {
        var pictures: [[UInt8]] = []
        var holds: [CaseClip] = []
        var fails = false
    }

    struct Failure: Error {}

    let state = Mutex(State())

    func keep(picture: [UInt8], by: String) async throws -> String {
        try state.withLock {
            if $0.fails { throw Failure() }
            $0.pictures.append(picture)
            return "picture-\($0.pictures.count)"
        }
    }

    func hold(
        cameraId: String,
        from: WallTime,
        to: WallTime,
        reason: String,
        by: String,
        caseId: String
    ) async throws -> String {
        try state.withLock {
            if $0.fails { throw Failure() }
            let id = "hold-\($0.holds.count + 1)"
            $0.holds.append(CaseClip(cameraId: cameraId, from: from, to: to, holdId: id))
            return id
        }
    }
}

/// Cases that can be made to fail before they reach the real ones.
final class BreakableCases: CaseOpening {
    struct Failure: Error {}

    let inner: CaseService
    let fails = Mutex(false)

    init(_ inner: CaseService) { self.inner = inner }

    func openOrJoin(_ request: CaseRequest) async throws -> String {
        if fails.withLock({ $0 }) { throw Failure() }
        return try await inner.openOrJoin(request)
    }

    func attach(caseId: String, clip: CaseClip) async throws {
        if fails.withLock({ $0 }) { throw Failure() }
        try await inner.attach(caseId: caseId, clip: clip)
    }

    func cell(at position: GeoPoint) -> String? { inner.cell(at: position) }
    func policy(for origin: AlarmOrigin) -> AlarmPolicy { inner.policy(for: origin) }
}

/// Alarms on real cases and a real database, with a clock that tests move.
struct AlarmWorld {
    let clock = ManualClock()
    let feed = ChangeFeed()
    let evidence = FakeEvidence()
    let folder: URL
    let database: Database
    let caseService: CaseService
    let cases: BreakableCases
    let alarms: AlarmService

    static let here = GeoPoint(lat: 32.4912, lon: 119.9234)

    init(isUntouched: @escaping @Sendable (String) async throws -> Bool = { _ in true }) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "gridwatch-alarms-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        database = try Database(directory: folder)
        caseService = CaseService(
            repository: CaseRepository(database),
            base: BaseData(timeZone: TimeZone(secondsFromGMT: 8 * 3600) ?? .gmt),
            feed: ChangeFeed(),
            clock: clock
        )
        cases = BreakableCases(caseService)
        alarms = Self.service(database, cases, evidence, feed, clock, isUntouched)
    }

    static func service(
        _ database: Database,
        _ cases: any CaseOpening,
        _ evidence: FakeEvidence,
        _ feed: ChangeFeed,
        _ clock: ManualClock,
        _ isUntouched: @escaping @Sendable (String) async throws -> Bool = { _ in true }
    ) -> AlarmService {
        AlarmService(
            repository: AlarmRepository(database),
            cases: cases,
            evidence: evidence,
            directory: AlarmDirectory(
                cameras: [
                    Camera(id: "cam-1", name: "鼓楼路口", source: "x", position: here, address: "鼓楼路"),
                    Camera(id: "cam-far", name: "远处", source: "x", position: GeoPoint(lat: 32.6, lon: 119.9)),
                ],
                sensors: [Sensor(id: "culvert-01", name: "涵洞", profile: "waterLevel", position: here)],
                className: { $0 == "E-05-06" ? "道路积水" : nil }
            ),
            feed: feed,
            clock: clock,
            isUntouched: isUntouched
        )
    }

    /// The same alarms after a restart.
    func restarted() -> AlarmService {
        Self.service(database, cases, evidence, feed, clock)
    }

    func remove() {
        try? database.close()
        try? FileManager.default.removeItem(at: folder)
    }

    func level(_ phase: AlarmSignal.Phase = .raised, value: Double = 152) -> AlarmSignal {
        AlarmSignal(
            source: "culvert-01",
            sourceKind: .sensor,
            kind: "above",
            phase: phase,
            at: clock.now(),
            classCode: "E-05-06",
            value: value,
            threshold: 150
        )
    }

    func parking(_ phase: AlarmSignal.Phase = .raised) -> AlarmSignal {
        AlarmSignal(
            source: "cam-1",
            sourceKind: .camera,
            kind: "stationary",
            part: "kerb",
            phase: phase,
            at: clock.now(),
            classCode: "09009",
            box: PictureBox(x: 0.1, y: 0.2, width: 0.3, height: 0.4),
            picture: [0xFF, 0xD8, 0xFF]
        )
    }

    func all(_ filter: AlarmFilter = AlarmFilter()) async throws -> [Alarm] {
        try await alarms.list(filter, page: PageRequest()).items
    }

    func openedCases() async throws -> [Case] {
        try await caseService.list(CaseFilter(), page: PageRequest(), for: Self.leader).items
    }

    static let leader = CaseActor(name: "lin", role: .leader)
    static let monitor = CaseActor(name: "wang", role: .monitor)
}
