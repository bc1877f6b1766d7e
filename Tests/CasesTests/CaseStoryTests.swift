import Cases
import Domain
import Foundation
import Store
import TestSupport
import Testing

/// What a case's log tells besides its steps, and what hangs on that.
@Suite("The whole story of a case")
struct CaseStoryTests {
    private static let acceptor = CaseWorld.actor(.acceptor)
    private static let leader = CaseWorld.actor(.leader)
    private static let unit = CaseWorld.actor(.unit, unit: "gas")

    private func report(
        _ world: CaseWorld,
        linkedTo id: String? = nil,
        at point: GeoPoint = CaseWorld.here,
        channel: String = "12345",
        contact: String? = "13800000000"
    ) async throws -> StoredReport {
        world.clock.advance(by: .seconds(1))
        var request = CaseRequest(
            classCode: "09009",
            position: point,
            channel: channel,
            at: world.clock.now(),
            filed: false
        )
        request.report = ReportDetails(reporter: "赵六", contact: contact)
        return try await world.service.take(request, linkedTo: id, by: Self.acceptor).report
    }

    private func close(_ id: String, _ world: CaseWorld) async throws {
        let steps: [(CaseAction, CaseActor, CaseInput)] = [
            (.file, Self.acceptor, CaseInput()),
            (.dispatch, CaseWorld.actor(.dispatcher), CaseInput(unit: "gas")),
            (.accept, Self.unit, CaseInput()), (.handle, Self.unit, CaseInput(note: "done")),
            (.check, CaseWorld.actor(.collector), CaseInput(note: "seen", passed: true)),
            (.close, Self.acceptor, CaseInput()),
        ]
        for (action, actor, input) in steps {
            world.clock.advance(by: .seconds(30))
            _ = try await world.service.act(id, action, by: actor, input: input)
        }
    }

