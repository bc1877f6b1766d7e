import Domain
import Foundation
import Recording
import Store
import Testing

@testable import Archive

/// Segments in an array, as the index would give them.
struct SegmentArray: RetentionSource {
    private let segments: [String: [Segment]]

    init(_ segments: [Segment]) {
        self.segments = Dictionary(grouping: segments) { "\(Self.volume($0))/\($0.cameraId)" }
            .mapValues { $0.sorted { ($0.from, $0.path) < ($1.from, $1.path) } }
    }

    func oldest(cameraId: String, volume: String, after place: SegmentPlace, limit: Int) throws -> [Segment] {
        Array(
            (segments["\(volume)/\(cameraId)"] ?? []).lazy
                .filter { ($0.from, $0.path) > (place.from, place.path) }.prefix(limit)
        )
    }

    func bytes(cameraId: String, ranges: [Range<WallTime>]) throws -> Int64 {
        segments.values.joined().filter { segment in
            segment.cameraId == cameraId
                && ranges.contains { $0.lowerBound <= segment.to && segment.from < $0.upperBound }
        }.reduce(0) { $0 + $1.bytes }
    }

    static func volume(_ segment: Segment) -> String {
        segment.path.hasPrefix("@") ? String(segment.path.dropFirst().prefix { $0 != "/" }) : "main"
    }

    static func usage(_ segments: [Segment]) -> [VolumeUsage] {
        Dictionary(grouping: segments) { [$0.cameraId, volume($0)] }.map { key, segments in
            VolumeUsage(
                cameraId: key[0],
                volume: key[1],
                bytes: segments.reduce(0) { $0 + $1.bytes },
                segments: segments.count
            )
        }.sorted { ($0.cameraId, $0.volume) < ($1.cameraId, $1.volume) }
    }
}

@Suite("retention")
struct RetentionTests {
    private static let day = 86_400.0

    private static func segment(_ camera: String, day start: Double, bytes: Int64 = 100, closed: Bool = true) -> Segment
    {
        Segment(
            node: "n",
            cameraId: camera,
            path: "\(camera)/\(start)",
            run: "r",
            from: TimelineTests.at(start * day),
            to: TimelineTests.at(start * day + 600),
            bytes: bytes,
            closed: closed
        )
    }

    private static func hold(_ camera: String, from: Double, to: Double, released: Double? = nil) -> Hold {
        Hold(
            id: "\(camera)\(from)",
            cameraId: camera,
            from: TimelineTests.at(from * day),
            to: TimelineTests.at(to * day),
            reason: "",
            by: "",
            createdAt: .epoch,
            releasedAt: released.map { TimelineTests.at($0 * day) },
            recorded: .all
        )
    }

    private static func plan(
        _ policies: [String: RecordPolicy],
        recording: Domain.RecordingSettings = Domain.RecordingSettings(),
        headroom: Int64 = 0,
        segments: [Segment],
        holds: [Hold] = [],
        free: Int64 = 1000,
        floor: Int64 = 0,
        day now: Double
    ) throws -> RetentionPlanner.Plan {
        try RetentionPlanner(
            policies: RetentionPolicies(cameras: policies, recording: recording),
            headroomBytes: headroom
        ).plan(
            RetentionPlanner.Facts(
                usage: SegmentArray.usage(segments),
                volumes: [VolumeRoom(id: "main", freeBytes: free, floorBytes: floor)],
                holds: holds,
                now: TimelineTests.at(now * day)
            ),
            source: SegmentArray(segments)
        )
    }

    @Test("what is older than its camera's days goes, what a hold touches or still grows stays")
    func byAge() throws {
        let segments = [
            Self.segment("a", day: 0), Self.segment("a", day: 1), Self.segment("a", day: 2), Self.segment("a", day: 8),
            Self.segment("b", day: 8.999, closed: false), Self.segment("b", day: 1),
        ]
        let plan = try Self.plan(
            ["a": RecordPolicy(keepDays: 3), "b": RecordPolicy(keepDays: 0)],
            segments: segments,
            holds: [Self.hold("a", from: 1.001, to: 1.002), Self.hold("a", from: 0, to: 1, released: 7.9)],
            day: 9
        )
        #expect(plan.deletions == ["a": ["a/0.0", "a/2.0"], "b": ["b/1.0"]])
        #expect(plan.bytes == 300)
        #expect(!plan.exhausted)
    }

    @Test("what a hold let go stays for a day whatever its age, and goes for the floor before recording stops")
    func grace() throws {
        let segments = [Self.segment("a", day: 0), Self.segment("a", day: 8)]
        let hold = Self.hold("a", from: 0, to: 0.001, released: 8.5)
        func plan(_ day: Double, floor: Int64 = 0) throws -> [String: [String]] {
            let policies = ["a": RecordPolicy(keepDays: 3)]
            return try Self.plan(policies, segments: segments, holds: [hold], free: 1000, floor: floor, day: day)
                .deletions
        }
        #expect(try plan(9).isEmpty)
        #expect(try plan(9.49).isEmpty)
        #expect(try plan(9.51) == ["a": ["a/0.0"]])
        // Want of space takes the younger one first, then this one too.
        #expect(try plan(9, floor: 1100) == ["a": ["a/8.0"]])
        #expect(try plan(9, floor: 1101) == ["a": ["a/8.0", "a/0.0"]])
    }

