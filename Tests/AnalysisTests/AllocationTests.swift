import AllocationCounter
import Domain
import FrameKernels
import TestSupport
import Testing

@testable import Analysis

/// What a sampled picture costs the heap, counted by a malloc that stands in for the system's.
@Suite("Allocations per sampled picture") struct AllocationTests {
    /// Noisy pictures of 960 × 540 with a thing that crosses them in some.
    private func planes(_ size: PlaneSize) -> [[UInt8]] {
        var random = SeededRandom(seed: 9)
        return (0..<8).map { index in
            var plane = (0..<size.pixels).map {
                UInt8(80 + $0 % size.width / 16 + Int.random(in: 0..<4, using: &random))
            }
            guard index >= 5 else { return plane }
            for y in 200..<300 { for x in index * 100..<index * 100 + 90 { plane[y * size.width + x] = 200 } }
            return plane
        }
    }

    @Test("from the luma plane to the verdict nothing is allocated once it is warm", arguments: [false, true])
    func steadyState(isMoving: Bool) {
        let source = PlaneSize(width: 960, height: 540)
        let target = source.fitting(longest: 320)
        let zone = Zone(
            id: "all",
            polygon: SyntheticScene.everywhere,
            rules: [ZoneRule(kind: .motion), ZoneRule(kind: .stationary, afterSeconds: 10)]
        )
        guard var scaler = AreaDownscale(from: source, to: target) else {
            Issue.record("no scaler")
            return
        }
        var judge = SceneJudge(camera: AnalysedCamera(id: "a", zones: [zone]), size: target)
        var small = [UInt8](repeating: 0, count: target.pixels)
        let pictures = planes(source)
        var observations = 0
        func look(_ index: Int) {
            let picture = pictures[isMoving ? index % 8 : index % 5]
            var span = small.mutableSpan
            scaler.shrink(picture.span, stride: source.width, into: &span)
            let at = WallTime(microseconds: 1_800_000_000_000_000 + Int64(index) * 400_000)
            observations += judge.judge(small.span, ticks: Int64(index) * 36_000, at: at).count
        }
        for index in 0..<100 { look(index) }
        let before = observations
        gw_count_allocations()
        for index in 100..<300 { look(index) }
        let count = gw_counted_allocations()
        // -1: they can't be counted here.
        #expect(count <= 0, "\(count) allocations in 200 pictures")
        #expect(observations == before)
    }

    @Test("the counter counts") func counter() {
        gw_count_allocations()
        let array = [UInt8](repeating: 1, count: 100_000 + Int.random(in: 0..<2))
        let count = gw_counted_allocations()
        #expect(count == -1 || count >= 1)
        #expect(array.count >= 100_000)
    }
}
