import CLinux
import Foundation

/// Reads parts of files with one `open` and `pread`. Every call blocks.
enum RecordingFileReader {
    /// Up to `count` bytes from `offset` on; fewer at the end of the file.
    ///
    /// - Throws: `ArchiveError` (`nothingRecorded` when the file is gone, else `io`).
    static func read(_ path: String, offset: Int, count: Int) throws(ArchiveError) -> [UInt8] {
        let descriptor = gw_open(path, O_RDONLY, 0)
        guard descriptor >= 0 else { throw failure("open", path, errno) }
        defer { close(descriptor) }
        var failed: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let read = pread(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, offset + filled)
                if read < 0, errno == EINTR { continue }
                if read < 0 { failed = errno }
                guard read > 0 else { return }
                filled += read
            }
        }
        guard failed == 0 else { throw failure("read", path, failed) }
        return bytes
    }

    /// The size in bytes; nil where there is no such file.
    static func size(_ path: String) -> Int? {
        var facts = stat()
        return stat(path, &facts) == 0 ? Int(facts.st_size) : nil
    }

    /// Whether it is a file that can be read twice: no folder, pipe or device.
    static func isPlain(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFREG
    }

    /// A whole small file.
    ///
    /// - Throws: `ArchiveError` (`nothingRecorded` when there is none, `notFound` when it is no plain file or larger than
    ///   `maximum`, else `io`).
    static func small(_ path: String, maximum: Int) throws(ArchiveError) -> [UInt8] {
        if let size = size(path) {
            guard isPlain(path) else { throw ArchiveError(.notFound, "\(path) is no file") }
            guard size <= maximum else {
                throw ArchiveError(.notFound, "\(path) has \(size) bytes, more than the \(maximum) expected")
            }
        }
        return try read(path, offset: 0, count: maximum)
    }

    private static func failure(_ operation: String, _ path: String, _ code: Int32) -> ArchiveError {
        let reason = String(cString: strerror(code))
        return ArchiveError(code == ENOENT ? .nothingRecorded : .io, "can't \(operation) \(path): \(reason)")
    }
}
