package import Foundation

/// A real file system whose disk can fail: ext4 on a sparse image that lies on a small volume. While that is full, blocks
/// that were never written before can't be: write-back and `fsync` end with EIO. Mounting needs root and a loop device.
package final class FailingVolume {
    package let folder: URL
    private let disk: SmallVolume

    package init?() {
        guard let disk = SmallVolume(megabytes: 24) else { return nil }
        self.disk = disk
        folder = FileManager.default.temporaryDirectory.appending(path: "gw-failing-\(UUID().uuidString)")
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let image = disk.folder.appending(path: "image").path
        let steps = [
            ["/usr/bin/truncate", "-s", "64M", image],
            // Without a journal of its own, which a failed write would end for good.
            ["/usr/sbin/mkfs.ext4", "-q", "-O", "^has_journal", "-E", "lazy_itable_init=0", image],
            ["/usr/bin/mount", "-o", "loop", image, folder.path],
        ]
        for step in steps {
            guard (try? FrameWalk.output(of: step)) != nil else {
                try? FileManager.default.removeItem(at: folder)
                return nil
            }
        }
    }

    deinit {
        _ = try? FrameWalk.output(of: ["/usr/bin/umount", "-l", folder.path])
        try? FileManager.default.removeItem(at: folder)
    }

    /// From now on it fails.
    package func fail() throws { try disk.fill(leaving: 0) }

    /// It works again.
    package func mend() throws { try disk.makeRoom() }
}
