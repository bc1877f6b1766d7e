import CLinux
import Domain
import Glibc
import Recording

/// What room a recording volume has.
package struct VolumeRoom: Sendable, Hashable {
    /// `main`, or the id that the site file gives.
    package var id: String
    /// Bytes that may still be written.
    package var freeBytes: Int64
    package var totalBytes: Int64
    /// Bytes that stay free.
    package var floorBytes: Int64
    /// Two volumes on one file system share its room.
    package var device: UInt64

    package init(id: String, freeBytes: Int64, totalBytes: Int64 = 0, floorBytes: Int64, device: UInt64 = 0) {
        self.id = id
        self.freeBytes = freeBytes
        self.totalBytes = totalBytes
        self.floorBytes = floorBytes
        self.device = device
    }

    /// The volumes of a site that are there; one that is not mounted is left out. Blocks.
    static func measure(_ layout: RecordingLayout, _ settings: Domain.RecordingSettings) -> [VolumeRoom] {
        let catalogue = RecordingCatalogue(layout: layout)
        return ([VolumeDeclaration.mainId] + settings.volumes.map(\.id)).compactMap { id in
            guard catalogue.isReachable(id) else { return nil }
            return measure(id: id, root: layout.volumeRoot(id), floorBytes: settings.floorBytes(ofVolume: id))
        }
    }

    private static func measure(id: String, root: String, floorBytes: Int64) -> VolumeRoom? {
        var file = stat()
        var volume = statvfs()
        guard stat(root, &file) == 0, statvfs(root, &volume) == 0 else { return nil }
        let block = Int64(volume.f_frsize)
        return VolumeRoom(
            id: id,
            freeBytes: Int64(volume.f_bavail) * block,
            totalBytes: Int64(volume.f_blocks) * block,
            floorBytes: floorBytes,
            device: UInt64(file.st_dev)
        )
    }
}
