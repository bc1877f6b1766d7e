import Domain
import Glibc
import Synchronization

/// Writes one camera's segments and journals; the volume's writer thread alone uses it. After a failed write nothing more
/// goes to the same file: fragments are left out until the next segment opens.
struct SegmentWriter {
    private struct Open {
        var name: SegmentName
        var file: any RecordingFile
        var journal: any RecordingFile
        var sizeBytes: Int
        /// Whole lines of the journal, in bytes.
        var journalBytes: Int
        var fragmentCount = 0
        var head: ContentHash
        var end: WallTime
    }

    let lane: CameraLane
    private let layout: RecordingLayout
    private let files: any RecordingFiles
    private let clock: any HostClock
    private var open: Open?
    private var lastSegment: SegmentName?
    private var lastHead: ContentHash?
    private(set) var lastEnd: WallTime?
    private var gap: GapRecord?
    /// Day journal lines that could not be written yet. At most `maximumUnwritten`; then the oldest goes.
    private var unwritten: [JournalEntry] = []
    private static let maximumUnwritten = 200
    /// Journals whose last line could not be written (the disk was full): it is tried again with the next fragment.
    /// At most `maximumUnclosed`; then the oldest is left to the next start's recovery.
    private var unclosed: [(journal: any RecordingFile, bytes: Int, line: [UInt8])] = []
    private static let maximumUnclosed = 8
    /// After `ENOSPC` a segment is begun again with this much room only, so that a full disk isn't littered with segments
    /// of one fragment.
    private static let roomToBegin = 512 << 10
    private var wasFull = false

    init(
        lane: CameraLane,
        past: SegmentRecovery.Outcome,
        layout: RecordingLayout,
        files: any RecordingFiles,
        clock: any HostClock
    ) {
        self.lane = lane
        self.layout = layout
        self.files = files
        self.clock = clock
        lastSegment = past.lastSegment
        lastHead = past.lastHead
        lastEnd = past.lastEnd
        gap = past.openGap
    }

    /// Does one command; what it throws has been dealt with here and is for the alarm.
    mutating func perform(_ command: WriterCommand) throws(FileFailure) {
        switch command {
        case .openSegment(let runId, let number, let startedAt, let stream, let initBytes):
            do throws(FileFailure) {
                try begin(runId: runId, number: number, startedAt: startedAt, stream: stream, initBytes: initBytes)
            } catch {
                fail(error)
                throw error
            }
        case .fragment(let bytes, let record):
            guard open != nil else {
                lane.dropped.add(1, ordering: .relaxed)
                return
            }
            do throws(FileFailure) {
                try write(bytes, record)
            } catch {
                lane.dropped.add(1, ordering: .relaxed)
                fail(error)
                throw error
            }
            // The fragment is safe: a day journal that fails does not end the segment.
            closeUnclosed()
            try noteEndOfGap(record.wall)
        case .closeSegment(let cause):
            try close(cause)
        case .gapBegins(let reason, let detail):
            try beginGap(reason, detail)
        case .state(let status):
            try note(.state(status))
        }
    }

    private mutating func begin(
        runId: String,
        number: Int,
        startedAt: WallTime,
        stream: WriterCommand.StreamFacts,
        initBytes: [UInt8]
    ) throws(FileFailure) {
        if open != nil { try close(.rotated) }
        if wasFull {
            let free = try files.freeBytes(layout.root)
            guard free >= Self.roomToBegin else {
                throw FileFailure(operation: "create", path: layout.cameraFolder(lane.cameraId), code: ENOSPC)
            }
            wasFull = false
        }
        let name = try freeName(startedAt)
        let path = layout.segment(lane.cameraId, name)
        let journalPath = layout.journal(lane.cameraId, name)
        let opened = SegmentOpened(
            cameraId: lane.cameraId,
            runId: runId,
            number: number,
            startedAt: startedAt,
            codec: stream.codec,
            codecString: stream.codecString,
            width: stream.width,
            height: stream.height,
            initBytes: initBytes.count,
            initHash: initBytes.withUnsafeBytes { ContentHash(ofBytes: $0) },
            previousSegment: lastSegment?.text,
            previousHead: lastHead,
            audio: stream.audio,
            ignoredTracks: stream.ignoredTracks
        )
        lane.latestSegment.withLock { $0 = (name, true) }
        do throws(FileFailure) {
            let file = try files.create(path)
            try file.append(initBytes)
            let journal = try files.create(journalPath)
            let line = JournalLine.encode(.segmentOpened(opened))
            try journal.append(line)
            open = Open(
                name: name,
                file: file,
                journal: journal,
                sizeBytes: initBytes.count,
                journalBytes: line.count,
                head: opened.chainStart,
                end: startedAt
            )
        } catch {
            lane.latestSegment.withLock { $0 = (name, false) }
            // An empty segment helps nobody, least of all on a full disk.
            for path in [path, journalPath] where (try? files.size(path)) != nil { try? files.remove(path) }
            throw error
        }
    }

