import Domain

/// Checks the recordings of a camera, segment by segment and how they hang together: every file has its journal, the
/// hashes chain within a segment and into the next, times are ordered, no two runs overlap.
///
/// A segment whose predecessor was deleted by retention can't be held against it; one whose predecessor is there must go
/// on from its chain.
package struct RecordingAudit: Sendable {
    private let layout: RecordingLayout
    private let files: any RecordingFiles
    private let catalogue: RecordingCatalogue

    package init(layout: RecordingLayout, files: any RecordingFiles = SystemFiles()) {
        self.layout = layout
        self.files = files
        catalogue = RecordingCatalogue(layout: layout, files: files)
    }

    /// The volumes that could not be looked at.
    package func volumes() throws(FileFailure) -> [AuditFinding] {
        try catalogue.unreachableVolumes().map { AuditFinding(.unreachableVolume, path: "@\($0)") }
    }

    /// Checks one camera.
    ///
    /// - Parameters:
    ///   - isWritten: whether somebody has a segment open; only asked about one that isn't closed.
    ///   - onSegment: told of every segment in order, for progress and for the index.
    package func check(
        cameraId: String,
        _ depth: SegmentAudit.Depth,
        isWritten: (SegmentName) -> Bool = { _ in false },
        onSegment: (SegmentAudit.Report) -> Void = { _ in }
    ) throws(FileFailure) -> [AuditFinding] {
        let audit = SegmentAudit(layout: layout, files: files)
        var chain = ChainAudit(layout: layout)
        var findings: [AuditFinding] = []
        for day in try catalogue.days(cameraId) {
            for name in try catalogue.segments(cameraId, day: day) {
                let isClosed = try JournalReader.closing(layout.journal(cameraId, name), files: files) != nil
                var report = try audit.check(cameraId, name, depth, isWritten: !isClosed && isWritten(name))
                chain.append(&report)
                findings += report.findings
                onSegment(report)
            }
        }
        return findings
    }
}

/// Holds each segment of a camera against those before it. Pure.
struct ChainAudit {
    let layout: RecordingLayout
    /// The chain's last value and the cause of the closing by name, of the newest segments: the one before is among them
    /// unless it was deleted.
    private var known: [(name: String, head: ContentHash?, cause: SegmentClosed.Cause?)] = []
    private static let kept = 64
    private var lastEnd: WallTime?
    private var lastRun: (id: String, ticks: Int64)?

    init(layout: RecordingLayout) {
        self.layout = layout
    }

    /// Takes the next segment; adds what is wrong between it and those before.
    mutating func append(_ report: inout SegmentAudit.Report) {
        guard let index = report.index else { return }
        link(index, &report)
        if let first = index.fragments.first, let last = index.fragments.last {
            if let lastEnd, first.wall < lastEnd - SegmentAudit.wallTolerance {
                report.note(.overlap, layout, offset: first.offset, at: first.wall)
            } else if let lastRun, lastRun.id == index.opened.runId, first.baseDecodeTicks < lastRun.ticks {
                report.note(.disordered, layout, offset: first.offset, at: first.wall)
            }
            lastEnd = max(lastEnd ?? last.wallEnd, last.wallEnd)
            lastRun = (index.opened.runId, last.baseDecodeTicks + last.durationTicks)
        }
        known.append((report.name.text, report.head, index.closed?.cause))
        if known.count > Self.kept { known.removeFirst() }
    }

    private func link(_ index: FragmentIndex, _ report: inout SegmentAudit.Report) {
        guard let previous = index.opened.previousSegment, let head = index.opened.previousHead else {
            // The first file of a camera has none, nor had files of the first version without their journal.
            if !known.isEmpty { report.note(.missingLink, layout, at: index.opened.startedAt) }
            return
        }
        guard let before = known.last(where: { $0.name == previous }) else { return }
        guard before.head != head else { return }
        let isAdmitted = before.cause == .failed || before.cause == .recovered
        report.note(isAdmitted ? .lostTail : .brokenLink, layout, at: index.opened.startedAt)
    }
}
