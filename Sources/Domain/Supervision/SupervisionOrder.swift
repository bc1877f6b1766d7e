/// An order of a leader about a case (督办): what is to be done until when. Orders and what is said to them are only
/// ever added.
package struct SupervisionOrder: Sendable, Hashable, Codable {
    package enum State: String, Sendable, Hashable, Codable, CaseIterable {
        case open
        /// Whoever has the case has said what was done.
        case answered
        /// The leader is content.
        case closed
    }

    /// What was said to an order.
    package struct Answer: Sendable, Hashable, Codable {
        /// What the order is after it.
        package var to: State
        package var by: String
        package var at: WallTime
        package var note: String

        package init(to: State, by: String, at: WallTime, note: String) {
            self.to = to
            self.by = by
            self.at = at
            self.note = note
        }
    }

    package var id: String
    package var caseId: String
    package var text: String
    package var by: String
    package var at: WallTime
    package var dueAt: WallTime
    /// Oldest first.
    package var answers: [Answer]

    package init(
        id: String,
        caseId: String,
        text: String,
        by: String,
        at: WallTime,
        dueAt: WallTime,
        answers: [Answer] = []
    ) {
        self.id = id
        self.caseId = caseId
        self.text = text
        self.by = by
        self.at = at
        self.dueAt = dueAt
        self.answers = answers
    }

    package var state: State { answers.last?.to ?? .open }

    /// Whether nobody has answered in time.
    package func isOverdue(at now: WallTime) -> Bool { state == .open && now > dueAt }
}

/// The lists by which supervision finds cases that don't move.
package enum SupervisionList: String, Sendable, Hashable, Codable, CaseIterable {
    /// Its limit ends soon.
    case dueSoon
    /// Its limit has ended.
    case overdue
    /// A unit has returned it.
    case bounced
    /// Nobody has done anything for long.
    case silent
    /// No unit is known for it.
    case withoutHolder
    /// Suspended, and its review or its end has come.
    case reviewDue
}
