import CLinux
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// The data folder `DIR` of a centre: mode 0700, made where it is missing.
struct DataFolder: Sendable {
    let url: URL

    /// Names that a centre's folder can hold before its first start; with any other it is somebody else's.
    private static let beforeStart: Set<String> = ["keys", "lost+found"]

    /// The folder of a centre that may not have been started yet: a mistyped path must not become a new centre.
    ///
    /// - Throws: `CommandFailure` when there is no such folder, or when it is neither a centre's nor empty.
    static func existing(path: String) throws -> DataFolder {
        var isFolder = ObjCBool(false)
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            throw CommandFailure("There is no data folder \(path): check the path, or make the folder first")
        }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return try DataFolder(path: path, creating: beforeStart.isSuperset(of: names))
    }

    /// - Parameter creating: whether a missing folder is made; otherwise it must be a centre's already.
    /// - Throws: `CommandFailure` when it can't be made or written, or is no centre's.
    init(path: String, creating: Bool) throws {
        url = URL(filePath: path, directoryHint: .isDirectory).standardizedFileURL
        let isCentre =
            FileManager.default.fileExists(atPath: url.appending(path: "gridwatch.db").path)
            || FileManager.default.fileExists(atPath: url.appending(path: "recordings").path)
        guard creating || isCentre else {
            throw CommandFailure(
                "\(path) is not the data folder of a centre: check the path, or start `gridwatch serve` on it first"
            )
        }
        do {
            try FileManager.default.createDirectory(
                at: url,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw CommandFailure("Can't make the data folder \(path): \(error.localizedDescription)")
        }
        guard access(url.path, W_OK | X_OK) == 0 else {
            throw CommandFailure("Can't write to the data folder \(path): check its owner and permissions")
        }
    }
}

/// Holds `DIR/serve.lock` for as long as it lives, so that no two services use one data folder.
final class ServeLock: Sendable {
    private let descriptor: Int32

    /// - Throws: `CommandFailure` when another service holds it.
    init(_ folder: DataFolder) throws {
        let path = folder.url.appending(path: "serve.lock").path
        descriptor = gw_open(path, O_RDWR | O_CREAT, 0o600)
        guard descriptor >= 0 else { throw CommandFailure("Can't open \(path): \(String(cString: strerror(errno)))") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw CommandFailure("Another gridwatch serves \(folder.url.path) already (it holds \(path))")
        }
    }

    deinit { close(descriptor) }
}

/// Sizes of the volume a folder lies on.
struct VolumeSpace: Sendable {
    var freeBytes: Int64
    var totalBytes: Int64

    init?(at folder: URL) {
        var facts = statvfs()
        guard statvfs(folder.path, &facts) == 0 else { return nil }
        freeBytes = Int64(clamping: UInt64(facts.f_bavail) &* UInt64(facts.f_frsize))
        totalBytes = Int64(clamping: UInt64(facts.f_blocks) &* UInt64(facts.f_frsize))
    }
}
