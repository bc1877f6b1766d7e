package import Domain

/// The recording side of one volume: a thread that writes for all cameras, and the sync beat. Recorders hand their
/// fragments over and never wait for it.
package final class RecordingVolume: Sendable {
    package let layout: RecordingLayout

    package init(
        layout: RecordingLayout,
        files: any RecordingFiles = SystemFiles(),
        clock: any HostClock = SystemClock(),
        settings: RecordingSettings = RecordingSettings(),
        onEvent: @escaping @Sendable (VolumeEvent) -> Void = { _ in }
    ) {
        self.layout = layout
    }

    /// Starts the writer's and the beat's threads.
    package func start() {}

    /// Writes out what waits, syncs and ends the threads; blocks. End the recorders' runs before.
    package func stop() {}

    /// True between a failure and the next write that works.
    package var isFailing: Bool { false }

    /// A camera's recorder: closes what an earlier process left unfinished, notes the gap. One at a time per camera.
    package func recorder(cameraId: String) throws(FileFailure) -> Recorder {
        Recorder()
    }
}
