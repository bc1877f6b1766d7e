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
    let file: any RecordingFile
    let journal: any RecordingFile
    /// Whole lines of the journal, in bytes.
    var journalBytes: Int
    /// The newest that a sync has covered, then those behind it, one per epoch; never empty.
    private var marks: [Mark]
    /// The epoch of the last write to any of its files.
    private var touched: Int

    /// The journal ends with what a failed write left of its lines, which could not be cut off either.
    private var isTorn = false

    // What could not be done to its files yet, in the order in which it is done.
    /// The init segment, where it has to be written again because a failed sync took it.
    private var lostStart: [UInt8]?
    /// What lies behind the last whole fragment has to be cut off.
    private var hasRest = false
    /// The journal's lines, where they have to be written again.
    private var lostLines: [UInt8]?
    /// The closing line.
    private var closing: [UInt8] = []

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
        touched = start.epoch
    }

    var last: Mark { marks[marks.count - 1] }

    /// Notes a fragment that is written.
    mutating func append(_ mark: Mark, durableBelow: Int) {
        prune(durableBelow)
        if last.epoch == mark.epoch, marks.count > 1 { marks.removeLast() }
        marks.append(mark)
        touched = mark.epoch
    }

    private mutating func prune(_ durableBelow: Int) {
        if let newest = marks.lastIndex(where: { $0.epoch < durableBelow }), newest > 0 { marks.removeFirst(newest) }
    }

    /// Something has still to be done to its files.
    var isPending: Bool { lostStart != nil || hasRest || lostLines != nil || !closing.isEmpty }

    /// Whether a sync that began `epoch` has covered all of it.
    func isDurable(below epoch: Int) -> Bool { touched < epoch && !isPending }

    // MARK: - After a failed sync

    /// After a failed sync of the volume: asks the files themselves whether they were hit, which is reliable for a file
    /// that was open before the write (Linux keeps the error for each descriptor), and cuts a segment that was to what an
    /// earlier sync has covered. What can't be read back after a power cut is no longer claimed by any line. A journal
    /// that was hit gets its lines once more.
    ///
    /// - Parameter files: where the files are read: they read back well, whatever is on the disk.
    mutating func examine(
        _ epoch: VolumeEpoch,
        isOpen: Bool,
        layout: RecordingLayout,
        _ files: any RecordingFiles
    ) -> Examined {
        prune(epoch.durableBelow)
        let isJournalHit = Self.isHit(journal)
        if isJournalHit {
            let path = layout.journal(lane.cameraId, name)
            lostLines = lostLines ?? (try? files.read(path, offset: 0, count: journalBytes))
        }
        guard Self.isHit(file) else {
            var whole = last
            whole.epoch = 0
            marks = [whole]
            if !isPending { touched = 0 }
            guard retry(epoch) != nil, isOpen else { return .whole }
            // No line can be added behind what couldn't be written.
            end(.failed, epoch)
            return .ended(lostFrom: nil)
        }
        var kept = marks[0]
        let isLost = kept.fragmentCount < last.fragmentCount
        if kept.epoch >= epoch.durableBelow {
            // Not even its beginning is there.
            let path = layout.segment(lane.cameraId, name)
            lostStart = lostStart ?? (try? files.read(path, offset: 0, count: kept.sizeBytes))
        } else {
            kept.epoch = 0
        }
        marks = [kept]
        hasRest = true
        if isOpen || isLost {
            // The line feed ends what may be left of lines that were lost.
            closing = [10] + JournalLine.encode(.segmentCut(sizeBytes: kept.sizeBytes))
            end(.failed, epoch)
            return .ended(lostFrom: isLost ? kept.end : nil)
        }
        _ = retry(epoch)
        return .whole
    }

    private static func isHit(_ file: any RecordingFile) -> Bool {
        do throws(FileFailure) {
            try file.sync()
            return false
        } catch {
            return true
        }
    }

    // MARK: - Its end

    /// Writes the closing line, behind what is in `closing` already; it stays there when that fails.
    @discardableResult
    mutating func end(_ cause: SegmentClosed.Cause, _ epoch: VolumeEpoch) -> FileFailure? {
        closing += closingLine(cause)
        return retry(epoch)
    }

    /// Ends it without touching its files, which don't answer.
    mutating func letGo() {
        hasRest = true
        closing = [10] + JournalLine.encode(.segmentCut(sizeBytes: last.sizeBytes)) + closingLine(.failed)
    }

    /// A write to its file failed: what it took of it is cut off.
    mutating func cutRest(_ epoch: VolumeEpoch) {
        hasRest = true
        _ = retry(epoch)
    }

    private func closingLine(_ cause: SegmentClosed.Cause) -> [UInt8] {
        let closed = SegmentClosed(
            cause: cause,
            endedAt: last.end,
            fragmentCount: last.fragmentCount,
            sizeBytes: last.sizeBytes,
            head: last.head
        )
        return JournalLine.encode(.segmentClosed(closed))
    }

    /// Tries again what could not be done to its files; what failed, if it did.
    mutating func retry(_ epoch: VolumeEpoch) -> FileFailure? {
        guard isPending else { return nil }
        defer { touched = epoch.current }
        do throws(FileFailure) {
            if let start = lostStart {
                try file.truncate(to: 0)
                try file.append(start)
                lostStart = nil
                hasRest = start.count > last.sizeBytes
            }
            if hasRest {
                try file.truncate(to: last.sizeBytes)
                hasRest = false
            }
            if let lines = lostLines {
                journalBytes = 0
                try journal.truncate(to: 0)
                isTorn = false
                try append(lines)
                lostLines = nil
            }
            if !closing.isEmpty {
                try append(closing)
                closing = []
            }
            return nil
        } catch {
            return error
        }
    }

    /// Appends lines to the journal, whole or not at all.
    mutating func append(_ lines: [UInt8]) throws(FileFailure) {
        if isTorn { try journal.truncate(to: journalBytes) }
        isTorn = true
        try Self.append(lines, to: journal, behind: &journalBytes)
        isTorn = false
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
