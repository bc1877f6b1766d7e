package import Domain
import Media

/// Closes what a crash or a power cut left: cuts the file after its last whole fragment, completes its journal, notes
/// the gap. `RecordingVolume.recorder(cameraId:)` does it before recording goes on.
package struct SegmentRecovery: Sendable {
    /// What is known of a camera's past afterwards.
    package struct Outcome: Sendable, Hashable {
        /// The newest segment and the last value of its chain.
        package var lastSegment: SegmentName?
        package var lastHead: ContentHash?
        /// Wall time of the end of the last recorded frame.
        package var lastEnd: WallTime?
        /// The gap that is open now.
        package var openGap: GapRecord?
        /// Segments that had to be closed.
        package var recovered: [SegmentName] = []
    }

    private let layout: RecordingLayout
    private let files: any RecordingFiles
    /// What ended a recording that nothing closed.
    private let unexpectedEnd: StateReason

    /// After a power cut at most what was written since the last sync can be damaged: fragments that ended longer before
    /// the end than this are taken on trust, so that a start doesn't read every open segment from its beginning.
    private static let distrustedTicks: Int64 = 30 * 90_000
    /// Days looked back at; older ones hold no unfinished segment unless the host's clock jumped.
    private static let days = 3

    package init(
        layout: RecordingLayout,
        files: any RecordingFiles = SystemFiles(),
        unexpectedEnd: StateReason = .crash
    ) {
        self.unexpectedEnd = unexpectedEnd
        self.layout = layout
        self.files = files
    }

    /// Recovers one camera; `now` begins the first gap of a camera without a past.
    package func recover(cameraId: String, now: WallTime) throws(FileFailure) -> Outcome {
        let catalogue = RecordingCatalogue(layout: layout, files: files)
        var outcome = Outcome()
        var gaps: [GapRecord] = []
        for day in try catalogue.days(cameraId).suffix(Self.days) {
            let dayJournal = layout.dayJournal(cameraId, day: day)
            try endTornLine(dayJournal)
            var reader = JournalReader(path: dayJournal, files: files)
            for case .gap(let gap) in try reader.readAll() { gaps.append(gap) }
            for name in try catalogue.segments(cameraId, day: day) {
                if let closed = try JournalReader.closing(layout.journal(cameraId, name), files: files) {
                    outcome.note(name, closed)
                } else if let closed = try close(cameraId, name) {
                    outcome.note(name, closed)
                    outcome.recovered.append(name)
                }
            }
        }
        try endStale(gaps, cameraId: cameraId, before: outcome.lastEnd)
        if let open = gaps.last, open.to == nil, open.from >= outcome.lastEnd ?? .init(microseconds: .min) {
            outcome.openGap = open
            return outcome
        }
        let gap: GapRecord
        if let end = outcome.lastEnd {
            gap = GapRecord(from: end, to: nil, reason: unexpectedEnd)
        } else {
            gap = GapRecord(from: now, to: nil, reason: .starting)
        }
        outcome.openGap = gap
        try appendWhole(.gap(gap), to: layout.dayJournal(cameraId, day: RecordingLayout.day(of: now)))
        return outcome
    }

    /// Ends gaps that are open in the journal although frames follow: the process ended, or the day journal couldn't be
    /// written, between a fragment and the line that would have said so.
    private func endStale(_ gaps: [GapRecord], cameraId: String, before end: WallTime?) throws(FileFailure) {
        guard let end else { return }
        let latest = Dictionary(gaps.map { ($0.from, $0) }, uniquingKeysWith: { $1 })
        let stale = latest.values.filter { $0.to == nil && $0.from < end }
        guard !stale.isEmpty else { return }
        let catalogue = RecordingCatalogue(layout: layout, files: files)
        var starts: [WallTime] = []
        for day in try catalogue.days(cameraId).suffix(Self.days) {
            for name in try catalogue.segments(cameraId, day: day) {
                let index = try FragmentIndex.journal(cameraId: cameraId, name: name, layout: layout, files: files)
                starts += (index?.fragments ?? []).map(\.wall)
            }
        }
        for var gap in stale.sorted(by: { $0.from < $1.from }) {
            guard let start = starts.filter({ $0 >= gap.from }).min() else { continue }
            gap.to = start
            try appendWhole(.gap(gap), to: layout.dayJournal(cameraId, day: RecordingLayout.day(of: start)))
        }
    }

    /// Closes one segment; nil when nothing of it can be kept, and then its files are gone.
    private func close(_ cameraId: String, _ name: SegmentName) throws(FileFailure) -> SegmentClosed? {
        let index = try FragmentIndex.journal(cameraId: cameraId, name: name, layout: layout, files: files)
        if let closed = index?.closed { return closed }
        let path = layout.segment(cameraId, name)
        let journal = layout.journal(cameraId, name)
        let scanner = SegmentScanner(path: path, files: files)
        guard let (start, initHash) = try scanner.initSegment() else {
            if try files.size(path) != nil { try files.remove(path) }
            if try files.size(journal) != nil { try files.remove(journal) }
            return nil
        }
        var known = index
        if known == nil {
            known = try FragmentIndex.rebuilt(cameraId: cameraId, name: name, layout: layout, files: files)
            if let known { try appendWhole(.segmentOpened(known.opened), to: journal) }
            known?.fragments = []
        }
        guard var kept = known, kept.opened.initHash == initHash else { return nil }
        // What the journal names and the file doesn't hold (power cut) goes; what the journal missed (crash) comes.
        let trusted = try trustedCount(kept.fragments, scanner)
        if trusted < kept.fragments.count {
            kept.fragments.removeSubrange(trusted...)
            let size = kept.fragments.last?.end ?? start.sizeBytes
            try appendWhole(.segmentCut(sizeBytes: size), to: journal)
        }
        let missed = try scanner.fragments(from: kept.fragments.last?.end ?? start.sizeBytes)
        for record in missed { try appendWhole(.fragment(record), to: journal) }
        kept.fragments += missed
        let size = kept.fragments.last?.end ?? start.sizeBytes
        if let actual = try files.size(path), actual > size {
            let file = try files.open(path)
            try file.truncate(to: size)
            try file.sync()
        }
        let closed = SegmentClosed(
            cause: .recovered,
            endedAt: kept.fragments.last?.wallEnd ?? kept.opened.startedAt,
            fragmentCount: kept.fragments.count,
            sizeBytes: size,
            head: kept.head
        )
        try appendWhole(.segmentClosed(closed), to: journal)
        return closed
    }

    /// How many of the journal's fragments the file really holds.
    private func trustedCount(_ fragments: [FragmentRecord], _ scanner: SegmentScanner) throws(FileFailure) -> Int {
        guard let last = fragments.last, let size = try files.size(scanner.path) else { return 0 }
        let limit = last.baseDecodeTicks - Self.distrustedTicks
        for (position, record) in fragments.enumerated() {
            guard record.end <= size else { return position }
            if record.baseDecodeTicks >= limit, try scanner.fragment(at: record.offset) != record { return position }
        }
        return fragments.count
    }

    /// Ends a line that a crash tore, so that it doesn't swallow the next one.
    private func endTornLine(_ path: String) throws(FileFailure) {
        guard let size = try files.size(path), size > 0, try files.read(path, offset: size - 1, count: 1) != [10] else {
            return
        }
        try files.open(path).append([10])
    }

    /// Appends an entry behind a torn line, if there is one.
    private func appendWhole(_ entry: JournalEntry, to path: String) throws(FileFailure) {
        if let slash = path.lastIndex(of: "/") { try files.createDirectory(String(path[..<slash])) }
        try endTornLine(path)
        try files.open(path).append(JournalLine.encode(entry))
    }
}

extension SegmentRecovery.Outcome {
    fileprivate mutating func note(_ name: SegmentName, _ closed: SegmentClosed) {
        lastSegment = name
        lastHead = closed.head
        if closed.fragmentCount > 0 { lastEnd = max(lastEnd ?? closed.endedAt, closed.endedAt) }
    }
}
