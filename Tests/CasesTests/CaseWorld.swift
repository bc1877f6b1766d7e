import Cases
import Domain
import Foundation
import Store

/// A centre with nothing loaded, a real database and a clock that tests move.
struct CaseWorld {
    let clock = ManualClock()
    let feed = ChangeFeed()
    let folder: URL
    let database: Database
    let service: CaseService

    static let here = GeoPoint(lat: 32.4912, lon: 119.9234)

    /// - Parameter limits: a CSV in the place of the built-in limits.
    init(policies: [String: AlarmPolicy] = [:], limits: String? = nil) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "gridwatch-cases-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        database = try Database(directory: folder)
        let zone = TimeZone(secondsFromGMT: 8 * 3600) ?? .gmt
        var base = BaseData(policies: policies, timeZone: zone)
        if let limits {
            try base.take(.limits, limits, origin: .edition(1))
            base.link(day: 0)
        }
        service = CaseService(
            repository: CaseRepository(database),
            base: base,
            feed: feed,
            clock: clock
        )
    }

    func remove() {
        try? database.close()
        try? FileManager.default.removeItem(at: folder)
    }

    func request(
        _ classCode: String = "E-05-06",
        at point: GeoPoint? = CaseWorld.here,
        alarm: String? = nil,
        client: String? = nil,
        filed: Bool = true
    ) -> CaseRequest {
        CaseRequest(
            classCode: classCode,
            position: point,
            address: "海陵路鼓楼路口",
            channel: "sensor",
            at: clock.now(),
            clientId: client,
            alarmId: alarm,
            filed: filed
        )
    }

    static func actor(_ role: Role, unit: String? = nil) -> CaseActor {
        CaseActor(name: "the-\(role.rawValue)", role: role, unit: unit)
    }
}
