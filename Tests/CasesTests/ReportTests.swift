import Cases
import Domain
import Foundation
import Store
import Testing

@Suite("Reports")
struct ReportTests {
    private static let acceptor = CaseWorld.actor(.acceptor)
    private static let collector = CaseWorld.actor(.collector)

    private func request(
        _ channel: String,
        at point: GeoPoint = CaseWorld.here,
        client: String? = nil,
        world: CaseWorld,
        _ details: ReportDetails = ReportDetails()
    ) -> CaseRequest {
        var request = CaseRequest(
            classCode: "09009",
            position: point,
            channel: channel,
            at: world.clock.now() - .seconds(600),
            clientId: client,
            filed: false
        )
        request.report = details
        return request
    }

    @Test("every channel is in exactly one of two groups, and there are more than ten")
    func channels() {
        let channels = ChannelTable.builtIn
        #expect(channels.channels.count >= 12)
        #expect(Set(channels.channels.map(\.group)) == Set(ReportChannel.Group.allCases))
        #expect(channels["carrier-pigeon"].group == .public)
        for id in ["collector", "12319", "12345", "110", "sms", "web", "leader", "community", "video", "sensor"] {
            #expect(channels.channels.contains { $0.id == id })
        }
    }

    @Test("one problem through three channels is one case with three tickets, and each reporter sees its own progress")
    func threeChannels() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let service = world.service
        let details = ReportDetails(reporter: "王五", contact: "138")
        let hotline = try await service.take(request("12345", world: world, details), by: Self.acceptor)
        world.clock.advance(by: .seconds(60))
        let street = try await service.take(request("collector", client: "c1", world: world), by: Self.collector)
        world.clock.advance(by: .seconds(60))
        let first = hotline.report.caseId
        let second = street.report.caseId
        #expect(first != second)
        // Seen as the same problem by a person: suggested, looked at, joined.
        let suggested = try await service.duplicates(of: second, for: Self.acceptor)
        #expect(suggested.map(\.value.id) == [first])
        #expect(suggested.first?.isLikely == true)
        _ = try await service.act(first, .file, by: Self.acceptor, input: CaseInput())
        world.clock.advance(by: .seconds(60))
        _ = try await service.act(second, .merge, by: Self.acceptor, input: CaseInput(into: first))
        // The third is told while the second caller is still on the line: linked when it comes in.
        let web = try await service.take(request("web", world: world), linkedTo: first, by: Self.acceptor)
        #expect(web.created)
        let tickets = [hotline, street, web].map(\.report.report.ticket)
        #expect(Set(tickets).count == 3)
        let page = try await service.reports(
            ReportFilter(caseId: first),
            page: PageRequest(),
            for: CaseWorld.actor(.leader)
        )
        #expect(Set(page.items.map(\.report.ticket)) == Set(tickets))
        world.clock.advance(by: .seconds(60))
        _ = try await service.act(first, .dispatch, by: CaseWorld.actor(.dispatcher), input: CaseInput(unit: "gas"))
        let worker = CaseWorld.actor(.unit, unit: "gas")
        for (action, input) in [(CaseAction.accept, CaseInput()), (.handle, CaseInput(note: "done"))] {
            world.clock.advance(by: .seconds(60))
            _ = try await service.act(first, action, by: worker, input: input)
        }
        // The collector asks with its login, the caller with ticket and code; neither learns of the other.
        let own = try await service.report(tickets[1], for: Self.collector)
        #expect(own.stage == .checking)
        #expect(own.steps.map(\.stage) == [.received, .accepted, .handling, .checking])
        let told = try await service.progress(tickets[0], code: hotline.report.code)
        #expect(told.steps.map(\.stage) == [.received, .accepted, .handling, .checking])
        #expect(told.showsPerson == false && told.caseId == nil)
        for stranger in [CaseActor(name: "another", role: .collector), CaseActor(name: "v", role: .viewer)] {
            let error = await #expect(throws: CaseError.self) {
                _ = try await service.report(tickets[0], for: stranger)
            }
            #expect(error?.code == .notFound)
        }
        let wrong = await #expect(throws: CaseError.self) {
            _ = try await service.progress(tickets[0], code: street.report.code)
        }
        #expect(wrong?.code == .notFound)
        let unit = try await service.report(tickets[0], for: worker)
        #expect(unit.showsPerson == false, "a handling unit never sees who has complained")
    }

    @Test("a merged case that is opened again takes its own reports back")
    func separated() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let service = world.service
        let one = try await service.take(request("12345", world: world), by: Self.acceptor).report
        let two = try await service.take(request("web", world: world), by: Self.acceptor).report
        _ = try await service.act(two.caseId, .merge, by: Self.acceptor, input: CaseInput(into: one.caseId))
        #expect(try await service.report(two.report.ticket, for: Self.acceptor).caseId == one.caseId)
        _ = try await service.act(two.caseId, .reopen, by: Self.acceptor, input: CaseInput(reason: "two holes"))
        #expect(try await service.report(two.report.ticket, for: Self.acceptor).caseId == two.caseId)
        #expect(try await service.report(one.report.ticket, for: Self.acceptor).caseId == one.caseId)
    }

    @Test("a report sent a hundred times is one, keeps its original time, and is never changed or deleted")
    func once() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let wanted = request("collector", client: "c1", world: world)
        let service = world.service
        let results = try await withThrowingTaskGroup(of: (String, Bool).self) { group in
            for _ in 0..<100 {
                group.addTask {
                    let (stored, created) = try await service.take(wanted, by: Self.collector)
                    return (stored.report.ticket, created)
                }
            }
            return try await group.reduce(into: [(String, Bool)]()) { $0.append($1) }
        }
        #expect(Set(results.map(\.0)).count == 1)
        #expect(results.filter(\.1).count == 1)
        let view = try await service.report(results[0].0, for: Self.collector)
        #expect(view.report.happenedAt == wanted.at)
        #expect(view.report.receivedAt == world.clock.now())
    }

    @Test("a unit's own find is marked as such; it links nothing, and what others have found stays theirs")
    func selfFound() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let owner = CaseActor(name: "the-owner", role: .unit, unit: "gas")
        let (stored, _) = try await world.service.take(request("12345", world: world), by: owner)
        #expect(stored.report.isSelfFound)
        #expect(stored.report.channel == "owner")
        let error = await #expect(throws: CaseError.self) {
            _ = try await world.service.take(request("web", world: world), linkedTo: stored.caseId, by: owner)
        }
        #expect(error?.code == .forbidden)
        let counts = try await world.service.reportCounts(
            byUnit: true,
            from: .epoch,
            to: world.clock.now() + .seconds(1)
        )
        #expect(counts.reduce(0) { $0 + $1.selfFound } == 1)
    }

    @Test("ten channels with one report each are ten in the counts, and the groups' sums match")
    func counts() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let ids = ["collector", "12319", "12345", "110", "sms", "web", "leader", "community", "video", "monitor"]
        for (index, id) in ids.enumerated() {
            let point = GeoPoint(lat: 32 + Double(index) * 0.01, lon: 119)
            _ = try await world.service.take(request(id, at: point, world: world), by: Self.acceptor)
        }
        let counts = try await world.service.reportCounts(
            byUnit: false,
            from: .epoch,
            to: world.clock.now() + .seconds(1)
        )
        #expect(Set(counts.compactMap(\.key)) == Set(ids))
        #expect(counts.allSatisfy { $0.reports == 1 && $0.cases == 1 && $0.filed == 0 })
    }
}

