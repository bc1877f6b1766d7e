package import Domain

/// Who recorded a segment and when: kept in the file, so that everything can be rebuilt from the file alone.
package struct SegmentMark: Sendable, Hashable {
    package var cameraId: String
    package var runId: String
    /// Wall time of the segment's first frame.
    package var startedAt: WallTime
    /// Where the segment begins on the run's time line, in 90 kHz ticks.
    package var startTicks: Int64
    /// The camera's segment before this one and the last value of its hash chain (32 bytes), so that the chain survives
    /// the loss of the journals; nil for a camera's first segment and in files of the first version.
    package var previousSegment: String?
    package var previousHead: [UInt8]?

    package init(
        cameraId: String,
        runId: String,
        startedAt: WallTime,
        startTicks: Int64,
        previousSegment: String? = nil,
        previousHead: [UInt8]? = nil
    ) {
        self.cameraId = cameraId
        self.runId = runId
        self.startedAt = startedAt
        self.startTicks = startTicks
        self.previousSegment = previousSegment
        self.previousHead = previousHead
    }
}
