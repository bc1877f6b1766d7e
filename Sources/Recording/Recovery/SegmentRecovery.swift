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
    private var distrustedTicks: Int64 { unexpectedEnd == .crash ? 2 * 90_000 : 30 * 90_000 }

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
        for volume in volumes {
            let tails = try closeTails(cameraId: cameraId, volume: volume)
            outcome.recovered += tails.filter(\.isRecovered).map(\.name)
            newest += tails.map { ($0.name, $0.closed) }
        }
        newest.sort { $0.name < $1.name }
        outcome.recovered.sort()
        outcome.lastSegment = newest.last?.name
        outcome.lastHead = newest.last?.closed.head
        outcome.lastEnd = newest.filter { $0.closed.fragmentCount > 0 }.map(\.closed.endedAt).max()
        try GapRecovery(recovery: self, cameraId: cameraId, volumes: volumes, noteOn: noteOn)
            .recover(&outcome, now: now, unexpectedEnd: unexpectedEnd)
        return outcome
    }

    /// Closes the segments of a camera that are unfinished on one volume.
    ///
    /// - Parameter takes: whether a segment may be touched: nobody writes it.
    /// - Returns: the newest segments, the newest first, back to one that was closed and holds pictures.
    @discardableResult
    func closeTails(
        cameraId: String,
        volume: String,
        takes: (SegmentName) -> Bool = { _ in true }
    ) throws(FileFailure) -> [(name: SegmentName, closed: SegmentClosed, isRecovered: Bool)] {
        let catalogue = RecordingCatalogue(layout: layout, files: files)
        var tails: [(name: SegmentName, closed: SegmentClosed, isRecovered: Bool)] = []
        for day in try catalogue.days(cameraId, volume: volume).suffix(Self.days).reversed() {
            for name in try catalogue.segments(cameraId, day: day, volume: volume).reversed() where takes(name) {
                if let closed = try JournalReader.closing(layout.journal(cameraId, name), files: files) {
                    tails.append((name, closed, false))
                    if closed.fragmentCount > 0 { return tails }
                } else if let (closed, isNew) = try close(cameraId, name) {
                    tails.append((name, closed, isNew))
                }
            }
        }
        return tails
    }

    /// Closes one segment; nil when nothing of it can be kept, and then its files are gone.
    package func close(
        _ cameraId: String,
        _ name: SegmentName
    ) throws(FileFailure) -> (closed: SegmentClosed, isNew: Bool)? {
        let index = try FragmentIndex.journal(cameraId: cameraId, name: name, layout: layout, files: files)
        if let index, let closed = index.closed, index.isConsistent { return (closed, false) }
        let path = layout.segment(cameraId, name)
        let journal = layout.journal(cameraId, name)
        let scanner = SegmentScanner(path: path, files: files)
        guard let (start, initHash) = try scanner.initSegment() else {
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

    /// Appends entries behind a torn line, if there is one: it must not swallow the next one.
    func append(_ entries: [JournalEntry], to path: String) throws(FileFailure) {
        if let slash = path.lastIndex(of: "/") { try files.createDirectory(String(path[..<slash])) }
        let size = try files.size(path) ?? 0
        let isTorn = size > 0 ? try files.read(path, offset: size - 1, count: 1) != [10] : false
        try files.open(path).append((isTorn ? [10] : []) + entries.flatMap { JournalLine.encode($0) })
    }
}
