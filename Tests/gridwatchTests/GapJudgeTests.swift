import Domain
import Store
import Testing

@testable import gridwatch

@Suite("alarms of recording gaps")
struct GapJudgeTests {
    private static let start = WallTime(microseconds: 1_795_428_000_000_000)

    private static func at(_ seconds: Int) -> WallTime { start + .seconds(seconds) }

    private static func gap(_ from: Int, _ to: Int?, _ reason: StateReason = .timeout, camera: String = "a") -> Gap {
        Gap(node: "n", cameraId: camera, from: at(from), to: to.map(at), reason: reason)
    }

    private static func signal(_ phase: AlarmSignal.Phase, _ at: Int, _ seconds: Double) -> GapJudge.Signal {
        GapJudge.Signal(cameraId: "a", phase: phase, at: Self.at(at), seconds: seconds)
    }

    private var judge = GapJudge(limits: ["a": 10])

    private mutating func pass(_ now: Int, offline: Bool = false, until: Int? = 0) -> [GapJudge.Signal] {
        judge.pass(Self.at(now), offline: offline ? ["a"] : [], recordedUntil: until.map { ["a": Self.at($0)] })
    }

    @Test("a gap is one while it is open and above the camera's limit, and until its end")
    mutating func whileOpen() {
        #expect(judge.note(Self.gap(0, nil), now: Self.at(0)).isEmpty)
        #expect(pass(10).isEmpty)
        #expect(pass(11) == [Self.signal(.raised, 11, 11)])
        #expect(pass(12).isEmpty)
        #expect(judge.note(Self.gap(0, 30), now: Self.at(30)) == [Self.signal(.cleared, 30, 30)])
        #expect(pass(31, until: 31).isEmpty)
    }

    @Test(
        "what is no gap above the limit, nobody's fault or another alarm's business is none",
        arguments: [
            (9, StateReason.timeout, "a"), (60, .paused, "a"), (60, .disk, "a"), (60, .timeout, "unknown"),
        ]
    )
    mutating func none(length: Int, reason: StateReason, camera: String) {
        #expect(judge.note(Self.gap(0, nil, reason, camera: camera), now: Self.at(0)).isEmpty)
        #expect(pass(length, until: nil).isEmpty)
        #expect(judge.note(Self.gap(0, length, reason, camera: camera), now: Self.at(length)).isEmpty)
    }

    @Test("while the offline alarm is open that one stands for the gap, before and after it doesn't")
    mutating func offline() {
        _ = judge.note(Self.gap(0, nil), now: Self.at(0))
        #expect(pass(11) == [Self.signal(.raised, 11, 11)])
        #expect(pass(30, offline: true) == [Self.signal(.cleared, 30, 30)])
        #expect(pass(50) == [Self.signal(.raised, 50, 50)])
        #expect(pass(55, offline: true) == [Self.signal(.cleared, 55, 55)])
        #expect(judge.note(Self.gap(0, 60), now: Self.at(60)).isEmpty)
    }

    @Test("a gap that is found when it is over leaves its record, one of long ago doesn't")
    mutating func found() {
        let late = judge.note(Self.gap(0, 100, .power), now: Self.at(101))
        #expect(late == [Self.signal(.raised, 10, 10), Self.signal(.cleared, 100, 100)])
        #expect(judge.note(Self.gap(0, 100, .power), now: Self.at(100 + 86_400)).isEmpty)
        #expect(judge.note(Self.gap(200, 205, .restart), now: Self.at(206)).isEmpty)
    }

    @Test("a camera of which frames stop without a word has one, once the index is up to date")
    mutating func silent() {
        #expect(pass(100, until: nil).isEmpty)
        #expect(pass(100, until: 91).isEmpty)
        #expect(pass(102, until: 91) == [Self.signal(.raised, 102, 11)])
        #expect(pass(103, until: 103) == [Self.signal(.cleared, 103, 0)])
    }

    @Test("an alarm that an earlier run left open ends when there is no gap any more, and not before that is known")
    mutating func inherited() {
        judge = GapJudge(limits: ["a": 10], raised: ["a"])
        #expect(pass(5, until: nil).isEmpty)
        #expect(pass(6, until: 5) == [Self.signal(.cleared, 6, 0)])
        judge = GapJudge(limits: ["a": 10], raised: ["a"])
        _ = judge.note(Self.gap(0, nil), now: Self.at(20))
        #expect(pass(20, until: nil).isEmpty)
        #expect(judge.note(Self.gap(0, 30), now: Self.at(30)) == [Self.signal(.cleared, 30, 30)])
    }
}
