import Cases
import Domain
import Foundation
import Store
import Testing

@Suite("The ways of a case")
struct CaseCourseTests {
    private typealias Step = (CaseAction, CaseActor, CaseInput)

    private static let acceptor = CaseActor(name: "shou", role: .acceptor)
    private static let dispatcher = CaseActor(name: "pai", role: .dispatcher)
    private static let collector = CaseActor(name: "cai", role: .collector)

    private static func of(_ unit: String) -> CaseActor { CaseActor(name: "of-\(unit)", role: .unit, unit: unit) }

    @discardableResult
    private func take(_ world: CaseWorld, _ id: String, _ steps: Step...) async throws -> Case {
        var value: Case?
        for (action, actor, input) in steps {
            world.clock.advance(by: .seconds(60))
            value = try await world.service.act(id, action, by: actor, input: input)
        }
        return try #require(value)
    }

    private func refusal(
        _ world: CaseWorld,
        _ id: String,
        _ action: CaseAction,
        _ actor: CaseActor,
        _ input: CaseInput = CaseInput()
    ) async -> CaseError.Code? {
        do {
            _ = try await world.service.act(id, action, by: actor, input: input)
            return nil
        } catch { return (error as? CaseError)?.code }
    }

    private func opened(_ world: CaseWorld, _ code: String = "E-05-06", alarm: String = "a1") async throws -> String {
        try await world.service.openOrJoin(world.request(code, alarm: alarm))
    }

