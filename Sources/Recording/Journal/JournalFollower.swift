/// An entry with the place it was found at.
package struct JournalEvent: Sendable, Hashable {
    package var cameraId: String
    /// The segment; nil for entries of the day journal (gaps and states).
    package var segment: SegmentName?
    package var entry: JournalEntry
}

/// Follows all cameras' journals by polling: every call of `poll()` gives what is new, segment by segment in order.
/// Polled ten times a second it costs one short read per recording camera.
package struct JournalFollower: Sendable {
    /// How far each camera was followed; kept by the reader to go on from there.
    package struct Position: Sendable, Hashable, Codable {
        package var cameras: [String: CameraPosition] = [:]

        package init() {}
    }

    package struct CameraPosition: Sendable, Hashable, Codable {
        /// The newest segment that was begun; all before it are done.
        package var segment: String?
        /// The offset in its journal.
        package var segmentOffset = 0
        /// It was read to its end.
        package var segmentDone = false
        /// The newest day journal and the offset in it.
        package var day: String?
        package var dayOffset = 0

        package init() {}
    }

    package private(set) var position: Position

    package init(layout: RecordingLayout, position: Position = Position(), files: any RecordingFiles = SystemFiles()) {
        self.position = position
    }

    /// What came since the last call, at most about `limit` entries. Blocks for the reads.
    package mutating func poll(limit: Int = 10_000) throws(FileFailure) -> [JournalEvent] { [] }
}
