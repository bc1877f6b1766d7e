import Domain
import Foundation
import Testing

@Suite("The steps of a case")
struct CaseMachineTests {
    /// The table, written a second time and in another form: action, role, from, to.
    private static let text = """
        file             acceptor    reported                                            filed
        refuse           acceptor    reported verifying                                  invalid
        askVerification  acceptor    reported verifying                                  verifying
        verify           collector   verifying                                           reported
        selfHandle       collector   reported verifying                                  selfHandled
        merge            acceptor    reported verifying filed dispatched adjudicating suspended  merged
        dispatch         dispatcher  filed                                               dispatched
        accept           unit        dispatched                                          handling
        arrive           unit        handling                                            =
        secure           unit        handling                                            =
        return           unit        dispatched handling                                 filed
        handle           unit        handling                                            handled
        askCheck         acceptor    handled checking                                    checking
        check            collector   handled checking                                    checked
        close            acceptor    checked handedOver                                  closed
        reopen           acceptor    closed selfHandled                                  filed
        reopen           acceptor    invalid merged                                      reported
        archive          acceptor    closed selfHandled invalid merged void              archived
        suspend          dispatcher  filed dispatched handling adjudicating suspended    suspended
        resume           dispatcher  suspended                                           handling
        extend           dispatcher  dispatched handling                                 =
        announce         dispatcher  filed dispatched handling                           =
        engage           dispatcher  dispatched handling                                 =
        disengage        dispatcher  dispatched handling                                 =
        adjudicate       dispatcher  adjudicating escalated                              dispatched
        escalate         dispatcher  filed dispatched handling adjudicating suspended    escalated
        handOver         dispatcher  filed dispatched handling adjudicating suspended escalated  handedOver
        takeBack         dispatcher  handedOver                                          filed
        void             acceptor    filed dispatched handling handled checking checked adjudicating suspended escalated handedOver  void
        urge             leader      reported verifying filed dispatched handling handled checking checked adjudicating suspended escalated handedOver  =
        """

    private struct Step {
        var action: CaseAction
        var role: Role
        var from: CaseState
        var to: CaseState
    }

    private static func steps() throws -> [Step] {
        try text.split(separator: "\n").flatMap { line in
            let words = line.split(separator: " ").map(String.init)
            let action = try #require(CaseAction(rawValue: words[0]))
            let role = try #require(Role(rawValue: words[1]))
            return try words[2..<words.count - 1].map { from in
                let from = try #require(CaseState(rawValue: from))
                let to =
                    words[words.count - 1] == "=" ? from : try #require(CaseState(rawValue: words[words.count - 1]))
                return Step(action: action, role: role, from: from, to: to)
            }
        }
    }

    private static let complete = CaseInput(
        classCode: "09009",
        position: GeoPoint(lat: 32, lon: 119),
        reason: "because",
        unit: "drainage",
        note: "done",
        photo: "p",
        passed: true,
        into: "other",
        units: ["gas"],
        owner: "li",
        until: WallTime(microseconds: 2),
        review: WallTime(microseconds: 1),
        centre: "provincial",
        committee: "joint meeting",
        photoBefore: "b"
    )

    private func subject(_ state: CaseState, _ change: (inout CaseCourse) -> Void = { _ in }) -> CaseMachine.Subject {
        var course = CaseCourse()
        course.before = .handling
        change(&course)
        return CaseMachine.Subject(
            state: state,
            unit: "drainage",
            classCode: "E-05-06",
            position: GeoPoint(lat: 32, lon: 119),
            course: course
        )
    }

    private func actor(_ role: Role) -> CaseActor {
        CaseActor(name: "a", role: role, unit: role == .unit ? "drainage" : nil)
    }

