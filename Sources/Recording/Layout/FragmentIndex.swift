import Domain
import Media

/// The fragments of one segment, from its journal or, where that is missing or damaged, from the file itself.
package struct FragmentIndex: Sendable, Hashable {
    package var opened: SegmentOpened
    package var fragments: [FragmentRecord]
    /// nil while the segment is being written, or was left unfinished.
    package var closed: SegmentClosed?

    /// Builds the index from a segment's entries; nil without a first line.
    package init?(_ entries: [JournalEntry]) {
        guard case .segmentOpened(let opened)? = entries.first else { return nil }
        self.opened = opened
        fragments = []
        for entry in entries.dropFirst() {
            switch entry {
            case .fragment(let record): fragments.append(record)
            case .segmentCut(let size): fragments.removeAll { $0.end > size }
            case .segmentClosed(let closed): self.closed = closed
            default: continue
            }
        }
    }

    init(opened: SegmentOpened, fragments: [FragmentRecord]) {
        self.opened = opened
        self.fragments = fragments
    }

    /// Reads the journal; nil where there is none with a first line.
    package static func journal(
        cameraId: String,
        name: SegmentName,
        layout: RecordingLayout,
        files: any RecordingFiles = SystemFiles()
    ) throws(FileFailure) -> FragmentIndex? {
        var reader = JournalReader(path: layout.journal(cameraId, name), files: files)
        return FragmentIndex(try reader.readAll())
    }

    /// Walks the segment's boxes and hashes its fragments up to the last whole one; nil where there is no init segment.
    package static func rebuilt(
        cameraId: String,
        name: SegmentName,
        layout: RecordingLayout,
        files: any RecordingFiles = SystemFiles()
    ) throws(FileFailure) -> FragmentIndex? {
        let scanner = SegmentScanner(path: layout.segment(cameraId, name), files: files)
        guard let (start, initHash) = try scanner.initSegment() else { return nil }
        let opened = SegmentOpened(
            cameraId: cameraId,
            runId: start.mark?.runId ?? "unknown",
            number: 0,
            startedAt: start.mark?.startedAt ?? .epoch,
            codec: start.stream.codec.rawValue,
            codecString: start.stream.codecString,
            width: start.stream.width,
            height: start.stream.height,
            initBytes: start.sizeBytes,
            initHash: initHash,
            previousSegment: nil,
            previousHead: nil,
            audio: start.stream.audio.map { AudioTrackFacts($0) }
        )
        let fragments = try scanner.fragments(from: start.sizeBytes)
        return FragmentIndex(opened: opened, fragments: fragments)
    }

    /// The last value of the hash chain after all fragments.
    package var head: ContentHash {
        fragments.reduce(opened.chainStart) { ContentHash(chaining: $0, $1.moofHash, $1.payloadHash) }
    }
}

extension SegmentOpened {
    /// Where the segment's chain begins: the previous segment's last value and the init segment's hash.
    package var chainStart: ContentHash {
        previousHead.map { ContentHash(chaining: $0, initHash) } ?? ContentHash(chaining: initHash)
    }
}
