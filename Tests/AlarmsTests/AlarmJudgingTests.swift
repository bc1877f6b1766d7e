import Alarms
import Domain
import Store
import Testing

@Suite("Judging alarms")
struct AlarmJudgingTests {
    @Test("policy ask: nothing opens until a monitor confirms; then a filed case with snapshot and clip")
    func confirm() async throws {
        let world = try AlarmWorld()
        defer { world.remove() }
        try await world.alarms.receive(world.parking())
        let alarm = try #require(try await world.all(AlarmFilter(unjudged: true)).first)
        #expect(alarm.state == .open)
        #expect(try await world.openedCases().isEmpty)
        world.clock.advance(by: .seconds(90))
        let confirmed = try await world.alarms.confirm(alarm.id, by: AlarmWorld.monitor, note: "停在消防通道")
        #expect(confirmed.state == .confirmed)
        #expect(confirmed.decidedBy == "wang")
        #expect(confirmed.decidedAt == world.clock.now())
        let opened = try #require(try await world.openedCases().first)
        #expect(confirmed.caseId == opened.id)
        #expect(opened.state == .filed)
        #expect(opened.cameraId == "cam-1")
        #expect(opened.address == "鼓楼路")
        #expect(opened.reporter == "wang")
        #expect(opened.snapshots == ["picture-1"])
        // The clip lies around what was seen, not around the click.
        #expect(opened.clips.map(\.from) == [alarm.openedAt - .seconds(10)])
        #expect(try await world.all(AlarmFilter(unjudged: true)).isEmpty)
    }

    @Test("a rejected alarm keeps its reason, opens nothing, and stays rejected while the condition lasts")
    func reject() async throws {
        let world = try AlarmWorld()
        defer { world.remove() }
        try await world.alarms.receive(world.parking())
        let id = try #require(try await world.all().first?.id)
        _ = try await world.alarms.reject(id, by: AlarmWorld.monitor, reason: "树影")
        try await world.alarms.receive(world.parking())
        var alarm = try await world.alarms.get(id)
        #expect(alarm.state == .rejected)
        #expect(alarm.reason == "树影")
        try await world.alarms.receive(world.parking(.cleared))
        alarm = try await world.alarms.get(id)
        #expect(alarm.state == .cleared)
        #expect(alarm.verdict == .rejected)
        #expect(try await world.openedCases().isEmpty)
    }

    @Test("an alarm that has cleared can still be confirmed, stays cleared and gets its case")
    func cleared() async throws {
        let world = try AlarmWorld()
        defer { world.remove() }
        try await world.alarms.receive(world.parking())
        try await world.alarms.receive(world.parking(.cleared))
        let id = try #require(try await world.all(AlarmFilter(unjudged: true)).first?.id)
        let alarm = try await world.alarms.confirm(id, by: AlarmWorld.monitor)
        #expect(alarm.state == .cleared)
        #expect(alarm.verdict == .confirmed)
        #expect(alarm.caseId != nil)
    }

    @Test("of twenty monitors at once one decides and the others are told")
    func raced() async throws {
        let world = try AlarmWorld()
        defer { world.remove() }
        try await world.alarms.receive(world.parking())
        let id = try #require(try await world.all().first?.id)
        let codes = await withTaskGroup(of: AlarmError.Code?.self) { group in
            for index in 0..<20 {
                group.addTask {
                    do {
                        let by = AlarmWorld.monitor
                        _ =
                            index % 2 == 0
                            ? try await world.alarms.confirm(id, by: by)
                            : try await world.alarms.reject(id, by: by, reason: "no")
                        return nil
                    } catch { return (error as? AlarmError)?.code }
                }
            }
            return await group.reduce(into: [AlarmError.Code?]()) { $0.append($1) }
        }
        #expect(codes.filter { $0 == nil }.count == 1)
        #expect(codes.compactMap(\.self).allSatisfy { $0 == .alreadyDecided })
        #expect(codes.count == 20)
    }

    @Test("only monitors judge, a rejection needs a reason, and what is not there is said so")
    func refused() async throws {
        let world = try AlarmWorld()
        defer { world.remove() }
        try await world.alarms.receive(world.parking())
        let id = try #require(try await world.all().first?.id)
        for role in Role.allCases where role != .monitor {
            let error = await #expect(throws: AlarmError.self) {
                _ = try await world.alarms.confirm(id, by: CaseActor(name: "x", role: role))
            }
            #expect(error?.code == .forbidden)
        }
        let blank = await #expect(throws: AlarmError.self) {
            _ = try await world.alarms.reject(id, by: AlarmWorld.monitor, reason: " ")
        }
        #expect(blank?.code == .missingField("reason"))
        let absent = await #expect(throws: AlarmError.self) {
            _ = try await world.alarms.confirm("no-such", by: AlarmWorld.monitor)
        }
        #expect(absent?.code == .notFound)
        #expect(try await world.alarms.get(id).verdict == nil)
    }

    @Test("the list filters by state, source and kind, and pages through everything once")
    func list() async throws {
        let world = try AlarmWorld()
        defer { world.remove() }
        for index in 0..<12 {
            var signal = world.parking()
            signal.part = "zone-\(index)"
            try await world.alarms.receive(signal)
            world.clock.advance(by: .seconds(1))
        }
        try await world.alarms.receive(world.level())
        #expect(try await world.all(AlarmFilter(state: .open)).count == 12)
        #expect(try await world.all(AlarmFilter(state: .confirmed)).count == 1)
        #expect(try await world.all(AlarmFilter(source: "cam-1", kind: "stationary")).count == 12)
        #expect(try await world.all(AlarmFilter(source: "cam-1", kind: "motion")).isEmpty)
        var ids: [String] = []
        var cursor: String?
        repeat {
            let request = try PageRequest(limit: 5, cursor: cursor)
            let page = try await world.alarms.list(AlarmFilter(), page: request)
            ids += page.items.map(\.id)
            cursor = page.next
        } while cursor != nil
        #expect(ids.count == 13)
        #expect(Set(ids).count == 13)
        #expect(try await world.alarms.openCount() == 13)
    }
}
