import Domain
import Recording

/// What lies on the volume and may have to go, as the space keeper sees it.
struct StoredSegment: Sendable, Hashable {
    var cameraId: String
    var name: SegmentName
    /// Wall time of its first frame.
    var from: WallTime
    /// An instant that its last frame doesn't pass: the start of the camera's next segment, or its own end for the newest
    /// one; nil while it is being written.
    var to: WallTime?
}

/// Which segments go, and which cameras stop, when space runs out. Pure.
enum SpacePlan {
    /// The segments that may be deleted, those of the lowest priority first and the oldest first among them: no hold
    /// covers them and they are not being written.
    ///
    /// - Parameter priorities: of cameras, by id; the usual one for those that are not in it.
    static func deletable(
        _ segments: [StoredSegment],
        holds: [HoldRecord],
        priorities: [String: Int] = [:]
    ) -> [StoredSegment] {
        let usual = RecordPolicy().priority
        let active = Dictionary(grouping: holds.filter { $0.releasedAt == nil }, by: \.cameraId)
        return segments.filter { segment in
            guard let to = segment.to else { return false }
            return !(active[segment.cameraId] ?? []).contains {
                $0.covers(cameraId: segment.cameraId, from: segment.from, to: to)
            }
        }
        .sorted { left, right in
            let (a, b) = (priorities[left.cameraId] ?? usual, priorities[right.cameraId] ?? usual)
            return (a, left.from, left.cameraId) < (b, right.from, right.cameraId)
        }
    }

    /// The cameras that have to stop recording because the segments that are left are held or being written.
    ///
    /// The lowest priority stops at the floor, the next ones one by one as the rest of the space goes; with n priorities
    /// the highest records down to one n-th of the floor. A camera that has stopped starts again a tenth above its limit.
    ///
    /// - Parameters:
    ///   - priorities: of this process's cameras, by id.
    ///   - levels: the priorities of all cameras that share the volumes, other processes' too; those of `priorities` alone
    ///     when empty.
    ///   - stopped: cameras that have stopped for want of space.
    static func pausedCameras(
        priorities: [String: Int],
        levels: Set<Int> = [],
        freeBytes: Int64,
        floorBytes: Int64,
        stopped: Set<String>
    ) -> Set<String> {
        let levels = levels.union(priorities.values).sorted()
        var paused: Set<String> = []
        for (index, level) in levels.enumerated() {
            let limit = floorBytes / Int64(levels.count) * Int64(levels.count - index)
            for (camera, priority) in priorities where priority == level {
                let threshold = stopped.contains(camera) ? limit + limit / 10 : limit
                if freeBytes < threshold { paused.insert(camera) }
            }
        }
        return paused
    }

    /// When the first frame of a segment was, by its name; nil for a name that no clock gave.
    static func startTime(of name: SegmentName) -> WallTime? {
        let digits = Array(name.text.utf8)
        guard digits.count >= 18 else { return nil }
        func text(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
        return WallTime(
            rfc3339:
                "\(text(0..<4))-\(text(4..<6))-\(text(6..<8))T\(text(9..<11)):\(text(11..<13)):\(text(13..<15)).\(text(15..<18))Z"
        )
    }
}
