/// What a new configuration changes, so that an unchanged camera keeps its connection and loses no frame.
package struct ConfigurationDifference: Sendable, Equatable {
    /// Cameras to stop: gone, by id.
    package var removed: [String] = []
    package var added: [CapturedCamera] = []
    /// Cameras whose main or sub source is another one, or opened in another way: that connection starts anew.
    package var reconnected: [CapturedCamera] = []
    /// Cameras of which only zones or the record policy changed: told to the worker, no connection touched.
    package var updated: [CapturedCamera] = []
    package var recordingChanged = false
    package var analyseChanged = false

    package var isEmpty: Bool { self == ConfigurationDifference() }

    /// Compares two configurations camera by camera.
    package init(from old: CaptureConfiguration, to new: CaptureConfiguration) {
        let before = Dictionary(old.cameras.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let after = Set(new.cameras.map(\.id))
        removed = old.cameras.map(\.id).filter { !after.contains($0) }
        for camera in new.cameras {
            guard let previous = before[camera.id] else {
                added.append(camera)
                continue
            }
            if previous.source != camera.source || previous.sub != camera.sub || previous.input != camera.input
                || previous.platform != camera.platform
            {
                reconnected.append(camera)
            } else if previous != camera {
                updated.append(camera)
            }
        }
        recordingChanged = old.recording != new.recording
        analyseChanged = old.analyse != new.analyse
    }

    private init() {}
}