    /// Names grow from segment to segment, also when two begin in one millisecond.
    private func freeName(_ startedAt: WallTime) throws(FileFailure) -> SegmentName {
        var at = startedAt
        var name = SegmentName(startedAt: at)
        while let lastSegment, name <= lastSegment {
            let next = SegmentName(startedAt: at, number: 1)
            if next > lastSegment {
                name = next
                break
            }
            at = at + .milliseconds(1)
            name = SegmentName(startedAt: at)
            // A name far ahead of its time: only a clock that was months off gets here.
            if at - startedAt > .seconds(10) { break }
        }
        try files.createDirectory(layout.dayFolder(lane.cameraId, day: name.day))
        var number = 0
        while number < 99, try files.size(layout.segment(lane.cameraId, name)) != nil {
            number += 1
            name = SegmentName(startedAt: at, number: number)
        }
        return name
    }

    private mutating func write(_ bytes: [UInt8], _ unplaced: FragmentRecord) throws(FileFailure) {
        guard var current = open else { return }
        var record = unplaced
        record.offset = current.sizeBytes
        try current.file.append(bytes)
        // A fragment counts when its line is whole: otherwise `fail` takes it out of the file again.
        try Self.append(JournalLine.encode(.fragment(record)), to: current.journal, behind: &current.journalBytes)
        current.sizeBytes += bytes.count
        current.fragmentCount += 1
        current.head = ContentHash(chaining: current.head, record.moofHash, record.payloadHash)
        current.end = record.wallEnd
        open = current
        lastEnd = max(lastEnd ?? record.wallEnd, record.wallEnd)
        lane.written.add(1, ordering: .relaxed)
    }

    /// A fragment is on disk: the gap before it, if there was one, ends with its first frame.
    private mutating func noteEndOfGap(_ wall: WallTime) throws(FileFailure) {
        if var ended = gap {
            gap = nil
            ended.to = max(ended.from, wall)
            try note(.gap(ended))
        } else if !unwritten.isEmpty {
            try writeNotes()
        }
    }

    /// Appends whole lines or nothing: what a full disk took of them is cut off again, so that the next line isn't lost
    /// with it.
    private static func append(
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

    var isOpen: Bool { open != nil }

    mutating func close(_ cause: SegmentClosed.Cause) throws(FileFailure) {
        guard let current = open else { return }
        open = nil
        defer { lane.latestSegment.withLock { $0 = (current.name, false) } }
        lastSegment = current.name
        lastHead = current.head
        let closed = SegmentClosed(
            cause: cause,
            endedAt: current.end,
            fragmentCount: current.fragmentCount,
            sizeBytes: current.sizeBytes,
            head: current.head
        )
        let line = JournalLine.encode(.segmentClosed(closed))
        var size = current.journalBytes
        do throws(FileFailure) {
            try Self.append(line, to: current.journal, behind: &size)
        } catch {
            unclosed.append((current.journal, size, line))
            if unclosed.count > Self.maximumUnclosed { unclosed.removeFirst() }
            throw error
        }
    }

    private mutating func closeUnclosed() {
        guard !unclosed.isEmpty else { return }
        let waiting = unclosed
        unclosed = []
        for (journal, bytes, line) in waiting {
            var size = bytes
            do throws(FileFailure) {
                try Self.append(line, to: journal, behind: &size)
            } catch {
                unclosed.append((journal, size, line))
            }
        }
    }

    /// Gives the open segment up after a failure: cut to its last whole fragment and closed, as far as that works.
    private mutating func fail(_ failure: FileFailure) {
        if failure.isFull { wasFull = true }
        if let current = open {
            try? current.file.truncate(to: current.sizeBytes)
            try? close(.failed)
        }
        try? beginGap(.disk, nil)
        lane.wantsRotation.store(true, ordering: .relaxed)
    }

    private mutating func beginGap(_ reason: StateReason, _ detail: String?) throws(FileFailure) {
        if var current = gap {
            let latest = current.laterReasons.last ?? current.reason
            // Bounded: after the first few causes the repetition says nothing.
            guard reason != latest, reason != .starting, current.laterReasons.count < 20 else { return }
            if current.reason == .starting, current.laterReasons.isEmpty {
                current.reason = reason
                current.detail = detail
            } else {
                current.laterReasons.append(reason)
            }
            gap = current
        } else {
            gap = GapRecord(from: lastEnd ?? clock.now(), to: nil, reason: reason, detail: detail)
        }
        if let gap { try note(.gap(gap)) }
    }

    private mutating func note(_ entry: JournalEntry) throws(FileFailure) {
        unwritten.append(entry)
        if unwritten.count > Self.maximumUnwritten { unwritten.removeFirst() }
        try writeNotes()
    }

    private mutating func writeNotes() throws(FileFailure) {
        let day = RecordingLayout.day(of: max(clock.now(), lastEnd ?? clock.now()))
        try files.createDirectory(layout.dayFolder(lane.cameraId, day: day))
        let path = layout.dayJournal(lane.cameraId, day: day)
        let file = try files.open(path)
        var size = try files.size(path) ?? 0
        try Self.append(unwritten.flatMap { JournalLine.encode($0) }, to: file, behind: &size)
        unwritten = []
    }
}
