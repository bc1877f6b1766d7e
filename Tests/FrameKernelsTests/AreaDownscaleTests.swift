import Domain
import FrameKernels
import Testing

@Suite("Area downscale")
struct AreaDownscaleTests {
    /// Mean of each cell, rounded to nearest, one pixel at a time.
    private func reference(_ plane: [UInt8], stride: Int, from: PlaneSize, to: PlaneSize) -> [UInt8] {
        var result: [UInt8] = []
        for y in 0..<to.height {
            for x in 0..<to.width {
                var sum = 0
                var count = 0
                for row in (y * from.height / to.height)..<((y + 1) * from.height / to.height) {
                    for column in (x * from.width / to.width)..<((x + 1) * from.width / to.width) {
                        sum += Int(plane[row * stride + column])
                        count += 1
                    }
                }
                result.append(UInt8((sum + count / 2) / count))
            }
        }
        return result
    }

    @Test(
        "equals the slow reference",
        arguments: [
            (1, 1, 1, 1), (2, 2, 1, 1), (7, 5, 3, 2), (640, 480, 320, 240), (641, 479, 320, 240), (320, 180, 320, 180),
            (596, 336, 320, 180), (720, 1280, 180, 320), (300, 257, 3, 1), (257, 300, 256, 2), (1920, 1080, 320, 180),
        ]
    )
    func equalsReference(_ width: Int, _ height: Int, _ smallWidth: Int, _ smallHeight: Int) throws {
        var random = SeededRandom(seed: UInt64(width * 31 + height))
        for padding in [0, 1, 37] {
            let from = PlaneSize(width: width, height: height)
            let to = PlaneSize(width: smallWidth, height: smallHeight)
            let stride = width + padding
            // The last row ends with its last pixel, as a decoder's plane may.
            let plane = (0..<stride * (height - 1) + width).map { _ in UInt8.random(in: 0...255, using: &random) }
            var scaler = try #require(AreaDownscale(from: from, to: to))
            var small = [UInt8](repeating: 99, count: to.pixels)
            var span = small.mutableSpan
            #expect(scaler.shrink(plane.span, stride: stride, into: &span))
            #expect(small == reference(plane, stride: stride, from: from, to: to))
        }
    }

    @Test("random sizes equal the slow reference")
    func randomSizes() throws {
        var random = SeededRandom(seed: 7)
        for _ in 0..<60 {
            let from = PlaneSize(
                width: .random(in: 1...90, using: &random),
                height: .random(in: 1...90, using: &random)
            )
            let to = PlaneSize(
                width: .random(in: 1...from.width, using: &random),
                height: .random(in: 1...from.height, using: &random)
            )
            let stride = from.width + Int.random(in: 0...9, using: &random)
            let plane = (0..<stride * from.height).map { _ in UInt8.random(in: 0...255, using: &random) }
            var scaler = try #require(AreaDownscale(from: from, to: to))
            var small = [UInt8](repeating: 0, count: to.pixels)
            var span = small.mutableSpan
            scaler.shrink(plane.span, stride: stride, into: &span)
            #expect(small == reference(plane, stride: stride, from: from, to: to), "\(from) to \(to)")
        }
    }

    @Test("white stays white in the largest cells: the sums don't overflow")
    func largestCells() throws {
        let from = PlaneSize(width: 255, height: 257)
        var scaler = try #require(AreaDownscale(from: from, to: PlaneSize(width: 1, height: 1)))
        let plane = [UInt8](repeating: 255, count: from.pixels)
        var small: [UInt8] = [0]
        var span = small.mutableSpan
        scaler.shrink(plane.span, stride: from.width, into: &span)
        #expect(small == [255])
    }

    @Test(
        "refuses what it can't do",
        arguments: [(0, 4, 1, 1), (4, 4, 5, 4), (4, 4, 4, 5), (4, 4, 0, 1), (1, 600, 1, 2)]
    )
    func refuses(_ width: Int, _ height: Int, _ smallWidth: Int, _ smallHeight: Int) {
        let to = PlaneSize(width: smallWidth, height: smallHeight)
        #expect(AreaDownscale(from: PlaneSize(width: width, height: height), to: to) == nil)
    }

    @Test("a plane that is too short is refused and nothing is written")
    func shortPlane() throws {
        let size = PlaneSize(width: 8, height: 8)
        var scaler = try #require(AreaDownscale(from: size, to: PlaneSize(width: 4, height: 4)))
        let plane = [UInt8](repeating: 200, count: 63)
        var small = [UInt8](repeating: 1, count: 16)
        var span = small.mutableSpan
        #expect(!scaler.shrink(plane.span, stride: 8, into: &span))
        #expect(small == [UInt8](repeating: 1, count: 16))
    }

    @Test(
        "fits into a longest side",
        arguments: [
            (1920, 1080, 320, 180), (1080, 1920, 180, 320), (640, 480, 320, 240), (200, 100, 200, 100),
            (30_000, 2, 320, 1),
        ]
    )
    func fits(_ width: Int, _ height: Int, _ smallWidth: Int, _ smallHeight: Int) {
        let small = PlaneSize(width: width, height: height).fitting(longest: 320)
        #expect(small == PlaneSize(width: smallWidth, height: smallHeight))
    }
}
