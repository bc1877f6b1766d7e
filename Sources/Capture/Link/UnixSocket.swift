import CLinux
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// Unix stream sockets in a folder of any path length: `sun_path` holds 108 bytes, so the folder is named by a
/// descriptor (`/proc/self/fd/N/name`).
enum UnixSocket {
    /// Listens on `name` in `folder`, mode 0600, replacing what a dead process left there.
    ///
    /// - Throws: `CaptureError` (`link`).
    static func listen(folder: URL, name: String) throws(CaptureError) -> Int32 {
        let folderDescriptor = try openFolder(folder)
        defer { close(folderDescriptor) }
        let path = "/proc/self/fd/\(folderDescriptor)/\(name)"
        let descriptor = try makeSocket()
        unlink(path)
        let bound = withAddress(path) { bind(descriptor, $0, $1) }
        guard bound == 0, chmod(path, 0o600) == 0, Glibc.listen(descriptor, 8) == 0 else {
            let error = CaptureError.system(.link, "can't listen on \(folder.path)/\(name)")
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// Connects to `name` in `folder`; nil when nobody listens there.
    static func connect(folder: URL, name: String) -> Int32? {
        guard let folderDescriptor = try? openFolder(folder) else { return nil }
        defer { close(folderDescriptor) }
        guard let descriptor = try? makeSocket() else { return nil }
        // A full backlog means a hung capture: EAGAIN at once instead of a wait without end.
        _ = gw_set_nonblocking(descriptor, 1)
        let connected = withAddress("/proc/self/fd/\(folderDescriptor)/\(name)") { Glibc.connect(descriptor, $0, $1) }
        guard connected == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    private static func openFolder(_ folder: URL) throws(CaptureError) -> Int32 {
        let descriptor = gw_open(folder.path, O_RDONLY | O_DIRECTORY, 0)
        guard descriptor >= 0 else { throw .system(.link, "can't open the folder \(folder.path)") }
        return descriptor
    }

    private static func makeSocket() throws(CaptureError) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw .system(.link, "can't make a Unix socket") }
        return descriptor
    }

    /// `path` is short: a descriptor's name and a shard's.
    private static func withAddress(
        _ path: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { target in
            for (index, byte) in path.utf8.prefix(target.count - 1).enumerated() { target[index] = byte }
        }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
