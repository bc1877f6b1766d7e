import Cases
import Domain
import Store
import Testing

@Suite("Supervision")
struct SupervisionTests {
    private static let leader = CaseWorld.actor(.leader)
    private static let unit = CaseWorld.actor(.unit, unit: "drainage")

    private func filed(_ world: CaseWorld, _ alarm: String) async throws -> String {
        let place = GeoPoint(lat: 30 + Double(alarm.hashValue & 0xFFFF) / 10_000, lon: 110)
        return try await world.service.openOrJoin(world.request(at: place, alarm: alarm))
    }

    private func ids(_ list: SupervisionList, _ world: CaseWorld) async throws -> [String] {
        try await world.service.supervised(list, page: PageRequest()).items.map(\.id)
    }

    @Test("a case is about to be late, then late; returned it is bounced, untouched it is silent")
    func lists() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let service = world.service
        // Two urgent hours.
        let id = try await filed(world, "a")
        #expect(try await ids(.dueSoon, world).isEmpty, "two hours are not less than two hours")
        world.clock.advance(by: .seconds(60))
        #expect(try await ids(.dueSoon, world) == [id])
        #expect(try await ids(.bounced, world).isEmpty)
        _ = try await service.act(id, .dispatch, by: CaseWorld.actor(.dispatcher), input: CaseInput())
        _ = try await service.act(id, .return, by: Self.unit, input: CaseInput(reason: "not ours"))
        #expect(try await ids(.bounced, world) == [id])
        #expect(try await ids(.silent, world).isEmpty)
        world.clock.advance(by: .seconds(25 * 3600))
        #expect(try await ids(.overdue, world) == [id])
        #expect(try await ids(.dueSoon, world).isEmpty)
        #expect(try await ids(.silent, world) == [id])
        let counts = try await service.supervisionCounts()
        #expect(counts.lists == [.dueSoon: 0, .overdue: 1, .bounced: 1, .silent: 1, .withoutHolder: 0, .reviewDue: 0])
        _ = try await service.act(id, .urge, by: Self.leader, input: CaseInput(note: "now"))
        #expect(try await service.get(id, for: Self.leader).course.urgings == 1)
    }

    @Test("what was done in time is late in no list, however long others look at it; what was done late stays late")
    func doneInTime() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let service = world.service
        let inTime = try await filed(world, "a")
        let late = try await filed(world, "b")
        for id in [inTime, late] {
            _ = try await service.act(id, .dispatch, by: CaseWorld.actor(.dispatcher), input: CaseInput())
            _ = try await service.act(id, .accept, by: Self.unit, input: CaseInput())
        }
        world.clock.advance(by: .seconds(7199))
        let done = try await service.act(inTime, .handle, by: Self.unit, input: CaseInput(note: "pumped"))
        world.clock.advance(by: .seconds(3600))
        _ = try await service.act(late, .handle, by: Self.unit, input: CaseInput(note: "pumped"))
        world.clock.advance(by: .seconds(86_400))
        #expect(!done.isOverdue(at: world.clock.now()))
        #expect(try await ids(.overdue, world) == [late])
        #expect(try await ids(.dueSoon, world).isEmpty)
        var filter = CaseFilter()
        filter.due = CaseFilter.Due(from: nil, to: world.clock.now())
        #expect(try await service.list(filter, page: PageRequest(), for: Self.leader).items.map(\.id) == [late])
        let passed = CaseInput(note: "dry", passed: true)
        for id in [inTime, late] {
            _ = try await service.act(id, .check, by: CaseWorld.actor(.collector), input: passed)
            _ = try await service.act(id, .close, by: CaseWorld.actor(.acceptor), input: CaseInput())
        }
        let closed = try await service.get(inTime, for: Self.leader)
        #expect(!service.view(closed, for: Self.leader).overdue && closed.dueAt != nil)
        #expect(service.view(try await service.get(late, for: Self.leader), for: Self.leader).overdue)
        // A check that isn't passed lets the limit run on with what was left, and late again it is late.
        let third = try await filed(world, "c")
        for (action, actor, input) in [
            (.dispatch, CaseWorld.actor(.dispatcher), CaseInput()), (.accept, Self.unit, CaseInput()),
            (.handle, Self.unit, CaseInput(note: "pumped")),
            (.check, CaseWorld.actor(.collector), CaseInput(note: "wet", passed: false)),
        ] as [(CaseAction, CaseActor, CaseInput)] {
            _ = try await service.act(third, action, by: actor, input: input)
        }
        world.clock.advance(by: .seconds(7201))
        #expect(try await ids(.overdue, world) == [third])
    }

    @Test("a suspended case comes up when its review has come, and one that lies with nobody is found")
    func reviews() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let service = world.service
        let id = try await filed(world, "a")
        let now = world.clock.now()
        func suspend(_ owner: String, _ review: Int) -> CaseInput {
            let day = Duration.seconds(86_400)
            return CaseInput(reason: "winter", owner: owner, until: now + day * 90, review: now + day * review)
        }
        let dispatcher = CaseWorld.actor(.dispatcher)
        let suspended = try await service.act(id, .suspend, by: dispatcher, input: suspend("drainage", 30))
        #expect(suspended.holder == CaseHolder(.unit, "drainage"))
        #expect(try await ids(.reviewDue, world).isEmpty)
        world.clock.advance(by: .seconds(86_400 * 31))
        #expect(try await ids(.reviewDue, world) == [id])
        #expect(try await service.supervisionCounts().lists[.reviewDue] == 1)
        let again = try await service.act(id, .suspend, by: dispatcher, input: suspend("nobody-there", 60))
        #expect(again.holder == CaseHolder(.person, "nobody-there"))
        #expect(try await ids(.reviewDue, world).isEmpty)
        #expect(try await ids(.withoutHolder, world) == [id])
        _ = try await service.act(id, .resume, by: dispatcher, input: CaseInput())
        world.clock.advance(by: .seconds(86_400 * 90))
        #expect(try await ids(.reviewDue, world).isEmpty)
        #expect(try await service.verifyLog(id) == .intact)
    }

    @Test("an order is answered by whoever has the case, closed by a leader, and late at once when its time has passed")
    func orders() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let service = world.service
        let id = try await filed(world, "a")
        _ = try await service.act(id, .dispatch, by: CaseWorld.actor(.dispatcher), input: CaseInput())
        let due = world.clock.now() + .seconds(3600)
        let past = await #expect(throws: CaseError.self) {
            _ = try await service.order("tonight", about: id, until: world.clock.now(), by: Self.leader)
        }
        #expect(past?.code == .invalidField("dueAt"))
        let order = try await service.order("tonight", about: id, until: due, by: Self.leader).order
        for actor in [Self.unit, CaseWorld.actor(.acceptor)] {
            let error = await #expect(throws: CaseError.self) {
                _ = try await service.order("x", about: id, until: due, by: actor)
            }
            #expect(error?.code == .forbidden)
        }
        world.clock.advance(by: .seconds(3601))
        let late = try await service.orders(
            caseId: nil,
            state: nil,
            overdue: true,
            page: PageRequest(),
            for: Self.leader
        )
        #expect(late.items.map(\.order.id) == [order.id])
        #expect(try await service.supervisionCounts().overdueOrders == 1)
        let foreign = await #expect(throws: CaseError.self) {
            _ = try await service.answer(order.id, note: "x", by: CaseWorld.actor(.unit, unit: "gas"))
        }
        #expect(foreign?.code == .notFound, "another unit's orders are not there")
        let answered = try await service.answer(order.id, note: "pumped dry", by: Self.unit)
        #expect(answered.order.state == .answered)
        #expect(try await service.supervisionCounts().overdueOrders == 0)
        let closed = try await service.closeOrder(order.id, note: "good", by: Self.leader)
        #expect(closed.order.answers.map(\.to) == [.answered, .closed])
        let again = await #expect(throws: CaseError.self) {
            _ = try await service.answer(order.id, note: "more", by: Self.unit)
        }
        #expect(again?.code == .illegalAction(state: .dispatched))
        let own = try await service.orders(caseId: id, state: nil, overdue: false, page: PageRequest(), for: Self.unit)
        #expect(own.items.count == 1)
        let others = try await service.orders(
            caseId: nil,
            state: nil,
            overdue: false,
            page: PageRequest(),
            for: CaseWorld.actor(.unit, unit: "gas")
        )
        #expect(others.items.isEmpty)
    }
}
