package import Domain
import Store

/// The steps that people take.
extension CaseService {
    /// Does one step.
    ///
    /// - Parameters:
    ///   - clientId: what a sender knows the step by: sent once more by the same person, the step is not taken again.
    ///   - ifSeq: the length of the log that the person saw: a step that somebody has taken since refuses this one. What
    ///     the service adds by itself, and urging, refuse nothing.
    /// - Throws: `CaseError`: `forbidden`, `illegalAction` with the state it has now and who brought it there, `blocked`,
    ///   `movedOn`, `missingField`, `invalidField`, `notFound`.
    package func act(
        _ caseId: String,
        _ action: CaseAction,
        by actor: CaseActor,
        input: CaseInput = CaseInput(),
        clientId: String? = nil,
        ifSeq: Int? = nil
    ) async throws -> Case {
        let now = clock.now()
        let step = try await repository.transaction { [self] transaction in
            if let clientId, try transaction.hasTaken(action.rawValue, of: caseId, by: actor.name, clientId: clientId) {
                return nil as Step?
            }
            if let ifSeq {
                guard let stored = try transaction.find(caseId) else { throw Self.notFound(caseId) }
                try checkStanding(stored, since: ifSeq, action, by: actor, now, transaction)
            }
            return try take(action, on: caseId, by: actor, input, clientId: clientId, at: now, transaction)
        }
        guard let step else {
            guard let value = try await repository.find(caseId) else { throw Self.notFound(caseId) }
            return value
        }
        publish(step, at: now)
        return step.after.value
    }

    /// What a step has led to.
    struct Step: Sendable {
        var after: StoredCase
        /// The units that had to do with the case before it.
        var unitsBefore: [String]
        /// The case that it was joined to or taken apart from, as it is then.
        var other: StoredCase?
    }

    /// Does one step inside a transaction.
    func take(
        _ action: CaseAction,
        on caseId: String,
        by actor: CaseActor,
        _ input: CaseInput,
        clientId: String? = nil,
        at now: WallTime,
        _ transaction: CaseTransaction
    ) throws -> Step {
        guard let stored = try transaction.find(caseId) else { throw Self.notFound(caseId) }
        let value = stored.value
        var subject = subject(of: value, action, input, at: now)
        if action == .archive, value.state == .closed {
            subject.isCallBackDue = try transaction.awaitsCallBack(caseId: caseId)
        }
        let (decision, acting) = decide(action, on: value, subject, by: actor, input)
        let target = try target(decision, action, value, actor, now)
        guard let rule = CaseMachine.rule(for: action, on: subject, by: acting, input: input) else {
            throw Self.illegal(action, value, now)
        }
        var data = try facts(rule, value, to: target, acting, input, now, transaction)
        data.clientId = clientId
        let changed = try append(
            stored,
            .action(action),
            by: actor,
            to: target,
            at: now,
            note: input.note.flatMap { $0.isEmpty ? nil : $0 },
            data: data,
            transaction
        )
        let other = try relate(value, changed.value, at: now, transaction)
        return Step(after: changed, unitsBefore: subject.units, other: other)
    }

    func publish(_ step: Step, at now: WallTime) {
        let after = step.after
        publish(after)
        // Who takes part beside the one that leads, and who loses it, has to see it as well.
        let units = after.value.subject(at: now).units
        for unit in units where unit != after.value.unit { publish(after, unit: unit) }
        for unit in step.unitsBefore where !units.contains(unit) { publish(after, unit: unit) }
        if let other = step.other { publish(other) }
    }

    /// - Throws: `CaseError` (`movedOn`) when somebody has taken a step after the entry `seq`.
    private func checkStanding(
        _ stored: StoredCase,
        since seq: Int,
        _ action: CaseAction,
        by actor: CaseActor,
        _ now: WallTime,
        _ transaction: CaseTransaction
    ) throws {
        guard seq <= stored.seq else {
            throw CaseError(code: .invalidField("ifSeq"), message: "the log has \(stored.seq) entries, not \(seq)")
        }
        let value = stored.value
        // Who may not take the step at all learns nothing of the case.
        guard action.role == actor.role, isVisible(value, to: actor) else { return }
        let since = try transaction.log(of: value.id, after: seq).map { try CaseLog.decode($0) }
        let steps = since.filter {
            if case .action(let taken) = $0.kind { taken != .urge } else { false }
        }
        guard let last = steps.last else { return }
        throw CaseError(
            code: .movedOn(state: value.state),
            message: "case \(value.number) has moved on since: \(last.kind.name) by \(last.by); look at it again",
            last: CaseCourse.Step(action: last.kind.name, by: last.by, at: last.at),
            at: now
        )
    }

    /// What a step is judged by: filing by the flow of the class that is filed.
    private func subject(
        of value: Case,
        _ action: CaseAction,
        _ input: CaseInput,
        at now: WallTime
    ) -> CaseMachine.Subject {
        var subject = value.subject(at: now)
        if action == .file, let entry = base.catalogue[input.classCode ?? value.classCode] {
            subject.course.flow = base.flow(of: entry)
        }
        return subject
    }

