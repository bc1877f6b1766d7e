/// The steps of a case: a pure table of state × action × role × input.
package enum CaseMachine {
    /// What an attempt leads to.
    package enum Decision: Sendable, Hashable {
        case proceed(to: CaseState)
        /// Never for this actor.
        case forbidden
        /// Not from this state.
        case illegal
        /// Needs a field that is absent or blank.
        case missing(field: String)
    }

    /// What of a case the table looks at.
    package struct Subject: Sendable, Hashable {
        package var state: CaseState
        package var unit: String?
        package var classCode: String?
        package var position: GeoPoint?

        package init(state: CaseState, unit: String?, classCode: String?, position: GeoPoint?) {
            self.state = state
            self.unit = unit
            self.classCode = classCode
            self.position = position
        }
    }

    /// Judges in the order role, own unit, state, fields, so that who may do nothing learns nothing.
    ///
    /// - Parameter responsibleUnit: the unit that `dispatch` takes when the input names none.
    package static func decide(
        _ action: CaseAction,
        on subject: Subject,
        by actor: CaseActor,
        input: CaseInput = CaseInput(),
        responsibleUnit: String? = nil
    ) -> Decision {
        guard isPermitted(action, to: actor, unit: subject.unit) else { return .forbidden }
        guard let target = target(of: action, from: subject.state, passed: input.passed) else { return .illegal }
        if let field = missingField(action, subject, input, responsibleUnit) { return .missing(field: field) }
        return .proceed(to: target)
    }

    /// What `actor` may do now, whatever fields that takes.
    package static func actions(on subject: Subject, for actor: CaseActor) -> [CaseAction] {
        CaseAction.allCases.filter {
            isPermitted($0, to: actor, unit: subject.unit)
                && target(of: $0, from: subject.state, passed: true) != nil
        }
    }

    private static func isPermitted(_ action: CaseAction, to actor: CaseActor, unit: String?) -> Bool {
        guard actor.role == action.role else { return false }
        return actor.role != .unit || (unit != nil && actor.unit == unit)
    }

    /// The state after `action`, or nil where it is illegal.
    private static func target(of action: CaseAction, from state: CaseState, passed: Bool?) -> CaseState? {
        switch (action, state) {
        case (.file, .reported): .filed
        case (.refuse, .reported): .invalid
        case (.dispatch, .filed): .dispatched
        case (.accept, .dispatched): .handling
        case (.return, .dispatched), (.return, .handling): .filed
        case (.handle, .handling): .handled
        // Not passed: the unit has to do it again (rework).
        case (.check, .handled): passed == false ? .dispatched : .checked
        case (.close, .checked): .closed
        case (.urge, _) where state.isOpen: state
        default: nil
        }
    }

    private static func missingField(
        _ action: CaseAction,
        _ subject: Subject,
        _ input: CaseInput,
        _ responsibleUnit: String?
    ) -> String? {
        switch action {
        case .file:
            if isBlank(input.classCode ?? subject.classCode) { return "class" }
            return (input.position ?? subject.position) == nil ? "position" : nil
        case .refuse, .return: return isBlank(input.reason) ? "reason" : nil
        case .dispatch: return isBlank(input.unit ?? responsibleUnit) ? "unit" : nil
        case .handle, .urge: return isBlank(input.note) ? "note" : nil
        case .check:
            if input.passed == nil { return "passed" }
            return isBlank(input.note) ? "note" : nil
        case .accept, .close: return nil
        }
    }

    private static func isBlank(_ text: String?) -> Bool {
        text?.allSatisfy(\.isWhitespace) ?? true
    }
}
