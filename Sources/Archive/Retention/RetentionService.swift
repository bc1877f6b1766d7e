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

    private let layout: RecordingLayout
    private let database: Store.Database
    private let clock: any HostClock
    private let node: String
    private let planner: @Sendable () -> RetentionPlanner
    private let delete: Delete
    private let onExhausted: @Sendable (Bool) async -> Void
    private let logger: Logger

    /// - Parameters:
    ///   - planner: today's policies.
    ///   - onExhausted: true when only holds are left and the floor can't be kept, false when it can again.
    package init(
        dataDirectory: URL,
        database: Store.Database,
        clock: any HostClock = SystemClock(),
        node: String = "local",
        planner: @escaping @Sendable () -> RetentionPlanner,
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

    /// Plans every 20 s and compares index and files every 5 min, until its task is cancelled.
    package func run() async {
        var exhausted = false
        var turn = 0
        while !Task.isCancelled {
            do {
                if turn % 15 == 0 { try await forgetMissing() }
                turn += 1
                let plan = try await step()
                if plan.exhausted != exhausted {
                    exhausted = plan.exhausted
                    await onExhausted(exhausted)
                }
            } catch is CancellationError {
                return
            } catch {
                logger.error("retention.failed", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: .seconds(20))
        }
    }

    /// One round: plan, ask, and forget what has gone.
    @discardableResult
    package func step() async throws -> RetentionPlanner.Plan {
        let segments = SegmentRepository(database)
        let free = try await BlockingWork.shared.run { [layout] () throws -> Int64? in
            do throws(FileFailure) {
                return Int64(try SystemFiles().freeBytes(layout.root))
            } catch {
                if error.isMissing { return nil }
                throw error
            }
        }
        // Nothing was ever recorded here: nothing can be in the way.
        guard let free else { return RetentionPlanner.Plan() }
        let plan = planner().plan(
            segments: try await segments.all(node: node),
            holds: try await HoldRepository(database).active(),
            freeBytes: free,
            now: clock.now()
        )
        for (camera, paths) in plan.deletions.sorted(by: { $0.key < $1.key }) {
            logger.info(
                "retention.delete",
                metadata: ["camera.id": "\(camera)", "segments": "\(paths.count)", "free.bytes": "\(free)"]
            )
            await delete(camera, paths)
            try await forgetGone(among: paths)
        }
        return plan
    }

    /// Deletes the rows of segments whose file is gone: capture also deletes alone, when it has to keep the floor.
    @discardableResult
    package func forgetMissing() async throws -> Int {
        try await forgetGone(among: SegmentRepository(database).all(node: node).map(\.path))
    }

    @discardableResult
    private func forgetGone(among paths: [String]) async throws -> Int {
        let gone = try await BlockingWork.shared.run { [layout] in
            paths.filter { RecordingFileReader.size("\(layout.root)/\($0)") == nil }
        }
        guard !gone.isEmpty else { return 0 }
        try await SegmentRepository(database).delete(node: node, paths: gone)
        return gone.count
    }
}
