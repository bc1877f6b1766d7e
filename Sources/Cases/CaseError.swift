package import Domain

/// Why a case can't be opened, found or moved on.
package struct CaseError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// This person may never do that.
        case forbidden
        /// Not from the state in which the case is now.
        case illegalAction(state: CaseState)
        case missingField(String)
        case invalidField(String)
        case notFound
    }

    package var code: Code
    /// What is wrong and what to do, in English.
    package var message: String

    package init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
