package import Domain

/// Where things lie below `DIR/recordings`. All paths are absolute texts without a trailing slash.
package struct RecordingLayout: Sendable, Hashable {
    /// `DIR/recordings`.
    package let root: String

    package init(root: String) {
        var root = root
        while root.count > 1, root.hasSuffix("/") { root.removeLast() }
        self.root = root
    }

    /// The layout of a data folder `DIR`.
    package init(dataDirectory: String) {
        self.init(root: dataDirectory + (dataDirectory.hasSuffix("/") ? "" : "/") + "recordings")
    }

    package var holdsJournal: String { root + "/holds.journal" }

    package func cameraFolder(_ cameraId: String) -> String { "\(root)/\(cameraId)" }

    package func dayFolder(_ cameraId: String, day: String) -> String { "\(cameraFolder(cameraId))/\(day)" }

    package func segment(_ cameraId: String, _ name: SegmentName) -> String {
        "\(dayFolder(cameraId, day: name.day))/\(name).mp4"
    }

    package func journal(_ cameraId: String, _ name: SegmentName) -> String {
        "\(dayFolder(cameraId, day: name.day))/\(name).journal"
    }

    /// Gaps and states of one camera and UTC day, by the day on which they were written.
    package func dayJournal(_ cameraId: String, day: String) -> String {
        "\(dayFolder(cameraId, day: day))/day.journal"
    }

    /// `camera/day/name.mp4`, the path of a segment below `root`, as commands and the index name it.
    package func relativeSegment(_ cameraId: String, _ name: SegmentName) -> String {
        "\(cameraId)/\(name.day)/\(name).mp4"
    }

    /// Takes `camera/day/name.mp4` apart; nil when it is not of that form or would leave the root.
    package static func parse(relativeSegment path: String) -> (cameraId: String, name: SegmentName)? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, Slug.isValid(parts[0]), parts[2].hasSuffix(".mp4"),
            let name = SegmentName(String(parts[2].dropLast(4))), name.day == parts[1]
        else { return nil }
        return (String(parts[0]), name)
    }

    /// The UTC day of an instant, `2026-11-23`.
    package static func day(of time: WallTime) -> String { String(time.rfc3339.prefix(10)) }
}
