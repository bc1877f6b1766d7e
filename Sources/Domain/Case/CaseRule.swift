/// One line of the table of steps: an action, from where it is taken, and what it needs and does.
package struct CaseRule: Sendable, Hashable {
    /// Where an action leads.
    package enum Target: Sendable, Hashable {
        case state(CaseState)
        case same
        /// As what it was suspended.
        case before
        /// Back to the dispatcher; the second time to adjudication.
        case returned
    }

    /// What the acting unit is to the case.
    package enum Party: Sendable, Hashable {
        case lead, coUnit
        /// The unit that was asked for its professional check.
        case inspector
    }

    /// A flow template's word on a step, without which the line isn't there.
    package struct Flow: Sendable, Hashable {
        package var step: CaseFlow.Step
        package var modes: [CaseFlow.Mode]

        package static func may(_ step: CaseFlow.Step) -> Flow { Flow(step: step, modes: [.allowed, .required]) }
        package static func optional(_ step: CaseFlow.Step) -> Flow { Flow(step: step, modes: [.allowed, .never]) }
    }

    /// A field that has to be given.
    package enum Need: Sendable, Hashable {
        case classCode, position, reason, note, passed, into, owner, until, review, centre, committee, units, photo
        /// The unit, unless one is responsible.
        case unitOrResponsible
        case unit
        /// The picture from before, unless the case has one.
        case photoBefore
    }

    /// What happens to the limits.
    package enum TimerEffect: Sendable, Hashable {
        case none
        /// All limits begin anew.
        case restart
        /// Those that begin with dispatching do.
        case dispatched
        /// Those that begin with the public notice do.
        case notice
        /// What was asked for is done.
        case meet
        /// Somebody is there: the phase `arrive` is over.
        case arrived
        /// The danger is contained: the phases `arrive` and `secure` are over.
        case secured
        /// It has to be done again; the time that it lay with the centre doesn't count.
        case rework
        case pause, resume
        /// They go on, and those that begin with dispatching begin.
        case resumeDispatched
        /// The last one gets its original limit once more.
        case extend
    }

    package let action: CaseAction
    package let from: [CaseState]
    package let to: Target
    /// Of a unit's action: what the unit is to the case.
    package var party = Party.lead
    /// Only with this result; nil for any.
    package var passed: Bool?
    package var flow: Flow?
    package var needs: [Need] = []
    package var obstacles: [CaseObstacle] = []
    package var timers = TimerEffect.none
}

/// Why a step that would be one from here can't be taken yet, or no more. The raw value is its name in the API.
package enum CaseObstacle: String, Sendable, Hashable, Codable, CaseIterable {
    /// Its class has every report verified first.
    case verificationFirst
    /// The professional check comes before the collector's.
    case inspectionFirst
    /// The owner has to be called on in public first.
    case noticeFirst
    /// It was adjudicated: there is no further return.
    case boundByRuling
    /// Once only.
    case alreadyExtended
    /// It is late already.
    case overdue
    /// No limit of it runs.
    case noLimit
    /// No limit for arriving runs.
    case noArrival
    /// No limit for containing the danger runs.
    case noSecuring
    /// It was adjudicated, and to another unit.
    case otherRuled
    /// Once only.
    case alreadyAnnounced
    /// Units that take part haven't reported yet.
    case coUnitsFirst
    /// No unit takes part that hasn't reported yet.
    case noCoUnits
    /// The unit has taken its part already.
    case partTaken
    /// The unit hasn't taken its part, or has reported it already.
    case partNotTaken
    /// Another was asked.
    case otherChecker
    /// Somebody who has reported it is still to be called back.
    case callBackDue
}

extension CaseRule {
    private static let beforeWork: [CaseState] = [.reported, .verifying]
    private static let atWork: [CaseState] = [.dispatched, .handling]
    private static let beforeHandled: [CaseState] = [.filed, .dispatched, .handling, .adjudicating]
    private static let open = CaseState.allCases.filter(\.isOpen)

    /// The whole table.
    package static let all: [CaseRule] =
        supervision + command + work + [
            CaseRule(action: .urge, from: open, to: .same, needs: [.note])
        ]

    /// 监督: whether it is a case, whether it is dealt with.
    private static let supervision: [CaseRule] = [
        CaseRule(
            action: .file,
            from: [.reported],
            to: .state(.filed),
            needs: [.classCode, .position],
            obstacles: [.verificationFirst],
            timers: .restart
        ),
        CaseRule(action: .refuse, from: beforeWork, to: .state(.invalid), needs: [.reason]),
        CaseRule(action: .askVerification, from: beforeWork, to: .state(.verifying), flow: .may(.verify)),
        CaseRule(
            action: .verify,
            from: [.verifying],
            to: .state(.reported),
            needs: [.passed, .note],
            obstacles: [.otherChecker]
        ),
        CaseRule(
            action: .merge,
            from: [.reported, .verifying, .filed, .dispatched, .adjudicating, .suspended],
            to: .state(.merged),
            needs: [.into],
            timers: .pause
        ),
        CaseRule(action: .askCheck, from: [.handled, .checking], to: .state(.checking), obstacles: [.inspectionFirst]),
        CaseRule(
            action: .inspect,
            from: [.checking],
            to: .state(.handled),
            party: .inspector,
            passed: true,
            needs: [.passed, .note]
        ),
        CaseRule(
            action: .inspect,
            from: [.checking],
            to: .state(.dispatched),
            party: .inspector,
            passed: false,
            needs: [.passed, .note],
            timers: .rework
        ),
        CaseRule(
            action: .check,
            from: [.handled, .checking],
            to: .state(.checked),
            passed: true,
            needs: [.passed, .note],
            obstacles: [.otherChecker, .inspectionFirst]
        ),
        CaseRule(
            action: .check,
            from: [.handled, .checking],
            to: .state(.dispatched),
            passed: false,
            needs: [.passed, .note],
            obstacles: [.otherChecker, .inspectionFirst],
            timers: .rework
        ),
        CaseRule(action: .close, from: [.checked], to: .state(.closed)),
        CaseRule(
            action: .close,
            from: [.handled],
            to: .state(.closed),
            flow: .optional(.check),
            obstacles: [.inspectionFirst]
        ),
        CaseRule(action: .close, from: [.handedOver], to: .state(.closed), needs: [.note]),
        CaseRule(
            action: .reopen,
            from: [.closed, .selfHandled],
            to: .state(.filed),
            needs: [.reason],
            timers: .restart
        ),
        CaseRule(
            action: .reopen,
            from: [.invalid, .merged],
            to: .state(.reported),
            needs: [.reason],
            timers: .resume
        ),
        CaseRule(
            action: .void,
            from: open.filter { !beforeWork.contains($0) },
            to: .state(.void),
            needs: [.reason],
            timers: .pause
        ),
        CaseRule(
            action: .archive,
            from: CaseState.allCases.filter { !$0.isOpen && $0 != .archived },
            to: .state(.archived),
            obstacles: [.callBackDue]
        ),
    ]

