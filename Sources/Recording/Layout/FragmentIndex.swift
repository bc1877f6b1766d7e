import Domain
import Media

/// The fragments of one segment, from its journal or, where that is missing or damaged, from the file itself.
package struct FragmentIndex: Sendable, Hashable {
    package var opened: SegmentOpened
    package var fragments: [FragmentRecord]
    /// nil while the segment is being written, or was left unfinished.
    package var closed: SegmentClosed?

    /// Builds the index from a segment's entries; nil without an opening line. A later opening line (recovery writes one
    /// where the first was lost) begins anew.
    package init?(_ entries: [JournalEntry]) {
        let isOpening = { (entry: JournalEntry) in if case .segmentOpened = entry { true } else { false } }
        guard let first = entries.lastIndex(where: isOpening), case .segmentOpened(let opened) = entries[first] else {
            return nil
        }
        self.opened = opened
        fragments = []
        for entry in entries[(first + 1)...] {
            switch entry {
            case .fragment(let record): fragments.append(record)
            case .segmentCut(let size): fragments.removeAll { $0.end > size }
            case .segmentClosed(let closed): self.closed = closed
            case .cameraClock(let offset): self.opened.clockOffsetMicros = offset
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
        var index = try opening(cameraId: cameraId, scanner: scanner, start, initHash)
        index.fragments = try scanner.fragments(from: start.sizeBytes)
        return index
    }

    /// What the init segment says, without fragments.
    static func opening(
        cameraId: String,
        scanner: SegmentScanner,
        _ start: InitSegmentInfo,
        _ initHash: ContentHash
    ) throws(FileFailure) -> FragmentIndex {
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
            previousSegment: start.mark?.previousSegment,
            previousHead: start.mark?.previousHead.flatMap { ContentHash(bytes: $0) },
            audio: start.stream.audio.map { AudioTrackFacts($0) }
        )
        return FragmentIndex(opened: opened, fragments: [])
    }

    /// Whether the journal says what belongs together: fragments follow each other without a hole from the init segment
    /// on, as many and as far as the closing line says. Where it doesn't, lines were lost and the file has to be asked.
    package var isConsistent: Bool {
        var end = opened.initBytes
        for record in fragments {
            guard record.offset == end else { return false }
            end = record.end
        }
        guard let closed else { return true }
        return closed.fragmentCount == fragments.count && closed.sizeBytes == end
    }

    /// The journal's index, or where that is missing or inconsistent the one of the file itself; nil without both.
    package static func load(
        cameraId: String,
        name: SegmentName,
        layout: RecordingLayout,
        files: any RecordingFiles = SystemFiles()
    ) throws(FileFailure) -> FragmentIndex? {
        let written = try journal(cameraId: cameraId, name: name, layout: layout, files: files)
        if let written, written.isConsistent { return written }
        return try rebuilt(cameraId: cameraId, name: name, layout: layout, files: files) ?? written
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
