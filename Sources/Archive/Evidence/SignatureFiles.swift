import Domain
import Foundation
import Recording

/// `recordings/signatures/<day>.jsonl`: what was signed on a UTC day, appended and synced. Every call blocks.
struct SignatureFiles: Sendable {
    let folder: String
    let files: any RecordingFiles

    init(layout: RecordingLayout, files: any RecordingFiles = SystemFiles()) {
        folder = layout.root + "/signatures"
        self.files = files
    }

    private static let chunk = 4 << 20

    /// Appends lines to a day's file and syncs it.
    func append(_ lines: [String], day: String) throws(FileFailure) {
        try files.createDirectory(folder)
        let path = "\(folder)/\(day).jsonl"
        let size = try files.size(path)
        let file = try files.open(path)
        var bytes: [UInt8] = []
        // A line that a power cut tore must not swallow the next one.
        if let size, size > 0, try files.read(path, offset: size - 1, count: 1) != [10] { bytes.append(10) }
        for line in lines { bytes += Array(line.utf8) + [10] }
        do throws(FileFailure) {
            try file.append(bytes)
            try file.sync()
            if size == nil { try files.syncVolume(folder) }
        } catch {
            try? file.truncate(to: size ?? 0)
            throw error
        }
    }

    /// The days that have a file, oldest first.
    func days() throws(FileFailure) -> [String] {
        try files.list(folder).filter { $0.hasSuffix(".jsonl") && $0.utf8.count == 16 }.map { String($0.dropLast(6)) }
    }

    /// A camera's signed heads of one day, in the order in which they were signed.
    func heads(cameraId: String, day: String) throws(FileFailure) -> [SignedHead] {
        var found: [SignedHead] = []
        try lines(day: day, prefix: Array(SignedHead.prefix(cameraId).utf8)) { line in
            if let head = SignedHead(line: line) { found.append(head) }
        }
        return found
    }

    /// The last head of every camera in a day's file, and the audit log's.
    func last(day: String) throws(FileFailure) -> (cameras: [String: SignedHead], audit: SignedAuditHead?) {
        var cameras: [String: SignedHead] = [:]
        var audit: SignedAuditHead?
        try lines(day: day, prefix: Array(#"{"camera":""#.utf8)) { line in
            if let head = SignedHead(line: line) { cameras[head.cameraId] = head }
        }
        try lines(day: day, prefix: Array(#"{"at":"#.utf8)) { line in
            audit = SignedAuditHead(line: line) ?? audit
        }
        return (cameras, audit)
    }

    /// Of every camera in a day's file: from the day of the first segment named there to the end of the last.
    func span(day: String) throws(FileFailure) -> [String: (from: WallTime, to: WallTime)] {
        var spans: [String: (from: WallTime, to: WallTime)] = [:]
        try lines(day: day, prefix: Array(#"{"camera":""#.utf8)) { line in
            guard let head = SignedHead(line: line), let name = SegmentName(head.segment),
                let start = WallTime(rfc3339: name.day + "T00:00:00Z")
            else { return }
            let known = spans[head.cameraId]
            spans[head.cameraId] = (min(known?.from ?? start, start), max(known?.to ?? head.until, head.until))
        }
        return spans
    }

    func remove(day: String) throws(FileFailure) {
        try files.remove("\(folder)/\(day).jsonl")
    }

    /// All whole lines of a day, and what stands behind the last line feed.
    func lines(day: String) throws(FileFailure) -> [ArraySlice<UInt8>] {
        let path = "\(folder)/\(day).jsonl"
        guard let size = try files.size(path) else { return [] }
        return try files.read(path, offset: 0, count: size).split(separator: 10, omittingEmptySubsequences: false)
    }

    /// Calls `body` with each whole line that begins with `prefix`; holds one chunk at a time.
    private func lines(
        day: String,
        prefix: [UInt8],
        _ body: (ArraySlice<UInt8>) -> Void
    ) throws(FileFailure) {
        let path = "\(folder)/\(day).jsonl"
        guard let size = try files.size(path) else { return }
        var offset = 0
        var rest: [UInt8] = []
        while offset < size {
            let bytes = rest + (try files.read(path, offset: offset, count: min(Self.chunk, size - offset)))
            guard bytes.count > rest.count else { return }
            offset += bytes.count - rest.count
            var start = 0
            while let end = bytes[start...].firstIndex(of: 10) {
                if end - start > prefix.count, bytes[start..<start + prefix.count].elementsEqual(prefix) {
                    body(bytes[start..<end])
                }
                start = end + 1
            }
            rest = Array(bytes[start...])
            // Damage: no line is that long.
            if rest.count > Self.chunk { rest = [] }
        }
    }
}
