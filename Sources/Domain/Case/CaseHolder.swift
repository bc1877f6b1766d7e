/// Who has a case now; every case has exactly one holder at any time, an ended one the archive.
package struct CaseHolder: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// Whoever of a role comes first.
        case role
        case unit, person
        /// Another centre.
        case centre
        case committee
        /// Nobody has to do anything.
        case archive
    }

    package var kind: Kind
    /// A role, a unit's id, a name; of the archive, how the case ended.
    package var id: String

    package init(_ kind: Kind, _ id: String) {
        self.kind = kind
        self.id = id
    }

    /// `unit:drainage`, `role:acceptor`.
    package var text: String { kind.rawValue + ":" + id }

    package init?(text: String) {
        guard let colon = text.firstIndex(of: ":"), let kind = Kind(rawValue: String(text[..<colon])) else {
            return nil
        }
        self.init(kind, String(text[text.index(after: colon)...]))
    }
}

extension Case {
    package var holder: CaseHolder {
        switch state {
        case .reported, .checked: CaseHolder(.role, Role.acceptor.rawValue)
        case .filed, .adjudicating: CaseHolder(.role, Role.dispatcher.rawValue)
        case .verifying: Self.asked(course.assignee)
        case .dispatched, .handling: CaseHolder(.unit, unit ?? "")
        case .handled:
            // Where no collector has to look, or the professionals have to look first, the acceptor goes on.
            course.awaitsInspection || course.flowOrUsual[.check] != .required
                ? CaseHolder(.role, Role.acceptor.rawValue) : CaseHolder(.role, Role.collector.rawValue)
        case .checking: course.checkUnit.map { CaseHolder(.unit, $0) } ?? Self.asked(course.assignee)
        case .suspended:
            CaseHolder(course.suspension?.ownerIsUnit == true ? .unit : .person, course.suspension?.owner ?? "")
        case .escalated: CaseHolder(.committee, course.committee ?? "")
        case .handedOver: CaseHolder(.centre, course.centre ?? "")
        case .closed, .invalid, .merged, .selfHandled, .void, .archived: CaseHolder(.archive, ending.rawValue)
        }
    }

    private static func asked(_ collector: String?) -> CaseHolder {
        collector.map { CaseHolder(.person, $0) } ?? CaseHolder(.role, Role.collector.rawValue)
    }

    /// How an ended case ended, also once it is archived; the state of an open one.
    package var ending: CaseState { state == .archived ? course.before ?? .closed : state }
}

extension CaseCourse {
    /// Whether the professional check is still to come.
    package var awaitsInspection: Bool { flowOrUsual[.inspect] == .required && !isInspected }
}
