/// How a recording volume is.
package struct VolumeStatus: Sendable, Hashable {
    package enum State: String, Sendable, Hashable, Codable, CaseIterable {
        case ok
        /// Writing or syncing failed and has not worked since, or a call doesn't come back.
        case failing
        /// It takes no more bytes.
        case full
        /// It is not mounted, or another disk is in its place.
        case missing
    }

    /// `main` for the volume of the root.
    package var id: String
    /// The folder that holds its cameras.
    package var path: String
    package var state: State
    /// What failed last, while it is not `ok`.
    package var failure: FileFailure?
    /// nil where that can't be told.
    package var freeBytes: Int?
    package var totalBytes: Int?

    package init(
        id: String,
        path: String,
        state: State,
        failure: FileFailure? = nil,
        freeBytes: Int? = nil,
        totalBytes: Int? = nil
    ) {
        self.id = id
        self.path = path
        self.state = state
        self.failure = failure
        self.freeBytes = freeBytes
        self.totalBytes = totalBytes
    }
}
