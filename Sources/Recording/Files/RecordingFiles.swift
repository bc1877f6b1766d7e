import Glibc

/// A failed call on the recording volume.
package struct FileFailure: Error, Sendable, Hashable {
    /// What was tried, like `write`.
    package var operation: String
    package var path: String
    /// The errno value.
    package var code: Int32

    package init(operation: String, path: String, code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }
}

/// The file system as recording uses it, handed in so that a test can fill the disk, fail it or cut its power.
///
/// Paths are absolute. Every call blocks.
package protocol RecordingFiles: Sendable {
    /// Creates a folder and those above it; fine if it is there.
    func createDirectory(_ path: String) throws(FileFailure)
    /// Creates a file for appending; fails with EEXIST where there is one.
    func create(_ path: String) throws(FileFailure) -> any RecordingFile
    /// Opens a file for appending, creating it where there is none.
    func open(_ path: String) throws(FileFailure) -> any RecordingFile
    /// Up to `count` bytes from `offset` on; fewer at the end of the file.
    func read(_ path: String, offset: Int, count: Int) throws(FileFailure) -> [UInt8]
    /// The size in bytes; nil where there is no such file.
    func size(_ path: String) throws(FileFailure) -> Int?
    /// The names in a folder, sorted; none where there is no such folder.
    func list(_ path: String) throws(FileFailure) -> [String]
    /// When something in a folder last came or went, in nanoseconds of the volume's clock; nil where there is no such
    /// folder, or where that isn't known: then it has to be listed.
    func modified(_ path: String) -> Int64?
    func remove(_ path: String) throws(FileFailure)
    /// Makes everything written to the volume that holds `path` durable (syncfs).
    func syncVolume(_ path: String) throws(FileFailure)
    /// Bytes that may still be written on the volume that holds `path`.
    func freeBytes(_ path: String) throws(FileFailure) -> Int
    /// The size of that volume.
    func totalBytes(_ path: String) throws(FileFailure) -> Int
    /// The number of the file system that holds `path`; nil where that can't be told.
    func device(_ path: String) -> UInt64?
    /// Makes a symbolic link; fails with EEXIST where there is something.
    func link(_ path: String, to target: String) throws(FileFailure)
    /// Where a symbolic link leads; nil where there is none.
    func linkTarget(_ path: String) -> String?
}

/// A file open for appending. One thread at a time uses it; it closes when it is let go.
package protocol RecordingFile: AnyObject, Sendable {
    /// Appends all of `bytes`, with one call unless the system takes less.
    func append(_ bytes: [UInt8]) throws(FileFailure)
    /// Cuts the file to `size` bytes.
    func truncate(to size: Int) throws(FileFailure)
    /// Makes the file durable (fdatasync).
    func sync() throws(FileFailure)
}

extension RecordingFiles {
    package func modified(_ path: String) -> Int64? { nil }
}

extension FileFailure {
    /// There is no such file or folder.
    package var isMissing: Bool { code == ENOENT || code == ENOTDIR }

    /// The volume takes no more bytes.
    package var isFull: Bool { code == ENOSPC || code == EDQUOT }

    /// A volume that is named for the first time has no disk of its own.
    static func notMounted(_ path: String) -> FileFailure {
        FileFailure(operation: mounting, path: path, code: ENODEV)
    }

    private static let mounting = "find a disk of its own"
}

extension FileFailure: CustomStringConvertible {
    package var description: String {
        if operation == Self.mounting {
            return "no disk of its own at \(path): it lies on the one of the data folder, of the system or of another "
                + "volume. Mount the disk, or write `sameDevice: true` beside the volume's path"
        }
        return "\(operation) failed on \(path): \(String(cString: strerror(code))) (errno \(code))"
    }
}
