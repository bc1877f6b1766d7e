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
        #expect(counts.lists == [.dueSoon: 0, .overdue: 1, .bounced: 1, .silent: 1, .withoutHolder: 0])
        _ = try await service.act(id, .urge, by: Self.leader, input: CaseInput(note: "now"))
        #expect(try await service.get(id, for: Self.leader).course.urgings == 1)
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
