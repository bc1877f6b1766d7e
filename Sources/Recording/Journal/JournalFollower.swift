import Domain

/// An entry with the place it was found at.
package struct JournalEvent: Sendable, Hashable {
    package var cameraId: String
    /// The segment; nil for entries of the day journal (gaps and states).
    package var segment: SegmentName?
    package var entry: JournalEntry
}

/// Follows all cameras' journals on all volumes by polling: every call of `poll()` gives what is new, segment by segment
/// in order. A poll costs one short read and three looks at folders' times per recording camera: folders are listed only
/// when something in them came or went, and all of them now and then, in case a volume doesn't keep those times.
///
/// A segment may begin again (`segmentOpened` for one that was there before): what was known of it is void then. That
/// happens when a power cut took a journal's end that had been read already, and after `segmentChanged`. One that is closed with no fragments is gone.
package struct JournalFollower: Sendable {
    /// How far each camera was followed; kept by the reader to go on from there. Keys are camera ids, with `@ID/` before
    /// them for what lies on a further volume.
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
        /// CRC-32 of the last line read of the segment's journal and of the day journal: after a power cut they may have
        /// been cut before it and have grown past it again.
        package var segmentCheck: UInt32?
        package var dayCheck: UInt32?
        /// When the newest gap line that was read was noted, and the start of that gap, in microseconds.
        package var gapNoted: Int64?
        package var gapFrom: Int64?

        package init() {}
    }

    package private(set) var position: Position

    private let catalogue: RecordingCatalogue
    private let files: any RecordingFiles
    /// What kept a camera's journals from being read at the last poll; the others are followed all the same, and this one
    /// is tried again. Keys as in `Position`.
    package private(set) var failures: [String: FileFailure] = [:]

    private var places: [FollowedPlace] = []
    private var polls = 0
    /// Polls since a camera's segment ended: its next one is looked for eagerly at first.
    private var idlePolls: [String: Int] = [:]
    /// When the folders that were listed had last changed; only the roots', the cameras' and their newest days'.
    private var seen: [String: Int64] = [:]
    /// Places whose stored position was compared with the files.
    private var checked: Set<String> = []

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
        try discover(all: listsAll)
        var events: [JournalEvent] = []
        failures = [:]
        for place in places {
            var at = position.cameras[place.key] ?? CameraPosition()
            defer { position.cameras[place.key] = at }
            do throws(FileFailure) {
                try check(place, &at, &events)
                let newDay = changed(place.folder(catalogue.layout)) || listsAll
                let newFile = newDay || dayChanged(place, at)
                try followDays(place, &at, discovers: newDay, limit: limit, &events)
                try followSegments(place, &at, discovers: newFile, limit: limit, &events)
            } catch {
                failures[place.key] = error
                forget(place)
            }
            if events.count >= limit {
                forget(place)
                break
            }
        }
        return events
    }

    private mutating func discover(all: Bool) throws(FileFailure) {
        var isNew = changed(catalogue.layout.root) || all
        let volumes = all || isNew ? try catalogue.reachableVolumes() : []
        for volume in Set(places.map(\.volume)) where volume != RecordingLayout.mainVolume {
            if changed(catalogue.layout.volumeRoot(volume)) { isNew = true }
        }
        guard isNew else { return }
        var found: [FollowedPlace] = []
        for volume in volumes.isEmpty ? try catalogue.reachableVolumes() : volumes {
            do throws(FileFailure) {
                for camera in try catalogue.cameras(volume: volume) {
                    found.append(FollowedPlace(camera: camera, volume: volume))
                }
            } catch {
                // A failing volume doesn't keep the others from being followed.
                guard volume != RecordingLayout.mainVolume else { throw error }
                found += places.filter { $0.volume == volume }
                seen[catalogue.layout.volumeRoot(volume)] = nil
            }
        }
        // What was being followed when a power cut took its folder has to be told of as gone.
        let listed = Set(found.map(\.key))
        for (key, at) in position.cameras where at.segment != nil && !at.segmentDone && !listed.contains(key) {
            guard let place = FollowedPlace(key: key), try catalogue.reachableVolumes().contains(place.volume) else {
                continue
            }
            found.append(place)
        }
        places = found
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
    private mutating func dayChanged(_ place: FollowedPlace, _ at: CameraPosition) -> Bool {
        let days = Set([at.day, at.segment.flatMap { SegmentName($0) }?.day].compactMap { $0 })
        var isNew = days.isEmpty
        for day in days where changed(place.dayFolder(catalogue.layout, day)) { isNew = true }
        return isNew
    }

    /// A camera that could not be read is listed again at the next poll.
    private mutating func forget(_ place: FollowedPlace) {
        let prefix = place.folder(catalogue.layout)
        seen = seen.filter { $0.key != prefix && !$0.key.hasPrefix(prefix + "/") }
    }

    /// Says that nothing is left of a segment.
    private static func gone(_ camera: String, _ name: SegmentName) -> JournalEvent {
        let closed = SegmentClosed(
            cause: .recovered,
            endedAt: .epoch,
            fragmentCount: 0,
            sizeBytes: 0,
            head: ContentHash(of: [])
        )
        return JournalEvent(cameraId: camera, segment: name, entry: .segmentClosed(closed))
    }

    /// Compares a stored position with the journals, once: what a power cut took from under it is read again.
    private mutating func check(
        _ place: FollowedPlace,
        _ at: inout CameraPosition,
        _ events: inout [JournalEvent]
    ) throws(FileFailure) {
        guard !checked.contains(place.key) else { return }
        if let text = at.segment, let name = SegmentName(text, volume: place.volume), at.segmentOffset > 0 {
            let path = catalogue.layout.journal(place.camera, name)
            if let check = at.segmentCheck, try !JournalReader.ends(path, at: at.segmentOffset, check, files: files) {
                // It was being written when its files were lost, names and all.
                let sizes = [try files.size(path), try files.size(catalogue.layout.segment(place.camera, name))]
                let isGone = !at.segmentDone && sizes == [nil, nil]
                at.segmentOffset = 0
                at.segmentDone = isGone
                at.segmentCheck = nil
                if isGone { events.append(Self.gone(place.camera, name)) }
            }
        }
        if let day = at.day, let check = at.dayCheck, at.dayOffset > 0 {
            let path = place.dayJournal(catalogue.layout, day)
            if try !JournalReader.ends(path, at: at.dayOffset, check, files: files) {
                at.dayOffset = 0
                at.dayCheck = nil
            }
        }
        checked.insert(place.key)
    }

    private mutating func followSegments(
        _ place: FollowedPlace,
        _ at: inout CameraPosition,
        discovers: Bool,
        limit: Int,
        _ events: inout [JournalEvent]
    ) throws(FileFailure) {
        while events.count < limit {
            if let text = at.segment, let name = SegmentName(text, volume: place.volume), !at.segmentDone {
                let path = catalogue.layout.journal(place.camera, name)
                var reader = JournalReader(path: path, offset: at.segmentOffset, files: files)
                let entries = try reader.readNew()
                at.segmentOffset = reader.offset
                at.segmentCheck = reader.lastCheck ?? at.segmentCheck
                for entry in entries {
                    events.append(JournalEvent(cameraId: place.camera, segment: name, entry: entry))
                    if case .segmentClosed = entry { at.segmentDone = true }
                }
                if !entries.isEmpty {
                    idlePolls[place.key] = 0
                    continue
                }
                // Left unfinished for good when a newer one is there.
                guard discovers, let next = try nextSegment(place, after: text) else { return }
                begin(next, &at)
            } else {
                let idle = idlePolls[place.key, default: 0]
                idlePolls[place.key] = idle + 1
                guard discovers || idle < Self.eagerPolls, let next = try nextSegment(place, after: at.segment) else {
                    return
                }
                idlePolls[place.key] = 0
                begin(next, &at)
            }
        }
    }

    private func begin(_ next: SegmentName, _ at: inout CameraPosition) {
        at.segment = next.text
        at.segmentOffset = 0
        at.segmentDone = false
        at.segmentCheck = nil
    }

    private func nextSegment(_ place: FollowedPlace, after text: String?) throws(FileFailure) -> SegmentName? {
        let name = text.flatMap { SegmentName($0, volume: place.volume) }
        for day in try catalogue.days(place.camera, volume: place.volume) where day >= name?.day ?? "" {
            for candidate in try catalogue.segments(place.camera, day: day, volume: place.volume) {
                guard let name else { return candidate }
                if candidate > name { return candidate }
            }
        }
        return nil
    }

    private mutating func followDays(
        _ place: FollowedPlace,
        _ at: inout CameraPosition,
        discovers: Bool,
        limit: Int,
        _ events: inout [JournalEvent]
    ) throws(FileFailure) {
        while events.count < limit {
            if let day = at.day {
                let path = place.dayJournal(catalogue.layout, day)
                var reader = JournalReader(path: path, offset: at.dayOffset, files: files)
                let entries = try reader.readNew()
                at.dayOffset = reader.offset
                at.dayCheck = reader.lastCheck ?? at.dayCheck
                for entry in entries { try take(entry, place, &at, &events) }
                if !entries.isEmpty { continue }
            }
            let days = discovers ? try catalogue.days(place.camera, volume: place.volume) : []
            guard let next = days.first(where: { $0 > at.day ?? "" }) else { return }
            at.day = next
            at.dayOffset = 0
            at.dayCheck = nil
        }
    }

    /// An entry of a day journal.
    private func take(
        _ entry: JournalEntry,
        _ place: FollowedPlace,
        _ at: inout CameraPosition,
        _ events: inout [JournalEvent]
    ) throws(FileFailure) {
        switch entry {
        case .gap(let gap):
            guard !isSuperseded(gap, place) else { return }
            if let noted = gap.notedAt?.microseconds, noted > at.gapNoted ?? .min {
                at.gapNoted = noted
                at.gapFrom = gap.from.microseconds
            }
        case .segmentChanged(let name):
            if try files.size(catalogue.layout.journal(place.camera, name)) == nil {
                if at.segment == name.text, name.volume == place.volume { at.segmentDone = true }
                events.append(Self.gone(place.camera, name))
                return
            }
            // A segment that is being followed is read again from its start in what comes; an older one here.
            if at.segment == name.text, name.volume == place.volume {
                at.segmentOffset = 0
                at.segmentDone = false
                at.segmentCheck = nil
                return
            }
            var reader = JournalReader(path: catalogue.layout.journal(place.camera, name), files: files)
            for entry in try reader.readAll() {
                events.append(JournalEvent(cameraId: place.camera, segment: name, entry: entry))
            }
            return
        default: break
        }
        events.append(JournalEvent(cameraId: place.camera, segment: nil, entry: entry))
    }

    /// Whether a newer line of another volume, read already, says more: one of the same gap, or any where this one leaves
    /// its gap open (the gaps of a camera follow each other).
    private func isSuperseded(_ gap: GapRecord, _ place: FollowedPlace) -> Bool {
        guard let noted = gap.notedAt?.microseconds else { return false }
        return places.contains { other in
            guard other.camera == place.camera, other.volume != place.volume,
                let newest = position.cameras[other.key], let newestNoted = newest.gapNoted, newestNoted > noted
            else { return false }
            return gap.to == nil || newest.gapFrom == gap.from.microseconds
        }
    }
}

/// A camera's folder on one volume.
private struct FollowedPlace: Sendable, Hashable {
    var camera: String
    var volume: String

    init(camera: String, volume: String) {
        self.camera = camera
        self.volume = volume
    }

    init?(key: String) {
        let parts = key.split(separator: "/")
        guard let camera = parts.last else { return nil }
        self.camera = String(camera)
        volume = parts.count == 2 ? String(parts[0].dropFirst()) : RecordingLayout.mainVolume
    }

    var key: String { volume == RecordingLayout.mainVolume ? camera : "@\(volume)/\(camera)" }

    func folder(_ layout: RecordingLayout) -> String { layout.cameraFolder(camera, volume: volume) }

    func dayFolder(_ layout: RecordingLayout, _ day: String) -> String {
        layout.dayFolder(camera, day: day, volume: volume)
    }

    func dayJournal(_ layout: RecordingLayout, _ day: String) -> String {
        layout.dayJournal(camera, day: day, volume: volume)
    }
}
