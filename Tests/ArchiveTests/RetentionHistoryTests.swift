import Domain
import Foundation
import Store
import Testing

@testable import Archive

/// A site that records, holds, releases, loses its clock and runs out of space, as the dice have it; retention works on
/// what it is told, the checks on what is true.
private struct RetentionHistory {
    private struct Mistake: Error, CustomStringConvertible {
        var description: String
    }

    private static let hour: Int64 = 3_600_000_000
    private var random: SeededRandom
    private var segments: [String: Segment] = [:]
    private var holds: [Hold] = []
    /// True time, and what the host's clock is off by.
    private var now: WallTime
    private var offset = Duration.zero
    private var jumpedAt: WallTime?
    private var clock: RetentionClock
    private var serial = 0
    private let start = TimelineTests.at(0)
    private let cameras = ["a", "b", "c"]
    private let volumes: [String]
    private var capacity: [String: Int64] = [:]
    private let floor: Int64 = 2000
    private let headroom: Int64 = 300
    private let planner: RetentionPlanner

    init(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        now = start
        clock = RetentionClock(lastRecorded: start, monotonic: .zero)
        let volumes = ["main", "b", "c"].prefix(Int.random(in: 1...3, using: &random)).map { $0 }
        self.volumes = volumes
        for volume in volumes { capacity[volume] = .random(in: 4000...20_000, using: &random) }
        var policies: [String: RecordPolicy] = [:]
        for camera in cameras {
            policies[camera] = RecordPolicy(
                keepDays: .random(in: 1...4, using: &random),
                keepBytes: Bool.random(using: &random) ? .random(in: 1000...9000, using: &random) : nil,
                priority: .random(in: 0...9, using: &random)
            )
        }
        let limits = (0..<10).map { ($0, PriorityPolicy(keepBytes: $0 < 3 ? 6000 : nil)) }
        planner = RetentionPlanner(
            policies: RetentionPolicies(
                cameras: policies,
                recording: Domain.RecordingSettings(
                    keepBytes: Int.random(in: 0..<4, using: &random) == 0 ? 15_000 : nil,
                    priorities: Dictionary(uniqueKeysWithValues: limits)
                )
            ),
            headroomBytes: headroom
        )
        self.random = random
    }

    private var monotonic: Duration { now - start }

    private func used(_ volume: String) -> Int64 {
        segments.values.lazy.filter { SegmentArray.volume($0) == volume }.reduce(0) { $0 + $1.bytes }
    }

    mutating func run() throws {
        for _ in 0..<Int.random(in: 4...10, using: &random) {
            record()
            changeHolds()
            changeClock()
            try retain()
        }
    }

    /// Some hours pass; cameras are recorded in segments of about an hour, with gaps, on a volume that may change.
    private mutating func record() {
        let length = Int64.random(in: 1...12, using: &random)
        for camera in cameras where Int.random(in: 0..<6, using: &random) > 0 {
            let volume = volumes.randomElement(using: &random) ?? "main"
            for index in segments.keys where segments[index]?.cameraId == camera { segments[index]?.closed = true }
            var time = now
            for _ in 0..<min(length, 5) {
                serial += 1
                let end = time + .microseconds(Self.hour * length / min(length, 5))
                let prefix = volume == "main" ? "" : "@\(volume)/"
                let path = "\(prefix)\(camera)/\(100_000 + serial)"
                segments[path] = Segment(
                    node: "n",
                    cameraId: camera,
                    path: path,
                    run: "r",
                    from: time,
                    to: end,
                    bytes: .random(in: 50...700, using: &random),
                    closed: true
                )
                time = end
                if time == now + .microseconds(Self.hour * length), Bool.random(using: &random) {
                    segments[path]?.closed = false
                }
            }
        }
        now = now + .microseconds(Self.hour * length)
    }

    private mutating func changeHolds() {
        if Int.random(in: 0..<3, using: &random) == 0 {
            let from = start + .microseconds(Int64.random(in: 0...max(1, (now - start).microseconds), using: &random))
            serial += 1
            holds.append(
                Hold(
                    id: "\(serial)",
                    cameraId: cameras.randomElement(using: &random) ?? "a",
                    from: from,
                    to: from + .microseconds(Int64.random(in: 1...(20 * Self.hour), using: &random)),
                    reason: "",
                    by: "",
                    createdAt: now,
                    recorded: .all
                )
            )
        }
        if Int.random(in: 0..<4, using: &random) == 0, let index = holds.indices.randomElement(using: &random) {
            holds[index].releasedAt = holds[index].releasedAt ?? now
        }
    }

    /// The host's clock goes wrong by up to a year either way, and is set right within a day.
    private mutating func changeClock() {
        if offset != .zero {
            offset = .zero
        } else if Int.random(in: 0..<4, using: &random) == 0 {
            offset = .seconds(Int64.random(in: -31_536_000...31_536_000, using: &random))
        }
    }

