import Glibc

/// Makes a further volume ready: its folder, its marker and the link to it in the root.
///
/// The first time a volume is named, all three are made, if it lies on a disk of its own: a path on the disk of the data
/// folder, of the system or of another volume is a mount point that nothing is mounted on, unless the site says that it is
/// meant so. From then on a volume without its marker is one that is not
/// mounted, or another disk: nothing is written there, so that recordings don't fill the disk below the mount point. To put
/// a new disk in its place on purpose, the link in the root is removed.
struct VolumeFolder {
    let layout: RecordingLayout
    let files: any RecordingFiles
    /// Volumes that may lie on a disk with others.
    var sharing: Set<String> = []

    /// - Throws: with ENODEV when the volume is not there.
    func prepare(_ volume: String) throws(FileFailure) {
        guard volume != RecordingLayout.mainVolume else {
            try files.createDirectory(layout.root)
            return
        }
        let folder = layout.volumeRoot(volume)
        let link = layout.volumeLink(volume)
        let marker = layout.volumeMarker(volume)
        let target = files.linkTarget(link)
        if let known = try mark(marker) {
            guard known == volume else { throw FileFailure(operation: "find", path: marker, code: ENODEV) }
        } else {
            guard target == nil, let mount = folder.lastIndex(of: "/"), folder != link,
                try files.size(String(folder[..<mount])) != nil
            else { throw FileFailure(operation: "find", path: marker, code: ENODEV) }
            guard sharing.contains(volume) || !sharesDisk(volume, String(folder[..<mount])) else {
                throw FileFailure.notMounted(String(folder[..<mount]))
            }
            try files.createDirectory(folder)
            let file = try files.open(marker)
            try file.append(Array("\(volume)\n".utf8))
            try file.sync()
            try files.syncVolume(folder)
        }
        guard folder != link, target != folder else { return }
        try files.createDirectory(layout.root)
        if target != nil { try files.remove(link) }
        try files.link(link, to: folder)
        try files.syncVolume(layout.root)
    }

    private func sharesDisk(_ volume: String, _ mount: String) -> Bool {
        guard let own = files.device(mount) else { return false }
        let others = layout.volumeFolders.keys.filter { $0 != volume }.map { layout.volumeRoot($0) }
        return ([layout.root, "/"] + others).contains { files.device($0) == own }
    }

    /// The id in a marker; nil where there is none.
    private func mark(_ path: String) throws(FileFailure) -> String? {
        guard let size = try files.size(path) else { return nil }
        let bytes = try files.read(path, offset: 0, count: min(size, 128))
        return String(decoding: bytes.prefix { $0 > 32 }, as: UTF8.self)
    }
}
