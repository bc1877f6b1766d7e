import Analysis
import Demo
import Domain
import FrameKernels
import Testing

@Suite("The left bag of the demo")
struct SquareAlarmTests {
    @Test("raises an alarm in each pass, also when analysis starts late", arguments: [0, 20, 40])
    func alarms(_ late: Int) throws {
        let full = PlaneSize(width: Scene.width, height: Scene.height)
        var scaler = try #require(AreaDownscale(from: full, to: full.fitting(longest: 320)))
        let zone = Zone(
            id: "square",
            polygon: PicturePolygon([
                PicturePoint(x: 0.05, y: 0.45), PicturePoint(x: 0.95, y: 0.45), PicturePoint(x: 0.95, y: 0.98),
                PicturePoint(x: 0.05, y: 0.98),
            ]),
            rules: [ZoneRule(kind: .stationary, afterSeconds: 20)]
        )
        var judge = SceneJudge(camera: AnalysedCamera(id: "demo-square", zones: [zone]), size: scaler.target)
        var plane = [UInt8](repeating: 0, count: scaler.target.pixels)
        let duration = Int(Scene.square.duration)
        let event = try #require(Scene.square.truth.first)
        var begins: [Double] = []
        // Key frames come every two seconds.
        for second in stride(from: late, to: 2 * duration, by: 2) {
            let picture = SceneRenderer.picture(of: .square, index: second % duration * Scene.frameRate)
            var small = plane.mutableSpan
            #expect(scaler.shrink(picture.span, stride: Scene.width, into: &small))
            let at = WallTime(microseconds: 1_800_000_000_000_000) + .seconds(second)
            for found in judge.judge(plane.span, ticks: Int64(second) * 90_000, at: at) where found.phase == .begin {
                #expect(found.box.overlap(with: event.box) > 0.2)
                begins.append(Double(second))
            }
        }
        #expect(begins.map { Int($0) / duration } == [0, 1])
        for time in begins { #expect((event.from...event.to).contains(time - Double(Int(time) / duration * duration))) }
    }
}
