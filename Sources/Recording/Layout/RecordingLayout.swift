package import Domain

/// Where things lie below `DIR/recordings`. All paths are absolute texts without a trailing slash.
///
/// `DIR/recordings` itself is the first volume, `main`. Each further volume is reached through `DIR/recordings/@ID`, a
/// symbolic link to a folder `recordings` on it that holds `<camera>/<day>/…` like the root.
package struct RecordingLayout: Sendable, Hashable {
    /// The id of the volume that the root lies on.
    package static let mainVolume = "main"

    /// `DIR/recordings`.
    package let root: String
    /// Further volumes whose folder `recordings` is known without the link, by id: they stay within reach when the root's
    /// disk fails. Volumes that are not in it are reached through their link.
    package let volumeFolders: [String: String]

    package init(root: String, volumeFolders: [String: String] = [:]) {
        self.root = Self.trimmed(root)
        self.volumeFolders = volumeFolders.mapValues(Self.trimmed)
    }

    /// The layout of a data folder `DIR`.
    ///
    /// - Parameter volumes: mount points of further volumes by id; recordings lie in the folder `recordings` there.
    package init(dataDirectory: String, volumes: [String: String] = [:]) {
        self.init(
            root: Self.trimmed(dataDirectory) + "/recordings",
            volumeFolders: volumes.mapValues { Self.trimmed($0) + "/recordings" }
        )
    }

    private static func trimmed(_ path: String) -> String {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }

    package var holdsJournal: String { root + "/holds.journal" }

    /// The copy of the holds on another volume: it survives the root's disk.
    package func holdsCopy(volume: String) -> String { volumeRoot(volume) + "/holds.journal" }

    /// The folder that holds a volume's cameras.
    package func volumeRoot(_ volume: String) -> String {
        volume == Self.mainVolume ? root : volumeFolders[volume] ?? volumeLink(volume)
    }

    /// `DIR/recordings/@ID`, the link to a further volume's folder.
    package func volumeLink(_ volume: String) -> String { "\(root)/@\(volume)" }

    /// Says that this folder is the volume it is thought to be, and not the empty mount point of a disk that is away.
    package func volumeMarker(_ volume: String) -> String { "\(volumeRoot(volume))/.volume" }

    package func cameraFolder(_ cameraId: String, volume: String = mainVolume) -> String {
        "\(volumeRoot(volume))/\(cameraId)"
    }

    package func dayFolder(_ cameraId: String, day: String, volume: String = mainVolume) -> String {
        "\(cameraFolder(cameraId, volume: volume))/\(day)"
    }

    package func segment(_ cameraId: String, _ name: SegmentName) -> String { stem(cameraId, name) + ".mp4" }

    package func journal(_ cameraId: String, _ name: SegmentName) -> String { stem(cameraId, name) + ".journal" }

    /// Where something moved, kept with the segment.
    package func activity(_ cameraId: String, _ name: SegmentName) -> String { stem(cameraId, name) + ".activity" }

    /// What may lie beside a segment and goes with it: whoever deletes or moves a segment takes all of these along, after
    /// the segment itself.
    package func companions(_ cameraId: String, _ name: SegmentName) -> [String] {
        Self.companionSuffixes.map { stem(cameraId, name) + $0 }
    }

    /// The endings of those names.
    package static let companionSuffixes = [".journal", ".activity"]

    private func stem(_ cameraId: String, _ name: SegmentName) -> String {
        "\(dayFolder(cameraId, day: name.day, volume: name.volume))/\(name.text)"
    }

    /// Gaps and states of one camera and UTC day, by the day on which they were written and the volume that the camera
    /// was recorded on then.
    package func dayJournal(_ cameraId: String, day: String, volume: String = mainVolume) -> String {
        "\(dayFolder(cameraId, day: day, volume: volume))/day.journal"
    }

    /// `camera/day/name.mp4`, or `@ID/camera/day/name.mp4` on a further volume: the path of a segment below `root`, as
    /// commands and the index name it.
    package func relativeSegment(_ cameraId: String, _ name: SegmentName) -> String {
        let prefix = name.volume == Self.mainVolume ? "" : "@\(name.volume)/"
        return "\(prefix)\(cameraId)/\(name.day)/\(name.text).mp4"
    }

    /// Takes such a path apart; nil when it is not of that form or would leave the root.
    package static func parse(relativeSegment path: String) -> (cameraId: String, name: SegmentName)? {
        var parts = path.split(separator: "/", omittingEmptySubsequences: false)
        var volume = mainVolume
        if parts.count == 4, parts[0].hasPrefix("@") {
            volume = String(parts.removeFirst().dropFirst())
            guard isVolumeId(volume), volume != mainVolume else { return nil }
        }
        guard parts.count == 3, Slug.isValid(parts[0]), parts[2].hasSuffix(".mp4"),
            let name = SegmentName(String(parts[2].dropLast(4)), volume: volume), name.day == parts[1]
        else { return nil }
        return (String(parts[0]), name)
    }

    /// Whether a text may name a volume.
    package static func isVolumeId(_ text: some StringProtocol) -> Bool { Slug.isValid(text) }

    /// The UTC day of an instant, `2026-11-23`.
    package static func day(of time: WallTime) -> String { String(time.rfc3339.prefix(10)) }
}
