import CLinux
import Foundation

/// Bytes that are read in pieces, never on the cooperative pool.
package protocol SlicedBytes: Sendable {
    /// How many there are; doesn't change.
    var bytes: Int { get }

    /// `count` bytes from `offset` on; fewer only where the file has been cut meanwhile.
    ///
    /// - Throws: `ArchiveError` (`io`).
    func read(offset: Int, count: Int) async throws -> [UInt8]
}

/// A file that stays open, so that its bytes can be read even when it is deleted meanwhile. Closed with the last
/// reference to it.
package final class OpenedFile: SlicedBytes {
    package let bytes: Int
    private let path: String
    private let descriptor: Int32
    /// Whatever has to live as long as the file is read.
    private let keeping: (any Sendable)?

    private init(path: String, descriptor: Int32, bytes: Int, keeping: (any Sendable)?) {
        self.path = path
        self.descriptor = descriptor
        self.bytes = bytes
        self.keeping = keeping
    }

    /// Opens a file for reading.
    ///
    /// - Parameter keeping: kept alive as long as the file is open, like the `ClipFile` that owns it.
    /// - Throws: `ArchiveError` (`nothingRecorded` when it is gone, else `io`).
    package static func open(_ path: String, keeping: (any Sendable)? = nil) async throws -> OpenedFile {
        try await BlockingWork.shared.run {
            let descriptor = gw_open(path, O_RDONLY, 0)
            guard descriptor >= 0 else { throw failure("open", path, errno) }
            var facts = stat()
            guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
                let code = errno
                close(descriptor)
                throw failure("read", path, code)
            }
            return OpenedFile(path: path, descriptor: descriptor, bytes: Int(facts.st_size), keeping: keeping)
        }
    }

    deinit { close(descriptor) }

    package func read(offset: Int, count: Int) async throws -> [UInt8] {
        // `self` is held by the closure: the file is not closed under a read whose asker has gone.
        try await BlockingWork.shared.run { [self] in
            var failed: Int32 = 0
            let wanted = max(0, min(count, bytes - offset))
            let read = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
                while filled < wanted {
                    let read = pread(
                        descriptor,
                        buffer.baseAddress.map { $0 + filled },
                        wanted - filled,
                        offset + filled
                    )
                    if read < 0, errno == EINTR { continue }
                    if read < 0 { failed = errno }
                    guard read > 0 else { return }
                    filled += read
                }
            }
            guard failed == 0 else { throw Self.failure("read", path, failed) }
            return read
        }
    }

    private static func failure(_ operation: String, _ path: String, _ code: Int32) -> ArchiveError {
        let reason = String(cString: strerror(code))
        return ArchiveError(code == ENOENT ? .nothingRecorded : .io, "can't \(operation) \(path): \(reason)")
    }
}
