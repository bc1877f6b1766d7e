import Domain
import Glibc
import Media
import Synchronization

/// Writes one camera's segments and journals; one writer thread at a time uses it. After a failed write nothing more goes
/// to the same file: fragments are left out until the next segment opens.
struct SegmentWriter: Sendable {
    private struct Opening {
        var runId: String
        var number: Int
        var info: StreamInfo
    }

    let lane: CameraLane
    private let layout: RecordingLayout
    private let files: any RecordingFiles
    private let clock: any HostClock
    private(set) var past: CameraPast
    /// A segment that begins with the next key frame.
    private var opening: Opening?
    private var open: SegmentTail?
    /// Segments that ended since `takeEnded`, which the caller empties after each command.
    private var ended: [SegmentTail] = []
    private var litter: [String] = []
    /// By how much the camera's clock is ahead, and what the segment's journal says of it.
    private var cameraClock: Int64?
    private var notedClock: Int64?
    /// Day journal lines that could not be written yet. At most `maximumUnwritten`; then the oldest goes.
    private var unwritten: [JournalEntry] = []
    private static let maximumUnwritten = 200
    /// Day journal lines that no sync has covered yet, with their epoch: written again after a failed one. At most
    /// `maximumUnwritten`; then the oldest goes.
    private var unsynced: [(epoch: Int, entry: JournalEntry)] = []
    /// The volume that they lie on.
    private var notesVolume: String?
    /// After `ENOSPC` a segment is begun again with this much room only, so that a full disk isn't littered with segments
    /// of one fragment.
    static let roomToBegin = 512 << 10
    private var wasFull = false
    /// The value of `lane.generation` while this writer is the lane's.
    private let generation: Int

    init(
        lane: CameraLane,
        past: CameraPast,
        layout: RecordingLayout,
        files: any RecordingFiles,
        clock: any HostClock
    ) {
        self.lane = lane
        self.layout = layout
        self.files = files
        self.clock = clock
        self.past = past
        generation = lane.generation.load(ordering: .acquiring)
    }

    /// Whether it has a segment open.
    var isOpen: Bool { open != nil }

    /// Where another writer would go on if this one never came back.
    var resumption: CameraPast {
        var past = past
        if let open {
            past.lastSegment = open.name
            past.lastHead = open.last.head
        }
        return past
    }

    /// What is left of segments that could not be begun, since the last call: it has to be deleted.
    mutating func takeLitter() -> [String] {
        defer { litter = [] }
        return litter
    }

    /// The segments that ended since the last call.
    mutating func takeEnded() -> [SegmentTail] {
        defer { ended = [] }
        return ended
    }

    /// Does one command on a volume; what it throws has been dealt with here and is for the alarm.
    mutating func perform(_ command: WriterCommand, on volume: String, _ epoch: VolumeEpoch) throws(FileFailure) {
        if volume != notesVolume {
            // Lines that may be lost with the other volume; twice does no harm.
            unwritten = Array((unsynced.map(\.entry) + unwritten).suffix(Self.maximumUnwritten))
            unsynced = []
            notesVolume = volume
        }
        switch command {
        case .openSegment(let runId, let number, let info):
            if open != nil { close(.rotated, epoch) }
            opening = Opening(runId: runId, number: number, info: info)
        case .fragment(let bytes, let record):
            do throws(FileFailure) {
                if opening != nil, record.startsWithKey { try begin(record, on: volume, epoch) }
                guard open != nil else {
                    lane.dropped.add(1, ordering: .relaxed)
                    return
                }
                try write(bytes, record, epoch)
            } catch {
                lane.dropped.add(1, ordering: .relaxed)
                if isCurrent { fail(error, on: volume, epoch) } else { letGo() }
                throw error
            }
            // The fragment is safe: a day journal that fails does not end the segment.
            try noteEndOfGap(record.wall, on: volume, epoch)
        case .closeSegment(let cause):
            opening = nil
            if let failure = close(cause, epoch) { throw failure }
        case .gapBegins(let reason, let detail):
            try beginGap(reason, detail, on: volume, epoch)
        case .cameraClock(let offset):
            cameraClock = offset
        case .state(let status):
            try note(.state(status), on: volume, epoch)
        case .tailLost(var gap, let name):
            gap.notedAt = past.note(now: clock.now())
            unwritten.append(.segmentChanged(name))
            try note(.gap(gap), on: volume, epoch)
        }
    }

    // MARK: - Segments