    @Test("every state, action and role leads exactly where the table says")
    func wholeTable() throws {
        let steps = try Self.steps()
        var permitted = 0
        for state in CaseState.allCases {
            for action in CaseAction.allCases {
                for role in Role.allCases {
                    let decision = CaseMachine.decide(action, on: subject(state), by: actor(role), input: Self.complete)
                    // `inspect` is a unit's that was asked, which none was here.
                    let mayEver = steps.contains { $0.action == action && $0.role == role }
                    let step = steps.first { $0.action == action && $0.role == role && $0.from == state }
                    // `disengage` is one where units take part, which none does here.
                    let isBlocked = step != nil && action == .disengage
                    let expected: CaseMachine.Decision =
                        if isBlocked {
                            .blocked(.noCoUnits)
                        } else if let step {
                            .proceed(to: step.to)
                        } else if mayEver { .illegal } else { .forbidden }
                    #expect(decision == expected, "\(state) \(action) \(role)")
                    let offered = CaseMachine.actions(on: subject(state), for: actor(role)).contains(action)
                    // A picture from before is what may be missing.
                    #expect(offered == (step != nil && !isBlocked), "\(state) \(action) \(role)")
                    permitted += step == nil ? 0 : 1
                }
            }
        }
        #expect(permitted == steps.count)
        #expect(Set(steps.map(\.action)).union([.inspect]) == Set(CaseAction.allCases))
        // Nothing leaves the archive, and nothing else is without a way on.
        #expect(Set(CaseState.allCases).subtracting(steps.map(\.from)) == [.archived])
    }

    @Test("every line of the table can be reached, and no two say different things of one step")
    func lines() {
        for rule in CaseRule.all {
            #expect(!rule.from.isEmpty && Set(rule.from).count == rule.from.count, "\(rule.action)")
            let others = CaseRule.all.filter {
                $0 != rule && $0.action == rule.action && $0.party == rule.party
                    && !Set($0.from).isDisjoint(with: rule.from)
            }
            for other in others { #expect(other.passed != nil && other.passed != rule.passed, "\(rule.action)") }
            #expect(rule.party == .lead || rule.action.role == .unit)
        }
    }

    @Test("what has to come first, or can't come twice, holds a step up and says so")
    func obstacles() {
        typealias Row = (CaseAction, CaseState, CaseObstacle, (inout CaseMachine.Subject) -> Void)
        let rows: [Row] = [
            (.file, .reported, .verificationFirst, { $0.course.flow = CaseFlow(id: "f", modes: [.verify: .required]) }),
            (.check, .handled, .inspectionFirst, { $0.course.flow = CaseFlow(id: "f", modes: [.inspect: .required]) }),
            (
                .close, .handled, .inspectionFirst,
                {
                    $0.course.flow = CaseFlow(id: "f", modes: [.inspect: .required, .check: .allowed])
                }
            ),
            (.handle, .handling, .noticeFirst, { $0.course.flow = CaseFlow(id: "f", modes: [.notice: .required]) }),
            (.return, .handling, .boundByRuling, { $0.course.isBound = true }),
            (.extend, .handling, .alreadyExtended, { $0.course.isExtended = true }),
            (.extend, .dispatched, .overdue, { $0.isOverdue = true }),
            (.extend, .dispatched, .noLimit, { $0.hasLimit = false }),
            (.arrive, .handling, .noArrival, { $0.openPhases = [.secure, .finish] }),
            (.secure, .handling, .noSecuring, { $0.openPhases = [.finish] }),
            (
                .dispatch, .filed, .otherRuled,
                {
                    $0.course.isBound = true
                    $0.unit = "gas"
                }
            ),
            (.announce, .filed, .alreadyAnnounced, { $0.course.announcedAt = .epoch }),
            (.handle, .handling, .coUnitsFirst, { $0.course.coUnits = [.init(unit: "gas", state: .handling)] }),
            (.disengage, .handling, .noCoUnits, { $0.course.coUnits = [.init(unit: "gas", state: .handled)] }),
            (.verify, .verifying, .otherChecker, { $0.course.assignee = "somebody" }),
            (.selfHandle, .verifying, .otherChecker, { $0.course.assignee = "somebody" }),
            (.check, .checking, .otherChecker, { $0.course.assignee = "somebody" }),
            (.check, .checking, .otherChecker, { $0.course.checkUnit = "gas" }),
            (.archive, .closed, .callBackDue, { $0.isCallBackDue = true }),
        ]
        for (action, state, obstacle, change) in rows {
            var subject = subject(state)
            change(&subject)
            let actor = actor(action.role)
            let decision = CaseMachine.decide(action, on: subject, by: actor, input: Self.complete)
            #expect(decision == .blocked(obstacle), "\(action) \(state) \(obstacle)")
            #expect(!CaseMachine.actions(on: subject, for: actor).contains(action))
        }
        // Those of units that take part stand in a test of their own.
        #expect(
            Set(rows.map(\.2)).union([.partTaken, .partNotTaken]) == Set(CaseObstacle.allCases)
        )
    }

