import Domain

/// Lists what lies on a recording volume.
package struct RecordingCatalogue: Sendable {
    package let layout: RecordingLayout
    private let files: any RecordingFiles

    package init(layout: RecordingLayout, files: any RecordingFiles = SystemFiles()) {
        self.layout = layout
        self.files = files
    }

    /// The cameras that have a folder.
    package func cameras() throws(FileFailure) -> [String] {
        try files.list(layout.root).filter { Slug.isValid($0) && $0 != "holds.journal" && !$0.hasSuffix(".db") }
    }

    /// A camera's days, `2026-11-23`, oldest first.
    package func days(_ cameraId: String) throws(FileFailure) -> [String] {
        try files.list(layout.cameraFolder(cameraId)).filter { name in
            let bytes = Array(name.utf8)
            return bytes.count == 10
                && bytes.indices.allSatisfy { [4, 7].contains($0) ? bytes[$0] == 45 : (48...57).contains(bytes[$0]) }
        }
    }

    /// The segments of one day (those with a file, a journal or both), oldest first.
    package func segments(_ cameraId: String, day: String) throws(FileFailure) -> [SegmentName] {
        var names: [SegmentName] = []
        for file in try files.list(layout.dayFolder(cameraId, day: day)) {
            let stem: Substring
            if file.hasSuffix(".mp4") {
                stem = file.dropLast(4)
            } else if file.hasSuffix(".journal") {
                stem = file.dropLast(8)
            } else {
                continue
            }
            // Sorted listing: the two files of a segment follow each other.
            if let name = SegmentName(String(stem)), names.last != name { names.append(name) }
        }
        return names
    }
}
