import CLinux
import Glibc

/// A file of the machine, open for appending.
final class SystemFile: RecordingFile {
    private let descriptor: Int32
    private let path: String

    init(_ path: String, flags: Int32) throws(FileFailure) {
        descriptor = gw_open(path, flags, 0o640)
        self.path = path
        guard descriptor >= 0 else { throw FileFailure(operation: "create", path: path, code: errno) }
    }

    deinit {
        if descriptor >= 0 { _ = close(descriptor) }
    }

    func append(_ bytes: [UInt8]) throws(FileFailure) {
        var written = 0
        while written < bytes.count {
            let got = bytes.withUnsafeBytes { buffer in
                buffer.baseAddress.map { write(descriptor, $0 + written, buffer.count - written) } ?? 0
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw FileFailure(operation: "write", path: path, code: got < 0 ? errno : EIO) }
            written += got
        }
    }

    func truncate(to size: Int) throws(FileFailure) {
        guard ftruncate(descriptor, off_t(size)) == 0 else {
            throw FileFailure(operation: "cut", path: path, code: errno)
        }
    }

    func sync() throws(FileFailure) {
        guard fdatasync(descriptor) == 0 else { throw FileFailure(operation: "sync", path: path, code: errno) }
    }
}