    @Test("a report is verified before it is filed: by who was asked, and by whoever comes first otherwise")
    func verifying() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let (reported, _) = try await world.service.report(
            world.request("09009", filed: false),
            by: CaseWorld.actor(.monitor)
        )
        let asked = try await take(
            world,
            reported.id,
            (.askVerification, Self.acceptor, CaseInput(collector: "somebody"))
        )
        #expect(asked.state == .verifying && asked.holder == CaseHolder(.person, "somebody"))
        let answer = CaseInput(note: "it is there", passed: true)
        #expect(
            await refusal(world, reported.id, .verify, Self.collector, answer)
                == .blocked(.otherChecker, state: .verifying)
        )
        let verified = try await take(
            world,
            reported.id,
            (.askVerification, Self.acceptor, CaseInput()),
            (.verify, Self.collector, answer)
        )
        #expect(verified.state == .reported && verified.course.verified == true)
        #expect(verified.holder == CaseHolder(.role, "acceptor"))
    }

    @Test("suspending stops every limit, resuming gives back what was left, and each suspension has owner and dates")
    func suspension() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let id = try await opened(world)
        let before = try await take(
            world,
            id,
            (.dispatch, Self.dispatcher, CaseInput()),
            (.accept, Self.of("drainage"), CaseInput())
        )
        let due = try #require(before.dueAt)
        let now = world.clock.now()
        let late = CaseInput(reason: "winter", owner: "wang", until: now - .seconds(1), review: now)
        #expect(await refusal(world, id, .suspend, Self.dispatcher, late) == .invalidField("until"))
        let suspend = CaseInput(
            reason: "winter",
            owner: "wang",
            until: now + .seconds(86_400 * 90),
            review: now + .seconds(86_400 * 30)
        )
        let suspended = try await take(world, id, (.suspend, Self.dispatcher, suspend))
        #expect(suspended.state == .suspended && suspended.dueAt == nil)
        #expect(suspended.holder == CaseHolder(.person, "wang"))
        let began = world.clock.now()
        world.clock.advance(by: .seconds(86_400 * 20))
        #expect(!suspended.isOverdue(at: world.clock.now()))
        let resumed = try await take(world, id, (.resume, Self.dispatcher, CaseInput()))
        #expect(resumed.state == .handling && resumed.course.suspension == nil)
        // The class has clock hours, so what is left is as long as it was.
        #expect(resumed.dueAt == due + (world.clock.now() - began))
    }

    @Test("an extension adds one original limit, once, and never to what is late")
    func extending() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let id = try await opened(world)
        let dispatched = try await take(world, id, (.dispatch, Self.dispatcher, CaseInput()))
        let due = try #require(dispatched.dueAt)
        let why = CaseInput(reason: "rain")
        let extended = try await take(world, id, (.extend, Self.dispatcher, why))
        #expect(extended.dueAt == due + .seconds(7200))
        #expect(extended.limit == dispatched.limit)
        #expect(
            await refusal(world, id, .extend, Self.dispatcher, why) == .blocked(.alreadyExtended, state: .dispatched)
        )
        let other = try await opened(world, "09009", alarm: "a2")
        try await take(world, other, (.dispatch, Self.dispatcher, CaseInput()))
        world.clock.advance(by: .seconds(86_400 * 40))
        #expect(await refusal(world, other, .extend, Self.dispatcher, why) == .blocked(.overdue, state: .dispatched))
    }

    @Test("the second return goes to adjudication, and the ruling binds until the case is opened anew")
    func adjudication() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let id = try await opened(world)
        let no = CaseInput(reason: "not ours")
        let disputed = try await take(
            world,
            id,
            (.dispatch, Self.dispatcher, CaseInput(unit: "gas")),
            (.return, Self.of("gas"), no),
            (.dispatch, Self.dispatcher, CaseInput(unit: "water")),
            (.return, Self.of("water"), no)
        )
        #expect(disputed.state == .adjudicating && disputed.holder == CaseHolder(.role, "dispatcher"))
        let ruled = try await take(
            world,
            id,
            (.adjudicate, Self.dispatcher, CaseInput(reason: "by the plan of 2019", unit: "gas"))
        )
        #expect(ruled.state == .dispatched && ruled.unit == "gas" && ruled.course.isBound)
        #expect(await refusal(world, id, .return, Self.of("gas"), no) == .blocked(.boundByRuling, state: .dispatched))
        let reopened = try await take(
            world,
            id,
            (.accept, Self.of("gas"), CaseInput()),
            (.handle, Self.of("gas"), CaseInput(note: "done")),
            (.check, Self.collector, CaseInput(note: "done", passed: true)),
            (.close, Self.acceptor, CaseInput()),
            (.reopen, Self.acceptor, CaseInput(reason: "it is back"))
        )
        #expect(reopened.state == .filed && reopened.closedAt == nil && reopened.course.reopenings == 1)
        #expect(!reopened.course.isBound && reopened.course.returns == 0)
        #expect(reopened.dueAt == world.clock.now() + .seconds(7200))
        #expect(try await world.service.verifyLog(id) == .intact)
    }

    @Test("in joint action each unit has limits and a queue of its own, and the one that leads reports last")
    func jointAction() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let id = try await opened(world)
        try await take(
            world,
            id,
            (.dispatch, Self.dispatcher, CaseInput()),
            (.accept, Self.of("drainage"), CaseInput())
        )
        world.clock.advance(by: .seconds(1800))
        let joint = try await take(world, id, (.engage, Self.dispatcher, CaseInput(units: ["gas", "water"])))
        #expect(joint.course.coUnits.map(\.unit) == ["gas", "water"])
        #expect(joint.course.coUnits[0].timers.last?.dueAt == world.clock.now() + .seconds(7200))
        #expect(joint.holder == CaseHolder(.unit, "drainage"))
        let page = try PageRequest()
        #expect(try await world.service.list(CaseFilter(), page: page, for: Self.of("gas")).items.map(\.id) == [id])
        #expect(try await world.service.get(id, for: Self.of("water")).id == id)
        #expect(world.service.actions(on: joint, for: Self.of("gas")) == [.accept])
        let done = CaseInput(note: "done")
        #expect(
            await refusal(world, id, .handle, Self.of("drainage"), done) == .blocked(.coUnitsFirst, state: .handling)
        )
        let after = try await take(world, id, (.accept, Self.of("gas"), CaseInput()), (.handle, Self.of("gas"), done))
        #expect(after.state == .handling && after.course.coUnits[0].state == .handled)
        #expect(after.course.coUnits[0].timers.last?.metAt == world.clock.now())
        #expect(after.timers?.last?.metAt == nil)
        #expect(
            await refusal(world, id, .disengage, Self.dispatcher, CaseInput(units: ["gas"])) == .invalidField("units")
        )
        let left = try await take(
            world,
            id,
            (.disengage, Self.dispatcher, CaseInput(units: ["water"])),
            (.handle, Self.of("drainage"), done)
        )
        #expect(left.state == .handled)
        #expect(try await world.service.list(CaseFilter(), page: page, for: Self.of("water")).items.isEmpty)
        #expect(await refusal(world, id, .accept, Self.of("water")) == .forbidden)
        #expect(try await world.service.verifyLog(id) == .intact)
    }

    @Test("what takes part stands still while the case is returned, and is extended with it")
    func partsStandStill() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let id = try await opened(world)
        let joint = try await take(
            world,
            id,
            (.dispatch, Self.dispatcher, CaseInput()),
            (.engage, Self.dispatcher, CaseInput(units: ["gas"]))
        )
        let due = try #require(joint.course.coUnits[0].timers.last?.dueAt)
        let back = try await take(world, id, (.return, Self.of("drainage"), CaseInput(reason: "not ours")))
        let stood = world.clock.now()
        #expect(back.course.coUnits[0].timers.last?.dueAt == nil && back.dueAt != nil)
        world.clock.advance(by: .seconds(1000))
        let again = try await take(world, id, (.dispatch, Self.dispatcher, CaseInput(unit: "water")))
        let on = due + (world.clock.now() - stood)
        #expect(again.course.coUnits[0].timers.last?.dueAt == on)
        let extended = try await take(world, id, (.extend, Self.dispatcher, CaseInput(reason: "rain")))
        #expect(extended.course.coUnits[0].timers.last?.dueAt == on + .seconds(7200))
        #expect(try await world.service.verifyLog(id) == .intact)
    }

    @Test("arriving and making safe end their limits alone, each once, and whoever takes part has its own")
    func phases() async throws {
        let world = try CaseWorld(
            limits: """
                code,level,condition,phase,limit,limitUnit
                E-05-06,1,leak,arrive,30,minute
                E-05-06,1,leak,secure,1,urgentHour
                E-05-06,1,leak,finish,8,urgentHour

                """
        )
        defer { world.remove() }
        let service = world.service
        let id = try await service.openOrJoin(world.request("E-05-06", alarm: "a1"))
        let gas = Self.of("gas")
        func take(_ action: CaseAction, _ actor: CaseActor, _ input: CaseInput = CaseInput()) async throws -> Case {
            world.clock.advance(by: .seconds(60))
            return try await service.act(id, action, by: actor, input: input)
        }
        _ = try await take(.dispatch, Self.dispatcher, CaseInput(unit: "gas"))
        let taken = try await take(.accept, gas)
        #expect(service.actions(on: taken, for: gas).contains(.arrive))
        let there = try await take(.arrive, gas)
        let arrived = world.clock.now()
        #expect(there.timers?.map(\.metAt) == [arrived, nil, nil] && there.state == .handling)
        let twice = await #expect(throws: CaseError.self) { _ = try await take(.arrive, gas) }
        #expect(twice?.code == .blocked(.noArrival, state: .handling))
        let joint = try await take(.engage, Self.dispatcher, CaseInput(units: ["water"]))
        #expect(joint.course.coUnits[0].timers.allSatisfy { $0.metAt == nil })
        _ = try await take(.accept, Self.of("water"))
        let part = try await take(.secure, Self.of("water"))
        #expect(part.course.coUnits[0].timers.map { $0.metAt == nil } == [false, false, true])
        #expect(part.timers?.map { $0.metAt == nil } == [false, true, true])
        let safe = try await take(.secure, gas)
        #expect(safe.timers?.map { $0.metAt == nil } == [false, false, true])
        #expect(!service.actions(on: safe, for: gas).contains(.secure))
        #expect(try await service.verifyLog(id) == .intact)
    }

    @Test("filing chooses which condition it is, and its limit with it")
    func condition() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let entry = try #require(world.service.catalogue.classes.first { $0.levels.count > 1 && $0.system != "" })
        let second = entry.levels[1]
        let (reported, _) = try await world.service.report(
            world.request(entry.code, filed: false),
            by: Self.collector
        )
        #expect(
            await refusal(world, reported.id, .file, Self.acceptor, CaseInput(level: 99)) == .invalidField("level")
        )
        let filed = try await take(world, reported.id, (.file, Self.acceptor, CaseInput(level: second.level)))
        #expect(filed.level == second.level && filed.limit == second.limit)
        let verdict = try await world.service.verifyLog(reported.id)
        #expect(verdict == .intact)
    }

    @Test("a unit that had it in any round, or one above or below it, can't be asked for the professional check")
    func formerWorkers() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let id = try await opened(world, "E-05-02")
        let no = CaseInput(reason: "not ours")
        try await take(
            world,
            id,
            (.dispatch, Self.dispatcher, CaseInput(unit: "gas")),
            (.return, Self.of("gas"), no),
            (.dispatch, Self.dispatcher, CaseInput(unit: "water")),
            (.accept, Self.of("water"), CaseInput()),
            (.handle, Self.of("water"), CaseInput(note: "done"))
        )
        #expect(await refusal(world, id, .askCheck, Self.acceptor, CaseInput(unit: "gas")) == .invalidField("unit"))
        let asked = try await take(world, id, (.askCheck, Self.acceptor, CaseInput(unit: "drainage")))
        #expect(asked.course.checkUnit == "drainage")
    }

    @Test("a ruling holds over a way to another centre and back")
    func rulingHolds() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let id = try await opened(world)
        let no = CaseInput(reason: "not ours")
        try await take(
            world,
            id,
            (.dispatch, Self.dispatcher, CaseInput(unit: "gas")),
            (.return, Self.of("gas"), no),
            (.dispatch, Self.dispatcher, CaseInput(unit: "water")),
            (.return, Self.of("water"), no),
            (.adjudicate, Self.dispatcher, CaseInput(reason: "the plan of 2019", unit: "gas")),
            (.handOver, Self.dispatcher, CaseInput(reason: "the province's", centre: "省厅")),
            (.takeBack, Self.dispatcher, CaseInput(reason: "it isn't"))
        )
        #expect(
            await refusal(world, id, .dispatch, Self.dispatcher, CaseInput(unit: "water"))
                == .blocked(.otherRuled, state: .filed)
        )
        let again = try await take(world, id, (.dispatch, Self.dispatcher, CaseInput()))
        #expect(again.unit == "gas" && again.course.isBound)
    }

    @Test("a report sent again is the first one also when its class has left the catalogue since")
    func sentAgain() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let (first, _) = try await world.service.report(
            world.request("09009", client: "c-1", filed: false),
            by: Self.collector
        )
        var base = BaseData(timeZone: TimeZone(secondsFromGMT: 8 * 3600) ?? .gmt)
        let other = "code,kind,name,level,limit,limitUnit\nX1,event,a,1,2,workDay\n"
        base.take(catalogue: try Catalogue(csv: other, file: "c.csv"), origin: .edition(1))
        base.link(day: 0)
        let later = CaseService(
            repository: CaseRepository(world.database),
            base: base,
            feed: world.feed,
            clock: world.clock
        )
        let (second, created) = try await later.report(
            world.request("09009", client: "c-1", filed: false),
            by: Self.collector
        )
        #expect(second.id == first.id && !created)
    }

    @Test("who has reported it is told to acceptor, leader and themselves, and is no text to be searched for")
    func reporters() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        var request = world.request("09009", filed: false)
        request.reporter = "李四"
        let (value, _) = try await world.service.report(request, by: Self.acceptor)
        func told(_ actor: CaseActor?) throws -> Bool {
            let json = try JSONEncoder().encode(world.service.view(value, for: actor))
            return String(decoding: json, as: UTF8.self).contains("李四")
        }
        #expect(try told(Self.acceptor) && told(CaseWorld.actor(.leader)))
        for actor in [nil, Self.dispatcher, Self.collector, CaseWorld.actor(.monitor), CaseWorld.actor(.admin)] {
            #expect(try !told(actor))
        }
        let first = try await world.service.log(value.id, for: Self.dispatcher)[0]
        #expect(first.entry.data.reporter == nil)
        #expect(try await world.service.log(value.id, for: Self.acceptor)[0].entry.data.reporter == "李四")
        let found = try await world.service.list(CaseFilter(query: "李四"), page: PageRequest(), for: Self.dispatcher)
        #expect(found.items.isEmpty)
    }

    @Test("a professional class is checked by the professional unit first, and a collector's photo doesn't close it")
    func professional() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let id = try await opened(world, "E-05-02")
        try await take(
            world,
            id,
            (.dispatch, Self.dispatcher, CaseInput(unit: "gas")),
            (.accept, Self.of("gas"), CaseInput()),
            (.handle, Self.of("gas"), CaseInput(note: "welded"))
        )
        let passed = CaseInput(note: "looks good", photo: "p", passed: true)
        #expect(
            await refusal(world, id, .check, Self.collector, passed) == .blocked(.inspectionFirst, state: .handled)
        )
        #expect(await refusal(world, id, .askCheck, Self.acceptor, CaseInput(unit: "gas")) == .invalidField("unit"))
        let asked = try await take(world, id, (.askCheck, Self.acceptor, CaseInput(unit: "water")))
        #expect(asked.state == .checking && asked.holder == CaseHolder(.unit, "water"))
        #expect(await refusal(world, id, .check, Self.collector, passed) == .blocked(.otherChecker, state: .checking))
        #expect(await refusal(world, id, .inspect, Self.of("gas"), passed) == .forbidden)
        let failed = try await take(world, id, (.inspect, Self.of("water"), CaseInput(note: "leaks", passed: false)))
        #expect(failed.state == .dispatched && failed.course.reworks == 1)
        let closed = try await take(
            world,
            id,
            (.accept, Self.of("gas"), CaseInput()),
            (.handle, Self.of("gas"), CaseInput(note: "welded again")),
            (.askCheck, Self.acceptor, CaseInput(unit: "water")),
            (.inspect, Self.of("water"), CaseInput(note: "tight", passed: true)),
            (.check, Self.collector, passed),
            (.close, Self.acceptor, CaseInput())
        )
        #expect(closed.state == .closed && closed.course.isInspected)
    }

    @Test("the time in which the result is looked at doesn't count against the unit")
    func rework() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let id = try await opened(world)
        let handled = try await take(
            world,
            id,
            (.dispatch, Self.dispatcher, CaseInput()),
            (.accept, Self.of("drainage"), CaseInput()),
            (.handle, Self.of("drainage"), CaseInput(note: "pumped"))
        )
        let due = try #require(handled.dueAt)
        world.clock.advance(by: .seconds(3000))
        let again = try await take(world, id, (.check, Self.collector, CaseInput(note: "wet", passed: false)))
        #expect(again.dueAt == due + .seconds(3060))
        #expect(again.timers?.last?.metAt == nil)
    }

    @Test("a collector puts a small thing right with a picture before and after, and nothing is dispatched")
    func selfHandled() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let (reported, _) = try await world.service.report(
            world.request("09009", filed: false),
            by: Self.collector
        )
        #expect(
            await refusal(world, reported.id, .selfHandle, Self.collector, CaseInput(note: "x", photo: "p"))
                == .missingField("photoBefore")
        )
        let done = try await take(
            world,
            reported.id,
            (.selfHandle, Self.collector, CaseInput(note: "picked up", photo: "after", photoBefore: "before"))
        )
        #expect(done.state == .selfHandled && !done.state.isOpen)
        #expect(done.course.photoBefore == "before" && done.course.photoAfter == "after")
        #expect(done.snapshots == ["before", "after"])
        // Opened again, the one who did the work may not judge it.
        try await take(
            world,
            done.id,
            (.reopen, Self.acceptor, CaseInput(reason: "it lies there still")),
            (.dispatch, Self.dispatcher, CaseInput(unit: "gas")),
            (.accept, Self.of("gas"), CaseInput()),
            (.handle, Self.of("gas"), CaseInput(note: "done"))
        )
        #expect(
            await refusal(world, done.id, .check, Self.collector, CaseInput(note: "x", passed: true))
                == .conflict(.work)
        )
    }

    @Test("merged cases know of each other, and come apart when the joined one is opened again")
    func merging() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let first = try await opened(world)
        let second = try await opened(world, "E-05-02", alarm: "a2")
        #expect(await refusal(world, second, .merge, Self.acceptor, CaseInput(into: second)) == .invalidField("into"))
        let merged = try await take(world, second, (.merge, Self.acceptor, CaseInput(into: first)))
        #expect(merged.state == .merged && merged.course.mergedInto == first && merged.closedAt != nil)
        let leader = CaseWorld.actor(.leader)
        #expect(try await world.service.get(first, for: leader).course.merged == [second])
        #expect(try await world.service.log(first, for: leader).last?.entry.data.mergedNumber == merged.number)
        #expect(await refusal(world, first, .merge, Self.acceptor, CaseInput(into: second)) == .invalidField("into"))
        let apart = try await take(world, second, (.reopen, Self.acceptor, CaseInput(reason: "two problems")))
        #expect(apart.state == .reported && apart.course.mergedInto == nil)
        #expect(try await world.service.get(first, for: leader).course.merged.isEmpty)
        for id in [first, second] { #expect(try await world.service.verifyLog(id) == .intact) }
    }

    @Test("another centre or a committee has it with our limits standing still; void and archive end it")
    func elsewhere() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let id = try await opened(world)
        let escalated = try await take(
            world,
            id,
            (.escalate, Self.dispatcher, CaseInput(reason: "nobody owns it", committee: "联席会议"))
        )
        #expect(escalated.holder == CaseHolder(.committee, "联席会议") && escalated.dueAt == nil)
        let over = try await take(
            world,
            id,
            (.handOver, Self.dispatcher, CaseInput(reason: "the province's road", centre: "省厅"))
        )
        #expect(over.holder == CaseHolder(.centre, "省厅") && over.dueAt == nil && over.state.isOpen)
        world.clock.advance(by: .seconds(86_400))
        let back = try await take(world, id, (.takeBack, Self.dispatcher, CaseInput(reason: "not theirs")))
        #expect(back.state == .filed && back.dueAt != nil && !back.isOverdue(at: world.clock.now()))
        let void = try await take(world, id, (.void, Self.acceptor, CaseInput(reason: "filed by mistake")))
        #expect(void.state == .void && void.holder == CaseHolder(.archive, "void"))
        let archived = try await take(world, id, (.archive, Self.acceptor, CaseInput()))
        #expect(archived.state == .archived && archived.ending == .void)
        let leader = CaseWorld.actor(.leader)
        let entries = try await world.service.log(id, for: leader).count
        for action in CaseAction.allCases {
            let actor = CaseActor(name: "new", role: action.role, unit: "drainage")
            let code = await refusal(world, id, action, actor, CaseInput(reason: "x", note: "x"))
            #expect(code == .illegalAction(state: .archived) || code == .forbidden, "\(action)")
        }
        try await world.service.attach(
            caseId: id,
            clip: CaseClip(cameraId: "gate", from: world.clock.now(), to: world.clock.now() + .seconds(1))
        )
        #expect(try await world.service.log(id, for: leader).count == entries)
    }

    @Test("who comes too late hears where the case stands, who brought it there and when")
    func tooLate() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let id = try await opened(world)
        let step = try await take(world, id, (.dispatch, Self.dispatcher, CaseInput()))
        world.clock.advance(by: .seconds(10))
        let error = await #expect(throws: CaseError.self) {
            _ = try await world.service.act(id, .dispatch, by: CaseActor(name: "other", role: .dispatcher))
        }
        #expect(error?.code == .illegalAction(state: .dispatched))
        #expect(error?.last == CaseCourse.Step(action: "dispatch", by: "pai", at: world.clock.now() - .seconds(10)))
        #expect(error?.message.contains("(dispatch by pai 10 s ago)") == true)
        #expect(step.course.last?.by == "pai")
    }

    @Test("a limit that begins with the public notice begins when the owner is called on")
    func notice() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        var base = BaseData(timeZone: .gmt)
        let limits = try #require(base.text(of: .limits)).replacing(
            /E-05-06,1,(.*),finish,2,urgentHour,filed/,
            with: { "E-05-06,1,\($0.output.1),finish,48,urgentHour,publicNotice" }
        )
        try base.take(.limits, limits, origin: .edition(1))
        base.link(day: 0)
        let service = CaseService(
            repository: CaseRepository(world.database),
            base: base,
            feed: world.feed,
            clock: world.clock
        )
        let id = try await service.openOrJoin(world.request(alarm: "a1"))
        let filed = try await service.get(id, for: CaseWorld.actor(.leader))
        #expect(filed.timers?.last?.start == .publicNotice && filed.dueAt == nil)
        world.clock.advance(by: .seconds(500))
        let called = try await service.act(
            id,
            .announce,
            by: Self.dispatcher,
            input: CaseInput(note: "a paper on the door")
        )
        #expect(called.dueAt == world.clock.now() + .seconds(48 * 3600))
    }

    @Test("two classes follow different flows side by side; a changed template counts for new cases only")
    func flows() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        func base(_ flows: String) throws -> BaseData {
            var base = BaseData(timeZone: .gmt)
            let classes = try #require(base.text(of: .classes))
                .replacing(/(E-05-06,.*),30,,open/, with: { "\($0.output.1),30,short,open" })
            try base.take(.classes, classes, origin: .edition(1))
            try base.take(.flows, "id,name,accept,check\n" + flows, origin: .edition(1))
            base.link(day: 0)
            #expect(base.contradictions().isEmpty)
            return base
        }
        var service = CaseService(
            repository: CaseRepository(world.database),
            base: try base("short,快办,allowed,allowed"),
            feed: world.feed,
            clock: world.clock
        )
        let short = try await service.openOrJoin(world.request(alarm: "a1"))
        let usual = try await service.openOrJoin(world.request("E-05-03", alarm: "a2"))
        let done = CaseInput(note: "done")
        for id in [short, usual] {
            _ = try await service.act(id, .dispatch, by: Self.dispatcher, input: CaseInput(unit: "gas"))
        }
        // The class's template is changed; what is open goes on as it was.
        service = CaseService(
            repository: CaseRepository(world.database),
            base: try base("short,快办,required,required"),
            feed: world.feed,
            clock: world.clock
        )
        _ = try await service.act(short, .handle, by: Self.of("gas"), input: done)
        _ = try await service.act(short, .close, by: Self.acceptor)
        let error = await #expect(throws: CaseError.self) {
            _ = try await service.act(usual, .handle, by: Self.of("gas"), input: done)
        }
        #expect(error?.code == .illegalAction(state: .dispatched))
        let later = try await service.openOrJoin(world.request(at: GeoPoint(lat: 33, lon: 119), alarm: "a3"))
        _ = try await service.act(later, .dispatch, by: Self.dispatcher, input: CaseInput(unit: "gas"))
        let now = await #expect(throws: CaseError.self) {
            _ = try await service.act(later, .handle, by: Self.of("gas"), input: done)
        }
        #expect(now?.code == .illegalAction(state: .dispatched))
    }
}
