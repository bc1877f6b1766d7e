import Domain
import Media
import Recording
import Store

/// A segment of the index together with its fragments, read from its journal or, where that is missing, from the file.
struct StoredSegment: Sendable {
    var row: Segment
    /// The file's absolute path.
    var path: String
    var opened: SegmentOpened
    var fragments: [FragmentRecord]

    /// Reads the fragments; nil when the file has gone meanwhile. Blocks.
    static func load(_ row: Segment, layout: RecordingLayout) throws -> StoredSegment? {
        guard let (cameraId, name) = RecordingLayout.parse(relativeSegment: row.path) else { return nil }
        let path = layout.segment(cameraId, name)
        guard let size = RecordingFileReader.size(path) else { return nil }
        let index =
            try FragmentIndex.journal(cameraId: cameraId, name: name, layout: layout)
            ?? FragmentIndex.rebuilt(cameraId: cameraId, name: name, layout: layout)
        guard let index else { return nil }
        return StoredSegment(
            row: row,
            path: path,
            opened: index.opened,
            // The journal may be a write ahead of the file.
            fragments: index.fragments.filter { $0.end <= size }
        )
    }

    /// The index of the last fragment that starts with a key frame at or before `time`; the first one if none does.
    func keyFragment(atOrBefore time: WallTime) -> Int? {
        fragments.lastIndex { $0.startsWithKey && $0.wall <= time } ?? fragments.firstIndex(where: \.startsWithKey)
    }

    /// `ftyp`+`moov`.
    func initialisation() throws -> [UInt8] {
        try RecordingFileReader.read(path, offset: 0, count: opened.initBytes)
    }

    /// As `bytes`, cut off behind the fragment's first sample.
    func keyBytes(of fragment: FragmentRecord) throws -> [UInt8]? {
        let head = try RecordingFileReader.read(
            path,
            offset: fragment.offset,
            count: min(fragment.moofBytes + 16, fragment.sizeBytes)
        )
        guard let sample = try FragmentParser.fragmentHeader(head)?.samples.first else { return nil }
        let bytes = try RecordingFileReader.read(path, offset: fragment.offset, count: sample.offset + sample.size)
        return bytes.count == sample.offset + sample.size ? bytes : nil
    }

    /// `moof`+`mdat`; nil when the file is shorter than its journal says.
    func bytes(of fragment: FragmentRecord) throws -> [UInt8]? {
        let bytes = try RecordingFileReader.read(path, offset: fragment.offset, count: fragment.sizeBytes)
        return bytes.count == fragment.sizeBytes ? bytes : nil
    }
}