    /// The decision on a person's step, and as which unit the person takes it: rights hold downward, so a unit's user may
    /// act for each unit at or below its own that has to do with the case.
    private func decide(
        _ action: CaseAction,
        on value: Case,
        _ subject: CaseMachine.Subject,
        by actor: CaseActor,
        _ input: CaseInput
    ) -> (CaseMachine.Decision, CaseActor) {
        let responsible = responsibleUnit(of: value)
        var answer: (decision: CaseMachine.Decision, actor: CaseActor)?
        for acting in roles(of: actor, in: subject) {
            let decision = CaseMachine.decide(
                action,
                on: subject,
                by: acting,
                input: input,
                responsibleUnit: responsible
            )
            if case .proceed = decision { return (decision, acting) }
            if answer == nil || answer?.decision == .forbidden { answer = (decision, acting) }
        }
        return answer ?? (.forbidden, actor)
    }

    /// A person as each of the units that it may act for; as itself for all other roles.
    func roles(of actor: CaseActor, in subject: CaseMachine.Subject) -> [CaseActor] {
        guard actor.role == .unit, let own = actor.unit else { return [actor] }
        let tree = base.responsibility.tree
        let units = subject.units.filter { $0 == own || tree.isWithin($0, own) }
        return units.isEmpty ? [actor] : units.map { CaseActor(name: actor.name, role: actor.role, unit: $0) }
    }

    func responsibleUnit(of value: Case) -> String? {
        base.catalogue[value.classCode].flatMap { base.responsibility.unit(for: $0, cell: value.cell) } ?? value.unit
    }

    private func target(
        _ decision: CaseMachine.Decision,
        _ action: CaseAction,
        _ value: Case,
        _ actor: CaseActor,
        _ now: WallTime
    ) throws(CaseError) -> CaseState {
        switch decision {
        case .proceed(let state): return state
        case .forbidden:
            let owner = action.role == .unit ? "the unit that has the case" : "a user with the role \(action.role)"
            throw CaseError(code: .forbidden, message: "only \(owner) may \(action.rawValue) it")
        case .conflict(let side):
            throw CaseError(
                code: .conflict(side),
                message: "\(actor.name) has been on the side of \(side.rawValue) in this case; "
                    + "somebody else has to \(action.rawValue) it"
            )
        case .illegal: throw Self.illegal(action, value, now)
        case .blocked(let obstacle):
            throw CaseError(
                code: .blocked(obstacle, state: value.state),
                message: "case \(value.number): \(obstacle.message)",
                last: value.course.last,
                at: now
            )
        case .missing(let field):
            throw CaseError(
                code: .missingField(field),
                message: "\(action.rawValue) needs the field \(field)"
            )
        }
    }

    private static func illegal(_ action: CaseAction, _ value: Case, _ now: WallTime) -> CaseError {
        var message = "case \(value.number) is \(value.state.rawValue) now"
        if let last = value.course.last {
            let seconds = max(0, Int((now - last.at).seconds))
            message += " (\(last.action) by \(last.by) \(seconds) s ago)"
        }
        return CaseError(
            code: .illegalAction(state: value.state),
            message: message + "; \(action.rawValue) is no step from there",
            last: value.course.last,
            at: now
        )
    }

    /// Ties two cases together, or apart, in the other one's log as well.
    ///
    /// The other's state doesn't matter: also one that was archived meanwhile loses the reports that were another's.
    ///
    /// - Returns: the other case as it is then; nil where nothing changes for it.
    private func relate(
        _ before: Case,
        _ after: Case,
        at now: WallTime,
        _ transaction: CaseTransaction
    ) throws -> StoredCase? {
        guard before.course.mergedInto != after.course.mergedInto,
            let id = after.course.mergedInto ?? before.course.mergedInto
        else { return nil }
        if after.course.mergedInto == nil {
            try transaction.returnReports(toCase: after.id)
        } else {
            try transaction.moveReports(fromCase: after.id, to: id)
        }
        guard let other = try transaction.find(id) else { return nil }
        var data = CaseEntry.Facts()
        data.merged = after.id
        data.mergedNumber = after.number
        return try append(
            other,
            after.course.mergedInto == nil ? .separate : .absorb,
            by: .system,
            to: other.value.state,
            at: now,
            data: data,
            transaction
        )
    }
}

extension CaseObstacle {
    /// In English, for the log and the curious; the pages have words of their own.
    package var message: String {
        switch self {
        case .verificationFirst: "its class has every report verified before it is filed"
        case .inspectionFirst: "the professional check comes first: ask the unit that does it"
        case .noticeFirst: "the owner has to be called on in public first"
        case .boundByRuling: "it was adjudicated, and that binds: it can't be returned any more"
        case .alreadyExtended: "it was extended before; that happens once only"
        case .overdue: "it is late already, and what is late can't be extended"
        case .noLimit: "no limit of it runs that could be extended"
        case .noArrival: "no limit for arriving runs"
        case .noSecuring: "no limit for containing the danger runs"
        case .otherRuled: "it was adjudicated, and that binds: it can be dispatched to the unit of the ruling only"
        case .alreadyAnnounced: "the owner was called on before"
        case .coUnitsFirst: "units that take part haven't reported yet"
        case .noCoUnits: "no unit takes part in it that hasn't reported yet"
        case .partTaken: "the unit has taken its part already"
        case .partNotTaken: "the unit hasn't taken its part, or has reported it already"
        case .otherChecker: "somebody else was asked to look at it"
        case .callBackDue: "a reporter of it is still to be called back"
        }
    }
}
