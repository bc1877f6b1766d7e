import CLinux
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// The lock that makes a shard's capture the only one: `DIR/capture/N.lock`, released by the end of the process. The
/// process of an isolated camera has its own, `N-CAMERA.lock`.
struct ShardLock: ~Copyable {
    private let descriptor: Int32

    /// - Throws: `CaptureError` (`shardTaken`) when another process records this shard.
    init(folder: URL, shard: Int) throws(CaptureError) {
        try self.init(folder: folder, name: "\(shard)")
    }

    /// - Parameter name: the shard's number, with `-CAMERA` for that of an isolated camera.
    init(folder: URL, name: String) throws(CaptureError) {
        let path = folder.appending(path: "\(name).lock").path
        descriptor = gw_open(path, O_RDWR | O_CREAT, 0o600)
        guard descriptor >= 0 else { throw .system(.dataFolder, "can't open \(path)") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let owner = (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(
                in: .whitespacesAndNewlines
            )
            close(descriptor)
            throw CaptureError(
                .shardTaken,
                "another process\(owner.map { " (\($0))" } ?? "") already records shard \(name) of \(folder.path); stop it first"
            )
        }
        let text = Array("pid \(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
    }

    deinit { close(descriptor) }
}
