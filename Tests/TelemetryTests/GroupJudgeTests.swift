import Domain
import Testing

@testable import Telemetry

@Suite("Rules of several sensors")
struct GroupJudgeTests {
    static let lamps = (1...6).map {
        Sensor(id: "lamp-\($0)", profile: "streetlight", position: GeoPoint(lat: 32.49, lon: 119.9 + Double($0) / 1000))
    }

    static func dark(_ lamp: Int, _ second: Double, _ value: Double = 0) -> Reading {
        var reading = SensorJudgeTests.reading(second, value)
        reading.sensorId = "lamp-\(lamp)"
        return reading
    }

    static func row(_ change: (inout SensorRule) -> Void = { _ in }) -> GroupJudge {
        var rule = SensorRule(kind: .count, classCode: "P-01-37")
        rule.atLeast = 3
        rule.adjacent = true
        rule.of = [SensorRule(kind: .below, value: 0.5)]
        change(&rule)
        return GroupJudge(
            group: SensorGroup(id: "row", sensors: lamps.map(\.id), rules: [rule]),
            sensors: lamps
        )
    }

    @Test("three neighbours dark open one alarm of the row, in their middle; apart from each other they don't")
    func neighbours() throws {
        var judge = Self.row()
        let signals = [(1, 0.0), (3, 1), (5, 2), (2, 3), (4, 4)].flatMap { judge.take(Self.dark($0.0, $0.1)) }
        #expect(signals.map(SensorJudgeTests.word) == ["+3"])
        let signal = try #require(signals.first)
        #expect(signal.source == "row" && signal.sourceKind == .group && signal.kind == "count" && signal.value == 3)
        #expect(abs((signal.position?.lon ?? 0) - 119.902) < 1e-9)
        // Two in the middle come back: the longest run left is two.
        let cleared = [(3, 10.0), (4, 11)].flatMap { judge.take(Self.dark($0.0, $0.1, 1)) }
        #expect(cleared.map(SensorJudgeTests.word) == ["-10"])
    }

    @Test("a member's own late reading says nothing, whatever the others' times are")
    func late() {
        var judge = Self.row { $0.adjacent = nil }
        let signals = [(1, 100.0), (2, 50), (3, 10), (1, 90)].flatMap { lamp, second in
            judge.take(Self.dark(lamp, second, lamp == 1 && second == 90 ? 1 : 0))
        }
        #expect(signals.map(SensorJudgeTests.word) == ["+100"])
    }

    @Test("the count lasts for its own time, by readings and by time alone, and survives a restart")
    func lasting() throws {
        var judge = Self.row { $0.forSeconds = 20 }
        for lamp in 1...3 {
            let none = judge.take(Self.dark(lamp, Double(lamp)))
            #expect(none.isEmpty)
        }
        var again = Self.row { $0.forSeconds = 20 }
        for change in judge.takeChanges() {
            let isBack = again.restore(rule: change.rule, json: change.json)
            #expect(isBack)
        }
        for lamp in 1...3 { again.resume(after: Self.dark(lamp, Double(lamp))) }
        #expect(again.needsTicks)
        let early = again.tick(now: SensorJudgeTests.start + .seconds(22))
        #expect(early.isEmpty)
        let due = again.tick(now: SensorJudgeTests.start + .seconds(24))
        #expect(due.map(SensorJudgeTests.word) == ["+23"])
        let change = try #require(again.takeChanges().first)
        let goodbye = GroupJudge.farewell(
            groupId: "row",
            rule: change.rule,
            json: change.json,
            at: SensorJudgeTests.start
        )
        #expect(goodbye?.phase == .cleared && goodbye?.kind == "count")
    }

    @Test("conditions of different sensors join: rain and a full culvert")
    func joined() {
        var rain = SensorRule(kind: .above, value: 20)
        rain.sensor = "lamp-1"
        var full = SensorRule(kind: .above, value: 100)
        full.sensor = "lamp-2"
        var both = SensorRule(kind: .all)
        both.of = [rain, full]
        var judge = GroupJudge(
            group: SensorGroup(id: "g", sensors: ["lamp-1", "lamp-2"], rules: [both]),
            sensors: Self.lamps
        )
        let signals = [(1, 0.0, 30.0), (3, 1, 500), (2, 2, 120), (1, 3, 5)].flatMap {
            judge.take(Self.dark($0.0, $0.1, $0.2))
        }
        #expect(signals.map(SensorJudgeTests.word) == ["+2", "-3"])
    }

    @Test("a storm in an area becomes one parent alarm that stands for the rest and ends with them")
    func storm() {
        var judge = StormJudge(groups: [])
        var parents: [AlarmSignal] = []
        var children: [AlarmSignal] = []
        func give(_ index: Int, _ phase: AlarmSignal.Phase, _ second: Double, kind: String = "above") {
            var signal = AlarmSignal(
                source: "s\(index)",
                sourceKind: .sensor,
                kind: kind,
                phase: phase,
                at: SensorJudgeTests.start + .seconds(second),
                classCode: kind == "sos" ? nil : "E-05-06",
                position: GeoPoint(lat: 32.4951, lon: 119.9251)
            )
            if let parent = judge.take(&signal, now: SensorJudgeTests.start + .seconds(second)) {
                parents.append(parent)
            }
            children.append(signal)
        }
        for index in 0..<2000 { give(index, .raised, Double(index) / 40) }
        #expect(parents.count == 1)
        #expect(children.filter { $0.parent == nil }.count == 9)
        give(5000, .raised, 60, kind: "sos")
        #expect(children.last?.parent == nil)
        for index in 0..<2000 { give(index, .cleared, 100 + Double(index) / 40) }
        #expect(parents.map(\.phase) == [.raised, .cleared])
        #expect(parents.allSatisfy { $0.source == "area-3249-11992" && $0.kind == "storm" && $0.part == "E-05-06" })
        // Ten alarms spread over an hour are no storm.
        for index in 0..<10 { give(index, .raised, 10_000 + Double(index) * 360) }
        #expect(parents.count == 2)
    }

    @Test("a storm goes on after a restart")
    func storedStorm() {
        var judge = StormJudge(groups: [SensorGroup(id: "g", sensors: ["a", "b"], storm: .init(atLeast: 2))])
        func signal(_ source: String, _ phase: AlarmSignal.Phase) -> AlarmSignal {
            AlarmSignal(source: source, sourceKind: .sensor, kind: "above", phase: phase, at: SensorJudgeTests.start)
        }
        var first = signal("a", .raised)
        var second = signal("b", .raised)
        let nothing = judge.take(&first, now: SensorJudgeTests.start)
        let parent = judge.take(&second, now: SensorJudgeTests.start)
        #expect(nothing == nil && parent?.source == "g" && second.parent == "g")
        var again = StormJudge(groups: [SensorGroup(id: "g", sensors: ["a", "b"], storm: .init(atLeast: 2))])
        for change in judge.takeChanges() {
            let isBack = again.restore(area: change.area, rule: change.rule, json: change.json ?? [])
            #expect(isBack)
        }
        var a = signal("a", .cleared)
        var b = signal("b", .cleared)
        let still = again.take(&a, now: SensorJudgeTests.start)
        let ended = again.take(&b, now: SensorJudgeTests.start)
        #expect(still == nil && ended?.phase == .cleared)
    }
}
