import Domain
import Testing

@testable import Telemetry

@Suite("Kinds of rules")
struct ConditionTests {
    typealias Rule = SensorRule

    static func rule(_ kind: Rule.Kind, _ value: Double = 0, _ change: (inout Rule) -> Void = { _ in }) -> Rule {
        var rule = Rule(kind: kind, value: value)
        change(&rule)
        return rule
    }

    static let table: [(Rule, [(Double, Double)], [String])] = [
        // A range opens inside and clears outside it, by a margin.
        (
            rule(.between, 10) {
                $0.upper = 20
                $0.clearMargin = 2
            }, [(0, 5), (1, 10), (2, 20), (3, 21), (4, 22), (5, 15)], ["+1", "-4", "+5"]
        ),
        (
            rule(.outside, 10) {
                $0.upper = 20
                $0.clearMargin = 2
                $0.forSeconds = 2
            }, [(0, 9), (1, 15), (2, 21), (4, 25), (5, 19), (6, 18), (7, 9)], ["+4", "-6"]
        ),
        // A rise within a minute, against the lowest value of that minute.
        (
            rule(.rate, 20) {
                $0.perSeconds = 60
                $0.clearBelow = 5
            }, [(0, 100), (30, 115), (50, 121), (70, 121), (120, 124), (180, 124)], ["+50", "-120"]
        ),
        // A fall.
        (rule(.rate, -10) { $0.perSeconds = 60 }, [(0, 50), (61, 38), (70, 27), (200, 27)], ["+70", "-200"]),
        // The same value for ten minutes, then a change.
        (
            rule(.stuck) { $0.forSeconds = 600 }, [(0, 7), (300, 7), (600, 7), (700, 7), (800, 7.1), (900, 8)],
            ["+600", "-800"]
        ),
        (
            rule(.stuck, 0.5) { $0.forSeconds = 100 }, [(0, 7), (50, 7.4), (90, 7.6), (150, 7.7), (190, 7.6)], ["+190"]
        ),
        // A value that is one of two, or anything else than one.
        (rule(.state) { $0.states = [0, -1] }, [(0, 1), (1, 0), (2, -1), (3, 1)], ["+1", "-3"]),
        (
            rule(.state) {
                $0.states = [1]
                $0.negated = true
            }, [(0, 1), (1, 0.5), (2, 1)], ["+1", "-2"]
        ),
        // Clearing takes time of its own, and starts anew when the value comes back.
        (
            rule(.above, 5) { $0.clearForSeconds = 10 },
            [(0, 6), (1, 4), (5, 6), (6, 4), (15, 4), (16, 4), (17, 4)], ["+0", "-16"]
        ),
    ]

    @Test("each kind opens and clears when it should", arguments: table)
    func kinds(_ rule: Rule, _ readings: [(Double, Double)], _ expected: [String]) {
        #expect(SensorJudgeTests.outcome(rule, readings) == expected)
        #expect(SensorJudgeTests.outcome(rule, readings, delay: 86_400) == expected)
        // Doubled readings say nothing.
        #expect(SensorJudgeTests.outcome(rule, readings.flatMap { [$0, $0] }) == expected)
    }

    static func named(_ second: Double, _ values: [String: Double]) -> Reading {
        var reading = SensorJudgeTests.reading(second, 0)
        reading.values = values
        return reading
    }

    @Test("and, or and not join conditions that keep their own thresholds, also of different messages")
    func combinations() {
        let high = Self.rule(.above, 10) { $0.clearBelow = 5 }
        let weak = Self.rule(.below, 3) { $0.field = "battery" }
        func words(_ kind: Rule.Kind, _ of: [Rule]) -> [String] {
            var judge = SensorJudge(sensor: Sensor(id: "s", profile: "p", rules: [Self.rule(kind) { $0.of = of }]))
            let readings: [(Double, [String: Double])] = [
                (0, ["value": 12]), (1, ["battery": 2]), (2, ["value": 7]), (3, ["battery": 3.5]),
                (4, ["value": 4]), (5, ["other": 1]),
            ]
            return readings.flatMap { judge.take(Self.named($0.0, $0.1)) }.map(SensorJudgeTests.word)
        }
        #expect(words(.all, [high, weak]) == ["+1", "-3"])
        #expect(words(.any, [high, weak]) == ["+0", "-4"])
        #expect(words(.not, [high]) == ["+4"])
        #expect(words(.all, [weak, Self.rule(.not) { $0.of = [high] }]) == [])
        #expect(words(.any, [Self.rule(.all) { $0.of = [high, weak] }, Self.rule(.above, 100)]) == ["+1", "-3"])
    }