@Suite("Duplicates and call-backs")
struct DuplicateTests {
    private static let acceptor = CaseWorld.actor(.acceptor)

    private func report(
        _ world: CaseWorld,
        metres: Double = 0,
        _ classCode: String = "09009",
        contact: String? = nil
    ) async throws -> StoredReport {
        let point = GeoPoint(lat: CaseWorld.here.lat + metres / 111_195, lon: CaseWorld.here.lon)
        var request = CaseRequest(
            classCode: classCode,
            position: point,
            channel: "12345",
            at: world.clock.now(),
            filed: false
        )
        request.report = ReportDetails(reporter: "赵六", contact: contact)
        return try await world.service.take(request, by: Self.acceptor).report
    }

    private func close(_ id: String, _ world: CaseWorld) async throws {
        let steps: [(CaseAction, CaseActor, CaseInput)] = [
            (.file, Self.acceptor, CaseInput()),
            (.dispatch, CaseWorld.actor(.dispatcher), CaseInput(unit: "gas")),
            (.accept, CaseWorld.actor(.unit, unit: "gas"), CaseInput()),
            (.handle, CaseWorld.actor(.unit, unit: "gas"), CaseInput(note: "done")),
            (.check, CaseWorld.actor(.collector), CaseInput(note: "seen", passed: true)),
            (.close, Self.acceptor, CaseInput()),
        ]
        for (action, actor, input) in steps {
            world.clock.advance(by: .seconds(30))
            _ = try await world.service.act(id, action, by: actor, input: input)
        }
    }