    /// 指挥: who deals with it, and by when.
    private static let command: [CaseRule] = [
        CaseRule(
            action: .dispatch,
            from: [.filed],
            to: .state(.dispatched),
            needs: [.unitOrResponsible],
            obstacles: [.otherRuled],
            timers: .dispatched
        ),
        CaseRule(
            action: .suspend,
            from: beforeHandled,
            to: .state(.suspended),
            flow: .may(.suspend),
            needs: [.reason, .owner, .until, .review],
            timers: .pause
        ),
        // The review: it stays suspended, with other dates.
        CaseRule(action: .suspend, from: [.suspended], to: .same, needs: [.reason, .owner, .until, .review]),
        CaseRule(action: .resume, from: [.suspended], to: .before, timers: .resume),
        CaseRule(
            action: .extend,
            from: atWork,
            to: .same,
            flow: .may(.extend),
            needs: [.reason],
            obstacles: [.alreadyExtended, .noLimit, .overdue],
            timers: .extend
        ),
        CaseRule(
            action: .announce,
            from: [.filed] + atWork,
            to: .same,
            flow: .may(.notice),
            needs: [.note],
            obstacles: [.alreadyAnnounced],
            timers: .notice
        ),
        CaseRule(action: .engage, from: atWork, to: .same, flow: .may(.joint), needs: [.units]),
        CaseRule(action: .disengage, from: atWork, to: .same, needs: [.units], obstacles: [.noCoUnits]),
        CaseRule(
            action: .adjudicate,
            from: [.adjudicating, .escalated],
            to: .state(.dispatched),
            needs: [.unit, .reason],
            timers: .resumeDispatched
        ),
        CaseRule(
            action: .escalate,
            from: beforeHandled + [.suspended],
            to: .state(.escalated),
            needs: [.committee, .reason],
            timers: .pause
        ),
        CaseRule(
            action: .handOver,
            from: beforeHandled + [.suspended, .escalated],
            to: .state(.handedOver),
            needs: [.centre, .reason],
            timers: .pause
        ),
        CaseRule(action: .takeBack, from: [.handedOver], to: .state(.filed), needs: [.reason], timers: .resume),
    ]

    /// 处置: only who does the work says that it is done.
    private static let work: [CaseRule] = [
        CaseRule(action: .accept, from: [.dispatched], to: .state(.handling)),
        CaseRule(action: .accept, from: atWork, to: .same, party: .coUnit, obstacles: [.partTaken]),
        CaseRule(action: .arrive, from: [.handling], to: .same, obstacles: [.noArrival], timers: .arrived),
        CaseRule(
            action: .arrive,
            from: [.dispatched],
            to: .same,
            flow: .optional(.accept),
            obstacles: [.noArrival],
            timers: .arrived
        ),
        CaseRule(action: .arrive, from: atWork, to: .same, party: .coUnit, obstacles: [.partNotTaken, .noArrival]),
        CaseRule(action: .secure, from: [.handling], to: .same, obstacles: [.noSecuring], timers: .secured),
        CaseRule(
            action: .secure,
            from: [.dispatched],
            to: .same,
            flow: .optional(.accept),
            obstacles: [.noSecuring],
            timers: .secured
        ),
        CaseRule(action: .secure, from: atWork, to: .same, party: .coUnit, obstacles: [.partNotTaken, .noSecuring]),
        CaseRule(
            action: .return,
            from: atWork,
            to: .returned,
            needs: [.reason],
            obstacles: [.boundByRuling]
        ),
        CaseRule(
            action: .handle,
            from: [.handling],
            to: .state(.handled),
            needs: [.note],
            obstacles: [.noticeFirst, .coUnitsFirst],
            timers: .meet
        ),
        CaseRule(
            action: .handle,
            from: [.dispatched],
            to: .state(.handled),
            flow: .optional(.accept),
            needs: [.note],
            obstacles: [.noticeFirst, .coUnitsFirst],
            timers: .meet
        ),
        CaseRule(
            action: .handle,
            from: atWork,
            to: .same,
            party: .coUnit,
            needs: [.note],
            obstacles: [.partNotTaken]
        ),
        CaseRule(
            action: .selfHandle,
            from: beforeWork,
            to: .state(.selfHandled),
            flow: .may(.selfHandle),
            needs: [.photoBefore, .photo, .note],
            obstacles: [.otherChecker],
            timers: .meet
        ),
    ]
}
