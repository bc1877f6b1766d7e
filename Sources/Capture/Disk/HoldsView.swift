import Domain
import Recording

/// The holds while segments are being deleted: one that is acknowledged in the midst of it counts from then on.
struct HoldsView {
    private(set) var holds: [HoldRecord]
    private let journal: HoldsJournal
    private let layout: RecordingLayout
    private let files: any RecordingFiles
    /// The journal's length when it was read, in bytes.
    private var size: Int?
    private var hasChanged = false

    init(_ journal: HoldsJournal, _ layout: RecordingLayout, _ files: any RecordingFiles) throws(FileFailure) {
        self.journal = journal
        self.layout = layout
        self.files = files
        size = try files.size(layout.holdsJournal)
        holds = try journal.load()
    }

    /// Whether no hold came that covers a segment which none covered when the holds were read first; looks at the
    /// journal's length, and reads it when that has changed.
    mutating func allows(_ segment: StoredSegment) throws(FileFailure) -> Bool {
        let now = try files.size(layout.holdsJournal)
        if now != size {
            size = now
            holds = try journal.load()
            hasChanged = true
        }
        return !hasChanged || !SpacePlan.deletable([segment], holds: holds).isEmpty
    }
}
