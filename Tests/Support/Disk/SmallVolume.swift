package import Foundation
import Recording

/// A volume of its own, so small that it really runs full. Mounting needs root.
package final class SmallVolume {
    package let folder: URL

    private let megabytes: Int

    package init?(megabytes: Int) {
        self.megabytes = megabytes
        folder = FileManager.default.temporaryDirectory.appending(path: "gw-volume-\(UUID().uuidString)")
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        guard mount() else {
            try? FileManager.default.removeItem(at: folder)
            return nil
        }
    }

    /// Mounts an empty disk on the folder.
    package func mount() -> Bool {
        let mount = ["/usr/bin/mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", folder.path]
        return (try? FrameWalk.output(of: mount)) != nil
    }

    /// Takes the disk away; the folder stays, as an empty mount point does.
    package func unmount() {
        _ = try? FrameWalk.output(of: ["/usr/bin/umount", "-l", folder.path])
    }

    deinit {
        unmount()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Something else takes all room but so much.
    package func fill(leaving free: Int) throws {
        let file = folder.appending(path: "foreign")
        if !FileManager.default.fileExists(atPath: file.path) {
            _ = FileManager.default.createFile(atPath: file.path, contents: nil)
        }
        let handle = try FileHandle(forWritingTo: file)
        defer { try? handle.close() }
        try handle.seekToEnd()
        while freeBytes > free {
            let bytes = Data(repeating: 7, count: min(freeBytes - free, 1 << 20))
            guard (try? handle.write(contentsOf: bytes)) != nil else { return }
        }
    }

    package func makeRoom() throws { try FileManager.default.removeItem(at: folder.appending(path: "foreign")) }

    package var freeBytes: Int { (try? SystemFiles().freeBytes(folder.path)) ?? 0 }
}
