import Domain
import Media

/// Checks one segment against its journal and itself.
package struct SegmentAudit: Sendable {
    package enum Depth: Sendable, Hashable {
        /// Journals and sizes only.
        case journals
        /// Every byte is read and hashed.
        case everything
    }

    /// A segment as it was found.
    package struct Report: Sendable, Hashable {
        package var cameraId: String
        package var name: SegmentName
        /// What the journal says, or the file where the journal is missing; nil where neither says anything.
        package var index: FragmentIndex?
        /// The last value of its chain.
        package var head: ContentHash?
        package var findings: [AuditFinding] = []
    }

    private let layout: RecordingLayout
    private let files: any RecordingFiles

    /// Slewing moves a fragment's wall time against the one before it.
    static let wallTolerance = Duration.milliseconds(1)
    /// Sound may lie so far from its pictures.
    private static let audioTolerance: Int64 = 5 * 90_000

    package init(layout: RecordingLayout, files: any RecordingFiles = SystemFiles()) {
        self.layout = layout
        self.files = files
    }

    /// - Parameter isWritten: somebody has it open: what is not there yet is no finding.
    package func check(
        _ cameraId: String,
        _ name: SegmentName,
        _ depth: Depth,
        isWritten: Bool = false
    ) throws(FileFailure) -> Report {
        var report = Report(cameraId: cameraId, name: name)
        let path = layout.segment(cameraId, name)
        var reader = JournalReader(path: layout.journal(cameraId, name), files: files)
        let index = FragmentIndex(try reader.readAll())
        // Read after the journal: a segment that is being written only grows.
        guard let size = try files.size(path) else {
            report.note(index?.fragments.isEmpty == false || index?.closed != nil ? .missingFile : .leftover, layout)
            return report
        }
        let scanner = SegmentScanner(path: path, files: files)
        guard let (start, initHash) = try scanner.initSegment() else {
            if !isWritten || index != nil { report.note(.unreadable, layout, offset: 0) }
            return report
        }
        guard let index else {
            report.index = try FragmentIndex.rebuilt(cameraId: cameraId, name: name, layout: layout, files: files)
            let isEmpty = report.index?.fragments.isEmpty != false && size <= start.sizeBytes
            if !isWritten { report.note(isEmpty ? .leftover : .missingJournal, layout) }
            report.head = report.index?.head
            if let rebuilt = report.index, !isWritten {
                try check(fragments: rebuilt, scanner, depth, &report)
                if rebuilt.fragments.last?.end ?? rebuilt.opened.initBytes < size {
                    report.note(.trailingBytes, layout, offset: rebuilt.fragments.last?.end)
                }
            }
            return report
        }
        report.index = index
        report.head = index.head
        // A crash may have torn a line, which recovery made up for.
        let isMended = index.closed?.cause == .recovered || index.closed?.cause == .failed
        if !index.isConsistent || reader.damagedLines > 0 && !isMended { report.note(.journalDamaged, layout) }
        if initHash != index.opened.initHash || start.mark.map({ differs($0, index.opened) }) ?? false {
            report.note(.initChanged, layout, offset: 0, at: index.opened.startedAt)
        }
        if let closed = index.closed {
            if index.isConsistent, closed.head != index.head { report.note(.wrongHead, layout) }
        } else if !isWritten {
            report.note(.unfinished, layout)
        }
        try check(fragments: index, scanner, depth, &report)
        let end = index.fragments.last?.end ?? index.opened.initBytes
        if let lost = index.fragments.first(where: { $0.end > size }) {
            report.note(.missingBytes, layout, offset: lost.offset, at: lost.wall)
        } else if size > end, !isWritten {
            report.note(.trailingBytes, layout, offset: end)
        }
        return report
    }

    /// Whether a file's own mark says something else than its journal.
    private func differs(_ mark: SegmentMark, _ opened: SegmentOpened) -> Bool {
        mark.cameraId != opened.cameraId || mark.runId != opened.runId
            || (mark.previousHead != nil && mark.previousHead != opened.previousHead?.bytes)
    }

    private func check(
        fragments index: FragmentIndex,
        _ scanner: SegmentScanner,
        _ depth: Depth,
        _ report: inout Report
    ) throws(FileFailure) {
        if let first = index.fragments.first, !first.startsWithKey {
            report.note(.startsWithoutKey, layout, offset: first.offset, at: first.wall)
        }
        var before: FragmentRecord?
        var lastSound: Int64?
        for record in index.fragments {
            if let before,
                record.baseDecodeTicks < before.baseDecodeTicks + before.durationTicks
                    || record.wall < before.wallEnd - Self.wallTolerance
            {
                report.note(.disordered, layout, offset: record.offset, at: record.wall)
            }
            before = record
            guard depth == .everything else { continue }
            guard let (found, info) = try scanner.read(at: record.offset) else {
                // Beyond the end of the file it is missing, which is told once for all.
                if try files.size(scanner.path) ?? 0 >= record.end {
                    report.note(.changedBytes, layout, offset: record.offset, at: record.wall)
                }
                continue
            }
            if found != record { report.note(.changedBytes, layout, offset: record.offset, at: record.wall) }
            if let audio = info.audio, !isOrdered(audio, record, index.opened, &lastSound) {
                report.note(.audioDisordered, layout, offset: record.offset, at: record.wall)
            }
        }
    }

    /// Sound that drifts back is recorded with frames that overlap a little; a fragment's last one is written with its whole
    /// length, because the next is not known yet. So what counts is where frames begin.
    ///
    /// - Parameter last: where the last frame before this fragment begins; then this fragment's.
    private func isOrdered(
        _ audio: FragmentAudio,
        _ record: FragmentRecord,
        _ opened: SegmentOpened,
        _ last: inout Int64?
    ) -> Bool {
        let duration = audio.samples.reduce(0) { $0 + Int64($1.durationTicks) }
        let until = audio.baseDecodeTicks + duration
        let before = last ?? .min
        last = until - Int64(audio.samples.last?.durationTicks ?? 0)
        let tolerance = Self.audioTolerance
        return opened.audio != nil && audio.baseDecodeTicks > before
            && audio.baseDecodeTicks >= record.baseDecodeTicks - tolerance
            && until <= record.baseDecodeTicks + record.durationTicks + tolerance
    }
}

extension SegmentAudit.Report {
    mutating func note(
        _ kind: AuditFinding.Kind,
        _ layout: RecordingLayout,
        offset: Int? = nil,
        at: WallTime? = nil
    ) {
        findings.append(
            AuditFinding(
                kind,
                cameraId: cameraId,
                segment: name,
                path: layout.relativeSegment(cameraId, name),
                offset: offset,
                at: at ?? index?.fragments.first?.wall
            )
        )
    }
}
