/// Where a case stands. The raw value is its name everywhere.
package enum CaseState: String, Sendable, Hashable, Codable, CaseIterable {
    /// Known, not yet accepted as a case.
    case reported
    /// Accepted: it is a case and its time limit runs.
    case filed
    /// Given to a unit.
    case dispatched
    /// The unit has taken it.
    case handling
    /// The unit says that it is done.
    case handled
    /// A collector has seen on site that it is done.
    case checked
    case closed
    /// Refused before it was filed.
    case invalid

    /// Whether something is still to be done.
    package var isOpen: Bool { self != .closed && self != .invalid }
}

/// What people do with a case. The raw value is its name in the API.
package enum CaseAction: String, Sendable, Hashable, Codable, CaseIterable {
    case file, refuse, dispatch, accept
    case `return` = "return"
    case handle, check, close, urge

    /// The one role that may do it. Supervision (file, check, close) and command (dispatch) never share a role, and
    /// only the unit itself can say that work is done.
    package var role: Role {
        switch self {
        case .file, .refuse, .close: .acceptor
        case .dispatch: .dispatcher
        case .accept, .return, .handle: .unit
        case .check: .collector
        case .urge: .leader
        }
    }
}

/// Who does something with a case.
package struct CaseActor: Sendable, Hashable, Codable {
    /// The user's name, or `system`.
    package var name: String
    /// Nil for the system itself.
    package var role: Role?
    /// The unit a `unit` user belongs to.
    package var unit: String?

    package init(name: String, role: Role?, unit: String? = nil) {
        self.name = name
        self.role = role
        self.unit = unit
    }

    /// Rules and policies that act without a person.
    package static let system = CaseActor(name: "system", role: nil)
}

/// What a person gives with an action; which of it an action needs is `CaseMachine`'s to say.
package struct CaseInput: Sendable, Hashable, Codable {
    package var classCode: String?
    package var position: GeoPoint?
    package var reason: String?
    package var unit: String?
    package var note: String?
    /// An attachment's id.
    package var photo: String?
    package var passed: Bool?

    private enum CodingKeys: String, CodingKey {
        case classCode = "class"
        case position, reason, unit, note, photo, passed
    }

    package init(
        classCode: String? = nil,
        position: GeoPoint? = nil,
        reason: String? = nil,
        unit: String? = nil,
        note: String? = nil,
        photo: String? = nil,
        passed: Bool? = nil
    ) {
        self.classCode = classCode
        self.position = position
        self.reason = reason
        self.unit = unit
        self.note = note
        self.photo = photo
        self.passed = passed
    }
}
