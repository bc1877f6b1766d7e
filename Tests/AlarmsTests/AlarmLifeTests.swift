import Alarms
import Cases
import Domain
import Foundation
import Store
import Synchronization
import Testing

@Suite("The life of an alarm")
struct AlarmLifeTests {
    @Test("policy open: case, cell, place and the nearest camera's clip are there when receive returns")
    func open() async throws {
        let world = try AlarmWorld()
        defer { world.remove() }
        try await world.alarms.receive(world.level())
        let alarm = try #require(try await world.all().first)
        #expect(alarm.state == .confirmed)
        #expect(alarm.verdict == .confirmed)
        #expect(alarm.decidedBy == "policy")
        #expect(alarm.position == AlarmWorld.here)
        #expect(alarm.cell?.count == 15)
        let opened = try #require(try await world.openedCases().first)
        #expect(alarm.caseId == opened.id)
        #expect(opened.state == .filed)
        #expect(opened.channel == "sensor")
        #expect(opened.alarmIds == [alarm.id])
        let clip = try #require(opened.clips.first)
        #expect(clip.cameraId == "cam-1")
        #expect(clip.from == alarm.openedAt - .seconds(10))
        #expect(clip.to == alarm.openedAt + .seconds(20))
        #expect(clip.holdId == "hold-1")
    }

    @Test("a hundred more signals make no second alarm and no second case; clearing clears the alarm alone")
    func repeated() async throws {
        let world = try AlarmWorld()
        defer { world.remove() }
        for step in 0..<101 {
            try await world.alarms.receive(world.level(value: 152 + Double(step)))
            world.clock.advance(by: .seconds(1))
        }
        try await world.alarms.receive(world.level(.cleared, value: 100))
        let alarms = try await world.all()
        #expect(alarms.count == 1)
        #expect(alarms[0].occurrences == 101)
        #expect(alarms[0].state == .cleared)
        #expect(alarms[0].verdict == .confirmed)
        #expect(alarms[0].clearedAt == world.clock.now())
        #expect((alarms[0].value ?? 0) >= 152, "the value that cleared it is not the one that alarmed")
        let opened = try await world.openedCases()
        #expect(opened.map(\.state) == [.filed])
        #expect(opened[0].clips.count == 1)
        // What is not open can't be cleared, and says nothing.
        try await world.alarms.receive(world.level(.cleared))
        #expect(try await world.all() == alarms)
    }

