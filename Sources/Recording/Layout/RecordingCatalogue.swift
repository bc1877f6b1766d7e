import Domain
import Synchronization

/// Lists what lies on the recording volumes.
///
/// A further volume that can't be reached is left out of the listings. Whoever concludes from a listing that something is
/// gone asks `unreachableVolumes()` first.
package struct RecordingCatalogue: Sendable {
    package let layout: RecordingLayout
    private let files: any RecordingFiles
    /// Which volumes are there, as of a moment ago: a walk through all cameras asks often.
    private final class Reach: Sendable {
        let known = Mutex<(volumes: [String], until: Duration)>(([], .zero))
    }
    private let reach = Reach()
    private static let reachKept = Duration.seconds(1)

    package init(layout: RecordingLayout, files: any RecordingFiles = SystemFiles()) {
        self.layout = layout
        self.files = files
    }

    /// All volumes that are known, by their configuration or their link, the main one first.
    package func volumes() throws(FileFailure) -> [String] {
        var further = Set(layout.volumeFolders.keys)
        for name in try files.list(layout.root) where name.hasPrefix("@") {
            let id = name.dropFirst()
            if RecordingLayout.isVolumeId(id) { further.insert(String(id)) }
        }
        further.remove(RecordingLayout.mainVolume)
        return [RecordingLayout.mainVolume] + further.sorted()
    }

    /// Whether a further volume is there: its marker can be seen, so it is mounted and is the one that was recorded on.
    package func isReachable(_ volume: String) -> Bool {
        guard volume != RecordingLayout.mainVolume else { return true }
        return ((try? files.size(layout.volumeMarker(volume))) ?? nil) != nil
    }

    /// The known volumes that are not there.
    package func unreachableVolumes() throws(FileFailure) -> [String] {
        try volumes().filter { !isReachable($0) }
    }

    /// The volumes that are there; what is answered may be a second old.
    package func reachableVolumes() throws(FileFailure) -> [String] {
        let now = SystemClock().monotonic()
        let known = reach.known.withLock { $0.until > now ? $0.volumes : [] }
        if !known.isEmpty { return known }
        let volumes = try volumes().filter(isReachable)
        reach.known.withLock { $0 = (volumes, now + Self.reachKept) }
        return volumes
    }

    /// The cameras that have a folder on any volume.
    package func cameras() throws(FileFailure) -> [String] {
        var found: Set<String> = []
        for volume in try reachableVolumes() { found.formUnion(try cameras(volume: volume)) }
        return found.sorted()
    }

    /// The cameras that have a folder on one volume.
    package func cameras(volume: String) throws(FileFailure) -> [String] {
        try files.list(layout.volumeRoot(volume)).filter {
            Slug.isValid($0) && !Self.otherNames.contains($0) && !$0.hasSuffix(".db")
        }
    }

    /// What else lies in the root; no camera may be called so.
    package static let otherNames: Set<String> = ["holds.journal", "signatures"]

    /// A camera's days on all volumes, `2026-11-23`, oldest first.
    package func days(_ cameraId: String) throws(FileFailure) -> [String] {
        var found: Set<String> = []
        for volume in try reachableVolumes() { found.formUnion(try days(cameraId, volume: volume)) }
        return found.sorted()
    }

    /// A camera's days on one volume, oldest first.
    package func days(_ cameraId: String, volume: String) throws(FileFailure) -> [String] {
        try files.list(layout.cameraFolder(cameraId, volume: volume)).filter { name in
            let bytes = Array(name.utf8)
            return bytes.count == 10
                && bytes.indices.allSatisfy { [4, 7].contains($0) ? bytes[$0] == 45 : (48...57).contains(bytes[$0]) }
        }
    }

    /// The segments of one day on all volumes (those with a file, a journal or both), oldest first.
    package func segments(_ cameraId: String, day: String) throws(FileFailure) -> [SegmentName] {
        var names: [SegmentName] = []
        let volumes = try reachableVolumes()
        for volume in volumes { names += try segments(cameraId, day: day, volume: volume) }
        return volumes.count > 1 ? names.sorted() : names
    }

    /// The segments of one day on one volume, oldest first.
    package func segments(_ cameraId: String, day: String, volume: String) throws(FileFailure) -> [SegmentName] {
        var names: [SegmentName] = []
        for file in try files.list(layout.dayFolder(cameraId, day: day, volume: volume)) {
            let stem: Substring
            if file.hasSuffix(".mp4") {
                stem = file.dropLast(4)
            } else if file.hasSuffix(".journal") {
                stem = file.dropLast(8)
            } else {
                continue
            }
            // Sorted listing: the two files of a segment follow each other.
            if let name = SegmentName(String(stem), volume: volume), names.last != name { names.append(name) }
        }
        return names
    }

    /// The day journals of a camera on all volumes, by day and volume, oldest day first.
    package func dayJournals(_ cameraId: String) throws(FileFailure) -> [(day: String, volume: String)] {
        var found: [(day: String, volume: String)] = []
        for volume in try reachableVolumes() {
            for day in try days(cameraId, volume: volume) { found.append((day, volume)) }
        }
        return found.sorted { ($0.day, $0.volume) < ($1.day, $1.volume) }
    }
}