    @Test(
        "only the class's own cases within its radius are suggested; those within its period are likely",
        arguments: [
            (0.0, 0, "09009", true, true), (15, 1700, "09009", true, true), (15, 7200, "09009", true, false),
            (25, 0, "09009", false, false), (0, 0, "E-05-06", false, false),
        ] as [(Double, Int64, String, Bool, Bool)]
    )
    func suggested(metres: Double, seconds: Int64, classCode: String, isFound: Bool, isLikely: Bool) async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let first = try await report(world)
        world.clock.advance(by: .seconds(seconds))
        let second = try await report(world, metres: metres, classCode)
        let found = try await world.service.duplicates(of: second.caseId, for: Self.acceptor)
        #expect(found.map(\.value.id) == (isFound ? [first.caseId] : []))
        if isFound { #expect(found.first?.isLikely == isLikely) }
    }

    @Test("a closed case is suggested for fifteen days, a refused one never")
    func closed() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let first = try await report(world)
        try await close(first.caseId, world)
        let refused = try await report(world)
        _ = try await world.service.act(refused.caseId, .refuse, by: Self.acceptor, input: CaseInput(reason: "dry"))
        let second = try await report(world)
        let found = try await world.service.duplicates(of: second.caseId, for: Self.acceptor)
        #expect(found.map(\.value.id) == [first.caseId])
        #expect(found.first?.isLikely == false)
        world.clock.advance(by: .seconds(16 * 86_400))
        let third = try await report(world)
        let later = try await world.service.duplicates(of: third.caseId, for: Self.acceptor)
        #expect(later.map(\.value.id) == [second.caseId], "what is open is suggested at any age")
    }

    @Test("an unsatisfied reporter opens the case again and is due again once it is closed anew")
    func callBacks() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let service = world.service
        let told = try await report(world, contact: "138")
        let ticket = told.report.ticket
        let early = await #expect(throws: CaseError.self) {
            _ = try await service.callBack(ticket, .satisfied, note: nil, by: Self.acceptor)
        }
        #expect(early?.code == .illegalAction(state: .reported))
        try await close(told.caseId, world)
        let due = ReportFilter(callBackDue: true)
        #expect(try await service.reports(due, page: PageRequest(), for: Self.acceptor).items.count == 1)
        let wordless = await #expect(throws: CaseError.self) {
            _ = try await service.callBack(ticket, .unsatisfied, note: " ", by: Self.acceptor)
        }
        #expect(wordless?.code == .missingField("note"))
        let view = try await service.callBack(ticket, .unsatisfied, note: "still there", by: Self.acceptor)
        #expect(view.stage == .accepted)
        #expect(try await service.get(told.caseId, for: Self.acceptor).state == .filed)
        #expect(try await service.reports(due, page: PageRequest(), for: Self.acceptor).items.isEmpty)
        for (action, actor, input) in [
            (.dispatch, CaseWorld.actor(.dispatcher), CaseInput(unit: "gas")),
            (.accept, CaseWorld.actor(.unit, unit: "gas"), CaseInput()),
            (.handle, CaseWorld.actor(.unit, unit: "gas"), CaseInput(note: "done")),
            (.check, CaseWorld.actor(.collector), CaseInput(note: "seen", passed: true)),
            (.close, Self.acceptor, CaseInput()),
        ] as [(CaseAction, CaseActor, CaseInput)] {
            world.clock.advance(by: .seconds(30))
            _ = try await service.act(told.caseId, action, by: actor, input: input)
        }
        #expect(try await service.reports(due, page: PageRequest(), for: Self.acceptor).items.count == 1)
        let last = try await service.callBack(ticket, .satisfied, note: nil, by: Self.acceptor)
        #expect(last.callBacks.map(\.result) == [.unsatisfied, .satisfied])
        #expect(last.callBackDue == false)
        let sums = try await service.callBackSums(from: .epoch, to: world.clock.now() + .seconds(1))
        #expect((sums.due, sums.satisfied, sums.unsatisfied, sums.reopened) == (0, 1, 1, 1))
    }
}