    private mutating func retain() throws {
        let told = clock.now(wall: now + offset, monotonic: monotonic)
        let all = Array(segments.values)
        let rooms = volumes.enumerated().map { index, volume in
            VolumeRoom(
                id: volume,
                freeBytes: (capacity[volume] ?? 0) - used(volume),
                floorBytes: floor,
                device: UInt64(index)
            )
        }
        let facts = RetentionPlanner.Facts(
            usage: SegmentArray.usage(all),
            volumes: rooms,
            holds: holds.filter { $0.releasedAt.map { told - $0 < ProtectedRanges.grace } ?? true },
            now: told
        )
        let plan = try planner.plan(facts, source: SegmentArray(all))
        let planned = Set(plan.deletions.values.joined())
        guard planned.count == plan.count else { throw Mistake(description: "a segment is planned twice") }
        try checkHolds(planned)
        try checkReasons(planned, rooms)
        try checkFloor(plan, planned, rooms, told)
        for path in planned { segments[path] = nil }
    }

    private func isHeld(_ segment: Segment) -> Bool {
        holds.contains {
            $0.releasedAt == nil && $0.cameraId == segment.cameraId && $0.from <= segment.to && segment.from <= $0.to
        }
    }

    private func checkHolds(_ planned: Set<String>) throws {
        for path in planned {
            guard let segment = segments[path] else { throw Mistake(description: "\(path) isn't there") }
            if isHeld(segment) { throw Mistake(description: "\(path) is held") }
        }
    }

    /// What is younger than its policy goes only for a byte limit or the floor.
    private func checkReasons(_ planned: Set<String>, _ rooms: [VolumeRoom]) throws {
        var young: [Segment] = []
        for path in planned {
            guard let segment = segments[path] else { continue }
            let days = Int64(planner.policies.policy(of: segment.cameraId).keepDays)
            if now - segment.to < .seconds(86_400 * days) { young.append(segment) }
        }
        for segment in young {
            let policy = planner.policies.policy(of: segment.cameraId)
            let settings = planner.policies.recording
            let limited =
                isOver(policy.keepBytes) { $0.cameraId == segment.cameraId }
                || isOver(settings.priorities[policy.priority]?.keepBytes) {
                    planner.policies.policy(of: $0.cameraId).priority == policy.priority
                } || isOver(settings.keepBytes) { _ in true }
            let room = rooms.first { $0.id == SegmentArray.volume(segment) }
            let pressed = (room?.freeBytes ?? 0) < floor
            if !limited, !pressed { throw Mistake(description: "\(segment.path) is younger than its policy") }
        }
    }

    /// Whether what is not held of some cameras takes more than a limit.
    private func isOver(_ limit: Int64?, _ isMeant: (Segment) -> Bool) -> Bool {
        guard let limit else { return false }
        return segments.values.reduce(Int64(0)) { $0 + (isMeant($1) && !isHeld($1) ? $1.bytes : 0) } > limit
    }

    private func checkFloor(
        _ plan: RetentionPlanner.Plan,
        _ planned: Set<String>,
        _ rooms: [VolumeRoom],
        _ told: WallTime
    ) throws {
        for room in rooms {
            let here = segments.values.filter { SegmentArray.volume($0) == room.id }
            let freed = here.reduce(Int64(0)) { $0 + (planned.contains($1.path) ? $1.bytes : 0) }
            let isBelow = room.freeBytes + freed < room.floorBytes
            guard isBelow == plan.exhaustedVolumes.contains(room.id) else {
                throw Mistake(description: "\(room.id): exhausted is wrong")
            }
            // The last one of each camera on the volume may still grow.
            let left = here.filter { segment in
                let isLast = !here.contains { $0.cameraId == segment.cameraId && $0.from > segment.from }
                let grows = !segment.closed && isLast && told - segment.to < .seconds(86_400)
                return !planned.contains(segment.path) && !isHeld(segment) && !grows
            }
            if isBelow, let first = left.first { throw Mistake(description: "\(first.path) could have gone") }
        }
        for segment in segments.values where !planned.contains(segment.path) && !isHeld(segment) {
            let days = Int64(planner.policies.policy(of: segment.cameraId).keepDays)
            let isSpared = holds.contains {
                $0.cameraId == segment.cameraId && $0.from <= segment.to && segment.from <= $0.to
            }
            if segment.closed, !isSpared, told - segment.to > .seconds(86_400 * days) {
                throw Mistake(description: "\(segment.path) should have gone by its age")
            }
        }
    }
}

@Suite("retention over random histories")
struct RetentionHistoryTests {
    private static let hundreds: UInt64 = ProcessInfo.processInfo.environment["GRIDWATCH_SOAK"] == "1" ? 100 : 20

    /// 2,000 histories, 10,000 in the long run: recording on up to three volumes, holds and releases, byte limits, clocks that jump by up to a year.
    @Test(
        "no held byte goes, nothing goes before its time without need, the floor is reached if it may be",
        arguments: 0..<hundreds
    )
    func histories(hundred: UInt64) {
        for seed in hundred * 100..<(hundred + 1) * 100 {
            do {
                var history = RetentionHistory(seed: seed)
                try history.run()
            } catch {
                Issue.record("history \(seed): \(error)")
            }
        }
    }
}
