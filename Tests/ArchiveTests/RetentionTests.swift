import Domain
import Foundation
import Recording
import Store
import Testing

@testable import Archive

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

    private static func hold(_ camera: String, from: Double, to: Double, released: Bool = false) -> Hold {
        Hold(
            id: "\(camera)\(from)",
            cameraId: camera,
            from: TimelineTests.at(from * day),
            to: TimelineTests.at(to * day),
            reason: "",
            by: "",
            createdAt: .epoch,
            releasedAt: released ? .epoch : nil,
            recorded: .all
        )
    }

    @Test("what is older than its camera's days goes, what a hold touches or still grows stays")
    func byAge() {
        let planner = RetentionPlanner(policies: ["a": RecordPolicy(keepDays: 3)], floorBytes: 0)
        let segments = [
            Self.segment("a", day: 0), Self.segment("a", day: 1), Self.segment("a", day: 2), Self.segment("a", day: 8),
            Self.segment("b", day: 0, closed: false), Self.segment("b", day: 1),
        ]
        let plan = planner.plan(
            segments: segments,
            holds: [Self.hold("a", from: 1.001, to: 1.002), Self.hold("a", from: 0, to: 1, released: true)],
            freeBytes: 1000,
            now: TimelineTests.at(9 * Self.day)
        )
        #expect(plan.deletions == ["a": ["a/0.0", "a/2.0"]])
        #expect(!plan.exhausted)
    }

    @Test("for the floor the lowest priority gives way first, then the oldest, and no more than needed")
    func byFloor() {
        let planner = RetentionPlanner(
            policies: ["low": RecordPolicy(priority: 1), "high": RecordPolicy(priority: 9)],
            floorBytes: 250,
            headroomBytes: 0
        )
        let segments = (0..<3).flatMap {
            [Self.segment("high", day: Double($0)), Self.segment("low", day: Double($0))]
        }
        func plan(_ free: Int64) -> RetentionPlanner.Plan {
            planner.plan(segments: segments, holds: [], freeBytes: free, now: TimelineTests.at(5 * Self.day))
        }
        #expect(plan(250).isEmpty)
        #expect(plan(249).deletions == ["low": ["low/0.0"]])
        #expect(plan(0).deletions == ["low": ["low/0.0", "low/1.0", "low/2.0"]])
        #expect(plan(-100).deletions == ["low": ["low/0.0", "low/1.0", "low/2.0"], "high": ["high/0.0"]])
        #expect(!plan(-350).exhausted)
        #expect(plan(-351).exhausted)
    }

    @Test(
        "whatever the history, no held or growing segment is ever planned and the floor is reached if it can be",
        arguments: 0..<300
    )
    func neverHeld(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let cameras = ["a", "b", "c"]
        let policies = Dictionary(
            uniqueKeysWithValues: cameras.map {
                (
                    $0,
                    RecordPolicy(
                        keepDays: .random(in: 0...9, using: &random),
                        priority: .random(in: 0...9, using: &random)
                    )
                )
            }
        )
        var segments: [Segment] = []
        for camera in cameras {
            for start in 0..<Int.random(in: 0...15, using: &random) {
                segments.append(
                    Self.segment(camera, day: Double(start) / 2, bytes: .random(in: 1...1000, using: &random))
                )
            }
            if Bool.random(using: &random), let last = segments.indices.last { segments[last].closed = false }
        }
        let holds = (0..<Int.random(in: 0...6, using: &random)).map { _ in
            let from = Double.random(in: -1...8, using: &random)
            return Self.hold(
                cameras.randomElement(using: &random) ?? "a",
                from: from,
                to: from + Double.random(in: 0...2, using: &random),
                released: Int.random(in: 0..<4, using: &random) == 0
            )
        }
        let planner = RetentionPlanner(policies: policies, floorBytes: 3000, headroomBytes: 100)
        let free = Int64.random(in: 0...4000, using: &random)
        let now = TimelineTests.at(8 * Self.day)
        let plan = planner.plan(segments: segments, holds: holds, freeBytes: free, now: now)
        let planned = Set(plan.deletions.values.joined())
        var freed: Int64 = 0
        var left: [Segment] = []
        for segment in segments {
            let held = holds.contains {
                $0.releasedAt == nil && $0.cameraId == segment.cameraId && $0.from < segment.to && segment.from < $0.to
            }
            if planned.contains(segment.path) {
                #expect(!held)
                freed += segment.bytes
            } else if !held {
                let newest = segments.filter { $0.cameraId == segment.cameraId }.map(\.from).max()
                let grows = !segment.closed && segment.from == newest && now - segment.to < .seconds(86_400)
                if !grows { left.append(segment) }
            }
        }
        #expect(freed == plan.bytes)
        #expect(plan.exhausted == (free + freed < 3000))
        if plan.exhausted { #expect(left.isEmpty) }
        for segment in left {
            #expect(segment.to >= now - .seconds(86_400 * Int64(policies[segment.cameraId]?.keepDays ?? 0)))
        }
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
            planner: { RetentionPlanner(policies: [:], floorBytes: .max) },
            delete: { _, _ in }
        )
        #expect(try await service.step() == RetentionPlanner.Plan())
    }
}
