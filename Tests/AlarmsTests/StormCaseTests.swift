import Alarms
import Cases
import Domain
import Store
import Testing

@Suite("One case for a storm")
struct StormCaseTests {
    private static let part = "E-05-06"

    /// A level sensor's alarm; far enough from the others' places to be no duplicate of them.
    private static func level(
        _ world: AlarmWorld,
        _ number: Int,
        waits: Bool = true,
        placed: Bool = true,
        _ phase: AlarmSignal.Phase = .raised
    ) -> AlarmSignal {
        var signal = AlarmSignal(
            source: "level-\(number)",
            sourceKind: .sensor,
            kind: "above",
            phase: phase,
            at: world.clock.now(),
            classCode: part,
            position: placed ? GeoPoint(lat: 32.4 + Double(number) * 0.001, lon: 119.9) : nil
        )
        signal.area = "low"
        signal.waitSeconds = waits && number > 1 ? 60 : nil
        return signal
    }

    private static func storm(_ world: AlarmWorld, children: ClosedRange<Int>, placed: Bool = true) -> AlarmSignal {
        var signal = AlarmSignal(
            source: "low",
            sourceKind: .group,
            kind: "storm",
            part: part,
            phase: .raised,
            severity: .critical,
            at: world.clock.now(),
            classCode: part,
            position: placed ? GeoPoint(lat: 32.45, lon: 119.9) : nil
        )
        signal.children = children.map { "level-\($0)" }
        return signal
    }

    private func world() throws -> AlarmWorld {
        let world = try AlarmWorld()
        // The class opens its cases by itself.
        let origin = AlarmOrigin(classCode: Self.part, source: "level-1", sourceKind: .sensor, at: world.clock.now())
        #expect(world.cases.policy(for: origin) == .open)
        return world
    }

    @Test("the first alarm's case is at once there, the others wait; the storm joins it and is the only case")
    func one() async throws {
        let world = try world()
        defer { world.remove() }
        for number in 1...9 {
            try await world.alarms.receive(Self.level(world, number))
            world.clock.advance(by: .seconds(1))
        }
        #expect(try await world.openedCases().count == 1)
        let waiting = try await world.all().filter { $0.caseAfter != nil }
        #expect(waiting.count == 8 && waiting.allSatisfy { $0.caseId == nil && $0.policy == .open })
        try await world.alarms.receive(Self.storm(world, children: 1...9))
        var tenth = Self.level(world, 10)
        tenth.parent = "low"
        try await world.alarms.receive(tenth)
        world.clock.advance(by: .seconds(600))
        await world.alarms.settleDuties()
        await world.restarted().settleDuties()
        let cases = try await world.openedCases()
        #expect(cases.count == 1)
        let alarms = try await world.all()
        let storm = try #require(alarms.first { $0.kind == "storm" })
        #expect(storm.caseId == cases.first?.id)
        #expect(cases.first?.alarmIds.contains(storm.id) == true)
        let children = alarms.filter { $0.kind == "above" }
        #expect(children.count == 10 && children.allSatisfy { $0.parent == "low" && $0.caseAfter == nil })
        #expect(children.filter { $0.caseId != nil }.map(\.source) == ["level-1"])
        #expect(try await world.caseService.verifyLog(cases[0].id) == .intact)
        // The same again, as after a crash in between, changes nothing.
        try await world.alarms.receive(Self.storm(world, children: 1...9))
        #expect(try await world.openedCases().count == 1)
    }

    @Test("without a storm each opens its own case when it has waited, also after a restart")
    func none() async throws {
        let world = try world()
        defer { world.remove() }
        for number in 1...4 { try await world.alarms.receive(Self.level(world, number)) }
        world.clock.advance(by: .seconds(59))
        await world.alarms.settleDuties()
        #expect(try await world.openedCases().count == 1)
        world.clock.advance(by: .seconds(2))
        await world.restarted().settleDuties()
        #expect(try await world.openedCases().count == 4)
        let alarms = try await world.all()
        #expect(alarms.allSatisfy { $0.parent == nil && $0.caseId != nil && $0.caseAfter == nil })
    }

    @Test("the service itself opens what has waited, not before")
    func running() async throws {
        let world = try world()
        defer { world.remove() }
        let task = Task { await world.alarms.run() }
        defer { task.cancel() }
        for number in 1...2 { try await world.alarms.receive(Self.level(world, number)) }
        #expect(try await world.openedCases().count == 1)
        world.clock.advance(by: .seconds(61))
        let deadline = ContinuousClock.now + .seconds(60)
        while try await world.openedCases().count < 2, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try await world.openedCases().count == 2)
    }

    @Test("a case that somebody has worked on is left alone: the storm opens its own, and alarms link the two")
    func worked() async throws {
        let world = try AlarmWorld(isUntouched: { _ in false })
        defer { world.remove() }
        for number in 1...3 { try await world.alarms.receive(Self.level(world, number)) }
        let before = try #require(try await world.openedCases().first)
        try await world.alarms.receive(Self.storm(world, children: 1...3))
        let cases = try await world.openedCases()
        #expect(cases.count == 2)
        #expect(cases.first { $0.id == before.id } == before)
        let alarms = try await world.all()
        #expect(alarms.first { $0.kind == "storm" }?.caseId != before.id)
        #expect(alarms.filter { $0.kind == "above" }.allSatisfy { $0.parent == "low" })
    }

    @Test("critical ones don't wait, what comes late joins, what a monitor has decided stays")
    func exceptions() async throws {
        let world = try world()
        defer { world.remove() }
        try await world.alarms.receive(Self.level(world, 1))
        try await world.alarms.receive(Self.level(world, 2, waits: false))
        #expect(try await world.openedCases().count == 2)
        try await world.alarms.receive(Self.storm(world, children: 1...2))
        // Held up on its way: it was sent before the storm was recognised.
        try await world.alarms.receive(Self.level(world, 3))
        world.clock.advance(by: .seconds(100))
        await world.alarms.settleDuties()
        #expect(try await world.openedCases().count == 2)
        let late = try #require(try await world.all().first { $0.source == "level-3" })
        #expect(late.parent == "low" && late.policy == .record && late.state == .open)
    }

    @Test("where no place is known the storm says itself which case is its own")
    func placeless() async throws {
        let world = try world()
        defer { world.remove() }
        for number in 1...3 { try await world.alarms.receive(Self.level(world, number, placed: false)) }
        try await world.alarms.receive(Self.storm(world, children: 1...3, placed: false))
        world.clock.advance(by: .seconds(100))
        await world.alarms.settleDuties()
        let cases = try await world.openedCases()
        #expect(cases.count == 1)
        #expect(try await world.all().first { $0.kind == "storm" }?.caseId == cases[0].id)
    }
}
