/// When the parts of a camera's way last gave a sign of life: each may stop while the others go on. All nil before the
/// first; kept over reconnections, so that they tell since when something is missing.
package struct CameraClocks: Sendable, Hashable, Codable {
    /// The open connection's beginning; nil while there is none.
    package var connectedAt: WallTime?
    package var packetAt: WallTime?
    package var keyFrameAt: WallTime?
    /// A fragment was handed to the disk.
    package var writtenAt: WallTime?

    package init(
        connectedAt: WallTime? = nil,
        packetAt: WallTime? = nil,
        keyFrameAt: WallTime? = nil,
        writtenAt: WallTime? = nil
    ) {
        self.connectedAt = connectedAt
        self.packetAt = packetAt
        self.keyFrameAt = keyFrameAt
        self.writtenAt = writtenAt
    }
}
