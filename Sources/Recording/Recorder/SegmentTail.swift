import Domain

/// A segment's files with what of them is known to be on the disk: kept while it is written, and after its end until a
/// sync has covered all of it.
struct SegmentTail: Sendable {
    /// The segment as it was after one of its fragments.
    struct Mark: Sendable, Hashable {
        /// The volume's epoch after the write.
        var epoch: Int
        var sizeBytes: Int
        var fragmentCount: Int
        var head: ContentHash
        var end: WallTime
    }

    enum Examined {
        case whole
        /// It was hit and is closed; frames were lost from this wall time on, if any were.
        case ended(lostFrom: WallTime?)
    }

    let lane: CameraLane
    let name: SegmentName
    var file: any RecordingFile
    var journal: any RecordingFile
    /// Whole lines of the journal, in bytes.
    var journalBytes: Int
    /// The newest that a sync has covered, then those behind it, one per epoch; never empty.
    private(set) var marks: [Mark]
    /// A closing line that could not be written yet.
    var closing: [UInt8]?
    /// What lies behind the last whole fragment could not be cut off yet.
    var hasRest = false

    init(
        lane: CameraLane,
        name: SegmentName,
        file: any RecordingFile,
        journal: any RecordingFile,
        journalBytes: Int,
        start: Mark
    ) {
        self.lane = lane
        self.name = name
        self.file = file
        self.journal = journal
        self.journalBytes = journalBytes
        marks = [start]
    }

    var last: Mark { marks[marks.count - 1] }

    /// Notes a fragment that is written.
    mutating func append(_ mark: Mark, durableBelow: Int) {
        prune(durableBelow)
        if last.epoch == mark.epoch, marks.count > 1 { marks.removeLast() }
        marks.append(mark)
    }

    private mutating func prune(_ durableBelow: Int) {
        if let newest = marks.lastIndex(where: { $0.epoch < durableBelow }), newest > 0 { marks.removeFirst(newest) }
    }

    /// Whether all of it has been covered by a sync.
    func isDurable(below epoch: Int) -> Bool { last.epoch < epoch }

    /// After a failed sync of the volume: asks the files themselves whether they were hit, which is reliable for a file
    /// that was open before the write (Linux keeps the error for each descriptor), and cuts a segment that was to what an
    /// earlier sync has covered. What can't be read back after a power cut is no longer claimed by any line. A journal
    /// that was hit gets its lines once more.
    ///
    /// - Parameter files: where the journal is read: it reads back well, whatever is on the disk.
    mutating func examine(durableBelow: Int, isOpen: Bool, journalPath: String, _ files: any RecordingFiles) -> Examined
    {
        prune(durableBelow)
        repeatJournal(journalPath, files)
        do throws(FileFailure) {
            try file.sync()
            let whole = last
            marks = [
                Mark(
                    epoch: 0,
                    sizeBytes: whole.sizeBytes,
                    fragmentCount: whole.fragmentCount,
                    head: whole.head,
                    end: whole.end
                )
            ]
            return .whole
        } catch {
            var kept = marks[0]
            if kept.fragmentCount == last.fragmentCount, !isOpen { return .whole }
            let lost = kept.fragmentCount < last.fragmentCount
            kept.epoch = 0
            marks = [kept]
            do throws(FileFailure) {
                try file.truncate(to: kept.sizeBytes)
            } catch {
                hasRest = true
            }
            // The line feed ends what may be left of lines that were lost.
            let cut = [10] + JournalLine.encode(.segmentCut(sizeBytes: kept.sizeBytes))
            end(.failed, preceded: cut)
            return .ended(lostFrom: lost ? kept.end : nil)
        }
    }

    private mutating func repeatJournal(_ path: String, _ files: any RecordingFiles) {
        do throws(FileFailure) {
            try journal.sync()
        } catch {
            var reader = JournalReader(path: path, files: files)
            guard let entries = try? reader.readAll() else { return }
            // From the last opening line on, which begins anew.
            let first = entries.lastIndex { if case .segmentOpened = $0 { true } else { false } }
            let lines = entries[(first ?? 0)...].flatMap { JournalLine.encode($0) }
            try? Self.append([10] + lines, to: journal, behind: &journalBytes)
        }
    }

    /// Writes the closing line; it stays in `closing` when that fails.
    @discardableResult
    mutating func end(_ cause: SegmentClosed.Cause, preceded lines: [UInt8] = []) -> FileFailure? {
        let closed = SegmentClosed(
            cause: cause,
            endedAt: last.end,
            fragmentCount: last.fragmentCount,
            sizeBytes: last.sizeBytes,
            head: last.head
        )
        closing = lines + JournalLine.encode(.segmentClosed(closed))
        return retry()
    }

    /// Tries again what could not be done to its files; what failed, if it did.
    mutating func retry() -> FileFailure? {
        do throws(FileFailure) {
            if hasRest {
                try file.truncate(to: last.sizeBytes)
                hasRest = false
            }
            if let closing {
                try Self.append(closing, to: journal, behind: &journalBytes)
                self.closing = nil
            }
            return nil
        } catch {
            return error
        }
    }

    /// Appends whole lines or nothing: what a full disk took of them is cut off again, so that the next line isn't lost
    /// with it.
    static func append(
        _ lines: [UInt8],
        to journal: any RecordingFile,
        behind size: inout Int
    ) throws(FileFailure) {
        do throws(FileFailure) {
            try journal.append(lines)
            size += lines.count
        } catch {
            try? journal.truncate(to: size)
            throw error
        }
    }
}
