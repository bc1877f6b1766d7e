/// Reads a journal from an offset on, as often as asked; a torn last line waits for its rest.
package struct JournalReader: Sendable {
    package let path: String
    /// The first byte not read yet.
    package private(set) var offset: Int
    /// Lines whose check value was wrong; they are left out.
    package private(set) var damagedLines = 0
    /// CRC-32 of the last line that was read, without its line feed.
    package private(set) var lastCheck: UInt32?
    private let files: any RecordingFiles

    /// No line is longer: more bytes without a line feed are damage and skipped.
    private static let maximumLine = 16 << 10
    private static let chunk = 1 << 20

    package init(path: String, offset: Int = 0, files: any RecordingFiles = SystemFiles()) {
        self.path = path
        self.offset = max(0, offset)
        self.files = files
    }

    /// The whole lines that came since the last call, of at most 1 MiB; none where there is no file (yet).
    package mutating func readNew() throws(FileFailure) -> [JournalEntry] {
        let bytes: [UInt8]
        do throws(FileFailure) {
            // Most polls find nothing new: a look at the size spares them opening the file and a large buffer.
            guard let size = try files.size(path), size > offset else { return [] }
            bytes = try files.read(path, offset: offset, count: min(Self.chunk, size - offset))
        } catch {
            if error.isMissing { return [] }
            throw error
        }
        var entries: [JournalEntry] = []
        var start = 0
        var last: Range<Int>?
        while let end = bytes[start...].firstIndex(of: 10) {
            last = start..<end
            if let entry = JournalLine.decode(bytes[start..<end]) {
                entries.append(entry)
            } else if end > start {
                damagedLines += 1
            }
            start = end + 1
        }
        if let last { lastCheck = Checksum.crc32(bytes[last]) }
        if bytes.count - start > Self.maximumLine {
            damagedLines += 1
            start = bytes.count
            lastCheck = nil
        }
        offset += start
        return entries
    }

    /// All whole lines there are.
    package mutating func readAll() throws(FileFailure) -> [JournalEntry] {
        var entries: [JournalEntry] = []
        while true {
            let before = offset
            entries += try readNew()
            if offset == before { return entries }
        }
    }

    /// Whether a line with this CRC-32 ends right before `offset`.
    static func ends(
        _ path: String,
        at offset: Int,
        _ check: UInt32,
        files: any RecordingFiles
    ) throws(FileFailure) -> Bool {
        guard let size = try files.size(path), size >= offset else { return false }
        let from = max(0, offset - maximumLine)
        let bytes = try files.read(path, offset: from, count: offset - from)
        guard bytes.count == offset - from, bytes.last == 10 else { return false }
        let line = bytes.dropLast()
        let start = line.lastIndex(of: 10).map { $0 + 1 } ?? line.startIndex
        return Checksum.crc32(line[start...]) == check
    }

    /// The last line of a segment's journal if it closes the segment; reads that line's surroundings only, because a start
    /// must not read days of journals whole.
    package static func closing(
        _ journal: String,
        files: any RecordingFiles = SystemFiles()
    ) throws(FileFailure) -> SegmentClosed? {
        guard let size = try files.size(journal) else { return nil }
        let tail = try files.read(journal, offset: max(0, size - 1024), count: 1024)
        guard tail.last == 10, let line = tail.split(separator: 10).last,
            case .segmentClosed(let closed)? = JournalLine.decode(line)
        else { return nil }
        return closed
    }
}
