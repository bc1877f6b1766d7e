package import Domain
package import Foundation
package import Logging
import Recording
package import Store

/// Keeps the recordings within their limits: plans, asks capture to delete, and lets the index forget what is gone.
package struct RetentionService: Sendable {
    /// Asks the capture shard that records on this volume to delete segments (paths below `recordings/`). Capture checks
    /// the holds once more.
    package typealias Delete = @Sendable (_ cameraId: String, _ segments: [String]) async -> Void

    /// Gaps that ended so long before the oldest recording that is kept are forgotten.
    private static let gapGrace = Duration.seconds(90 * 86_400)
    /// Rows whose files are looked at in one round, beside each camera's oldest ones.
    private static let rollingRows = 500

    private let layout: RecordingLayout
    private let database: Store.Database
    private let clock: any HostClock
    private let node: String
    private let planner: @Sendable () -> RetentionPlanner
    private let delete: Delete
    private let onExhausted: @Sendable (Bool) async -> Void
    private let logger: Logger

    /// - Parameters:
    ///   - planner: made for each round, with what the site says then.
    ///   - onExhausted: true when only holds are left on a volume and its floor can't be kept, false when it can
    ///     again.
    package init(
        dataDirectory: URL,
        database: Store.Database,
        clock: any HostClock = SystemClock(),
        node: String = "local",
        planner: @autoclosure @escaping @Sendable () -> RetentionPlanner,
        delete: @escaping Delete,
        onExhausted: @escaping @Sendable (Bool) async -> Void = { _ in },
        logger: Logger = Logger(label: "gridwatch.retention")
    ) {
        layout = RecordingLayout(dataDirectory: dataDirectory.path)
        self.database = database
        self.clock = clock
        self.node = node
        self.planner = planner
        self.delete = delete
        self.onExhausted = onExhausted
        self.logger = logger
    }

    /// What goes on from round to round.
    package struct Progress: Sendable {
        var clock: RetentionClock
        var turn = 0
        var exhausted = false
        /// Where the rolling comparison of rows and files stands; empty: at its start.
        var path = ""
    }

    /// Plans every 20 s until its task is cancelled.
    package func run() async {
        var progress: Progress?
        while !Task.isCancelled {
            do {
                var current = try await start(progress)
                defer { progress = current }
                let plan = try await round(&current)
                if plan.exhausted != current.exhausted {
                    current.exhausted = plan.exhausted
                    await onExhausted(plan.exhausted)
                }
            } catch is CancellationError {
                return
            } catch {
                logger.error("retention.failed", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: .seconds(20))
        }
    }

    /// The first round's state: the newest frame in the index says where the clock should be.
    private func start(_ progress: Progress?) async throws -> Progress {
        if let progress { return progress }
        let newest = try await UsageRepository(database).newest(node: node)
        return Progress(clock: RetentionClock(lastRecorded: newest, monotonic: clock.monotonic()))
    }

    private func round(_ progress: inout Progress) async throws -> RetentionPlanner.Plan {
        let wasDistrusting = progress.clock.isDistrusting
        let now = progress.clock.now(wall: clock.now(), monotonic: clock.monotonic())
        if progress.clock.isDistrusting, !wasDistrusting {
            logger.warning(
                "the clock is far ahead of the last recording: nothing is deleted by age for a day",
                metadata: ["clock": "\(clock.now().rfc3339)", "expected": "\(now.rfc3339)"]
            )
        }
        let expired = try await HoldKeeper(layout: layout, database: database).expire(now: now)
        if expired > 0 { logger.notice("holds have reached their end", metadata: ["count": "\(expired)"]) }
        // Capture also deletes alone, when it has to keep the floor: always a camera's oldest first.
        if progress.turn % 3 == 0 { try await forgetMissing(now: now) }
        progress.path = try await forgetRolling(after: progress.path)
        if progress.turn % 180 == 0 { try await pruneGaps(now: now) }
        progress.turn += 1
        return try await step(now: now)
    }

    /// One plan: ask, and forget what has gone.
    @discardableResult
    package func step(now: WallTime? = nil) async throws -> RetentionPlanner.Plan {
        let volumes = await rooms()
        // Nothing was ever recorded here: nothing can be in the way.
        guard !volumes.isEmpty else { return RetentionPlanner.Plan() }
        let now = now ?? clock.now()
        let usage = UsageRepository(database)
        let facts = RetentionPlanner.Facts(
            usage: try await usage.all(node: node),
            volumes: volumes,
            holds: try await HoldRepository(database).active(orReleasedSince: now - ProtectedRanges.grace),
            now: now
        )
        let plan = try await usage.scan(node: node) { [planner = planner()] in try planner.plan(facts, source: $0) }
        for (camera, paths) in plan.deletions.sorted(by: { $0.key < $1.key }) {
            logger.info("retention.delete", metadata: ["camera.id": "\(camera)", "segments": "\(paths.count)"])
            await delete(camera, paths)
            try await forgetGone(among: paths, on: Set(volumes.map(\.id)))
        }
        return plan
    }

    /// Forgets the oldest rows of every camera whose files are gone; reads one row more than it forgets, for each.
    @discardableResult
    package func forgetMissing(now: WallTime? = nil) async throws -> Int {
        let usage = UsageRepository(database)
        let volumes = Set(await rooms().map(\.id))
        let held = ProtectedRanges.held(try await HoldRepository(database).active())
        let node = node
        var forgotten = 0
        for lane in try await usage.all(node: node) where volumes.contains(lane.volume) {
            var place = SegmentPlace(from: WallTime(microseconds: .min))
            while true {
                let (rows, next) = try await usage.scan(node: node) { [place] scan in
                    try Self.oldestUnheld(lane, held[lane.cameraId], place, scan)
                }
                let gone = try await forgetGone(among: rows.map(\.path), on: volumes)
                forgotten += gone
                guard gone == rows.count, let next else { break }
                place = next
            }
        }
        return forgotten
    }

    private static func oldestUnheld(
        _ lane: VolumeUsage,
        _ held: [ClosedRange<WallTime>],
        _ place: SegmentPlace,
        _ scan: SegmentScan
    ) throws -> ([Segment], SegmentPlace?) {
        var place = place
        while true {
            let rows = try scan.oldest(cameraId: lane.cameraId, volume: lane.volume, after: place, limit: 16)
            guard let first = rows.first, let last = rows.last else { return ([], nil) }
            // What is held isn't deleted: behind it goes on what may be.
            if let range = held.first(where: { $0.lowerBound <= first.to && first.from <= $0.upperBound }) {
                place = SegmentPlace(from: range.upperBound + .microseconds(1))
                continue
            }
            return (rows, SegmentPlace(from: last.from, path: last.path))
        }
    }

    /// Compares the next rows in order of their paths with the files; for what somebody deleted by hand.
    private func forgetRolling(after path: String) async throws -> String {
        let volumes = Set(await rooms().map(\.id))
        let paths = try await SegmentRepository(database).paths(node: node, after: path, limit: Self.rollingRows)
        try await forgetGone(among: paths, on: volumes)
        return paths.count < Self.rollingRows ? "" : paths.last ?? ""
    }

    private func pruneGaps(now: WallTime) async throws {
        let usage = UsageRepository(database)
        for camera in try await usage.recordedCameras(node: node) {
            let oldest = try await SegmentRepository(database).recordedFrom(cameraId: camera) ?? now
            _ = try await GapRepository(database).prune(node: node, cameraId: camera, before: oldest - Self.gapGrace)
        }
    }

    private func rooms() async -> [VolumeRoom] {
        let settings = planner().policies.recording
        return (try? await BlockingWork.shared.run { [layout] in VolumeRoom.measure(layout, settings) }) ?? []
    }

    /// Forgets rows whose file is not there, on volumes that are: an unmounted volume's rows stay.
    @discardableResult
    private func forgetGone(among paths: [String], on volumes: Set<String>) async throws -> Int {
        let gone = try await BlockingWork.shared.run { [layout] in
            paths.filter { path in
                guard volumes.contains(Self.volume(of: path)) else { return false }
                // A file that can't be looked at, on a failing disk say, is not gone.
                return (try? SystemFiles().size("\(layout.root)/\(path)")) == .some(nil)
            }
        }
        guard !gone.isEmpty else { return 0 }
        try await SegmentRepository(database).delete(node: node, paths: gone)
        return gone.count
    }

    private static func volume(of path: String) -> String {
        guard path.hasPrefix("@"), let slash = path.firstIndex(of: "/") else { return VolumeDeclaration.mainId }
        return String(path[path.index(after: path.startIndex)..<slash])
    }
}
