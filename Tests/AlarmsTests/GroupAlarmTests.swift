import Alarms
import Domain
import Store
import Testing

@Suite("Alarms of groups and calls for help")
struct GroupAlarmTests {
    private static func signal(
        _ world: AlarmWorld,
        _ source: String,
        _ kind: String,
        _ phase: AlarmSignal.Phase = .raised,
        group: Bool = false,
        parent: String? = nil
    ) -> AlarmSignal {
        AlarmSignal(
            source: source,
            sourceKind: group ? .group : .sensor,
            kind: kind,
            phase: phase,
            at: world.clock.now(),
            classCode: "E-05-06",
            position: AlarmWorld.here,
            parent: parent
        )
    }

    @Test("a row that is dark is one case, S05-18: its members' alarms are recorded beneath it")
    func row() async throws {
        let world = try AlarmWorld()
        defer { world.remove() }
        try await world.alarms.receive(Self.signal(world, "row-4", "count", group: true))
        for lamp in 1...5 {
            try await world.alarms.receive(Self.signal(world, "lamp-\(lamp)", "below", parent: "row-4"))
        }
        #expect(try await world.openedCases().count == 1)
        let alarms = try await world.all()
        #expect(alarms.count == 6)
        let members = alarms.filter { $0.parent == "row-4" }
        #expect(members.count == 5 && members.allSatisfy { $0.policy == .record && $0.caseId == nil })
    }

    @Test("a call for help is an alarm of its own each time, other kinds that come and go are said to flap")
    func help() async throws {
        let world = try AlarmWorld()
        defer { world.remove() }
        for _ in 0..<6 {
            for kind in ["sos", "above"] {
                try await world.alarms.receive(Self.signal(world, "culvert-01", kind))
                world.clock.advance(by: .seconds(5))
                try await world.alarms.receive(Self.signal(world, "culvert-01", kind, .cleared))
                world.clock.advance(by: .seconds(5))
            }
        }
        let alarms = try await world.all()
        let help = alarms.filter { $0.kind == "sos" }
        #expect(help.count == 6 && help.allSatisfy { $0.flapping != true })
        let others = alarms.filter { $0.kind == "above" }
        #expect(others.count == 3 && others.count { $0.flapping == true } == 1)
    }
}
