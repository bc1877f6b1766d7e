import Domain
import FrameKernels
import Testing

@Suite("Background model")
struct BackgroundModelTests {
    private let size = PlaneSize(width: 40, height: 30)

    private func frame(_ random: inout SeededRandom, noise: Int = 3, shift: Int = 0, square: Int? = nil) -> [UInt8] {
        (0..<size.pixels).map { i in
            let x = i % size.width
            let y = i / size.width
            let base = square.map { (10..<18).contains(x) && (10..<18).contains(y) ? $0 : 100 + x } ?? 100 + x
            return UInt8(clamping: base + shift + Int.random(in: -noise...noise, using: &random))
        }
    }

    private func still(_ model: BackgroundModel, _ dwell: UInt32) -> Int {
        var mask = [UInt8](repeating: 0, count: size.pixels)
        var span = mask.mutableSpan
        model.markStill(dwell: dwell, pinned: [UInt8](repeating: 0, count: size.pixels).span, into: &span)
        return mask.reduce(0) { $0 + Int($1) }
    }

    @discardableResult
    private func feed(_ model: inout BackgroundModel, _ plane: [UInt8], _ elapsed: UInt32) -> BackgroundModel.Change {
        let pinned = [UInt8](repeating: 0, count: size.pixels)
        return model.update(plane.span, elapsed: elapsed, pinned: pinned.span)
    }

    @Test("dwell grows with media time whatever the distance of frames", arguments: [500, 1000, 2000, 5000, 8300])
    func dwell(_ step: UInt32) {
        var random = SeededRandom(seed: 1)
        var model = BackgroundModel(size: size)
        for _ in 0..<10 { feed(&model, frame(&random), step) }
        var elapsed: UInt32 = 0
        var frames = 0
        while elapsed < 40_000 {
            feed(&model, frame(&random, square: 20), step)
            elapsed = frames == 0 ? 0 : elapsed + step
            frames += 1
            #expect(model.dwell(at: 14 * 40 + 14) == elapsed)
        }
        #expect(still(model, 30_000) == 64)
        feed(&model, frame(&random), step)
        #expect(model.dwell(at: 14 * 40 + 14) == 0)
    }

    @Test("noise alone is no change", arguments: [0, 3, 6, 9])
    func noise(_ level: Int) {
        var random = SeededRandom(seed: UInt64(level))
        var model = BackgroundModel(size: size)
        for i in 0..<60 {
            let change = feed(&model, frame(&random, noise: level), 1000)
            // The spread of a pixel is learnt from its first frames.
            if i > 5 { #expect(change.changedShare <= 2) }
        }
        #expect(still(model, 5000) == 0)
    }

    @Test("a shift of light is no change and is followed", arguments: [-60, -30, 25, 60])
    func light(_ shift: Int) {
        var random = SeededRandom(seed: 3)
        var model = BackgroundModel(size: size)
        for _ in 0..<30 { feed(&model, frame(&random), 1000) }
        for _ in 0..<60 {
            let change = feed(&model, frame(&random, shift: shift), 1000)
            #expect(change.changedShare == 0 && !change.restarted)
        }
        #expect(abs(Int(model.backgroundLevel(at: 600)) - 100 - shift) <= 6)
        #expect(still(model, 3000) == 0)
    }

    @Test("another scene restarts the model, the former one comes back")
    func scene() {
        var random = SeededRandom(seed: 4)
        var model = BackgroundModel(size: size)
        for _ in 0..<30 { feed(&model, frame(&random), 1000) }
        let other = (0..<size.pixels).map { UInt8(($0 * 37) % 251) }
        #expect(feed(&model, other, 1000).restarted)
        #expect(!feed(&model, other, 1000).restarted)
        let back = feed(&model, frame(&random), 1000)
        #expect(back.returned && !back.restarted)
        #expect(feed(&model, frame(&random), 1000).changedShare == 0)
    }

    @Test("a short occlusion doesn't end a dwell, the background does")
    func occlusion() {
        var random = SeededRandom(seed: 5)
        var model = BackgroundModel(size: size)
        for _ in 0..<10 { feed(&model, frame(&random), 1000) }
        for _ in 0..<10 { feed(&model, frame(&random, square: 20), 1000) }
        feed(&model, frame(&random, square: 230), 1000)
        feed(&model, frame(&random, square: 200), 1000)
        feed(&model, frame(&random, square: 20), 1000)
        #expect(model.dwell(at: 14 * 40 + 14) == 12_000)
        feed(&model, frame(&random), 1000)
        feed(&model, frame(&random, square: 20), 1000)
        #expect(model.dwell(at: 14 * 40 + 14) == 0)
    }

    @Test("what is absorbed becomes background, and the old one is remembered")
    func absorb() {
        var random = SeededRandom(seed: 6)
        var model = BackgroundModel(size: size)
        for _ in 0..<10 { feed(&model, frame(&random), 1000) }
        for _ in 0..<5 { feed(&model, frame(&random, square: 20), 1000) }
        for i in 0..<size.pixels { model.absorb(i) }
        #expect(feed(&model, frame(&random, square: 20), 1000).changedShare == 0)
        feed(&model, frame(&random), 1000)
        #expect(model.isFormer(14 * 40 + 14))
        #expect(!model.isFormer(0))
    }

    @Test("what has stood for long enough is absorbed, and what belongs to a known object is not")
    func absorbOld() {
        var random = SeededRandom(seed: 7)
        var model = BackgroundModel(size: size)
        for _ in 0..<10 { feed(&model, frame(&random), 1000) }
        for _ in 0..<6 { feed(&model, frame(&random, square: 20), 1000) }
        let standing = (0..<size.pixels).filter { model.dwell(at: $0) > 4000 }
        #expect(standing.count > 10)
        var pinned = [UInt8](repeating: 0, count: size.pixels)
        for pixel in standing.prefix(3) { pinned[pixel] = 1 }
        model.absorb(olderThan: 60_000, pinned: pinned.span)
        #expect(standing.allSatisfy { model.dwell(at: $0) > 4000 })
        let tooFew: [UInt8] = []
        model.absorb(olderThan: 4000, pinned: tooFew.span)
        #expect(standing.allSatisfy { model.dwell(at: $0) > 4000 })
        model.absorb(olderThan: 4000, pinned: pinned.span)
        #expect(standing.filter { model.dwell(at: $0) > 0 } == Array(standing.prefix(3)))
    }

    @Test("frames that are too short change nothing")
    func shortFrame() {
        var model = BackgroundModel(size: size)
        #expect(feed(&model, [1, 2, 3], 1000) == BackgroundModel.Change())
        #expect(feed(&model, [UInt8](repeating: 9, count: size.pixels), 0).restarted)
    }
}
