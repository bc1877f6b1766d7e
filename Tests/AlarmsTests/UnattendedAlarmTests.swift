import Alarms
import Domain
import Store
import Testing

@Suite("Alarms that nobody has attended to")
struct UnattendedAlarmTests {
    private func alarm(
        _ number: Int,
        at time: WallTime,
        _ policy: AlarmPolicy,
        _ severity: AlarmSignal.Severity = .warning,
        parent: String? = nil
    ) -> Alarm {
        Alarm(
            id: "a\(number)",
            source: "s\(number)",
            sourceKind: .sensor,
            kind: "above",
            severity: severity,
            openedAt: time,
            policy: policy,
            parent: parent
        )
    }

    @Test("an old one is found behind a thousand newer ones that are nobody's to judge")
    func behindMany() async throws {
        let world = try AlarmWorld()
        defer { world.remove() }
        let now = world.clock.now()
        var all = [
            alarm(0, at: now - .seconds(7200), .ask), alarm(1, at: now - .seconds(7000), .record, .critical),
            // Too old for a call in the night, part of a storm, and over.
            alarm(2, at: now - .seconds(90_000), .ask), alarm(3, at: now - .seconds(60), .ask, parent: "area"),
            alarm(4, at: now - .seconds(60), .ask),
        ]
        all[4].state = .cleared
        for number in 5..<1105 { all.append(alarm(number, at: now - .seconds(30), .record)) }
        let repository = AlarmRepository(world.database)
        let alarms = all
        try await repository.transaction { transaction in
            for alarm in alarms { try transaction.save(StoredAlarm(alarm: alarm)) }
        }
        let duty = DutyService(
            repository: DutyRepository(world.database),
            alarms: repository,
            feed: world.feed,
            clock: world.clock
        )
        #expect(try await duty.escalate().map(\.alarmId) == ["a0", "a1"])
        #expect(try await repository.count(AlarmFilter(state: .open)) == 1104)
        #expect(try await repository.count(AlarmFilter(state: .open, unjudged: true)) == 3)
    }
}
