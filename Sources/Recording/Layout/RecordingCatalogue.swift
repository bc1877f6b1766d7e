/// Lists what lies on a recording volume.
package struct RecordingCatalogue: Sendable {
    package let layout: RecordingLayout
    private let files: any RecordingFiles

    package init(layout: RecordingLayout, files: any RecordingFiles = SystemFiles()) {
        self.layout = layout
        self.files = files
    }

    /// The cameras that have a folder.
    package func cameras() throws(FileFailure) -> [String] { [] }

    /// A camera's days, `2026-11-23`, oldest first.
    package func days(_ cameraId: String) throws(FileFailure) -> [String] { [] }

    /// The segments of one day (those with a file, a journal or both), oldest first.
    package func segments(_ cameraId: String, day: String) throws(FileFailure) -> [SegmentName] { [] }
}
