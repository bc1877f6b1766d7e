/// Why a message was not taken as a reading or a position: codes that pages turn into words.
package enum RejectionReason: String, Sendable, Hashable, Codable, CaseIterable {
    /// Not JSON (RFC 8259), or not UTF-8.
    case notJSON
    /// JSON nested deeper than 16 levels.
    case tooDeep
    /// More than 64 KiB.
    case tooLarge
    /// A field has the wrong type, or a word that the profile doesn't know.
    case wrongType
    /// NaN, an infinity, or a number beyond what a double holds.
    case notFinite
    /// No value in it.
    case noValue
    /// More than 64 values, or a name longer than 64 bytes.
    case tooManyValues
    /// The time is no time.
    case badTime
    /// The time is before 2020.
    case tooOld
    /// The time is more than 5 minutes ahead of ours.
    case inFuture
    /// A position that is not on the globe.
    case badPosition
    /// A retained message without a time: its value may be of any age.
    case retainedWithoutTime
    /// A value that its profile says can't be.
    case outOfRange
    /// More readings in one message, or more messages from one device, than are taken.
    case tooMany
    /// Of a sender that the site doesn't declare: kept until it is accepted.
    case unknownSource
}

/// A message that was not accepted, kept for inspection.
package struct RejectedPayload: Sendable, Hashable {
    /// How many bytes of a payload are kept.
    package static let keptBytes = 4096

    /// The sensor or vehicle it was meant for; nil when the site knows none by that name.
    package var source: String?
    package var topic: String
    package var receivedAt: WallTime
    package var reason: RejectionReason
    /// Which field, in English, at most 200 characters.
    package var detail: String?
    /// The payload's whole size in bytes.
    package var sizeBytes: Int
    /// Its first `keptBytes` bytes.
    package var payload: [UInt8]
    /// For how many messages it stands: in a flood from one device not each is kept.
    package var times = 1

    package init(
        source: String?,
        topic: String,
        receivedAt: WallTime,
        reason: RejectionReason,
        detail: String? = nil,
        sizeBytes: Int,
        payload: [UInt8]
    ) {
        self.source = source
        self.topic = topic
        self.receivedAt = receivedAt
        self.reason = reason
        self.detail = detail
        self.sizeBytes = sizeBytes
        self.payload = Array(payload.prefix(Self.keptBytes))
    }
}

/// How many messages for one sensor or vehicle were rejected, and the last of them.
package struct RejectionCount: Sendable, Hashable, Codable {
    package var count: Int
    package var lastReason: RejectionReason?
    package var lastAt: WallTime?

    package init(count: Int = 0, lastReason: RejectionReason? = nil, lastAt: WallTime? = nil) {
        self.count = count
        self.lastReason = lastReason
        self.lastAt = lastAt
    }
}
