// Rates of FrameKernels beside memcpy, as a Markdown table. Run a release build: see README.md.
import FrameKernels

/// Deterministic pixels with some structure, so that branches are neither all taken nor all skipped.
func plane(_ size: PlaneSize, stride: Int, seed: UInt64) -> [UInt8] {
    var state = seed
    return (0..<stride * size.height).map { i in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: i % stride / 8 + Int(state >> 61))
    }
}

print("| kernel | plane | µs per frame | GB/s | of memcpy |")
print("|---|---|---:|---:|---:|")
for source in [
    PlaneSize(width: 640, height: 360), PlaneSize(width: 1280, height: 720), PlaneSize(width: 1920, height: 1080),
    PlaneSize(width: 2560, height: 1440), PlaneSize(width: 3840, height: 2160),
] {
    let stride = (source.width + 63) / 64 * 64
    // More planes than any cache holds: a decoder's picture is not in the nearest cache either.
    let luma = plane(source, stride: stride, seed: 1)
    let planes = (0..<max(2, 192_000_000 / luma.count)).map { luma + [UInt8($0 & 255)] }
    var turn = 0
    var duplicate = [UInt8](repeating: 0, count: luma.count)
    let copying = bestNanoseconds {
        copy(planes[turn % planes.count], into: &duplicate)
        turn += 1
    }
    let copyRate = Double(luma.count) / copying
    print(
        "| memcpy | \(source.width)×\(source.height) | \((copying / 1000).oneDecimal) |",
        "\(copyRate.oneDecimal) | 100 % |"
    )
    let target = source.fitting(longest: 320)
    guard var scaler = AreaDownscale(from: source, to: target) else { continue }
    var small = [UInt8](repeating: 0, count: target.pixels)
    let shrinking = bestNanoseconds {
        let next = planes[turn % planes.count]
        var span = small.mutableSpan
        scaler.shrink(next.span, stride: stride, into: &span)
        turn += 1
    }
    let rate = Double(source.pixels) / shrinking
    print(
        "| area downscale to \(target.width)×\(target.height) | \(source.width)×\(source.height) |",
        "\((shrinking / 1000).oneDecimal) | \(rate.oneDecimal) | \(Int(rate / copyRate * 100)) % |"
    )
}

let size = PlaneSize(width: 320, height: 180)
let frames = (0..<8).map { plane(size, stride: size.width, seed: UInt64($0)) }
let pinned = [UInt8](repeating: 0, count: size.pixels)
var model = BackgroundModel(size: size)
var next = 0
let modelling = bestNanoseconds {
    let frame = frames[next & 7]
    _ = model.update(frame.span, elapsed: 1000, pinned: pinned.span)
    next += 1
}
func row(_ name: String, _ nanoseconds: Double) {
    print(
        "| \(name) | \(size.width)×\(size.height) | \((nanoseconds / 1000).oneDecimal) |",
        "\((Double(size.pixels) / nanoseconds).oneDecimal) | |"
    )
}
row("background model, one frame", modelling)

var mask = [UInt8](repeating: 0, count: size.pixels)
let marking = bestNanoseconds {
    var span = mask.mutableSpan
    model.markStill(dwell: 10_000, pinned: pinned.span, into: &span)
}
row("still mask", marking)

// A mask as a busy street gives it: some hundred specks and a dozen larger areas.
/// The next number below `bound`.
func number(_ bound: Int, _ state: inout UInt64) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % bound
}
var random: UInt64 = 42
var busy = [UInt8](repeating: 0, count: size.pixels)
for _ in 0..<300 { busy[number(size.pixels, &random)] = 1 }
for _ in 0..<12 {
    let left = number(280, &random)
    let top = number(150, &random)
    for y in top..<min(size.height, top + 5 + number(25, &random)) {
        for x in left..<min(size.width, left + 5 + number(35, &random)) { busy[y * size.width + x] = 1 }
    }
}
var filter = MaskFilter(size: size)
let voting = bestNanoseconds {
    copy(busy, into: &mask)
    var span = mask.mutableSpan
    filter.vote(&span)
}
row("mask vote 3×3", voting)
var finder = BlobFinder(size: size)
let finding = bestNanoseconds { finder.find(in: busy.span, smallest: 6) }
row("blobs", finding)
