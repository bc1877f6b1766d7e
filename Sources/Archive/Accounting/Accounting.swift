package import Domain

/// What of a camera's window is recorded and what is not: the two add up to the window, to the microsecond.
package struct Accounting: Sendable, Equatable {
    package var cameraId: String
    /// The part of the window asked for that is not in the future.
    package var window: Duration = .zero
    package var recorded: Duration = .zero
    package var missing: Duration = .zero
    package var byReason: [StateReason: Duration] = [:]
    /// Number of gaps.
    package var gaps = 0

    package init(cameraId: String, timeline: Timeline, from: WallTime, to: WallTime, now: WallTime) {
        self.cameraId = cameraId
        window = max(.zero, min(to, now) - from)
        recorded = timeline.runs.reduce(.zero) { $0 + ($1.to - $1.from) }
        gaps = timeline.gaps.count
        for gap in timeline.gaps {
            missing += gap.to - gap.from
            byReason[gap.reason, default: .zero] += gap.to - gap.from
        }
    }

    /// The part of the window since the camera's first recording: before that there was nothing to lose.
    package var known: Duration { window - (byReason[.notRecorded] ?? .zero) }

    /// 0…1 of the time since the first recording; 1 where that is not in the window.
    package var knownShare: Double { known > .zero ? min(1, recorded.seconds / known.seconds) : 1 }

    /// 0…1; 1 for an empty window.
    package var share: Double { window > .zero ? recorded.seconds / window.seconds : 1 }
}

/// A gap of one camera, as lists show it.
package struct CameraGap: Sendable, Equatable {
    package var cameraId: String
    package var gap: Timeline.Gap
    /// Nothing has been recorded since: it goes on.
    package var isOpen: Bool
}
