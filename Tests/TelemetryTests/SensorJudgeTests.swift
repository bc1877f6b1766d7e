import Domain
import Testing

@testable import Telemetry

@Suite("Rules of a sensor")
struct SensorJudgeTests {
    static let start = WallTime(microseconds: 1_795_428_000_000_000)
    static let above = SensorRule(kind: .above, value: 150, clearBelow: 120, forSeconds: 10, classCode: "E-05-06")
    static let below = SensorRule(kind: .below, value: 10, clearAbove: 20, forSeconds: 10)

    /// Feeds (second, value) pairs that arrive when they occur; gives what came of them as "+second" and "-second".
    static func outcome(_ rule: SensorRule, _ readings: [(Double, Double)], delay: Double = 0) -> [String] {
        var judge = SensorJudge(sensor: Sensor(id: "s", profile: "p", rules: [rule]))
        return readings.flatMap { second, value in
            judge.take(reading(second, value, arrival: second + delay)).map(word)
        }
    }

    static func reading(_ second: Double, _ value: Double, arrival: Double? = nil) -> Reading {
        Reading(
            sensorId: "s",
            occurredAt: start + .seconds(second),
            receivedAt: start + .seconds(arrival ?? second),
            values: ["value": value]
        )
    }

    static func word(_ signal: AlarmSignal) -> String {
        "\(signal.phase == .raised ? "+" : "-")\(Int((signal.at - start).seconds))"
    }

    @Test(
        "a threshold opens once its duration is covered and clears at its own threshold",
        arguments: [
            (above, [(0, 151), (10, 151)], ["+10"]),
            (above, [(0, 151), (9.9, 151)], []),
            (above, [(0, 150), (10, 150)], []),
            (above, [(0, 151), (5, 149), (10, 151), (15, 151)], []),
            (above, [(0, 151), (5, 149), (10, 151), (20, 151)], ["+20"]),
            (above, [(0, 151), (30, 160), (31, 130), (32, 151), (33, 120), (34, 151)], ["+10", "-33"]),
            (above, [(0, 151), (12, 151), (5, 0), (13, 160)], ["+10"]),
            (above, [(0, 151), (5, 151), (3, 0), (10, 151)], ["+10"]),
            (above, [(0, 151), (10, 151), (10, 0)], ["+10"]),
            (below, [(0, 9), (10, 9), (11, 15), (12, 20)], ["+10", "-12"]),
            (SensorRule(kind: .above, value: 5), [(0, 6), (1, 7), (2, 5), (3, 6)], ["+0", "-2", "+3"]),
        ] as [(SensorRule, [(Double, Double)], [String])]
    )
    func thresholds(_ rule: SensorRule, _ readings: [(Double, Double)], _ expected: [String]) {
        #expect(Self.outcome(rule, readings) == expected)
        // The device's times count, not when the readings arrive.
        #expect(Self.outcome(rule, readings, delay: 86_400) == expected)
    }

    @Test("a hundred readings above an open threshold say nothing new")
    func once() {
        let readings = (0...110).map { (Double($0), 200.0) }
        #expect(Self.outcome(Self.above, readings) == ["+10"])
    }

