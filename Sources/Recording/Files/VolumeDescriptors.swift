import CLinux
import Glibc
import Synchronization

/// Open folders by path, one each for the life of the process: see `SystemFiles.syncVolume`.
final class VolumeDescriptors: Sendable {
    static let shared = VolumeDescriptors()

    private let open = Mutex<[String: Int32]>([:])

    func descriptor(_ path: String) throws(FileFailure) -> Int32 {
        let descriptor = open.withLock { open in
            if let known = open[path] { return known }
            let descriptor = gw_open(path, O_RDONLY | O_DIRECTORY, 0)
            if descriptor >= 0 { open[path] = descriptor }
            return descriptor
        }
        guard descriptor >= 0 else { throw FileFailure(operation: "open", path: path, code: errno) }
        return descriptor
    }
}
