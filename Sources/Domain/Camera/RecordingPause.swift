/// Somebody has switched a camera's recording off.
package struct RecordingPause: Sendable, Hashable, Codable {
    package var cameraId: String
    /// The user's name.
    package var by: String
    package var since: WallTime
    package var reason: String

    package init(cameraId: String, by: String, since: WallTime, reason: String) {
        self.cameraId = cameraId
        self.by = by
        self.since = since
        self.reason = reason
    }
}
