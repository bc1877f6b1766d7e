import Domain

/// An entry with the place it was found at.
package struct JournalEvent: Sendable, Hashable {
    package var cameraId: String
    /// The segment; nil for entries of the day journal (gaps and states).
    package var segment: SegmentName?
    package var entry: JournalEntry
}

/// Follows all cameras' journals by polling: every call of `poll()` gives what is new, segment by segment in order.
/// A poll costs one short read and three looks at folders' times per recording camera: folders are listed only when
/// something in them came or went, and all of them now and then, in case a volume doesn't keep those times.
package struct JournalFollower: Sendable {
    /// How far each camera was followed; kept by the reader to go on from there.
    package struct Position: Sendable, Hashable, Codable {
        package var cameras: [String: CameraPosition] = [:]

        package init() {}
    }

    package struct CameraPosition: Sendable, Hashable, Codable {
        /// The newest segment that was begun; all before it are done.
        package var segment: String?
        /// The offset in its journal.
        package var segmentOffset = 0
        /// It was read to its end.
        package var segmentDone = false
        /// The newest day journal and the offset in it.
        package var day: String?
        package var dayOffset = 0

        package init() {}
    }

    package private(set) var position: Position

    private let catalogue: RecordingCatalogue
    private let files: any RecordingFiles
    /// What kept a camera's journals from being read at the last poll; the others are followed all the same, and this one
    /// is tried again.
    package private(set) var failures: [String: FileFailure] = [:]

    private var cameras: [String] = []
    private var polls = 0
    /// Polls since a camera's segment ended: its next one is looked for eagerly at first.
    private var idlePolls: [String: Int] = [:]
    /// When the folders that were listed had last changed; only the root's, the cameras' and their newest days'.
    private var seen: [String: Int64] = [:]

    /// Every so many polls everything is listed, whatever the folders' times say.
    private static let discovery = 40
    private static let eagerPolls = 30

    package init(layout: RecordingLayout, position: Position = Position(), files: any RecordingFiles = SystemFiles()) {
        self.position = position
        self.files = files
        catalogue = RecordingCatalogue(layout: layout, files: files)
    }

    /// What came since the last call, at most about `limit` entries (then call again at once). Blocks for the reads.
    package mutating func poll(limit: Int = 10_000) throws(FileFailure) -> [JournalEvent] {
        let listsAll = polls % Self.discovery == 0
        polls += 1
        if changed(catalogue.layout.root) || listsAll { cameras = try catalogue.cameras() }
        var events: [JournalEvent] = []
        failures = [:]
        for camera in cameras {
            var at = position.cameras[camera] ?? CameraPosition()
            defer { position.cameras[camera] = at }
            do throws(FileFailure) {
                let newDay = changed(catalogue.layout.cameraFolder(camera)) || listsAll
                let newFile = newDay || dayChanged(camera, at)
                try followDays(camera, &at, discovers: newDay, limit: limit, &events)
                try followSegments(camera, &at, discovers: newFile, limit: limit, &events)
            } catch {
                failures[camera] = error
                forget(camera)
            }
            if events.count >= limit {
                forget(camera)
                break
            }
        }
        return events
    }

    /// Whether something in a folder came or went since it was last looked at.
    private mutating func changed(_ folder: String) -> Bool {
        guard let time = files.modified(folder) else { return false }
        // Times are as coarse as the system's tick: a change of this very moment may be followed by another one that
        // doesn't show, so it counts again until it lies a little back.
        let settled = time + 100_000_000 < SystemClock().now().microseconds &* 1000
        let isNew = seen[folder] != time
        seen[folder] = settled ? time : nil
        return isNew
    }

    /// The same for the days in which the camera's next file can come: that of its segment, and its newest.
    private mutating func dayChanged(_ camera: String, _ at: CameraPosition) -> Bool {
        let days = Set([at.day, at.segment.flatMap(SegmentName.init)?.day].compactMap { $0 })
        var isNew = days.isEmpty
        for day in days where changed(catalogue.layout.dayFolder(camera, day: day)) { isNew = true }
        return isNew
    }

    /// A camera that could not be read is listed again at the next poll.
    private mutating func forget(_ camera: String) {
        let prefix = catalogue.layout.cameraFolder(camera)
        seen = seen.filter { $0.key != prefix && !$0.key.hasPrefix(prefix + "/") }
    }

    private mutating func followSegments(
        _ camera: String,
        _ at: inout CameraPosition,
        discovers: Bool,
        limit: Int,
        _ events: inout [JournalEvent]
    ) throws(FileFailure) {
        while events.count < limit {
            if let text = at.segment, let name = SegmentName(text), !at.segmentDone {
                let path = catalogue.layout.journal(camera, name)
                var reader = JournalReader(path: path, offset: at.segmentOffset, files: files)
                let entries = try reader.readNew()
                at.segmentOffset = reader.offset
                for entry in entries {
                    events.append(JournalEvent(cameraId: camera, segment: name, entry: entry))
                    if case .segmentClosed = entry { at.segmentDone = true }
                }
                if !entries.isEmpty {
                    idlePolls[camera] = 0
                    continue
                }
                // Left unfinished for good when a newer one is there.
                guard discovers, let next = try nextSegment(camera, after: text) else { return }
                begin(next, &at)
            } else {
                let idle = idlePolls[camera, default: 0]
                idlePolls[camera] = idle + 1
                guard discovers || idle < Self.eagerPolls, let next = try nextSegment(camera, after: at.segment) else {
                    return
                }
                idlePolls[camera] = 0
                begin(next, &at)
            }
        }
    }

    private func begin(_ next: SegmentName, _ at: inout CameraPosition) {
        at.segment = next.text
        at.segmentOffset = 0
        at.segmentDone = false
    }

    private func nextSegment(_ camera: String, after text: String?) throws(FileFailure) -> SegmentName? {
        let name = text.flatMap(SegmentName.init)
        for day in try catalogue.days(camera) where day >= name?.day ?? "" {
            for candidate in try catalogue.segments(camera, day: day) {
                guard let name else { return candidate }
                if candidate > name { return candidate }
            }
        }
        return nil
    }

    private mutating func followDays(
        _ camera: String,
        _ at: inout CameraPosition,
        discovers: Bool,
        limit: Int,
        _ events: inout [JournalEvent]
    ) throws(FileFailure) {
        while events.count < limit {
            if let day = at.day {
                var reader = JournalReader(
                    path: catalogue.layout.dayJournal(camera, day: day),
                    offset: at.dayOffset,
                    files: files
                )
                let entries = try reader.readNew()
                at.dayOffset = reader.offset
                for entry in entries { events.append(JournalEvent(cameraId: camera, segment: nil, entry: entry)) }
                if !entries.isEmpty { continue }
            }
            guard discovers, let next = try catalogue.days(camera).first(where: { $0 > at.day ?? "" }) else { return }
            at.day = next
            at.dayOffset = 0
        }
    }
}
