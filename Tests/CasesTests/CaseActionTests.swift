import Cases
import Domain
import Foundation
import Store
import Testing

@Suite("Moving a case on")
struct CaseActionTests {
    @Test("four people take a reported case to closed, with a return and a rework on the way")
    func wholeWay() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let service = world.service
        let (opened, _) = try await service.report(
            world.request("09009", filed: false),
            by: CaseWorld.actor(.monitor)
        )
        world.clock.advance(by: .seconds(600))
        let steps: [(CaseAction, CaseActor, CaseInput, CaseState)] = [
            (.file, CaseWorld.actor(.acceptor), CaseInput(classCode: "E-05-06"), .filed),
            (.urge, CaseWorld.actor(.leader), CaseInput(note: "quickly"), .filed),
            (.dispatch, CaseWorld.actor(.dispatcher), CaseInput(unit: "gas"), .dispatched),
            (.return, CaseWorld.actor(.unit, unit: "gas"), CaseInput(reason: "not ours"), .filed),
            (.dispatch, CaseWorld.actor(.dispatcher), CaseInput(), .dispatched),
            (.accept, CaseWorld.actor(.unit, unit: "drainage"), CaseInput(), .handling),
            (.handle, CaseWorld.actor(.unit, unit: "drainage"), CaseInput(note: "pumped", photo: "p1"), .handled),
            (.check, CaseWorld.actor(.collector), CaseInput(note: "still wet", passed: false), .dispatched),
            (.accept, CaseWorld.actor(.unit, unit: "drainage"), CaseInput(), .handling),
            (.handle, CaseWorld.actor(.unit, unit: "drainage"), CaseInput(note: "dry"), .handled),
            (.check, CaseWorld.actor(.collector), CaseInput(note: "dry", passed: true), .checked),
            (.close, CaseWorld.actor(.acceptor), CaseInput(), .closed),
        ]
        for (action, actor, input, state) in steps {
            let value = try await service.act(opened.id, action, by: actor, input: input)
            #expect(value.state == state, "\(action)")
        }
        let leader = CaseWorld.actor(.leader)
        let closed = try await service.get(opened.id, for: leader)
        #expect(closed.unit == "drainage")
        #expect(closed.snapshots == ["p1"])
        #expect(closed.closedAt == world.clock.now())
        // The limit ran anew from filing, by the class that the acceptor chose.
        #expect(closed.dueAt == world.clock.now() + .seconds(7200))
        let log = try await service.log(opened.id, for: leader)
        #expect(log.map(\.entry.seq) == Array(1...13))
        #expect(log.map(\.entry.kind.name).first == "report")
        #expect(try await service.verifyLog(opened.id) == .intact)
    }

    @Test("of two dispatchers at once one is told where the case stands now")
    func raced() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let id = try await world.service.openOrJoin(world.request(alarm: "a1"))
        let outcomes = await withTaskGroup(of: CaseError?.self) { group in
            for unit in ["gas", "water"] {
                group.addTask {
                    do {
                        let actor = CaseWorld.actor(.dispatcher)
                        _ = try await world.service.act(id, .dispatch, by: actor, input: CaseInput(unit: unit))
                        return nil
                    } catch { return error as? CaseError }
                }
            }
            return await group.reduce(into: [CaseError?]()) { $0.append($1) }
        }
        #expect(outcomes.filter { $0 == nil }.count == 1)
        #expect(outcomes.compactMap(\.self).map(\.code) == [.illegalAction(state: .dispatched)])
    }

    @Test("errors say what was wrong: role, state, field, unknown unit, unknown case")
    func errors() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let id = try await world.service.openOrJoin(world.request(alarm: "a1"))
        let table: [(String, CaseAction, CaseActor, CaseInput, CaseError.Code)] = [
            (id, .dispatch, CaseWorld.actor(.acceptor), CaseInput(), .forbidden),
            (id, .accept, CaseWorld.actor(.unit, unit: "gas"), CaseInput(), .forbidden),
            (id, .close, CaseWorld.actor(.acceptor), CaseInput(), .illegalAction(state: .filed)),
            (id, .urge, CaseWorld.actor(.leader), CaseInput(), .missingField("note")),
            (id, .dispatch, CaseWorld.actor(.dispatcher), CaseInput(unit: "nobody"), .invalidField("unit")),
            ("no-such", .urge, CaseWorld.actor(.leader), CaseInput(note: "x"), .notFound),
        ]
        for (id, action, actor, input, code) in table {
            let error = await #expect(throws: CaseError.self) {
                _ = try await world.service.act(id, action, by: actor, input: input)
            }
            #expect(error?.code == code)
        }
        #expect(try await world.service.log(id, for: CaseWorld.actor(.leader)).count == 1)
    }

    @Test("a unit's users see their own unit's cases only")
    func visibility() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let wet = try await world.service.openOrJoin(world.request("E-05-06", alarm: "a1"))
        let gas = try await world.service.openOrJoin(world.request("E-05-02", alarm: "a2"))
        let actor = CaseWorld.actor(.unit, unit: "gas")
        let page = try PageRequest()
        #expect(try await world.service.list(CaseFilter(), page: page, for: actor).items.map(\.id) == [gas])
        #expect(try await world.service.list(CaseFilter(unit: "drainage"), page: page, for: actor).items.isEmpty)
        await #expect(throws: CaseError.self) { _ = try await world.service.get(wet, for: actor) }
        await #expect(throws: CaseError.self) { _ = try await world.service.log(wet, for: actor) }
        let nobody = CaseWorld.actor(.unit)
        #expect(try await world.service.list(CaseFilter(), page: page, for: nobody).items.isEmpty)
    }

    @Test("the list filters, searches and pages through everything once")
    func list() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        for index in 0..<25 {
            let far = GeoPoint(lat: 30 + Double(index) * 0.01, lon: 119)
            _ = try await world.service.openOrJoin(
                world.request(index % 2 == 0 ? "E-05-06" : "E-05-02", at: far, alarm: "a\(index)")
            )
            world.clock.advance(by: .seconds(1))
        }
        let leader = CaseWorld.actor(.leader)
        var numbers: [String] = []
        var cursor: String?
        repeat {
            let page = try await world.service.list(
                CaseFilter(open: true),
                page: try PageRequest(limit: 10, cursor: cursor),
                for: leader
            )
            numbers += page.items.map(\.number)
            cursor = page.next
        } while cursor != nil
        #expect(numbers == numbers.sorted(by: >))
        #expect(numbers.count == 25)
        let page = try PageRequest()
        func count(_ filter: CaseFilter) async throws -> Int {
            let found = try await world.service.list(filter, page: page, for: leader)
            return found.items.count
        }
        #expect(try await count(CaseFilter(classCode: "E-05-06")) == 13)
        #expect(try await count(CaseFilter(unit: "gas")) == 12)
        #expect(try await count(CaseFilter(state: .closed)) == 0)
        #expect(try await count(CaseFilter(open: false)) == 0)
        #expect(try await count(CaseFilter(query: "-0007")) == 1)
        #expect(try await count(CaseFilter(query: "鼓楼")) == 25)
        #expect(try await count(CaseFilter(query: "100%_")) == 0)
    }

    @Test("each change is published once, as the API shows it, and again to the unit that loses the case")
    func published() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        var changes = world.feed.listen().makeAsyncIterator()
        let id = try await world.service.openOrJoin(world.request(alarm: "a1"))
        let first = try #require(await changes.next()?.change)
        #expect(first.topic == .case)
        #expect(first.unit == "drainage")
        let object = try JSONSerialization.jsonObject(with: Data(first.json)) as? [String: Any]
        #expect(object?["id"] as? String == id)
        #expect(object?["className"] as? String == "道路积水")
        #expect(object?["closedAt"] is NSNull)
        #expect(object?["actions"] == nil)
        _ = try await world.service.act(
            id,
            .dispatch,
            by: CaseWorld.actor(.dispatcher),
            input: CaseInput(unit: "water")
        )
        #expect(await changes.next()?.change.unit == "water")
        #expect(await changes.next()?.change.unit == "drainage")
    }
}
