import Domain
import Testing

@testable import Analysis

@Suite("Scene judge")
struct SceneJudgeTests {
    private let bag = SyntheticScene.Thing(x: 70, y: 50, width: 6, height: 6, level: 15)
    private let car = SyntheticScene.Thing(x: 20, y: 30, width: 40, height: 18, level: 200)

    @Test("something new begins once after its time and ends when it goes", arguments: [0.5, 1, 2, 5, 8])
    func beginAndEnd(_ step: Double) throws {
        var scene = SyntheticScene(step: step)
        scene.show(for: 40)
        let began = scene.time
        scene.show([bag], for: 90)
        let begin = try #require(scene.found.first)
        #expect(scene.found.count == 1)
        #expect(begin.phase == .begin && begin.kind == .stationary && begin.zoneId == "zone")
        let stood = Double(begin.mediaTicks) / 90_000 - began
        #expect(stood >= 10 && stood <= max(12, 2.5 * step))
        #expect(abs((begin.at - begin.since).seconds - stood) <= step)
        let truth = PictureBox(x: 70.0 / 160, y: 50.0 / 90, width: 6.0 / 160, height: 6.0 / 90)
        #expect(begin.box.overlap(with: truth) > 0.4)
        let ends = scene.show(for: 30)
        #expect(ends.map(\.phase) == [.end])
        #expect(ends.first?.id == begin.id)
    }

    @Test("what is there from the first frame is background")
    func presentFromStart() {
        var scene = SyntheticScene()
        scene.show([car, bag], for: 120)
        #expect(scene.found.isEmpty)
    }

    @Test("the background that something uncovers is nothing new", arguments: [1, 2, 5] as [Double])
    func ghost(_ step: Double) {
        var scene = SyntheticScene(step: step)
        scene.show([car, bag], for: 40)
        scene.show([bag], for: 120)
        scene.show([], for: 60)
        #expect(scene.found.isEmpty)
    }

    @Test("a car that comes back to where it stood is nothing new")
    func known() {
        var scene = SyntheticScene()
        scene.show([car], for: 60)
        scene.show(for: 60)
        scene.show([car], for: 60)
        #expect(scene.found.isEmpty)
    }

    @Test("changes of light are nothing new", arguments: [(-40, 1.0), (40, 1.0), (0, 0.6), (0, 1.5), (10, 1.2)])
    func light(_ shift: Int, _ gain: Double) {
        var scene = SyntheticScene([ZoneRule(kind: .stationary, afterSeconds: 10), ZoneRule(kind: .motion)])
        scene.show([car], for: 60)
        scene.shift = shift
        scene.gain = gain
        scene.show([car], for: 60)
        scene.shift = 0
        scene.gain = 1
        scene.show([car], for: 60)
        #expect(scene.found.isEmpty)
    }

    @Test("noise is nothing new", arguments: [0, 4, 8, 12])
    func noise(_ level: Int) {
        var scene = SyntheticScene([ZoneRule(kind: .stationary, afterSeconds: 10), ZoneRule(kind: .motion)])
        scene.noise = level
        scene.show(for: 200)
        #expect(scene.found.isEmpty)
    }

    @Test("a covered lens, held for a while and taken away, is one silence")
    func cover() {
        var scene = SyntheticScene([ZoneRule(kind: .stationary, afterSeconds: 10), ZoneRule(kind: .motion)])
        scene.show([car], for: 60)
        scene.show([.init(x: 0, y: 0, width: 160, height: 90, level: 8)], for: 60)
        scene.show([car], for: 60)
        #expect(scene.found.isEmpty)
    }

    @Test("an object survives a truck before the lens and begins no second time")
    func truck() {
        var scene = SyntheticScene()
        scene.show(for: 30)
        scene.show([bag], for: 30)
        scene.show([bag, .init(x: 0, y: 0, width: 130, height: 90, level: 240)], for: 6)
        scene.show([bag], for: 60)
        #expect(scene.found.map(\.phase) == [.begin])
        scene.show(for: 20)
        #expect(scene.found.map(\.phase) == [.begin, .end])
    }

