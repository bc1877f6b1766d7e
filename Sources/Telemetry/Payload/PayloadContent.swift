import Domain

/// What a payload says, or why it isn't accepted.
enum PayloadResult<Content: Sendable>: Sendable {
    case accepted(Content)
    case rejected(RejectionReason, detail: String?)
}

/// The readings of one message, and why others of it (or all of it) weren't taken.
struct PayloadContent: Sendable, Equatable {
    var readings: [Reading] = []
    /// The first reason.
    var rejection: PayloadRejection?
}

/// Why a payload, or one reading of it, isn't accepted.
struct PayloadRejection: Error, Sendable, Equatable {
    var reason: RejectionReason
    /// Which field, in English, at most 200 characters.
    var detail: String?

    init(_ reason: RejectionReason, _ detail: String? = nil) {
        self.reason = reason
        self.detail = detail.map { String($0.prefix(200)) }
    }
}
