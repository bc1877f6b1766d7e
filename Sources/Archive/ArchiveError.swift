/// Why the archive can't do what was asked.
package struct ArchiveError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, Hashable {
        /// Nothing of the range is on disk (404 `nothingRecorded`).
        case nothingRecorded
        /// There is no picture to give (404 `noPicture`).
        case noPicture
        /// No such bookmark, hold or attachment (404).
        case notFound
        /// The hold is already released (409).
        case alreadyReleased
        /// The range is empty, inverted, too long or in the future (422, `field` says which value).
        case invalidRange
        /// The attachment's type or size is not accepted (422).
        case invalidAttachment
        /// A file can't be read or written.
        case io
        /// The volume has no room.
        case diskFull
        /// The volume would have less free space than the site keeps.
        case belowFloor
        /// A file is no archive, or a damaged one.
        case invalidArchive
        /// Too many at once; try again (503).
        case busy
        /// Every render process for video is taken (429 `tooManyTranscodes`).
        case tooManyTranscodes
        /// A render process failed or took too long.
        case renderFailed
    }

    package var code: Code
    /// What failed, on which camera or file, and what to do.
    package var message: String
    package var cause: (any Error)?
    /// `tooManyTranscodes`: how many there may be.
    package var limit: Int?

    package init(_ code: Code, _ message: String, cause: (any Error)? = nil, limit: Int? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
        self.limit = limit
    }

    package var description: String { message }
}