    @Test("any history opens and clears in turn, and the order in which late readings arrive changes nothing")
    func property() {
        var random = SeededGenerator(seed: 42)
        for _ in 0..<500 {
            var second = 0.0
            let truth = (0..<60).map { _ in
                second += Double.random(in: 0.5...6, using: &random)
                return (second, Double.random(in: 100...180, using: &random))
            }
            let expected = Self.outcome(Self.above, truth)
            for (index, word) in expected.enumerated() { #expect(word.hasPrefix(index % 2 == 0 ? "+" : "-")) }
            // Doubled, and with stale copies thrown in.
            var noisy: [(Double, Double)] = []
            for (index, item) in truth.enumerated() {
                noisy.append(item)
                if Bool.random(using: &random) { noisy.append(truth[Int.random(in: 0...index, using: &random)]) }
            }
            #expect(Self.outcome(Self.above, noisy) == expected)
        }
    }

    @Test("the last value holds until the next: time alone opens a pending threshold, but not from a backlog")
    func holds() {
        let listening = Silence(lasted: .zero, listened: .seconds(60))
        func words(_ judge: inout SensorJudge, at second: Double, _ silence: Silence?) -> [String] {
            judge.tick(now: Self.start + .seconds(second), silence: silence).map(Self.word)
        }
        var judge = SensorJudge(sensor: Sensor(id: "s", profile: "p", rules: [Self.above]))
        _ = judge.take(Self.reading(0, 200))
        #expect(words(&judge, at: 9.9, listening) == [])
        #expect(words(&judge, at: 11, nil) == [], "while we don't listen")
        #expect(words(&judge, at: 11, listening) == ["+10"])
        #expect(words(&judge, at: 12, listening) == [])

        var late = SensorJudge(sensor: Sensor(id: "s", profile: "p", rules: [Self.above]))
        _ = late.take(Self.reading(0, 200, arrival: 3600))
        #expect(words(&late, at: 3700, listening) == [])
        var missed = SensorJudge(sensor: Sensor(id: "s", profile: "p", rules: [Self.above]))
        _ = missed.take(Self.reading(0, 200))
        #expect(words(&missed, at: 601, listening) == [])
    }

    @Test("silence opens noData once, counts only while we listen, and ends with the next fresh reading")
    func silence() {
        let rule = SensorRule(kind: .noData, forSeconds: 60)
        var judge = SensorJudge(sensor: Sensor(id: "s", profile: "p", rules: [rule]))
        func tick(_ second: Double, _ silence: Double?) -> [String] {
            let lasted = silence.map { Silence(lasted: .seconds($0), listened: .seconds(1000)) }
            return judge.tick(now: Self.start + .seconds(second), silence: lasted).map(Self.word)
        }
        #expect(tick(59, 59).isEmpty)
        #expect(tick(100, nil).isEmpty)
        #expect(tick(100, 61) == ["+99"])
        #expect(tick(101, 62).isEmpty)
        let retained = judge.take(Self.reading(110, 1), fresh: false)
        #expect(retained.isEmpty, "a retained message is no sign of life")
        let result1 = judge.take(Self.reading(120, 1))
        #expect(result1.map(Self.word) == ["-120"])
    }

    @Test("rules of one kind share an alarm: it clears when the last of them does")
    func escalation() {
        let rules = [SensorRule(kind: .above, value: 10), SensorRule(kind: .above, value: 20)]
        var judge = SensorJudge(sensor: Sensor(id: "s", profile: "p", rules: rules))
        let signals = [(0.0, 15.0), (1, 25), (2, 15), (3, 5)].flatMap { judge.take(Self.reading($0.0, $0.1)) }
        #expect(signals.map(Self.word) == ["+0", "+1", "-3"])
        #expect(signals.map(\.threshold) == [10, 20, 10])
    }

    @Test("a state that was stored goes on where it was; a changed rule starts anew and says goodbye")
    func restored() throws {
        var judge = SensorJudge(sensor: Sensor(id: "s", profile: "p", rules: [Self.above]))
        _ = judge.take(Self.reading(0, 200))
        let pending = try #require(judge.takeChanges().first)
        _ = judge.take(Self.reading(10, 200))
        let open = try #require(judge.takeChanges().first)

        var again = SensorJudge(sensor: judge.sensor)
        let result2 = again.restore(rule: pending.rule, json: pending.json)
        #expect(result2)
        let result3 = again.take(Self.reading(10, 200))
        #expect(result3.map(Self.word) == ["+10"])

        var changed = Self.above
        changed.value = 170
        var other = SensorJudge(sensor: Sensor(id: "s", profile: "p", rules: [changed]))
        let result4 = other.restore(rule: open.rule, json: open.json)
        #expect(!result4)
        let goodbye = SensorJudge.farewell(
            sensorId: "s",
            rule: open.rule,
            json: open.json,
            judge: other,
            at: Self.start
        )
        #expect(goodbye?.phase == .cleared && goodbye?.kind == "above")
        let nothing = SensorJudge.farewell(
            sensorId: "s",
            rule: pending.rule,
            json: pending.json,
            judge: other,
            at: Self.start
        )
        #expect(nothing == nil)
    }
}
