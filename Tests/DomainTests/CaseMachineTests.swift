import Domain
import Testing

@Suite("The steps of a case")
struct CaseMachineTests {
    /// DESIGN's table, written a second time and in another form: action, role, from, to.
    private static let steps: [(action: CaseAction, role: Role, from: CaseState, to: CaseState)] =
        [
            (.file, .acceptor, .reported, .filed),
            (.refuse, .acceptor, .reported, .invalid),
            (.dispatch, .dispatcher, .filed, .dispatched),
            (.accept, .unit, .dispatched, .handling),
            (.return, .unit, .dispatched, .filed),
            (.return, .unit, .handling, .filed),
            (.handle, .unit, .handling, .handled),
            (.check, .collector, .handled, .checked),
            (.close, .acceptor, .checked, .closed),
        ]
        + [CaseState.reported, .filed, .dispatched, .handling, .handled, .checked].map { (.urge, .leader, $0, $0) }

    private static let complete = CaseInput(
        classCode: "09009",
        position: GeoPoint(lat: 32, lon: 119),
        reason: "because",
        unit: "drainage",
        note: "done",
        passed: true
    )

    private func subject(_ state: CaseState) -> CaseMachine.Subject {
        CaseMachine.Subject(
            state: state,
            unit: "drainage",
            classCode: "E-05-06",
            position: GeoPoint(lat: 32, lon: 119)
        )
    }

    @Test("every state, action and role leads exactly where the table says")
    func wholeTable() {
        var permitted = 0
        for state in CaseState.allCases {
            for action in CaseAction.allCases {
                for role in Role.allCases {
                    let actor = CaseActor(name: "a", role: role, unit: role == .unit ? "drainage" : nil)
                    let decision = CaseMachine.decide(action, on: subject(state), by: actor, input: Self.complete)
                    let mayEver = Self.steps.contains { $0.action == action && $0.role == role }
                    let step = Self.steps.first { $0.action == action && $0.role == role && $0.from == state }
                    let expected: CaseMachine.Decision =
                        if let step { .proceed(to: step.to) } else if mayEver { .illegal } else { .forbidden }
                    #expect(decision == expected, "\(state) \(action) \(role)")
                    let offered = CaseMachine.actions(on: subject(state), for: actor).contains(action)
                    #expect(offered == (step != nil), "\(state) \(action) \(role)")
                    permitted += step == nil ? 0 : 1
                }
            }
        }
        #expect(permitted == Self.steps.count)
    }

    @Test("a check that is not passed sends the case back to its unit")
    func rework() {
        var input = Self.complete
        input.passed = false
        let collector = CaseActor(name: "c", role: .collector)
        #expect(
            CaseMachine.decide(.check, on: subject(.handled), by: collector, input: input) == .proceed(to: .dispatched)
        )
    }

    @Test("another unit, or a user of no unit, may do nothing", arguments: ["gas", nil])
    func otherUnit(unit: String?) {
        for action in [CaseAction.accept, .return, .handle] {
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

    @Test("no role both supervises and commands, and the system itself takes no step")
    func separation() {
        let supervision = Set([CaseAction.file, .refuse, .check, .close].map(\.role))
        #expect(!supervision.contains(CaseAction.dispatch.role))
        #expect(Set([CaseAction.accept, .return, .handle].map(\.role)) == [.unit])
        for action in CaseAction.allCases {
            for state in CaseState.allCases {
                #expect(
                    CaseMachine.decide(action, on: subject(state), by: .system, input: Self.complete) == .forbidden
                )
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
}