    private mutating func begin(
        _ record: FragmentRecord,
        on volume: String,
        _ epoch: VolumeEpoch
    ) throws(FileFailure) {
        guard let opening else { return }
        self.opening = nil
        if wasFull {
            let free = try files.freeBytes(layout.volumeRoot(volume))
            guard free >= Self.roomToBegin else {
                let folder = layout.cameraFolder(lane.cameraId, volume: volume)
                throw FileFailure(operation: "create", path: folder, code: ENOSPC)
            }
            wasFull = false
        }
        if volume != RecordingLayout.mainVolume, try files.size(layout.volumeMarker(volume)) == nil {
            // The disk was taken away: what is written now would land in its empty mount point.
            throw FileFailure(operation: "find", path: layout.volumeMarker(volume), code: ENODEV)
        }
        let name = try freeName(record.wall, on: volume)
        let mark = SegmentMark(
            cameraId: lane.cameraId,
            runId: opening.runId,
            startedAt: record.wall,
            startTicks: record.baseDecodeTicks,
            previousSegment: past.lastSegment?.text,
            previousHead: past.lastHead?.bytes
        )
        // Without an init segment (a codec that can't be recorded) what follows is dropped and counted.
        guard let initBytes = try? FragmentWriter.initSegment(info: opening.info, mark: mark) else { return }
        let opened = SegmentOpened(
            cameraId: lane.cameraId,
            runId: opening.runId,
            number: opening.number,
            startedAt: record.wall,
            codec: opening.info.codec.rawValue,
            codecString: opening.info.codecString,
            width: opening.info.width,
            height: opening.info.height,
            initBytes: initBytes.count,
            initHash: initBytes.withUnsafeBytes { ContentHash(ofBytes: $0) },
            previousSegment: past.lastSegment?.text,
            previousHead: past.lastHead,
            audio: opening.info.audio.map { AudioTrackFacts($0) },
            ignoredTracks: opening.info.ignoredStreams,
            clockOffsetMicros: cameraClock
        )
        notedClock = cameraClock
        let paths = [layout.segment(lane.cameraId, name), layout.journal(lane.cameraId, name)]
        lane.latestSegment.withLock { $0 = (name, true) }
        do throws(FileFailure) {
            let file = try files.create(paths[0])
            try file.append(initBytes)
            let journal = try files.create(paths[1])
            let line = JournalLine.encode(.segmentOpened(opened))
            try journal.append(line)
            open = SegmentTail(
                lane: lane,
                name: name,
                file: file,
                journal: journal,
                journalBytes: line.count,
                start: SegmentTail.Mark(
                    epoch: epoch.current,
                    sizeBytes: initBytes.count,
                    fragmentCount: 0,
                    head: opened.chainStart,
                    end: record.wall
                )
            )
        } catch {
            lane.latestSegment.withLock { $0 = (name, false) }
            // An empty segment helps nobody, least of all on a full disk.
            litter += paths
            throw error
        }
    }

    /// Names grow from segment to segment, also when two begin in one millisecond.
    private func freeName(_ startedAt: WallTime, on volume: String) throws(FileFailure) -> SegmentName {
        var at = startedAt
        var name = SegmentName(startedAt: at, volume: volume)
        while let last = past.lastSegment?.text, name.text <= last {
            let next = SegmentName(startedAt: at, number: 1, volume: volume)
            if next.text > last {
                name = next
                break
            }
            at = at + .milliseconds(1)
            name = SegmentName(startedAt: at, volume: volume)
            // A name far ahead of its time: only a clock that was months off gets here.
            if at - startedAt > .seconds(10) { break }
        }
        try files.createDirectory(layout.dayFolder(lane.cameraId, day: name.day, volume: volume))
        var number = 0
        while number < 99, try files.size(layout.segment(lane.cameraId, name)) != nil {
            number += 1
            name = SegmentName(startedAt: at, number: number, volume: volume)
        }
        return name
    }

    private mutating func write(
        _ bytes: [UInt8],
        _ unplaced: FragmentRecord,
        _ epoch: VolumeEpoch
    ) throws(FileFailure) {
        guard var current = open else { return }
        // So that what it holds is not copied when it is changed.
        open = nil
        defer { open = current }
        var record = unplaced
        record.offset = current.last.sizeBytes
        try current.file.append(bytes)
        // A fragment counts when its line is whole: otherwise `fail` takes it out of the file again.
        guard isCurrent else { throw FileFailure(operation: "write", path: "\(current.name)", code: ECANCELED) }
        var lines = JournalLine.encode(.fragment(record))
        if let cameraClock, cameraClock != notedClock { lines += JournalLine.encode(.cameraClock(cameraClock)) }
        try current.append(lines)
        notedClock = cameraClock ?? notedClock
        let mark = SegmentTail.Mark(
            epoch: epoch.current,
            sizeBytes: record.end,
            fragmentCount: current.last.fragmentCount + 1,
            head: ContentHash(chaining: current.last.head, record.moofHash, record.payloadHash),
            end: record.wallEnd
        )
        current.append(mark, durableBelow: epoch.durableBelow)
        past.lastEnd = max(past.lastEnd ?? record.wallEnd, record.wallEnd)
        lane.written.add(1, ordering: .relaxed)
    }

    /// Whether the lane hasn't been given to another writer meanwhile, because a call didn't come back.
    var isCurrent: Bool { lane.generation.load(ordering: .acquiring) == generation }

