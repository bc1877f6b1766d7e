/// Reads a journal from an offset on, as often as asked; a torn last line waits for its rest.
package struct JournalReader: Sendable {
    package let path: String
    /// The first byte not read yet.
    package private(set) var offset: Int
    /// Lines whose check value was wrong; they are left out.
    package private(set) var damagedLines = 0
    private let files: any RecordingFiles

    package init(path: String, offset: Int = 0, files: any RecordingFiles = SystemFiles()) {
        self.path = path
        self.offset = offset
        self.files = files
    }

    /// The whole lines that came since the last call; none where there is no file (yet).
    package mutating func readNew() throws(FileFailure) -> [JournalEntry] { [] }
}
