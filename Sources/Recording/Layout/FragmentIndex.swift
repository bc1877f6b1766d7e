/// The fragments of one segment, from its journal or, where that is missing or damaged, from the file itself.
package struct FragmentIndex: Sendable, Hashable {
    package var opened: SegmentOpened
    package var fragments: [FragmentRecord]
    /// nil while the segment is being written, or was left unfinished.
    package var closed: SegmentClosed?

    /// Reads the journal; nil where there is none with a first line.
    package static func journal(
        cameraId: String,
        name: SegmentName,
        layout: RecordingLayout,
        files: any RecordingFiles = SystemFiles()
    ) throws(FileFailure) -> FragmentIndex? { nil }

    /// Walks the segment's boxes, hashing only where asked; nil where there is no init segment.
    package static func rebuilt(
        cameraId: String,
        name: SegmentName,
        layout: RecordingLayout,
        files: any RecordingFiles = SystemFiles()
    ) throws(FileFailure) -> FragmentIndex? { nil }
}
