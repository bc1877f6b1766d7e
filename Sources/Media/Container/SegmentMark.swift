package import Domain

/// Who recorded a segment and when: kept in the file, so that everything can be rebuilt from the file alone.
package struct SegmentMark: Sendable, Hashable {
    package var cameraId: String
    package var runId: String
    /// Wall time of the segment's first frame.
    package var startedAt: WallTime
    /// Where the segment begins on the run's time line, in 90 kHz ticks.
    package var startTicks: Int64

    package init(cameraId: String, runId: String, startedAt: WallTime, startTicks: Int64) {
        self.cameraId = cameraId
        self.runId = runId
        self.startedAt = startedAt
        self.startTicks = startTicks
    }
}
