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
    /// The case that it is evidence of. This and what follows is missing in lines of the first version.
    package var caseId: String?
    /// When it ends by itself. Serve then writes its release: who obeys holds looks at `releasedAt` alone, never at a
    /// clock that may be wrong.
    package var until: WallTime?
    package var releasedAt: WallTime?
    package var releasedBy: String?
    package var releaseReason: String?

    package init(
        id: String,
        cameraId: String,
        from: WallTime,
        to: WallTime,
        reason: String,
        by: String,
        createdAt: WallTime,
        caseId: String? = nil,
        until: WallTime? = nil,
        releasedAt: WallTime? = nil,
        releasedBy: String? = nil,
        releaseReason: String? = nil
    ) {
        self.id = id
        self.cameraId = cameraId
        self.from = from
        self.to = to
        self.reason = reason
        self.by = by
        self.createdAt = createdAt
        self.caseId = caseId
        self.until = until
        self.releasedAt = releasedAt
        self.releasedBy = releasedBy
        self.releaseReason = releaseReason
    }

    /// Whether it locks any part of `from`..<`to` of the camera.
    package func covers(cameraId: String, from: WallTime, to: WallTime) -> Bool {
        releasedAt == nil && self.cameraId == cameraId && self.from < to && from < self.to
    }
}
