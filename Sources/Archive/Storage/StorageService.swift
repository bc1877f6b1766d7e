package import Domain
package import Foundation
import Recording
package import Store

/// Answers what room the recordings take and how long it lasts.
package actor StorageService {
    /// Rates are measured over so many days.
    private static let rateWindow = Duration.seconds(3 * 86_400)
    /// A camera that began a minute ago has no rate yet that a day could be told from.
    private static let leastWindow = Duration.seconds(600)
    /// An answer is good for so long: the rates of two hundred cameras are some ten thousand rows.
    private static let kept = Duration.seconds(15)

    private let layout: RecordingLayout
    private let database: Store.Database
    private let policiesNow: @Sendable () -> RetentionPolicies
    private var policies: RetentionPolicies { policiesNow() }
    private let clock: any HostClock
    private let node: String
    private let facts: @Sendable () -> [VolumeFacts]
    private var latest: (report: StorageReport, until: Duration)?

    /// - Parameter facts: what capture says of the volumes.
    package init(
        dataDirectory: URL,
        database: Store.Database,
        policies: @autoclosure @escaping @Sendable () -> RetentionPolicies,
        clock: any HostClock = SystemClock(),
        node: String = "local",
        facts: @escaping @Sendable () -> [VolumeFacts] = { [] }
    ) {
        layout = RecordingLayout(dataDirectory: dataDirectory.path)
        self.database = database
        policiesNow = policies
        self.clock = clock
        self.node = node
        self.facts = facts
    }

    package func report() async throws -> StorageReport {
        if let latest, clock.monotonic() < latest.until { return latest.report }
        let report = try await measure()
        latest = (report, clock.monotonic() + Self.kept)
        return report
    }

    private func measure() async throws -> StorageReport {
        let now = clock.now()
        let repository = UsageRepository(database)
        let segments = SegmentRepository(database)
        let usage = try await repository.all(node: node)
        let rates = try await repository.recorded(node: node, since: now - Self.rateWindow).map { recorded in
            let window = max(Self.leastWindow, min(Self.rateWindow, now - recorded.from))
            return (recorded.cameraId, recorded.volume, Double(recorded.bytes) / window.seconds * 86_400)
        }
        let settings = policies.recording
        let rooms = try await BlockingWork.shared.run { [layout] in VolumeRoom.measure(layout, settings) }
        let volumes = describe(rooms, usage, rates.map { ($0.1, $0.2) })
        let held = ProtectedRanges.held(try await HoldRepository(database).active())
        let declared = policies.cameras.keys.sorted()
        let gone = Set(usage.map(\.cameraId)).subtracting(declared).sorted()
        let oldest = Dictionary(
            try await segments.oldest(cameraIds: declared + gone).map { ($0.cameraId, $0.from) },
            uniquingKeysWith: min
        )
        let bytes = Dictionary(usage.map { ($0.cameraId, $0.bytes) }, uniquingKeysWith: +)
        let perDay = Dictionary(rates.map { ($0.0, $0.2) }, uniquingKeysWith: +)
        var cameras: [StorageReport.Camera] = []
        for id in declared + gone {
            let ranges = held[id].map { $0.lowerBound..<($0.upperBound + .microseconds(1)) }
            cameras.append(
                StorageReport.Camera(
                    cameraId: id,
                    policy: policies.policy(of: id),
                    bytes: bytes[id] ?? 0,
                    heldBytes: ranges.isEmpty ? 0 : try await segments.bytes(cameraId: id, ranges: ranges),
                    bytesPerDay: perDay[id] ?? 0,
                    recordedFrom: oldest[id],
                    expectedDays: nil,
                    shortfall: false,
                    isDeclared: policies.cameras[id] != nil
                )
            )
        }
        return forecast(volumes, rooms, cameras, now)
    }

    private func forecast(
        _ volumes: [StorageReport.Volume],
        _ rooms: [VolumeRoom],
        _ cameras: [StorageReport.Camera],
        _ now: WallTime
    ) -> StorageReport {
        // Two volumes on one file system have its room once.
        var free: [UInt64: Int64] = [:]
        for room in rooms { free[room.device] = min(free[room.device] ?? .max, room.freeBytes - room.floorBytes) }
        let forecast = StorageForecast(
            demands: cameras.map {
                StorageForecast.Demand(
                    cameraId: $0.cameraId,
                    policy: $0.policy,
                    bytesPerDay: $0.bytesPerDay,
                    freeableBytes: Double($0.bytes - $0.heldBytes)
                )
            },
            recording: policies.recording,
            freeBytes: Double(free.values.reduce(0) { $0 + max(0, $1) })
        )
        return StorageReport(
            volumes: volumes,
            cameras: cameras.map { camera in
                var camera = camera
                camera.expectedDays = forecast.cameras[camera.cameraId]?.expectedDays
                camera.shortfall = forecast.cameras[camera.cameraId]?.shortfall ?? false
                return camera
            },
            bytesPerDay: cameras.reduce(0) { $0 + $1.bytesPerDay },
            fullInDays: forecast.fullInDays,
            heldBytes: cameras.reduce(0) { $0 + $1.heldBytes },
            recordedBytes: cameras.reduce(0) { $0 + $1.bytes },
            at: now
        )
    }

    /// The volumes of the site as they are here, with what capture says of them.
    private func describe(
        _ rooms: [VolumeRoom],
        _ usage: [VolumeUsage],
        _ rates: [(String, Double)]
    ) -> [StorageReport.Volume] {
        let settings = policies.recording
        let bytes = Dictionary(usage.map { ($0.volume, $0.bytes) }, uniquingKeysWith: +)
        let perDay = Dictionary(rates, uniquingKeysWith: +)
        let known = [VolumeDeclaration.mainId] + settings.volumes.map(\.id)
        // Several shards see a volume: the worst that one says counts.
        let said = Dictionary(grouping: facts(), by: \.id)
        return known.map { id in
            let room = rooms.first { $0.id == id }
            let states = said[id]?.map(\.state) ?? []
            var state: VolumeFacts.State = room == nil ? .missing : .ok
            for worse in [VolumeFacts.State.full, .failing, .missing] where states.contains(worse) { state = worse }
            if state == .ok, let room, room.freeBytes < room.floorBytes { state = .full }
            return StorageReport.Volume(
                id: id,
                path: settings.volumes.first { $0.id == id }?.path ?? layout.root,
                state: state,
                reason: state == .ok ? nil : state == .failing ? "io" : state.rawValue,
                totalBytes: room?.totalBytes ?? 0,
                freeBytes: room?.freeBytes ?? 0,
                floorBytes: settings.floorBytes(ofVolume: id),
                recordedBytes: bytes[id] ?? 0,
                bytesPerDay: perDay[id] ?? 0
            )
        }
    }
}
