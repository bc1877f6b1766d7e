package import Domain
package import Store
import Synchronization

/// What is recorded and what is not, over cameras and windows.
extension Archive {
    /// For each camera: recorded and missing time of the window, by reason.
    ///
    /// - Throws: `ArchiveError` (`invalidRange`), `StoreError`.
    package func accounting(cameraIds: [String], from: WallTime, to: WallTime) async throws -> [Accounting] {
        var result: [Accounting] = []
        for camera in cameraIds {
            // One after the other: a long window over many cameras must not take all of the database's readers.
            let timeline = try await timeline(cameraId: camera, from: from, to: to)
            result.append(Accounting(cameraId: camera, timeline: timeline, from: from, to: to, now: clock.now()))
        }
        return result
    }

    /// The gaps of cameras in a window, clipped to it, newest first.
    ///
    /// - Parameters:
    ///   - reason: only gaps that this started.
    ///   - minimum: only gaps of at least this length.
    /// - Throws: `ArchiveError` (`invalidRange`), `StoreError`.
    package func gaps(
        cameraIds: [String],
        from: WallTime,
        to: WallTime,
        reason: StateReason? = nil,
        minimum: Duration = .zero,
        page: PageRequest
    ) async throws -> Page<CameraGap> {
        var found: [CameraGap] = []
        for camera in cameraIds {
            let now = clock.now()
            let timeline = try await timeline(cameraId: camera, from: from, to: to)
            for gap in timeline.gaps where gap.to - gap.from >= minimum && (reason ?? gap.reason) == gap.reason {
                // The last piece of a window that reaches up to now; the timeline ends a moment after `now`.
                let isOpen = gap.to >= now && gap == timeline.gaps.last && gap.to > timeline.runs.last?.to ?? from
                found.append(CameraGap(cameraId: camera, gap: gap, isOpen: isOpen))
            }
        }
        found.sort { ($0.gap.from, $0.cameraId) > ($1.gap.from, $1.cameraId) }
        if let after = page.after {
            found = found.filter { ($0.gap.from, $0.cameraId) < (after.time, after.id) }
        }
        return Page(rows: found, limit: page.limit) { Cursor(time: $0.gap.from, id: $0.cameraId) }
    }

    /// The end of the last frame ever recorded, by camera; nil while the index lags behind the journals.
    package func recordedUntil() async throws -> [String: WallTime]? {
        guard isCaughtUp.load(ordering: .relaxed) else { return nil }
        return try await UsageRepository(database).recordedUntil(node: settings.node)
    }

    /// The gaps that have no end yet.
    package func openGaps() async throws -> [Gap] { try await gaps.open(node: settings.node) }
}
