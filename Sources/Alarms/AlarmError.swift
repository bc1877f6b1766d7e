/// Why an alarm can't be judged or taken.
package struct AlarmError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// Only a monitor judges alarms.
        case forbidden
        case alreadyDecided
        case missingField(String)
        case notFound
        /// More signals wait than can be kept.
        case busy
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
