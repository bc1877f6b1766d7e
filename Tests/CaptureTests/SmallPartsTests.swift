import Domain
import Recording
import Testing

@testable import Capture

@Suite("Small parts of capture") struct SmallPartsTests {
    @Test("a managed capture ends a minute after the last serve's socket closed, an external one never")
    func life() {
        var managed = ManagedLife(managed: true, now: .seconds(10))
        var external = ManagedLife(managed: false, now: .seconds(10))
        #expect(!managed.isOver(now: .seconds(69)))
        #expect(managed.isOver(now: .seconds(70)))
        managed.serves(1, now: .seconds(50))
        #expect(!managed.isOver(now: .seconds(5000)))
        managed.serves(0, now: .seconds(5000))
        managed.serves(0, now: .seconds(5030))
        #expect(!managed.isOver(now: .seconds(5059)))
        #expect(managed.isOver(now: .seconds(5060)))
        managed.serves(1, now: .seconds(5060))
        #expect(!managed.isOver(now: .seconds(9000)))
        external.serves(0, now: .seconds(50))
        #expect(!external.isOver(now: .seconds(1_000_000)))
    }

    @Test("observations wait for serve, the oldest go first")
    func ring() {
        var ring = ObservationRing()
        for number in 0..<300 { ring.append([UInt8(number >> 8), UInt8(number & 255)]) }
        #expect(ring.count == 256)
        #expect(ring.dropped == 44)
        #expect(ring.next() == [0, 44])
        var large = ObservationRing()
        for _ in 0..<10 { large.append([UInt8](repeating: 0, count: 10 << 20)) }
        #expect(large.count == 3)
    }

    @Test("connections are spread over time")
    func gate() {
        let gate = ConnectionGate(perSecond: 20)
        let waits = (0..<64).map { _ in gate.reserve(now: .seconds(5)) }
        #expect(waits.first == .zero)
        #expect(waits.last == .milliseconds(50 * 63))
        #expect(gate.reserve(now: .seconds(60)) == .zero)
    }

    private func segment(_ camera: String, _ from: Int, _ to: Int?) -> StoredSegment {
        func time(_ second: Int) -> WallTime {
            WallTime(microseconds: 1_795_000_000_000_000 + Int64(second) * 1_000_000)
        }
        return StoredSegment(
            cameraId: camera,
            name: SegmentName(startedAt: time(from)),
            from: time(from),
            to: to.map(time)
        )
    }

    @Test("the oldest segments go first; what a hold touches and what is being written stay")
    func deletable() {
        let segments = [
            segment("a", 600, 1200), segment("a", 0, 600), segment("b", 300, 900), segment("a", 1200, 1800),
            segment("a", 1800, nil),
        ]
        func hold(_ from: StoredSegment, released: WallTime? = nil) -> HoldRecord {
            HoldRecord(
                id: "h",
                cameraId: from.cameraId,
                from: from.from + .seconds(10),
                to: from.from + .seconds(20),
                reason: "",
                by: "x",
                createdAt: .epoch,
                releasedAt: released
            )
        }
        let all = SpacePlan.deletable(segments, holds: [])
        #expect(all.map(\.from) == all.map(\.from).sorted())
        #expect(all.count == 4)
        let kept = SpacePlan.deletable(segments, holds: [hold(segments[1]), hold(segments[3], released: .epoch)])
        #expect(kept.map(\.name) == [segments[2].name, segments[0].name, segments[3].name])
    }

    @Test("a segment's name gives its start back")
    func names() {
        let time = WallTime(microseconds: 1_795_428_123_456_000)
        #expect(SpacePlan.startTime(of: SegmentName(startedAt: time)) == time)
        let whole = WallTime(microseconds: 1_795_428_123_000_000)
        #expect(SpacePlan.startTime(of: SegmentName(startedAt: whole, number: 3)) == whole)
    }

    @Test("when only holds are left the lowest priority stops first, and starts again with some room")
    func pausing() {
        let priorities = ["low": 1, "mid": 5, "also": 5, "high": 9]
        func paused(_ free: Int64, _ stopped: Set<String> = []) -> Set<String> {
            SpacePlan.pausedCameras(priorities: priorities, freeBytes: free, floorBytes: 300, stopped: stopped)
        }
        #expect(paused(300) == [])
        #expect(paused(299) == ["low"])
        #expect(paused(199) == ["low", "mid", "also"])
        #expect(paused(99) == ["low", "mid", "also", "high"])
        #expect(paused(310, ["low"]) == ["low"])
        #expect(paused(330, ["low"]) == [])
    }
}