    @Test("people who pass before it neither end nor repeat it")
    func passers() {
        var scene = SyntheticScene()
        scene.show(for: 30)
        scene.show([bag], for: 25)
        for round in 0..<6 {
            scene.show([bag, .init(x: 62, y: 20, width: 20, height: 60, level: 150 + round * 15)], for: 4)
            scene.show([bag], for: 6)
        }
        #expect(scene.found.map(\.phase) == [.begin])
    }

    @Test("something that only passes is motion and never stationary")
    func passing() {
        var scene = SyntheticScene([ZoneRule(kind: .stationary, afterSeconds: 10), ZoneRule(kind: .motion)])
        scene.show(for: 20)
        for x in stride(from: 0, to: 150, by: 10) {
            scene.show([.init(x: x, y: 30, width: 16, height: 40, level: 220)], for: 1)
        }
        scene.show(for: 30)
        #expect(scene.found.map(\.kind) == [.motion, .motion])
        #expect(scene.found.map(\.phase) == [.begin, .end])
        #expect(scene.found.first?.id == scene.found.last?.id)
    }

    @Test("only what lies in the zone counts")
    func zone() {
        let left = PicturePolygon([
            PicturePoint(x: 0, y: 0), PicturePoint(x: 0.4, y: 0), PicturePoint(x: 0.4, y: 1), PicturePoint(x: 0, y: 1),
        ])
        var scene = SyntheticScene(
            [ZoneRule(kind: .stationary, afterSeconds: 10), ZoneRule(kind: .motion)],
            zone: left
        )
        scene.show(for: 20)
        scene.show([.init(x: 100, y: 30, width: 30, height: 20, level: 220)], for: 60)
        #expect(scene.found.isEmpty)
        scene.show([car], for: 30)
        #expect(scene.found.contains { $0.kind == .stationary && $0.phase == .begin })
    }

    @Test("each rule waits for its own time")
    func ownTime() {
        var scene = SyntheticScene([
            ZoneRule(kind: .stationary, afterSeconds: 10, classCode: "short"),
            ZoneRule(kind: .stationary, afterSeconds: 60, classCode: "long"),
        ])
        scene.show(for: 20)
        scene.show([car], for: 40)
        #expect(scene.found.map(\.classCode) == ["short"])
        scene.show([car], for: 40)
        #expect(scene.found.map(\.classCode) == ["short", "long"])
    }

    @Test("the smallest area of the rule holds")
    func smallest() {
        var scene = SyntheticScene([ZoneRule(kind: .stationary, afterSeconds: 10, minimumArea: 0.02)])
        scene.show(for: 20)
        scene.show([bag], for: 60)
        #expect(scene.found.isEmpty)
        scene.show([bag, car], for: 60)
        #expect(scene.found.map(\.phase) == [.begin])
    }

    @Test("media time that jumps back or repeats doesn't harm")
    func jumps() {
        var scene = SyntheticScene()
        scene.show(for: 30)
        scene.time = 3
        scene.show([bag], for: 8)
        scene.judge.beginRun()
        scene.time = 0
        scene.show([bag], for: 20)
        #expect(scene.found.map(\.phase) == [.begin])
    }

    @Test("many things at once are another scene, not many objects")
    func storm() {
        var scene = SyntheticScene()
        scene.show(for: 40)
        let things = (0..<20).map {
            SyntheticScene.Thing(x: $0 % 5 * 32 + 4, y: $0 / 5 * 22 + 4, width: 10, height: 10, level: 230)
        }
        scene.show(things, for: 120)
        #expect(scene.found.isEmpty)
    }
}

@Suite("Motion hysteresis")
struct MotionJudgeTests {
    @Test("begins after its time and ends after a pause longer than the distance of frames", arguments: [0.2, 1, 5])
    func hysteresis(_ step: Double) {
        var judge = MotionJudge(after: 2)
        var verdicts: [MotionJudge.Verdict] = []
        var time = 0.0
        for i in 0..<200 {
            // Every third frame shows nothing, as detection does.
            let verdict = judge.judge(moves: i > 20 && i < 100 && (step < 5 || i % 3 != 0), time: time)
            if verdict != .none { verdicts.append(verdict) }
            time += step
        }
        #expect(verdicts == [.begin, .end])
    }

    @Test("a single frame is not motion that lasts")
    func single() {
        var judge = MotionJudge(after: 2)
        for i in 0..<100 { #expect(judge.judge(moves: i % 20 == 0, time: Double(i)) == .none) }
    }
}
