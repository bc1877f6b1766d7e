package import Domain

/// An evidence lock on a range of a camera's recording: nothing deletes it until it is released.
package struct HoldRecord: Sendable, Hashable, Codable {
    package var id: String
    package var cameraId: String
    package var from: WallTime
    package var to: WallTime
    package var reason: String
    /// Who asked for it.
    package var by: String
    package var createdAt: WallTime
    package var releasedAt: WallTime?

    package init(
        id: String,
        cameraId: String,
        from: WallTime,
        to: WallTime,
        reason: String,
        by: String,
        createdAt: WallTime,
        releasedAt: WallTime? = nil
    ) {
        self.id = id
        self.cameraId = cameraId
        self.from = from
        self.to = to
        self.reason = reason
        self.by = by
        self.createdAt = createdAt
        self.releasedAt = releasedAt
    }

    /// Whether it locks any part of `from`..<`to` of the camera.
    package func covers(cameraId: String, from: WallTime, to: WallTime) -> Bool {
        releasedAt == nil && self.cameraId == cameraId && self.from < to && from < self.to
    }
}
