import Analysis
import Domain
import FrameKernels

/// A drawn scene of 160 × 90 pixels and the judge that looks at it.
struct SyntheticScene {
    /// A box of one level, with a lighter stripe so that it has an inside.
    struct Thing {
        var x: Int
        var y: Int
        var width: Int
        var height: Int
        var level: Int
    }

    static let size = PlaneSize(width: 160, height: 90)
    static let everywhere = PicturePolygon([
        PicturePoint(x: 0, y: 0), PicturePoint(x: 1, y: 0), PicturePoint(x: 1, y: 1), PicturePoint(x: 0, y: 1),
    ])

    var judge: SceneJudge
    var random: SeededRandom
    var noise = 3
    var shift = 0
    var gain = 1.0
    /// Seconds of media time.
    var time = 0.0
    var step: Double
    var found: [Observation] = []

    init(
        _ rules: [ZoneRule] = [ZoneRule(kind: .stationary, afterSeconds: 10)],
        zone: PicturePolygon = everywhere,
        step: Double = 1,
        seed: UInt64 = 1,
        activity: Bool = false
    ) {
        let zones = rules.isEmpty ? [] : [Zone(id: "zone", polygon: zone, rules: rules)]
        let camera = AnalysedCamera(id: "kerb", zones: zones, activity: activity)
        judge = SceneJudge(camera: camera, size: Self.size)
        random = SeededRandom(seed: seed)
        self.step = step
    }

    /// Shows the scene with `things` for `seconds`; returns what was found meanwhile.
    @discardableResult
    mutating func show(_ things: [Thing] = [], for seconds: Double) -> [Observation] {
        var new: [Observation] = []
        let end = time + seconds
        while time < end - 1e-6 {
            let plane = picture(things)
            new += judge.judge(
                plane.span,
                ticks: Int64(time * 90_000),
                at: WallTime(microseconds: 1_800_000_000_000_000 + Int64(time * 1e6))
            )
            time += step
        }
        found += new
        return new
    }

    mutating func picture(_ things: [Thing]) -> [UInt8] {
        var plane = [UInt8](repeating: 0, count: Self.size.pixels)
        for y in 0..<Self.size.height {
            for x in 0..<Self.size.width {
                var level = 70 + x / 3 + (x / 20 + y / 15) % 2 * 12
                for thing in things
                where (thing.x..<thing.x + thing.width).contains(x) && (thing.y..<thing.y + thing.height).contains(y) {
                    level = thing.level + (y - thing.y == thing.height / 2 ? 10 : 0)
                }
                level = Int(Double(level) * gain) + shift + Int.random(in: -noise...noise, using: &random)
                plane[y * Self.size.width + x] = UInt8(clamping: level)
            }
        }
        return plane
    }
}