    @Test("outside its hours a rule neither opens nor stays open")
    func schedule() {
        // 2026-11-23 09:20:00 UTC is a Monday, 17:20 in Shanghai.
        let nights = WeeklySchedule(windows: [.init(fromMinute: 18 * 60, toMinute: 6 * 60)])
        let rule = Self.rule(.state) {
            $0.states = [0]
            $0.schedule = nights
        }
        let start = SensorJudgeTests.start
        var judge = SensorJudge(sensor: Sensor(id: "s", profile: "p", rules: [rule]), utcOffset: { _ in 8 * 3600 })
        let local = (start.microseconds / 60_000_000 + 480) % 1440
        let toEvening = Double((18 * 60 - local + 1440) % 1440) * 60
        let words = [toEvening - 60, toEvening, toEvening + 60].flatMap {
            judge.take(SensorJudgeTests.reading($0, 0))
        }.map(SensorJudgeTests.word)
        #expect(words == ["+\(Int(toEvening))"])
        #expect(judge.needsTicks)
        let listening = Silence(lasted: .zero, listened: .seconds(60))
        let night = judge.tick(now: start + .seconds(toEvening + 3600), silence: listening)
        #expect(night.isEmpty)
        let morning = judge.tick(now: start + .seconds(toEvening + 12 * 3600), silence: listening)
        #expect(morning.map(\.phase) == [AlarmSignal.Phase.cleared])
    }

    @Test("days belong to the evening on which a night begins")
    func nights() {
        let friday = WeeklySchedule(windows: [.init(days: [4], fromMinute: 22 * 60, toMinute: 5 * 60)])
        func at(_ day: Int, _ hour: Int) -> WallTime {
            WallTime(microseconds: (WallTime.days(year: 2026, month: 11, day: day) * 24 + Int64(hour)) * 3_600_000_000)
        }
        // 2026-11-27 is a Friday.
        #expect(!friday.contains(at(27, 21), utcOffset: 0))
        #expect(friday.contains(at(27, 22), utcOffset: 0))
        #expect(friday.contains(at(28, 4), utcOffset: 0))
        #expect(!friday.contains(at(28, 5), utcOffset: 0))
        #expect(!friday.contains(at(28, 22), utcOffset: 0))
        #expect(!friday.contains(at(27, 4), utcOffset: 0))
        #expect(friday.contains(at(27, 14), utcOffset: 8 * 3600))
    }

    @Test("a call for help passes every filter: late, outside any rule, and again right after it was cleared")
    func hazards() {
        var judge = SensorJudge(sensor: Sensor(id: "s", profile: "p"))
        let signals = [
            (10.0, ["value": 1.0]), (5, ["sos": 1, "value": 1]), (6, ["sos": 0]), (11, ["sos": 0]), (12, ["tamper": 1]),
        ].flatMap { judge.take(Self.named($0.0, $0.1)) }
        #expect(signals.map(SensorJudgeTests.word) == ["+5", "-11", "+12"])
        #expect(signals.map(\.kind) == ["sos", "sos", "tamper"])
        #expect(signals.allSatisfy { $0.severity == .critical && $0.part == nil })
    }

    @Test("every kind goes on after a restart at any reading as if there had been none")
    func restarts() {
        var random = SeededRandom(seed: 7)
        for (rule, _, _) in Self.table {
            for _ in 0..<40 {
                var second = 0.0
                var truth: [Reading] = []
                for _ in 0..<40 {
                    second += Double(random.next() % 90) + 1
                    truth.append(SensorJudgeTests.reading(second, Double(random.next() % 30) * 1.5))
                }
                let sensor = Sensor(id: "s", profile: "p", rules: [rule])
                var steady = SensorJudge(sensor: sensor)
                let expected = truth.flatMap { steady.take($0) }.map(SensorJudgeTests.word)
                let cut = Int(random.next() % 40)
                var before = SensorJudge(sensor: sensor)
                var words: [String] = []
                var stored: [String: [UInt8]] = [:]
                for reading in truth[..<cut] {
                    words += before.take(reading).map(SensorJudgeTests.word)
                    for change in before.takeChanges() { stored[change.rule] = change.json }
                }
                var after = SensorJudge(sensor: sensor)
                for (key, json) in stored {
                    let isBack = after.restore(rule: key, json: json)
                    #expect(isBack)
                }
                if let last = truth[..<cut].last {
                    let from = last.occurredAt - .seconds(after.memorySeconds)
                    after.resume(after: truth[..<cut].filter { $0.occurredAt >= from })
                }
                for reading in truth[cut...] { words += after.take(reading).map(SensorJudgeTests.word) }
                #expect(words == expected, "\(rule.kind)")
            }
        }
    }
}
