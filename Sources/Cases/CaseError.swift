package import Domain

/// Why a case can't be opened, found or moved on.
package struct CaseError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// This person may never do that.
        case forbidden
        /// Not from the state in which the case is now.
        case illegalAction(state: CaseState)
        /// From this state, but not yet or no more.
        case blocked(CaseObstacle, state: CaseState)
        /// The case has ended in a way that takes no further report.
        case ended(state: CaseState)
        /// The step was meant for the case as it was: since then somebody else has taken one.
        case movedOn(state: CaseState)
        /// This person was on another side of the case.
        case conflict(CaseSide)
        case missingField(String)
        case invalidField(String)
        case notFound
    }

    package var code: Code
    /// What is wrong and what to do, in English.
    package var message: String
    /// Who brought the case to where it is, for a step that comes too late.
    package var last: CaseCourse.Step?
    /// How long ago that was.
    package var secondsAgo: Int?

    package init(code: Code, message: String, last: CaseCourse.Step? = nil, at now: WallTime? = nil) {
        self.code = code
        self.message = message
        self.last = last
        if let last, let now { secondsAgo = max(0, Int((now - last.at).seconds)) }
    }

    package var description: String { message }
}
