package import Domain
import Media

/// Closes what a crash or a power cut left: cuts the file after its last whole fragment, completes its journal, notes
/// the gap. `RecordingVolumes.recorder(cameraId:)` does it before recording goes on.
///
/// Only what may be unfinished is looked at: on each volume the newest segments of the camera, back to the first that is
/// closed.
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
        /// When the newest gap line was noted.
        package var notedAt: WallTime?
        /// Segments that had to be closed.
        package var recovered: [SegmentName] = []
    }

    let layout: RecordingLayout
    let files: any RecordingFiles
    /// What ended a recording that nothing closed.
    private let unexpectedEnd: StateReason

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

    /// After a power cut what was written since the last sync can be damaged, within the size that the file has: fragments
    /// of so many ticks before the end are compared with their hashes, older ones taken on trust, so that a start doesn't
    /// read every open segment from its beginning. A process that was killed leaves whole what it has written.
    var distrustedTicks: Int64 { unexpectedEnd == .crash ? 2 * 90_000 : 30 * 90_000 }

    /// The power may have been cut: what was written last may lack anything.
    private var isDistrusted: Bool { unexpectedEnd != .crash }

    /// Recovers one camera; `now` begins the first gap of a camera without a past.
    ///
    /// - Parameters:
    ///   - volumes: those to look at; all that can be reached by default.
    ///   - noteOn: the volume whose day journal takes the gap.
    package func recover(
        cameraId: String,
        now: WallTime,
        volumes: [String]? = nil,
        noteOn: String = RecordingLayout.mainVolume
    ) throws(FileFailure) -> Outcome {
        let catalogue = RecordingCatalogue(layout: layout, files: files)
        let reached = volumes == nil ? try catalogue.reachableVolumes() : []
        let volumes = volumes ?? reached
        var outcome = Outcome()
        var newest: [(name: SegmentName, closed: SegmentClosed)] = []
        var changed: [SegmentName] = []
        for volume in volumes {
            let tails = try closeTails(cameraId: cameraId, volume: volume, changed: &changed)
            outcome.recovered += tails.filter(\.isRecovered).map(\.name)
            newest += tails.map { ($0.name, $0.closed) }
        }
        newest.sort { $0.name < $1.name }
        outcome.recovered.sort()
        outcome.lastSegment = newest.last?.name
        outcome.lastHead = newest.last?.closed.head
        outcome.lastEnd = newest.filter { $0.closed.fragmentCount > 0 }.map(\.closed.endedAt).max()
        if !changed.isEmpty {
            // Whoever read them before has to read them again.
            let day = RecordingLayout.day(of: max(now, outcome.lastEnd ?? now))
            try append(
                changed.map { .segmentChanged($0) },
                to: layout.dayJournal(cameraId, day: day, volume: noteOn)
            )
        }
        try GapRecovery(
            recovery: self,
            cameraId: cameraId,
            volumes: volumes,
            noteOn: noteOn,
            newest: isDistrusted ? newest.map(\.name) : []
        )
        .recover(&outcome, now: now, unexpectedEnd: unexpectedEnd)
        return outcome
    }

    /// Closes the segments of a camera that are unfinished on one volume.
    ///
    /// - Parameters:
    ///   - takes: whether a segment may be touched: nobody writes it.
    ///   - changed: takes those of which a reader may know more than is left: after a power cut all that had to be closed,
    ///     and always those of which nothing is left.
    /// - Returns: the newest segments, the newest first, back to one that was closed, long enough ago, and holds pictures.
    @discardableResult
    func closeTails(
        cameraId: String,
        volume: String,
        changed: inout [SegmentName],
        takes: (SegmentName) -> Bool = { _ in true }
    ) throws(FileFailure) -> [(name: SegmentName, closed: SegmentClosed, isRecovered: Bool)] {
        let catalogue = RecordingCatalogue(layout: layout, files: files)
        var tails: [(name: SegmentName, closed: SegmentClosed, isRecovered: Bool)] = []
        for day in try catalogue.days(cameraId, volume: volume).suffix(Self.days).reversed() {
            for name in try catalogue.segments(cameraId, day: day, volume: volume).reversed() where takes(name) {
                let closed = try JournalReader.closing(layout.journal(cameraId, name), files: files)
                if let closed, isTrusted(closed, newest: tails.first?.closed ?? closed) {
                    tails.append((name, closed, false))
                    if closed.fragmentCount > 0 { return tails }
                } else if let (now, isNew) = try close(cameraId, name) {
                    tails.append((name, now, isNew))
                    if isNew, closed != nil || isDistrusted { changed.append(name) }
                } else {
                    changed.append(name)
                }
            }
        }
        return tails
    }

    /// Whether a closing line can be believed without a look at the rest: a power cut may have left it and taken what it
    /// closes, if that was the last thing that was written.
    private func isTrusted(_ closed: SegmentClosed, newest: SegmentClosed) -> Bool {
        guard isDistrusted else { return true }
        return closed.endedAt < newest.endedAt - .microseconds(distrustedTicks * 100 / 9)
    }

    /// Closes one segment; nil when nothing of it can be kept, and then its files are gone.
    package func close(
        _ cameraId: String,
        _ name: SegmentName
    ) throws(FileFailure) -> (closed: SegmentClosed, isNew: Bool)? {
        let index = try FragmentIndex.journal(cameraId: cameraId, name: name, layout: layout, files: files)
        let path = layout.segment(cameraId, name)
        if let index, let closed = index.closed, index.isConsistent, closed.head == index.head,
            try files.size(path) == closed.sizeBytes,
            try trustedCount(index, SegmentScanner(path: path, files: files)) == closed.fragmentCount
        {
            return (closed, false)
        }
        let journal = layout.journal(cameraId, name)
        let scanner = SegmentScanner(path: path, files: files)
        guard let (start, initHash) = try scanner.initSegment() else {
            // Only a segment that had just begun can have lost its beginning: another one is damaged, and is evidence.
            if let index, isLong(index) { return index.closed.map { ($0, false) } }
            for path in [path] + layout.companions(cameraId, name) where try files.size(path) != nil {
                try files.remove(path)
            }
            return nil
        }
        var known = index?.opened.initHash == initHash ? index : nil
        var lines: [JournalEntry] = []
        if known == nil {
            // The first line was lost, or is another file's.
            known = try FragmentIndex.opening(cameraId: cameraId, scanner: scanner, start, initHash)
            if let known { lines.append(.segmentOpened(known.opened)) }
        }
        guard var kept = known else { return nil }
        // What the journal names and the file doesn't hold (power cut) goes; what the journal missed (crash) comes.
        let trusted = try trustedCount(kept, scanner)
        if trusted < kept.fragments.count || kept.closed != nil {
            kept.fragments.removeSubrange(trusted...)
            lines.append(.segmentCut(sizeBytes: kept.fragments.last?.end ?? start.sizeBytes))
        }
        let missed = try scanner.fragments(from: kept.fragments.last?.end ?? start.sizeBytes)
        lines += missed.map { .fragment($0) }
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
        try append(lines + [.segmentClosed(closed)], to: journal)
        return (closed, true)
    }

    /// Whether a segment holds more than what a power cut may have taken.
    private func isLong(_ index: FragmentIndex) -> Bool {
        guard let first = index.fragments.first, let last = index.fragments.last else { return false }
        return last.baseDecodeTicks - first.baseDecodeTicks > distrustedTicks
    }

    /// How many of the journal's fragments the file really holds, without a hole.
    private func trustedCount(_ index: FragmentIndex, _ scanner: SegmentScanner) throws(FileFailure) -> Int {
        let fragments = index.fragments
        guard let last = fragments.last, let size = try files.size(scanner.path) else { return 0 }
        let limit = last.baseDecodeTicks - distrustedTicks
        var end = index.opened.initBytes
        for (position, record) in fragments.enumerated() {
            guard record.offset == end, record.end <= size else { return position }
            end = record.end
            if record.baseDecodeTicks >= limit, try scanner.fragment(at: record.offset) != record { return position }
        }
        return fragments.count
    }

    /// Appends entries behind a torn line, if there is one: it must not swallow the next one, nor come to life by the line
    /// feed that was all it lacked.
    func append(_ entries: [JournalEntry], to path: String) throws(FileFailure) {
        if let slash = path.lastIndex(of: "/") { try files.createDirectory(String(path[..<slash])) }
        let size = try files.size(path) ?? 0
        let isTorn = size > 0 ? try files.read(path, offset: size - 1, count: 1) != [10] : false
        try files.open(path).append((isTorn ? JournalLine.endOfTorn : []) + entries.flatMap { JournalLine.encode($0) })
    }
}