    @Test("linked reports, call-backs, orders and answers stand in the log, without names, and are nobody's step")
    func told() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let service = world.service
        let told = try await report(world)
        let id = told.caseId
        let linked = try await report(world, linkedTo: id)
        let steps = try await service.get(id, for: Self.leader).course.last
        let due = world.clock.now() + .seconds(3600)
        let order = try await service.order("tonight", about: id, until: due, by: Self.leader).order
        _ = try await service.answer(order.id, note: "soon", by: Self.acceptor)
        _ = try await service.closeOrder(order.id, note: "good", by: Self.leader)
        let now = try await service.get(id, for: Self.leader)
        #expect(now.course.last == steps, "what a leader orders and a desk answers moves nothing")
        #expect(now.state == .reported)
        world.clock.advance(by: .seconds(25 * 3600))
        let silent = try await service.supervised(.silent, page: PageRequest())
        #expect(silent.items.map(\.id) == [id])
        try await close(id, world)
        _ = try await service.callBack(told.report.ticket, .satisfied, note: "赵六 says thanks", by: Self.acceptor)
        let log = try await service.log(id, for: Self.leader).map(\.entry)
        #expect(
            log.map(\.kind.name) == [
                "report", "linkReport", "order", "answerOrder", "closeOrder", "file", "dispatch", "accept", "handle",
                "check", "close", "callBack",
            ]
        )
        #expect(log[1].data.ticket == linked.report.ticket)
        #expect(log[2].data.orderId == order.id && log[2].data.orderUntil == due && log[2].note == "tonight")
        #expect(log[11].data.result == .satisfied && log[11].data.ticket == told.report.ticket)
        #expect(try await service.verifyLog(id) == .intact)
        let sealed = try await service.sealedLog(id, for: Self.leader).map(\.entry).joined()
        for secret in ["赵六", "13800000000"] { #expect(!sealed.contains(secret)) }
    }

    @Test("a case isn't archived while somebody who has reported it is still to be called back")
    func archiving() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let told = try await report(world)
        try await close(told.caseId, world)
        let error = await #expect(throws: CaseError.self) {
            _ = try await world.service.act(told.caseId, .archive, by: Self.acceptor, input: CaseInput())
        }
        #expect(error?.code == .blocked(.callBackDue, state: .closed))
        _ = try await world.service.callBack(told.report.ticket, .unreachable, note: nil, by: Self.acceptor)
        let done = try await world.service.act(told.caseId, .archive, by: Self.acceptor, input: CaseInput())
        #expect(done.state == .archived)
    }

    @Test("of two reporters who are called back at once, none is noted satisfied with a case that was opened again")
    func atOnce() async throws {
        for _ in 0..<10 {
            let world = try CaseWorld()
            defer { world.remove() }
            let service = world.service
            let one = try await report(world)
            let two = try await report(world, linkedTo: one.caseId)
            try await close(one.caseId, world)
            let noted = await withTaskGroup(of: Bool.self) { group in
                for (ticket, result) in [
                    (one.report.ticket, CallBack.Result.satisfied), (two.report.ticket, .unsatisfied),
                ] {
                    group.addTask {
                        (try? await service.callBack(ticket, result, note: "x", by: Self.acceptor)) != nil
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            let log = try await service.log(one.caseId, for: Self.leader).map(\.entry)
            let calls = log.filter { $0.kind == .callBack }
            #expect(calls.count == noted)
            #expect(calls.allSatisfy { $0.from == .closed && $0.to == .closed })
            let sums = try await service.callBackSums(from: .epoch, to: world.clock.now() + .seconds(1))
            #expect(sums.done == noted)
            #expect(log.filter { $0.kind == .action(.reopen) }.count == sums.unsatisfied)
        }
    }

    @Test("what can't be opened again isn't noted as a call-back")
    func notNoted() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let told = try await report(world)
        try await close(told.caseId, world)
        // The dispatcher of this case, as acceptor: command, and no judge of it.
        let other = CaseActor(name: "the-dispatcher", role: .acceptor)
        let error = await #expect(throws: CaseError.self) {
            _ = try await world.service.callBack(told.report.ticket, .unsatisfied, note: "still there", by: other)
        }
        #expect(error?.code == .conflict(.command))
        let view = try await world.service.report(told.report.ticket, for: Self.acceptor)
        #expect(view.callBacks.isEmpty && view.callBackDue)
        #expect(try await world.service.log(told.caseId, for: Self.leader).last?.entry.kind == .action(.close))
    }

    @Test("a unit sees the finds of its own people in others' cases, and no others")
    func ownFinds() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let owner = CaseActor(name: "the-owner", role: .unit, unit: "water")
        let colleague = CaseActor(name: "the-colleague", role: .unit, unit: "water")
        let request = CaseRequest(
            classCode: "09009",
            position: CaseWorld.here,
            channel: "owner",
            at: world.clock.now(),
            filed: false
        )
        let found = try await world.service.take(request, by: owner).report
        _ = try await report(world)
        try await close(found.caseId, world)
        #expect(try await world.service.get(found.caseId, for: Self.acceptor).unit == "gas")
        for actor in [owner, colleague] {
            let page = try await world.service.reports(ReportFilter(), page: PageRequest(), for: actor)
            #expect(page.items.map(\.report.ticket) == [found.report.ticket], "\(actor.name)")
            #expect(page.items.first?.caseId == nil, "the case is another unit's")
            #expect(try await world.service.report(found.report.ticket, for: actor).stage == .closed)
        }
        let gas = try await world.service.reports(ReportFilter(), page: PageRequest(), for: Self.unit)
        #expect(gas.items.map(\.report.ticket) == [found.report.ticket])
        let stranger = CaseActor(name: "x", role: .unit, unit: "drainage")
        #expect(try await world.service.reports(ReportFilter(), page: PageRequest(), for: stranger).items.isEmpty)
    }

    @Test("changes of a case say how far its log is, so that one that was overtaken is told from the later one")
    func sequence() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        var changes = world.feed.listen().makeAsyncIterator()
        let told = try await report(world)
        _ = try await report(world, linkedTo: told.caseId)
        _ = try await world.service.act(told.caseId, .file, by: Self.acceptor, input: CaseInput())
        var seen: [Int] = []
        while seen.count < 3, let next = await changes.next() {
            guard next.change.topic == .case else { continue }
            let json = try JSONDecoder().decode(Sequenced.self, from: Data(next.change.json))
            seen.append(json.seq)
        }
        #expect(seen == [1, 2, 3])
    }

    private struct Sequenced: Decodable {
        var seq: Int
    }

    /// Judged by the logs of all cases, one by one.
    @Test("in random histories the counts are those of a count by hand, and the channels' sums match the whole")
    func counts() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let service = world.service
        var random = SeededRandom(seed: 11)
        let channels = ["12345", "12319", "web", "110"]
        var ids: [String] = []
        for index in 0..<60 {
            let point = GeoPoint(lat: 32 + Double(index) * 0.01, lon: 119)
            let channel = channels[Int.random(in: 0..<channels.count, using: &random)]
            let link = Int.random(in: 0..<4, using: &random) == 0 ? ids.randomElement(using: &random) : nil
            do {
                let told = try await report(world, linkedTo: link, at: point, channel: channel)
                if link == nil { ids.append(told.caseId) }
            } catch is CaseError {}
            for _ in 0..<3 {
                guard let id = ids.randomElement(using: &random), let other = ids.randomElement(using: &random) else {
                    continue
                }
                let value = try await service.get(id, for: Self.acceptor)
                let collector = CaseWorld.actor(.collector)
                let offered =
                    service.actions(on: value, for: Self.acceptor).map { ($0, Self.acceptor) }
                    + service.actions(on: value, for: collector).map { ($0, collector) }
                // Mostly filed, so that the ends that aren't are among those that are.
                let isLucky = Bool.random(using: &random)
                guard
                    let (action, actor) = isLucky
                        ? offered.first(where: { $0.0 == .file }) : offered.randomElement(using: &random)
                else { continue }
                let input = CaseInput(
                    reason: "x",
                    note: "x",
                    photo: "p",
                    passed: true,
                    into: other,
                    photoBefore: "b"
                )
                do { _ = try await service.act(id, action, by: actor, input: input) } catch is CaseError {}
            }
        }
        let views = try await service.reports(ReportFilter(), page: PageRequest(limit: 1000), for: Self.acceptor).items
        var wanted: [String: ReportCount] = [:]
        for view in views {
            let channel = view.report.channel
            wanted[channel, default: ReportCount(key: channel, reports: 0, cases: 0, filed: 0, selfFound: 0)].reports +=
                1
        }
        var (opened, filed) = (0, 0)
        for id in ids {
            let value = try await service.get(id, for: Self.acceptor)
            guard value.course.mergedInto == nil else { continue }
            let own = views.filter { $0.report.openedCaseId == id }
            let first = try #require(own.min { $0.report.receivedAt < $1.report.receivedAt })
            wanted[first.report.channel]?.cases += 1
            opened += 1
            let log = try await service.log(id, for: Self.acceptor).map(\.entry)
            let judged = log.lastIndex { $0.to == .reported || $0.to == .verifying } ?? 0
            let isFiled = log[judged...].contains { $0.to == .filed }
            guard isFiled, value.ending != .void else { continue }
            wanted[first.report.channel]?.filed += 1
            filed += 1
        }
        let until = world.clock.now() + .seconds(1)
        let counts = try await service.reportCounts(byUnit: false, from: .epoch, to: until)
        #expect(counts == wanted.values.sorted { $0.key ?? "" < $1.key ?? "" })
        #expect(counts.reduce(0) { $0 + $1.cases } == opened && counts.reduce(0) { $0 + $1.filed } == filed)
        #expect(filed > 3 && filed < opened && opened < ids.count)
        let byUnit = try await service.reportCounts(byUnit: true, from: .epoch, to: until)
        #expect(byUnit.reduce(0) { $0 + $1.cases } == opened && byUnit.reduce(0) { $0 + $1.filed } == filed)
        #expect(byUnit.reduce(0) { $0 + $1.reports } == views.count)
    }

    @Test(
        "refused and archived is not filed, put right on the spot neither; three channels of one problem are one case"
    )
    func filed() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let service = world.service
        let refused = try await report(world).caseId
        _ = try await service.act(refused, .refuse, by: Self.acceptor, input: CaseInput(reason: "dry"))
        _ = try await service.act(refused, .archive, by: Self.acceptor, input: CaseInput())
        let small = try await report(world).caseId
        let spot = CaseInput(note: "swept", photo: "p", photoBefore: "b")
        _ = try await service.act(small, .selfHandle, by: CaseWorld.actor(.collector), input: spot)
        let one = try await report(world).caseId
        let two = try await report(world, channel: "12319").caseId
        _ = try await report(world, linkedTo: one, channel: "web")
        _ = try await service.act(one, .file, by: Self.acceptor, input: CaseInput())
        _ = try await service.act(two, .file, by: Self.acceptor, input: CaseInput())
        _ = try await service.act(two, .merge, by: Self.acceptor, input: CaseInput(into: one))
        let until = world.clock.now() + .seconds(1)
        let counts = try await service.reportCounts(byUnit: false, from: .epoch, to: until)
        #expect(counts.reduce(0) { $0 + $1.reports } == 5)
        #expect(counts.reduce(0) { $0 + $1.cases } == 3)
        #expect(counts.reduce(0) { $0 + $1.filed } == 1)
    }
}
