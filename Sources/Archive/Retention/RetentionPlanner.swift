package import Domain
package import Store

/// Decides which segments to delete: by age, and to keep the free-space floor. Pure.
///
/// A segment that any hold overlaps is never in a plan; nor is one that may still grow.
package struct RetentionPlanner: Sendable {
    /// By camera. A camera that the site no longer declares keeps its recordings by `fallback`.
    package var policies: [String: RecordPolicy]
    package var fallback: RecordPolicy
    /// Bytes of the volume that stay free.
    package var floorBytes: Int64
    /// Freed beyond the floor, so that not every new segment needs a plan of its own.
    package var headroomBytes: Int64

    package init(
        policies: [String: RecordPolicy],
        fallback: RecordPolicy = RecordPolicy(),
        floorBytes: Int64,
        headroomBytes: Int64 = 256 << 20
    ) {
        self.policies = policies
        self.fallback = fallback
        self.floorBytes = floorBytes
        self.headroomBytes = headroomBytes
    }

    package struct Plan: Sendable, Equatable {
        /// Paths below `recordings/`, by camera, oldest first.
        package var deletions: [String: [String]] = [:]
        /// What the deletions free.
        package var bytes: Int64 = 0
        /// The floor can't be reached: everything that may go is in the plan, only holds and open segments are left.
        package var exhausted = false

        package var isEmpty: Bool { deletions.isEmpty }
    }

    /// - Parameters:
    ///   - segments: every segment of the volume.
    ///   - holds: released ones are ignored.
    ///   - freeBytes: what may still be written on the volume.
    package func plan(segments: [Segment], holds: [Hold], freeBytes: Int64, now: WallTime) -> Plan {
        let active = Dictionary(grouping: holds.filter { $0.releasedAt == nil }, by: \.cameraId)
        let newest = Dictionary(segments.map { ($0.cameraId, $0.from) }, uniquingKeysWith: max)
        var plan = Plan()
        var rest: [Segment] = []
        for segment in segments {
            // One that was never closed and is not its camera's newest was left by a crash.
            let grows =
                !segment.closed && newest[segment.cameraId] == segment.from && now - segment.to < .seconds(86_400)
            let held = active[segment.cameraId]?.contains { $0.from < segment.to && segment.from < $0.to } ?? false
            guard !grows, !held, !Self.touchesPoint(segment, active[segment.cameraId]) else { continue }
            if segment.to < now - .seconds(86_400 * Int64(policy(segment.cameraId).keepDays)) {
                Self.take(segment, &plan)
            } else {
                rest.append(segment)
            }
        }
        if freeBytes + plan.bytes < floorBytes {
            rest.sort { left, right in
                let (a, b) = (policy(left.cameraId).priority, policy(right.cameraId).priority)
                return (a, left.to, left.path) < (b, right.to, right.path)
            }
            for segment in rest {
                guard freeBytes + plan.bytes < floorBytes + headroomBytes else { break }
                Self.take(segment, &plan)
            }
            plan.exhausted = freeBytes + plan.bytes < floorBytes
        }
        for camera in plan.deletions.keys { plan.deletions[camera]?.sort() }
        return plan
    }

    private func policy(_ cameraId: String) -> RecordPolicy { policies[cameraId] ?? fallback }

    /// A hold of one instant, or a segment whose length is not known yet, still counts where they meet.
    private static func touchesPoint(_ segment: Segment, _ holds: [Hold]?) -> Bool {
        holds?.contains {
            ($0.from == $0.to || segment.from == segment.to) && $0.from <= segment.to && segment.from <= $0.to
        }
            ?? false
    }

    private static func take(_ segment: Segment, _ plan: inout Plan) {
        plan.deletions[segment.cameraId, default: []].append(segment.path)
        plan.bytes += segment.bytes
    }
}