    @Test("where a class has the professional check first, only the professional unit can be asked")
    func inspection() {
        let flow = CaseFlow(id: "f", modes: [.inspect: .required])
        let acceptor = actor(.acceptor)
        let handled = subject(.handled) { $0.flow = flow }
        let toCollector = CaseInput(collector: "li")
        #expect(
            CaseMachine.decide(.askCheck, on: handled, by: acceptor, input: toCollector) == .blocked(.inspectionFirst)
        )
        let toUnit = CaseInput(unit: "gas")
        #expect(CaseMachine.decide(.askCheck, on: handled, by: acceptor, input: toUnit) == .proceed(to: .checking))
        #expect(CaseMachine.actions(on: handled, for: acceptor).contains(.askCheck))
        let asked = subject(.checking) {
            $0.flow = flow
            $0.checkUnit = "gas"
        }
        let expert = CaseActor(name: "e", role: .unit, unit: "gas")
        #expect(CaseMachine.decide(.inspect, on: asked, by: expert, input: Self.complete) == .proceed(to: .handled))
        let failed = CaseInput(note: "leaks", passed: false)
        #expect(CaseMachine.decide(.inspect, on: asked, by: expert, input: failed) == .proceed(to: .dispatched))
        #expect(CaseMachine.decide(.inspect, on: asked, by: actor(.unit), input: Self.complete) == .forbidden)
        let inspected = subject(.handled) {
            $0.flow = flow
            $0.isInspected = true
        }
        #expect(
            CaseMachine.decide(.check, on: inspected, by: actor(.collector), input: Self.complete)
                == .proceed(to: .checked)
        )
    }

    @Test("a unit that takes part takes and reports its part alone, and can't return it")
    func coUnit() {
        let gas = CaseActor(name: "g", role: .unit, unit: "gas")
        func decide(_ action: CaseAction, _ state: CaseState, _ part: CaseState) -> CaseMachine.Decision {
            let subject = subject(state) { $0.coUnits = [.init(unit: "gas", state: part)] }
            return CaseMachine.decide(action, on: subject, by: gas, input: Self.complete)
        }
        for state in [CaseState.dispatched, .handling] {
            #expect(decide(.accept, state, .dispatched) == .proceed(to: state))
            #expect(decide(.accept, state, .handling) == .blocked(.partTaken))
            #expect(decide(.handle, state, .handling) == .proceed(to: state))
            #expect(decide(.handle, state, .dispatched) == .blocked(.partNotTaken))
            #expect(decide(.handle, state, .handled) == .blocked(.partNotTaken))
            #expect(decide(.return, state, .handling) == .forbidden)
        }
        #expect(decide(.handle, .suspended, .handling) == .illegal)
        let taking = subject(.handling) { $0.coUnits = [.init(unit: "gas", state: .handling)] }
        #expect(
            CaseMachine.decide(.disengage, on: taking, by: actor(.dispatcher), input: Self.complete)
                == .proceed(to: .handling)
        )
        // Once all have reported, the one that leads may.
        let done = subject(.handling) { $0.coUnits = [.init(unit: "gas", state: .handled)] }
        #expect(
            CaseMachine.decide(.handle, on: done, by: actor(.unit), input: Self.complete) == .proceed(to: .handled)
        )
    }

    @Test("what a template leaves out is no step, what it makes optional may be left out")
    func flows() {
        func decide(_ action: CaseAction, _ state: CaseState, _ modes: [CaseFlow.Step: CaseFlow.Mode])
            -> CaseMachine.Decision
        {
            let subject = subject(state) { $0.flow = CaseFlow(id: "f", modes: modes) }
            return CaseMachine.decide(action, on: subject, by: actor(action.role), input: Self.complete)
        }
        #expect(decide(.askVerification, .reported, [.verify: .never]) == .illegal)
        #expect(decide(.selfHandle, .reported, [.selfHandle: .never]) == .illegal)
        #expect(decide(.announce, .handling, [.notice: .never]) == .illegal)
        #expect(decide(.engage, .handling, [.joint: .never]) == .illegal)
        #expect(decide(.extend, .handling, [.extend: .never]) == .illegal)
        #expect(decide(.suspend, .handling, [.suspend: .never]) == .illegal)
        #expect(decide(.handle, .dispatched, [.accept: .allowed]) == .proceed(to: .handled))
        #expect(decide(.close, .handled, [.check: .allowed]) == .proceed(to: .closed))
        #expect(decide(.check, .handled, [.check: .allowed]) == .proceed(to: .checked))
        // What would change nothing isn't kept.
        #expect(CaseFlow(id: "", modes: [.check: .required, .verify: .allowed]) == .usual)
    }

    @Test("the second return goes to adjudication, and after the ruling there is none")
    func returns() {
        let again = subject(.dispatched) { $0.returns = 1 }
        let unit = actor(.unit)
        #expect(CaseMachine.decide(.return, on: again, by: unit, input: Self.complete) == .proceed(to: .adjudicating))
        let input = CaseInput(reason: "ruled")
        let dispatcher = actor(.dispatcher)
        // A ruling names the unit; the responsible one isn't taken for granted.
        #expect(
            CaseMachine.decide(
                .adjudicate,
                on: subject(.adjudicating),
                by: dispatcher,
                input: input,
                responsibleUnit: "gas"
            ) == .missing(field: "unit")
        )
    }

    @Test("a check that is not passed sends the case back to its unit")
    func rework() {
        var input = Self.complete
        input.passed = false
        let collector = actor(.collector)
        #expect(
            CaseMachine.decide(.check, on: subject(.handled), by: collector, input: input) == .proceed(to: .dispatched)
        )
    }

    @Test("another unit, or a user of no unit, may do nothing", arguments: ["gas", nil])
    func otherUnit(unit: String?) {
        for action in [CaseAction.accept, .return, .handle, .inspect] {
            for state in CaseState.allCases {
                let actor = CaseActor(name: "u", role: .unit, unit: unit)
                let decision = CaseMachine.decide(action, on: subject(state), by: actor, input: Self.complete)
                #expect(decision == .forbidden)
            }
        }
        var without = subject(.dispatched)
        without.unit = nil
        let actor = CaseActor(name: "u", role: .unit, unit: unit)
        #expect(CaseMachine.decide(.accept, on: without, by: actor) == .forbidden)
    }

    @Test("no role is on two sides, only units work but for the small things, and the system takes no step")
    func separation() {
        for role in Role.allCases {
            let sides = Set(CaseAction.allCases.filter { $0.role == role }.compactMap(\.side))
            #expect(!sides.isSuperset(of: [.supervision, .command]), "\(role)")
            #expect(!sides.isSuperset(of: [.work, .command]), "\(role)")
        }
        #expect(Set(CaseAction.allCases.filter { $0.side == .command }.map(\.role)) == [.dispatcher])
        #expect(CaseAction.allCases.filter { $0.side == .work && $0.role != .unit } == [.selfHandle])
        for action in CaseAction.allCases {
            for state in CaseState.allCases {
                #expect(
                    CaseMachine.decide(action, on: subject(state), by: .system, input: Self.complete) == .forbidden
                )
            }
        }
    }

    @Test("whoever was on one side of a case is kept from the others, whatever role comes later")
    func sides() {
        for side in CaseSide.allCases {
            for action in CaseAction.allCases {
                for state in CaseState.allCases {
                    let subject = subject(state) { $0.duties = ["a": side] }
                    let decision = CaseMachine.decide(
                        action,
                        on: subject,
                        by: actor(action.role),
                        input: Self.complete
                    )
                    if let own = action.side, own != side, action != .inspect {
                        #expect(decision == .conflict(side), "\(side) \(action) \(state)")
                    } else {
                        #expect(decision != .conflict(side), "\(side) \(action) \(state)")
                    }
                }
            }
        }
    }

    @Test(
        "an action says which field it lacks; blanks are no text",
        arguments: [
            (.file, .reported, CaseInput(), "class"),
            (.file, .reported, CaseInput(classCode: "09009"), "position"),
            (.refuse, .reported, CaseInput(reason: " \n"), "reason"),
            (.dispatch, .filed, CaseInput(), "unit"),
            (.return, .dispatched, CaseInput(note: "x"), "reason"),
            (.handle, .handling, CaseInput(photo: "p"), "note"),
            (.check, .handled, CaseInput(note: "x"), "passed"),
            (.check, .handled, CaseInput(passed: false), "note"),
            (.urge, .filed, CaseInput(), "note"),
            (.merge, .filed, CaseInput(note: "x"), "into"),
            (.selfHandle, .reported, CaseInput(note: "x", photo: "p"), "photoBefore"),
            (.selfHandle, .reported, CaseInput(note: "x", photoBefore: "p"), "photo"),
            (.suspend, .filed, CaseInput(reason: "x"), "owner"),
            (.suspend, .suspended, CaseInput(reason: "x", owner: "li"), "until"),
            (.suspend, .filed, CaseInput(reason: "x", owner: "li", until: .epoch), "review"),
            (.escalate, .filed, CaseInput(reason: "x"), "committee"),
            (.handOver, .filed, CaseInput(reason: "x"), "centre"),
            (.engage, .handling, CaseInput(units: []), "units"),
            (.close, .handedOver, CaseInput(), "note"),
        ] as [(CaseAction, CaseState, CaseInput, String)]
    )
    func missing(action: CaseAction, state: CaseState, input: CaseInput, field: String) {
        let subject = CaseMachine.Subject(state: state, unit: "drainage", classCode: nil, position: nil)
        let actor = CaseActor(name: "a", role: action.role, unit: "drainage")
        #expect(CaseMachine.decide(action, on: subject, by: actor, input: input) == .missing(field: field))
    }

    @Test("dispatching takes the responsible unit where none is named, and filing what the case already has")
    func defaults() {
        let dispatcher = CaseActor(name: "d", role: .dispatcher)
        #expect(
            CaseMachine.decide(.dispatch, on: subject(.filed), by: dispatcher, responsibleUnit: "gas")
                == .proceed(to: .dispatched)
        )
        let acceptor = CaseActor(name: "a", role: .acceptor)
        #expect(CaseMachine.decide(.file, on: subject(.reported), by: acceptor) == .proceed(to: .filed))
    }

    @Test("both public sets of steps map every state, forward along the straight way, and only dead ends have none")
    func progress() throws {
        let straight: [CaseState] = [.reported, .filed, .dispatched, .handling, .handled, .checking, .checked, .closed]
        let seven = try straight.map { try #require(CaseProgress.sevenStep($0, before: nil)) }
        #expect(seven == [.collect, .file, .dispatch, .handle, .report, .close, .close, .evaluate])
        let six = try straight.map { try #require(CaseProgress.sixLink($0, before: nil)) }
        #expect(six == [.collect, .fileAndDispatch, .fileAndDispatch, .handle, .report, .check, .close, .close])
        #expect(Set(seven) == Set(CaseProgress.SevenStep.allCases))
        #expect(Set(six) == Set(CaseProgress.SixLink.allCases))
        for state in CaseState.allCases {
            let ends = [.invalid, .merged, .void].contains(state)
            #expect((CaseProgress.sevenStep(state, before: .handling) == nil) == ends, "\(state)")
            #expect((CaseProgress.sixLink(state, before: .handling) == nil) == ends, "\(state)")
        }
    }

    @Test("a course that is written is read back the same, and one from before reads as the beginning")
    func coding() throws {
        var course = CaseCourse()
        course.flow = CaseFlow(id: "f", modes: [.check: .allowed])
        course.duties = ["li": .work]
        course.coUnits = [.init(unit: "gas", state: .handling)]
        course.suspension = .init(owner: "li", until: .epoch, review: .epoch)
        course.isBound = true
        course.reworks = 2
        let bytes = try JSONEncoder().encode(course)
        #expect(try JSONDecoder().decode(CaseCourse.self, from: bytes) == course)
        #expect(String(decoding: bytes, as: UTF8.self).contains(#""modes":{"check":"allowed"}"#))
        #expect(try JSONDecoder().decode(CaseCourse.self, from: Data("{}".utf8)) == CaseCourse())
    }
}
