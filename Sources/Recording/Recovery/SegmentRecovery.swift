package import Domain

/// Closes what a crash or a power cut left: cuts the file after its last whole fragment, completes its journal, notes
/// the gap. `RecordingVolume.recorder(cameraId:)` does it before recording goes on.
package struct SegmentRecovery: Sendable {
    /// What is known of a camera's past afterwards.
    package struct Outcome: Sendable, Hashable {
        /// The newest segment and the last value of its chain.
        package var lastSegment: SegmentName?
        package var lastHead: ContentHash?
        /// Wall time of the end of the last recorded frame.
        package var lastEnd: WallTime?
        /// The gap that is open now.
        package var openGap: GapRecord?
        /// Segments that had to be closed.
        package var recovered: [SegmentName] = []
    }

    package init(layout: RecordingLayout, files: any RecordingFiles = SystemFiles()) {}

    /// Recovers one camera; `now` begins the first gap of a camera without a past.
    package func recover(cameraId: String, now: WallTime) throws(FileFailure) -> Outcome { Outcome() }
}