    @Test("a hundred equal signals at once are one alarm and one case")
    func concurrent() async throws {
        let world = try AlarmWorld()
        defer { world.remove() }
        // Two services on one database: the index has to hold where the turns of one process can't.
        let other = world.restarted()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<100 {
                let service = index % 10 == 9 ? other : world.alarms
                let signal = world.level()
                group.addTask { try await service.receive(signal) }
            }
            try await group.waitForAll()
        }
        let alarms = try await world.all()
        #expect(alarms.count == 1)
        #expect(alarms[0].occurrences == 100)
        let opened = try await world.openedCases()
        #expect(opened.count == 1)
        #expect(opened[0].alarmIds == [alarms[0].id])
        #expect(try await world.caseService.verifyLog(opened[0].id) == .intact)
    }

    @Test("zones of one camera and kinds of one source are alarms of their own")
    func parts() async throws {
        let world = try AlarmWorld()
        defer { world.remove() }
        var signal = world.parking()
        for (part, kind) in [("kerb", "stationary"), ("gate", "stationary"), ("kerb", "motion"), ("kerb", "motion")] {
            signal.part = part
            signal.kind = kind
            try await world.alarms.receive(signal)
        }
        #expect(try await world.all().count == 3)
        #expect(try await world.alarms.openIds()["cam-1"]?.count == 3)
    }

    @Test("severity goes up and never down")
    func severity() async throws {
        let world = try AlarmWorld()
        defer { world.remove() }
        for severity in [AlarmSignal.Severity.info, .critical, .warning] {
            var signal = world.level()
            signal.severity = severity
            try await world.alarms.receive(signal)
        }
        #expect(try await world.all().map(\.severity) == [.critical])
    }

    @Test("a source that flaps goes on in its last alarm until it has been quiet for ten minutes")
    func flapping() async throws {
        let world = try AlarmWorld()
        defer { world.remove() }
        for _ in 0..<40 {
            try await world.alarms.receive(world.level())
            world.clock.advance(by: .seconds(30))
            try await world.alarms.receive(world.level(.cleared))
            world.clock.advance(by: .seconds(30))
        }
        let alarms = try await world.all()
        #expect(alarms.count == 3)
        #expect(alarms[0].occurrences == 38)
        #expect(alarms[0].state == .cleared)
        #expect(try await world.openedCases().count == 1)
        world.clock.advance(by: .seconds(601))
        try await world.alarms.receive(world.level())
        #expect(try await world.all().count == 4)
    }

    @Test("an alarm without a class is only recorded; one of the system needs no place")
    func record() async throws {
        let world = try AlarmWorld()
        defer { world.remove() }
        let signal = AlarmSignal(
            source: "system",
            sourceKind: .system,
            kind: "disk",
            phase: .raised,
            severity: .critical,
            at: world.clock.now()
        )
        try await world.alarms.receive(signal)
        let alarm = try #require(try await world.all().first)
        #expect(alarm.policy == .record)
        #expect(alarm.state == .open)
        #expect(alarm.caseId == nil)
        #expect(try await world.openedCases().isEmpty)
        #expect(try await world.all(AlarmFilter(unjudged: true)).isEmpty)
    }

    @Test("an alarm keeps one picture, and none where pictures can't be kept")
    func pictures() async throws {
        let world = try AlarmWorld()
        defer { world.remove() }
        for _ in 0..<5 { try await world.alarms.receive(world.parking()) }
        #expect(world.evidence.state.withLock { $0.pictures.count } == 1)
        #expect(try await world.all().first?.snapshot == "picture-1")
        world.evidence.state.withLock { $0.fails = true }
        var signal = world.parking()
        signal.part = "gate"
        try await world.alarms.receive(signal)
        let gate = try await world.all().first { $0.part == "gate" }
        #expect(gate != nil && gate?.snapshot == nil)
    }

    @Test("a case or clip that fails is made good after a restart, once")
    func duties() async throws {
        let world = try AlarmWorld()
        defer { world.remove() }
        world.cases.fails.withLock { $0 = true }
        await #expect(throws: BreakableCases.Failure.self) { try await world.alarms.receive(world.level()) }
        #expect(try await world.openedCases().isEmpty)
        world.cases.fails.withLock { $0 = false }
        world.evidence.state.withLock { $0.fails = true }
        let restarted = world.restarted()
        await restarted.settleDuties()
        let opened = try #require(try await world.openedCases().first)
        #expect(opened.clips.isEmpty)
        world.evidence.state.withLock { $0.fails = false }
        await restarted.settleDuties()
        await restarted.settleDuties()
        let repaired = try #require(try await world.openedCases().first)
        #expect(repaired.clips.count == 1)
        #expect(try await world.all().first?.caseId == repaired.id)
        // The alarm of before the restart is still the open one.
        try await restarted.receive(world.level())
        #expect(try await world.all().map(\.occurrences) == [2])
        #expect(try await world.openedCases().count == 1)
    }

    @Test("every change is published as the API shows it")
    func published() async throws {
        let world = try AlarmWorld()
        defer { world.remove() }
        var changes = world.feed.listen().makeAsyncIterator()
        try await world.alarms.receive(world.level())
        let first = try #require(await changes.next()?.change)
        let second = try #require(await changes.next()?.change)
        #expect(first.topic == .alarm)
        let object = try JSONSerialization.jsonObject(with: Data(second.json)) as? [String: Any]
        #expect(object?["sourceName"] as? String == "涵洞")
        #expect(object?["className"] as? String == "道路积水")
        #expect(object?["caseId"] is String)
        #expect(object?["clearedAt"] is NSNull)
    }

    @Test("a timeline's range holds the alarms that touch it")
    func overlapping() async throws {
        let world = try AlarmWorld()
        defer { world.remove() }
        let start = world.clock.now()
        try await world.alarms.receive(world.parking())
        world.clock.advance(by: .seconds(100))
        try await world.alarms.receive(world.parking(.cleared))
        func count(_ from: Int64, _ to: Int64) async throws -> Int {
            let found = try await world.alarms.overlapping(
                source: "cam-1",
                from: start + .seconds(from),
                to: start + .seconds(to)
            )
            return found.count
        }
        #expect(try await count(-50, 0) == 0)
        #expect(try await count(-50, 1) == 1)
        #expect(try await count(50, 60) == 1)
        #expect(try await count(101, 200) == 0)
    }

    @Test("receive, with a case, its log, a hold and its clip, takes well under a second")
    func latency() async throws {
        let world = try AlarmWorld()
        defer { world.remove() }
        let clock = ContinuousClock()
        var times: [Duration] = []
        for index in 0..<100 {
            var signal = world.level()
            signal.source = "sensor-\(index)"
            signal.position = GeoPoint(lat: 30 + Double(index) * 0.01, lon: 119)
            times.append(try await clock.measure { try await world.alarms.receive(signal) })
        }
        times.sort()
        print("receive with a new case: median \(times[50]), p95 \(times[95])")
        #expect(times[50] < .milliseconds(500))
        #expect(try await world.openedCases().count == 100)
    }
}