    /// Ends the segment that is open; what kept its closing line from being written.
    @discardableResult
    private mutating func close(_ cause: SegmentClosed.Cause, _ epoch: VolumeEpoch) -> FileFailure? {
        guard var tail = open else { return nil }
        open = nil
        past.lastSegment = tail.name
        past.lastHead = tail.last.head
        let failure = tail.end(cause, epoch)
        ended.append(tail)
        lane.latestSegment.withLock { $0 = (tail.name, false) }
        return failure
    }

    /// Gives the open segment up after a failure: cut to its last whole fragment and closed, as far as that works.
    private mutating func fail(_ failure: FileFailure, on volume: String, _ epoch: VolumeEpoch) {
        if failure.isFull { wasFull = true }
        if open != nil {
            open?.cutRest(epoch)
            close(.failed, epoch)
        }
        try? beginGap(.disk, nil, on: volume, epoch)
        lane.wantsRotation.store(true, ordering: .relaxed)
    }

    /// Lets go of a segment on a volume that hangs, without touching its files: it is closed when the volume works again.
    mutating func letGo() {
        opening = nil
        guard var tail = open else { return }
        open = nil
        past.lastSegment = tail.name
        past.lastHead = tail.last.head
        tail.letGo()
        ended.append(tail)
    }

    /// A sync of the volume failed: finds out whether the segment that is open was hit. One that was is cut and closed,
    /// and a gap begins where it was cut. Lines of the day journal that the sync should have covered are written again.
    ///
    /// - Returns: the segment that was cut.
    mutating func examineAfterFailedSync(on volume: String, _ epoch: VolumeEpoch) -> SegmentName? {
        let lines = unsynced.map(\.entry)
        unsynced = []
        unwritten = Array((lines + unwritten).suffix(Self.maximumUnwritten))
        var cut: SegmentName?
        if var tail = open {
            open = nil
            switch tail.examine(epoch, isOpen: true, layout: layout, files) {
            case .whole: open = tail
            case .ended(let lostFrom):
                if let lostFrom {
                    cut = tail.name
                    past.lastEnd = lostFrom
                }
                past.lastSegment = tail.name
                past.lastHead = tail.last.head
                ended.append(tail)
                lane.latestSegment.withLock { $0 = (tail.name, false) }
                lane.wantsRotation.store(true, ordering: .relaxed)
                try? beginGap(.disk, "a sync failed", on: volume, epoch)
                return cut
            }
        }
        if !unwritten.isEmpty { try? writeNotes(on: volume, epoch) }
        return cut
    }

    // MARK: - Gaps and states

    /// A fragment is on disk: the gap before it, if there was one, ends with its first frame.
    private mutating func noteEndOfGap(
        _ wall: WallTime,
        on volume: String,
        _ epoch: VolumeEpoch
    ) throws(FileFailure) {
        if var ended = past.gap {
            past.gap = nil
            ended.to = max(ended.from, wall)
            ended.notedAt = past.note(now: clock.now())
            try note(.gap(ended), on: volume, epoch)
        } else if !unwritten.isEmpty {
            try writeNotes(on: volume, epoch)
        }
    }

    private mutating func beginGap(
        _ reason: StateReason,
        _ detail: String?,
        on volume: String,
        _ epoch: VolumeEpoch
    ) throws(FileFailure) {
        let now = clock.now()
        guard past.beginGap(reason, detail, now: now), var gap = past.gap else { return }
        gap.notedAt = past.note(now: now)
        try note(.gap(gap), on: volume, epoch)
    }

    private mutating func note(
        _ entry: JournalEntry,
        on volume: String,
        _ epoch: VolumeEpoch
    ) throws(FileFailure) {
        unwritten.append(entry)
        if unwritten.count > Self.maximumUnwritten { unwritten.removeFirst() }
        try writeNotes(on: volume, epoch)
    }

    private mutating func writeNotes(on volume: String, _ epoch: VolumeEpoch) throws(FileFailure) {
        let day = RecordingLayout.day(of: max(clock.now(), past.lastEnd ?? clock.now()))
        try files.createDirectory(layout.dayFolder(lane.cameraId, day: day, volume: volume))
        let path = layout.dayJournal(lane.cameraId, day: day, volume: volume)
        let file = try files.open(path)
        var size = try files.size(path) ?? 0
        // Behind a line that a failed sync or a crash may have torn.
        let lead: [UInt8] = size > 0 && !isWhole(path, size) ? JournalLine.endOfTorn : []
        try SegmentTail.append(lead + unwritten.flatMap { JournalLine.encode($0) }, to: file, behind: &size)
        let durable = epoch.durableBelow
        unsynced.removeAll { $0.epoch < durable }
        for entry in unwritten { unsynced.append((epoch.current, entry)) }
        if unsynced.count > Self.maximumUnwritten { unsynced.removeFirst(unsynced.count - Self.maximumUnwritten) }
        unwritten = []
    }

    private func isWhole(_ path: String, _ size: Int) -> Bool {
        (try? files.read(path, offset: size - 1, count: 1)) == [10]
    }
}
