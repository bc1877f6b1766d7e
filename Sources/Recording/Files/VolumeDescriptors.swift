import CLinux
import Glibc
import Synchronization

/// Open folders by path, one each for the life of the process, or until another disk is mounted there: see
/// `SystemFiles.syncVolume`.
final class VolumeDescriptors: Sendable {
    private struct Folder: Sendable {
        var descriptor: Int32
        var device: dev_t
        var inode: ino_t
    }

    static let shared = VolumeDescriptors()

    private let open = Mutex<[String: Folder]>([:])

    func descriptor(_ path: String) throws(FileFailure) -> Int32 {
        var present = stat()
        let isThere = stat(path, &present) == 0
        let (device, inode) = (present.st_dev, present.st_ino)
        let descriptor = open.withLock { open in
            // A disk that was mounted anew is another one: the old descriptor would sync what nobody writes any more.
            if let known = open[path] {
                if !isThere || (known.device == device && known.inode == inode) { return known.descriptor }
                _ = close(known.descriptor)
                open[path] = nil
            }
            let descriptor = gw_open(path, O_RDONLY | O_DIRECTORY, 0)
            var opened = stat()
            if descriptor >= 0, fstat(descriptor, &opened) == 0 {
                open[path] = Folder(descriptor: descriptor, device: opened.st_dev, inode: opened.st_ino)
            }
            return descriptor
        }
        guard descriptor >= 0 else { throw FileFailure(operation: "open", path: path, code: errno) }
        return descriptor
    }
}