    @Test("for the floor the lowest priority gives way first, then the oldest, and no more than needed")
    func byFloor() throws {
        let policies = ["low": RecordPolicy(priority: 1), "high": RecordPolicy(priority: 9)]
        let segments = (0..<3).flatMap {
            [Self.segment("high", day: Double($0)), Self.segment("low", day: Double($0))]
        }
        func plan(_ free: Int64) throws -> RetentionPlanner.Plan {
            try Self.plan(policies, segments: segments, free: free, floor: 250, day: 5)
        }
        #expect(try plan(250).isEmpty)
        #expect(try plan(249).deletions == ["low": ["low/0.0"]])
        #expect(try plan(0).deletions == ["low": ["low/0.0", "low/1.0", "low/2.0"]])
        #expect(try plan(-100).deletions == ["low": ["low/0.0", "low/1.0", "low/2.0"], "high": ["high/0.0"]])
        #expect(try !plan(-350).exhausted)
        #expect(try plan(-351).exhausted)
    }

    @Test("byte limits of a camera, of a priority and of the site take the oldest, and don't count what is held")
    func byBytes() throws {
        let segments = ["a", "b", "c"].flatMap { camera in (0..<4).map { Self.segment(camera, day: Double($0)) } }
        let policies = [
            "a": RecordPolicy(keepBytes: 250, priority: 1), "b": RecordPolicy(priority: 5),
            "c": RecordPolicy(priority: 5),
        ]
        let limits = Domain.RecordingSettings(priorities: [5: PriorityPolicy(keepBytes: 550)])
        let plan = try Self.plan(policies, recording: limits, segments: segments, day: 5)
        #expect(plan.deletions == ["a": ["a/0.0", "a/1.0"], "b": ["b/0.0", "b/1.0"], "c": ["c/0.0"]])
        let held = try Self.plan(
            policies,
            recording: limits,
            segments: segments,
            holds: [Self.hold("a", from: 0, to: 0.001), Self.hold("b", from: 0, to: 9)],
            day: 5
        )
        #expect(held.deletions == ["a": ["a/1.0"]])
        let whole = Domain.RecordingSettings(keepBytes: 1000)
        #expect(
            try Self.plan([:], recording: whole, segments: segments, day: 5).deletions == [
                "a": ["a/0.0"], "b": ["b/0.0"],
            ]
        )
    }

    @Test("a volume that is not there is left alone, and each volume keeps its own floor")
    func volumes() throws {
        var segments = (0..<4).map { Self.segment("a", day: Double($0)) }
        for index in segments.indices where index % 2 == 1 { segments[index].path = "@b/" + segments[index].path }
        var away = Self.segment("a", day: -5)
        away.path = "@gone/a/-5"
        segments.append(away)
        let facts = RetentionPlanner.Facts(
            usage: SegmentArray.usage(segments),
            volumes: [
                VolumeRoom(id: "main", freeBytes: 500, floorBytes: 500, device: 1),
                VolumeRoom(id: "b", freeBytes: 450, floorBytes: 500, device: 2),
            ],
            holds: [],
            now: TimelineTests.at(5 * Self.day)
        )
        let policies = RetentionPolicies(cameras: ["a": RecordPolicy(keepDays: 9)], recording: .init())
        let planner = RetentionPlanner(policies: policies, headroomBytes: 0)
        let plan = try planner.plan(facts, source: SegmentArray(segments))
        #expect(plan.deletions == ["a": ["@b/a/1.0"]])
        #expect(plan.exhaustedVolumes.isEmpty)
    }

    @Test("a clock that jumps ahead is believed after a day, one that goes back at once")
    func clock() {
        let start = TimelineTests.at(0)
        var clock = RetentionClock(lastRecorded: start, monotonic: .seconds(10))
        func now(_ wall: Double, _ monotonic: Double) -> WallTime {
            clock.now(wall: TimelineTests.at(wall), monotonic: .seconds(monotonic))
        }
        #expect(now(60, 70) == TimelineTests.at(60))
        #expect(now(90 * 86_400, 80) == TimelineTests.at(70))
        #expect(clock.isDistrusting)
        #expect(now(90 * 86_400 + 3600, 3680) == TimelineTests.at(3670))
        // Set right again: nothing has happened.
        #expect(now(7200, 7210) == TimelineTests.at(7200))
        #expect(!clock.isDistrusting)
        #expect(now(90 * 86_400, 7220) == TimelineTests.at(7210))
        // Another jump: the day begins anew.
        #expect(now(30 * 86_400, 7230) == TimelineTests.at(7220))
        #expect(now(31 * 86_400 - 1, 93_629) == TimelineTests.at(93_619))
        #expect(now(31 * 86_400, 93_630) == TimelineTests.at(31 * 86_400))
        #expect(now(0, 93_640) == TimelineTests.at(0))
        #expect(RetentionClock(lastRecorded: nil, monotonic: .zero).isDistrusting == false)
    }

    @Test("a data folder in which nothing was recorded yet has its recordings folder, and nothing to delete without it")
    func firstStart() async throws {
        let fixture = try ArchiveFixture()
        #expect(FileManager.default.fileExists(atPath: fixture.layout.root))
        try FileManager.default.removeItem(atPath: fixture.layout.root)
        let service = RetentionService(
            dataDirectory: fixture.folder,
            database: fixture.database,
            clock: fixture.clock,
            planner: RetentionPlanner(
                policies: RetentionPolicies(recording: Domain.RecordingSettings(freeSpaceFloorBytes: .max))
            ),
            delete: { _, _ in }
        )
        #expect(try await service.step() == RetentionPlanner.Plan())
    }
}
