/// What a call-back (回访) has found; never changed once it is noted.
package struct CallBack: Sendable, Hashable, Codable {
    package enum Result: String, Sendable, Hashable, Codable, CaseIterable {
        case satisfied
        /// The case is opened again.
        case unsatisfied
        /// Nobody could be reached; the acceptor gives up.
        case unreachable
    }

    package var id: String
    package var reportId: String
    package var caseId: String
    package var result: Result
    package var note: String?
    package var by: String
    package var at: WallTime
    /// Whether it opened the case again.
    package var reopened: Bool

    package init(
        id: String,
        reportId: String,
        caseId: String,
        result: Result,
        note: String?,
        by: String,
        at: WallTime,
        reopened: Bool
    ) {
        self.id = id
        self.reportId = reportId
        self.caseId = caseId
        self.result = result
        self.note = note
        self.by = by
        self.at = at
        self.reopened = reopened
    }
}
