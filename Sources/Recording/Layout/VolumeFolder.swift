import Glibc

/// Makes a further volume ready: its folder, its marker and the link to it in the root.
///
/// The first time a volume is named, all three are made. From then on a volume without its marker is one that is not
/// mounted, or another disk: nothing is written there, so that recordings don't fill the disk below the mount point. To put
/// a new disk in its place on purpose, the link in the root is removed.
struct VolumeFolder {
    let layout: RecordingLayout
    let files: any RecordingFiles

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

    /// The id in a marker; nil where there is none.
    private func mark(_ path: String) throws(FileFailure) -> String? {
        guard let size = try files.size(path) else { return nil }
        let bytes = try files.read(path, offset: 0, count: min(size, 128))
        return String(decoding: bytes.prefix { $0 > 32 }, as: UTF8.self)
    }
}
