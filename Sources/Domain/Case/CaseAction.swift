/// What people do with a case. The raw value is its name in the API.
package enum CaseAction: String, Sendable, Hashable, Codable, CaseIterable {
    case file, refuse, dispatch, accept
    case `return` = "return"
    case handle, check, close, urge

    /// Somebody of the unit is there (到场).
    case arrive
    /// The danger is contained (控制).
    case secure

    /// Has a collector look whether a report is right.
    case askVerification
    /// Says what the report was found to be.
    case verify
    /// Joins it to the case of the same problem.
    case merge
    /// A collector has put it right on the spot.
    case selfHandle
    /// Has a collector, or the professional unit, look at the result.
    case askCheck
    /// The professional unit's check, which comes before the collector's.
    case inspect
    case reopen, void, archive

    case suspend, resume, extend
    /// Calls on the owner in public.
    case announce
    /// Has further units work on it beside the one that leads.
    case engage
    case disengage
    /// Rules who handles it; that binds.
    case adjudicate
    case escalate, handOver, takeBack

    /// The one role that may do it. Supervision and command never share a role, and only a unit can say that work is
    /// done.
    package var role: Role {
        switch self {
        case .file, .refuse, .close, .askVerification, .merge, .askCheck, .reopen, .void, .archive: .acceptor
        case .dispatch, .suspend, .resume, .extend, .announce, .engage, .disengage, .adjudicate, .escalate, .handOver,
            .takeBack:
            .dispatcher
        case .accept, .arrive, .secure, .return, .handle, .inspect: .unit
        case .check, .verify, .selfHandle: .collector
        case .urge: .leader
        }
    }

    /// The side it stands on; nil for what stands on none.
    package var side: CaseSide? {
        switch self {
        case .accept, .arrive, .secure, .return, .handle, .selfHandle: .work
        case .urge: nil
        default: role == .dispatcher ? .command : .supervision
        }
    }
}

/// The three sides of a case: nobody is on two of them (监督与指挥分离).
package enum CaseSide: String, Sendable, Hashable, Codable, CaseIterable {
    /// 监督: says whether it is a case and whether it is dealt with.
    case supervision
    /// 指挥: says who deals with it and by when.
    case command
    /// 处置: deals with it.
    case work
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
