package import Domain

/// How long what is kept, as the site file says.
package struct RetentionPolicies: Sendable {
    /// By camera.
    package var cameras: [String: RecordPolicy]
    /// What holds for priorities and for all recordings together.
    package var recording: Domain.RecordingSettings

    package init(cameras: [String: RecordPolicy] = [:], recording: Domain.RecordingSettings) {
        self.cameras = cameras
        self.recording = recording
    }

    package init(site: Site) {
        cameras = Dictionary(site.cameras.map { ($0.id, $0.record) }, uniquingKeysWith: { first, _ in first })
        recording = site.recording
    }

    /// A camera that the site no longer declares keeps its recordings like one that says nothing.
    package func policy(of cameraId: String) -> RecordPolicy {
        if let declared = cameras[cameraId] { return declared }
        var usual = RecordPolicy()
        usual.keepDays = recording.priorities[usual.priority]?.keepDays ?? usual.keepDays
        return usual
    }
}
