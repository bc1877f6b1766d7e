/// The steps of a case, judged by the table `CaseRule.all`: state × action × role × input.
package enum CaseMachine {
    /// What an attempt leads to.
    package enum Decision: Sendable, Hashable {
        case proceed(to: CaseState)
        /// Never for this actor.
        case forbidden
        /// The actor has stood on another side of this case.
        case conflict(CaseSide)
        /// Not from this state.
        case illegal
        /// From this state, but not yet or no more.
        case blocked(CaseObstacle)
        /// Needs a field that is absent or blank.
        case missing(field: String)
    }

    /// What of a case the table looks at.
    package struct Subject: Sendable, Hashable {
        package var state: CaseState
        package var unit: String?
        package var classCode: String?
        package var position: GeoPoint?
        package var course: CaseCourse
        /// Whether a picture from before the work belongs to it.
        package var hasPicture: Bool
        /// Whether a limit runs that can be extended.
        package var hasLimit: Bool
        /// The phases with a limit of their own that isn't met.
        package var openPhases: Set<TimedPhase.Phase>
        package var isOverdue: Bool
        /// Whether somebody who has reported it is still to be called back.
        package var isCallBackDue = false

        package init(
            state: CaseState,
            unit: String?,
            classCode: String?,
            position: GeoPoint?,
            course: CaseCourse = CaseCourse(),
            hasPicture: Bool = false,
            hasLimit: Bool = true,
            openPhases: Set<TimedPhase.Phase> = Set(TimedPhase.Phase.allCases),
            isOverdue: Bool = false
        ) {
            self.state = state
            self.unit = unit
            self.classCode = classCode
            self.position = position
            self.course = course
            self.hasPicture = hasPicture
            self.hasLimit = hasLimit
            self.openPhases = openPhases
            self.isOverdue = isOverdue
        }

        /// What a unit is to the case.
        package func parties(of unit: String?) -> Set<CaseRule.Party> {
            guard let unit else { return [] }
            var parties: Set<CaseRule.Party> = []
            if unit == self.unit { parties.insert(.lead) }
            if course.coUnits.contains(where: { $0.unit == unit }) { parties.insert(.coUnit) }
            if state == .checking, course.checkUnit == unit { parties.insert(.inspector) }
            return parties
        }

        /// The units that have or had something to do with it.
        package var units: [String] {
            var units = [unit].compactMap(\.self)
            for other in course.coUnits.map(\.unit) + [course.checkUnit].compactMap(\.self)
            where !units.contains(other) {
                units.append(other)
            }
            return units
        }
    }

    /// Judges in the order role, own unit, side, state, obstacles, fields, so that who may do nothing learns nothing.
    ///
    /// - Parameter responsibleUnit: the unit that `dispatch` takes when the input names none.
    package static func decide(
        _ action: CaseAction,
        on subject: Subject,
        by actor: CaseActor,
        input: CaseInput = CaseInput(),
        responsibleUnit: String? = nil
    ) -> Decision {
        let own = rules(of: action, on: subject, for: actor)
        guard !own.isEmpty else { return .forbidden }
        if let side = conflict(action, subject, actor) { return .conflict(side) }
        guard let rule = rule(for: action, on: subject, by: actor, input: input) else { return .illegal }
        for obstacle in rule.obstacles where stands(obstacle, action, subject, actor, input) {
            return .blocked(obstacle)
        }
        for need in rule.needs {
            if let field = missingField(need, subject, input, responsibleUnit) { return .missing(field: field) }
        }
        return .proceed(to: target(of: rule, subject))
    }

    /// What `actor` may do now, whatever fields that takes.
    package static func actions(on subject: Subject, for actor: CaseActor) -> [CaseAction] {
        CaseAction.allCases.filter { action in
            let possible = rules(of: action, on: subject, for: actor).filter { isThere($0, subject) }
            guard conflict(action, subject, actor) == nil else { return false }
            // Asking the professional unit is what removes this obstacle.
            let input = CaseInput(unit: "-")
            return possible.contains { rule in !rule.obstacles.contains { stands($0, action, subject, actor, input) } }
        }
    }

    /// The line of the table that an actor's action falls under; nil where there is none.
    package static func rule(
        for action: CaseAction,
        on subject: Subject,
        by actor: CaseActor,
        input: CaseInput
    ) -> CaseRule? {
        let possible = rules(of: action, on: subject, for: actor).filter { isThere($0, subject) }
        return possible.first { $0.passed == nil || $0.passed == input.passed } ?? possible.first
    }

    /// The lines of an action that are this actor's, whatever the state.
    private static func rules(of action: CaseAction, on subject: Subject, for actor: CaseActor) -> [CaseRule] {
        guard actor.role == action.role else { return [] }
        let rules = CaseRule.all.filter { $0.action == action }
        guard actor.role == .unit else { return rules }
        let parties = subject.parties(of: actor.unit)
        return rules.filter { parties.contains($0.party) }
    }

    /// The side that keeps an actor from this one.
    private static func conflict(_ action: CaseAction, _ subject: Subject, _ actor: CaseActor) -> CaseSide? {
        guard let side = action.side, let before = subject.course.duties[actor.name], before != side else { return nil }
        return before
    }

    /// Whether a line holds in the case's state and flow.
    private static func isThere(_ rule: CaseRule, _ subject: Subject) -> Bool {
        guard rule.from.contains(subject.state) else { return false }
        guard let flow = rule.flow else { return true }
        return flow.modes.contains(subject.course.flowOrUsual[flow.step])
    }

    private static func stands(
        _ obstacle: CaseObstacle,
        _ action: CaseAction,
        _ subject: Subject,
        _ actor: CaseActor,
        _ input: CaseInput
    ) -> Bool {
        let course = subject.course
        switch obstacle {
        case .verificationFirst: return course.flowOrUsual[.verify] == .required && course.verified != true
        // Only asking the professionals themselves gets past it.
        case .inspectionFirst: return course.awaitsInspection && (action != .askCheck || isBlank(input.unit))
        case .noticeFirst: return course.flowOrUsual[.notice] == .required && course.announcedAt == nil
        case .boundByRuling: return course.isBound
        case .alreadyExtended: return course.isExtended
        case .overdue: return subject.isOverdue
        case .noLimit: return !subject.hasLimit
        case .noArrival: return !openPhases(of: subject, actor).contains(.arrive)
        case .noSecuring: return !openPhases(of: subject, actor).contains(.secure)
        case .otherRuled: return course.isBound && !isBlank(input.unit) && input.unit != subject.unit
        case .alreadyAnnounced: return course.announcedAt != nil
        case .coUnitsFirst: return course.coUnits.contains { $0.state != .handled }
        case .noCoUnits: return !course.coUnits.contains { $0.state != .handled }
        case .partTaken: return course.coUnits.first { $0.unit == actor.unit }?.state != .dispatched
        case .partNotTaken:
            let state = course.coUnits.first { $0.unit == actor.unit }?.state
            return state != .handling && (state != .dispatched || course.flowOrUsual[.accept] == .required)
        case .otherChecker:
            guard subject.state == .verifying || subject.state == .checking else { return false }
            return course.checkUnit != nil || (course.assignee != nil && course.assignee != actor.name)
        case .callBackDue: return subject.isCallBackDue
        }
    }

    /// The lead's phases, or those of the part that a unit has.
    private static func openPhases(of subject: Subject, _ actor: CaseActor) -> Set<TimedPhase.Phase> {
        guard actor.unit != subject.unit, let part = subject.course.coUnits.first(where: { $0.unit == actor.unit })
        else { return subject.openPhases }
        return Set(part.timers.filter { $0.metAt == nil }.map(\.phase))
    }

    private static func target(of rule: CaseRule, _ subject: Subject) -> CaseState {
        switch rule.to {
        case .state(let state): state
        case .same: subject.state
        case .before: subject.course.before ?? .filed
        case .returned: subject.course.returns == 0 ? .filed : .adjudicating
        }
    }

    private static func missingField(
        _ need: CaseRule.Need,
        _ subject: Subject,
        _ input: CaseInput,
        _ responsibleUnit: String?
    ) -> String? {
        switch need {
        case .classCode: isBlank(input.classCode ?? subject.classCode) ? "class" : nil
        case .position: (input.position ?? subject.position) == nil ? "position" : nil
        case .reason: isBlank(input.reason) ? "reason" : nil
        case .note: isBlank(input.note) ? "note" : nil
        case .passed: input.passed == nil ? "passed" : nil
        case .into: isBlank(input.into) ? "into" : nil
        case .owner: isBlank(input.owner) ? "owner" : nil
        case .until: input.until == nil ? "until" : nil
        case .review: input.review == nil ? "review" : nil
        case .centre: isBlank(input.centre) ? "centre" : nil
        case .committee: isBlank(input.committee) ? "committee" : nil
        case .units: input.units?.isEmpty ?? true ? "units" : nil
        case .photo: isBlank(input.photo) ? "photo" : nil
        case .unitOrResponsible: isBlank(input.unit ?? responsibleUnit) ? "unit" : nil
        case .unit: isBlank(input.unit) ? "unit" : nil
        case .photoBefore: isBlank(input.photoBefore) && !subject.hasPicture ? "photoBefore" : nil
        }
    }

    private static func isBlank(_ text: String?) -> Bool {
        text?.allSatisfy(\.isWhitespace) ?? true
    }
}
