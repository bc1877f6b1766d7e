import Domain
import FrameKernels
import Testing

@Suite("Blobs")
struct BlobFinderTests {
    /// Areas and boxes by flood fill.
    private func reference(_ mask: [UInt8], _ size: PlaneSize) -> [[Int]] {
        var left = mask
        var found: [[Int]] = []
        for start in left.indices where left[start] != 0 {
            var stack = [start]
            left[start] = 0
            var box = [Int.max, Int.max, 0, 0, 0]
            while let i = stack.popLast() {
                let x = i % size.width
                let y = i / size.width
                box = [min(box[0], x), min(box[1], y), max(box[2], x + 1), max(box[3], y + 1), box[4] + 1]
                for dy in -1...1 {
                    for dx in -1...1 {
                        guard x + dx >= 0, x + dx < size.width, y + dy >= 0, y + dy < size.height else { continue }
                        let next = (y + dy) * size.width + x + dx
                        if left[next] != 0 {
                            left[next] = 0
                            stack.append(next)
                        }
                    }
                }
            }
            found.append(box)
        }
        return found
    }

    private func boxes(_ finder: BlobFinder) -> [[Int]] {
        finder.blobs.map { [$0.left, $0.top, $0.right, $0.bottom, $0.area] }
    }

    @Test("equals a flood fill on random masks", arguments: [3, 10, 30, 50, 70, 97])
    func random(_ percent: Int) {
        var random = SeededRandom(seed: UInt64(percent))
        for _ in 0..<20 {
            let size = PlaneSize(
                width: .random(in: 1...60, using: &random),
                height: .random(in: 1...40, using: &random)
            )
            let mask = (0..<size.pixels).map { _ in UInt8(Int.random(in: 0..<100, using: &random) < percent ? 1 : 0) }
            var finder = BlobFinder(size: size)
            finder.find(in: mask.span, smallest: 1)
            let sorted: ([Int], [Int]) -> Bool = { $0.lexicographicallyPrecedes($1) }
            #expect(boxes(finder).sorted(by: sorted) == reference(mask, size).sorted(by: sorted))
            #expect(finder.overflow == 0)
            for (i, label) in finder.labels.enumerated() { #expect((label == 0) == (mask[i] == 0)) }
        }
    }

    @Test("a spiral is one blob")
    func spiral() {
        let rows = ["#######", "......#", "#####.#", "#...#.#", "#.###.#", "#.....#", "#######"]
        let mask = rows.joined().utf8.map { UInt8($0 == 35 ? 1 : 0) }
        var finder = BlobFinder(size: PlaneSize(width: 7, height: 7))
        finder.find(in: mask.span, smallest: 1)
        #expect(finder.blobs.count == 1)
    }

    @Test("small blobs are left out and a second mask starts clean")
    func smallest() {
        let mask: [UInt8] = [1, 0, 1, 1, 0, 0, 0, 1]
        var finder = BlobFinder(size: PlaneSize(width: 4, height: 2))
        finder.find(in: mask.span, smallest: 2)
        #expect(boxes(finder) == [[2, 0, 4, 2, 3]])
        finder.find(in: [UInt8](repeating: 0, count: 8).span, smallest: 1)
        #expect(finder.blobs.isEmpty)
    }

    @Test("too many blobs are bounded and counted")
    func overflow() {
        let size = PlaneSize(width: 64, height: 64)
        let mask = (0..<size.pixels).map { UInt8($0 % 64 % 2 == 0 && $0 / 64 % 2 == 0 ? 1 : 0) }
        var finder = BlobFinder(size: size, capacity: 100)
        finder.find(in: mask.span, smallest: 1)
        #expect(finder.blobs.count == 100)
        #expect(finder.overflow == 32 * 32 - 100)
    }

    @Test("the vote takes away specks and closes holes, as the slow count says")
    func vote() {
        var random = SeededRandom(seed: 5)
        let size = PlaneSize(width: 33, height: 21)
        let before = (0..<size.pixels).map { _ in UInt8.random(in: 0...1, using: &random) }
        var mask = before
        var filter = MaskFilter(size: size)
        var span = mask.mutableSpan
        filter.vote(&span)
        for y in 0..<size.height {
            for x in 0..<size.width {
                var count = 0
                for row in max(0, y - 1)...min(size.height - 1, y + 1) {
                    for column in max(0, x - 1)...min(size.width - 1, x + 1) { count += Int(before[row * 33 + column]) }
                }
                #expect(mask[y * 33 + x] == (count >= 5 ? 1 : 0))
            }
        }
    }
}
