import Domain
internal import Yams

extension SiteFile {
    /// Days that anybody could mean.
    private static let days = 1...3650
    /// Names that something else has below `recordings/`.
    private static let reservedCameraIds: Set<String> = ["signatures", "holds.journal", "lost+found"]

    static func readRecording(_ reader: FieldReader, into site: inout Site) {
        guard let section = reader.mapping("recording") else { return }
        defer { section.finish() }
        if let floor = section.bytes("freeSpaceFloor") { site.recording.freeSpaceFloorBytes = floor }
        if let length = section.seconds("segment", in: 10...3600) { site.recording.segmentSeconds = length }
        if let beat = section.seconds("sync", in: 0.1...60) { site.recording.syncSeconds = beat }
        if let shards = section.integer("shards", in: 0...64) { site.recording.shards = shards }
        site.recording.keepBytes = readKeepBytes(section)
        site.recording.volumes = section.list("volumes").compactMap(readVolume)
        checkVolumes(section, site.recording.volumes)
        site.recording.priorities = readPriorities(section)
    }

    /// A camera's `record:`; where it is silent, its priority's or the usual values.
    static func readRecordPolicy(_ reader: FieldReader, recording: RecordingSettings) -> RecordPolicy {
        var record = RecordPolicy()
        var ownDays: Int?
        if let section = reader.mapping("record") {
            ownDays = section.integer("keepDays", in: days)
            record.keepBytes = readKeepBytes(section)
            record.priority = section.integer("priority", in: 0...9) ?? record.priority
            record.paused = section.flag("paused") ?? record.paused
            record.activity = section.flag("activity") ?? record.activity
            record.audio = section.flag("audio") ?? record.audio
            record.gapAlarmSeconds = section.seconds("gapAlarm", in: 1...86_400) ?? record.gapAlarmSeconds
            record.volume = readVolumeName(section, recording: recording)
            section.finish()
        }
        record.keepDays = ownDays ?? recording.priorities[record.priority]?.keepDays ?? record.keepDays
        return record
    }

    static func readCameraId(_ reader: FieldReader) -> String? {
        guard let id = reader.slug("id") else { return nil }
        guard !reservedCameraIds.contains(id) else {
            reader.fail("id", id, "is the name of something else among the recordings", "choose another id")
            return nil
        }
        return id
    }

    /// Less than a few segments would delete what has only just been recorded.
    private static func readKeepBytes(_ section: FieldReader) -> Int64? {
        guard let bytes = section.bytes("keepBytes") else { return nil }
        guard bytes >= 10_000_000 else {
            section.fail("keepBytes", section.text("keepBytes"), "is less than 10MB", "write a size like 500MB or 2TB")
            return nil
        }
        return bytes
    }

    private static func readVolumeName(_ section: FieldReader, recording: RecordingSettings) -> String? {
        guard let name = section.text("volume") else { return nil }
        let known = [VolumeDeclaration.mainId] + recording.volumes.map(\.id)
        guard known.contains(name) else {
            section.fail(
                "volume",
                name,
                "is not a volume of the site",
                "write one of: \(known.joined(separator: ", "))"
            )
            return nil
        }
        return name
    }

    private static func readVolume(_ reader: FieldReader) -> VolumeDeclaration? {
        defer { reader.finish() }
        let id = reader.slug("id")
        let path = reader.text("path", required: true)
        let floor = reader.bytes("freeSpaceFloor")
        let sameDevice = reader.flag("sameDevice")
        guard let id, let path else { return nil }
        guard id != VolumeDeclaration.mainId else {
            reader.fail("id", id, "is the volume of the data folder itself", "choose another id, like b")
            return nil
        }
        guard path.hasPrefix("/"), path.count > 1 else {
            reader.fail(
                "path",
                path,
                "is not the path of a volume",
                "write the whole path where it is mounted, like /mnt/b"
            )
            return nil
        }
        let trimmed = path.hasSuffix("/") ? String(path.dropLast()) : path
        return VolumeDeclaration(id: id, path: trimmed, freeSpaceFloorBytes: floor, sameDevice: sameDevice)
    }

    private static func checkVolumes(_ section: FieldReader, _ volumes: [VolumeDeclaration]) {
        var ids: Set<String> = []
        var paths: Set<String> = []
        for volume in volumes {
            if !ids.insert(volume.id).inserted {
                section.fail("volumes", volume.id, "is the id of two volumes", "give each its own id")
            }
            if !paths.insert(volume.path).inserted {
                section.fail("volumes", volume.path, "is the path of two volumes", "keep one of the two")
            }
        }
    }

    /// `{ "0-3": { keepDays: 7 }, "9": { keepDays: 90, keepBytes: 2TB } }`
    private static func readPriorities(_ section: FieldReader) -> [Int: PriorityPolicy] {
        var result: [Int: PriorityPolicy] = [:]
        for (key, entry) in section.mappings("priorities") {
            let word = key.string ?? ""
            let keepDays = entry.integer("keepDays", in: days)
            let policy = PriorityPolicy(keepDays: keepDays, keepBytes: readKeepBytes(entry))
            entry.finish()
            guard let range = priorityRange(word) else {
                let remedy = "write 0 to 9 or a range in quotes, like \"0-3\""
                section.fail(at: key.mark, field: entry.path, value: word, "is not a priority", remedy)
                continue
            }
            for priority in range where result.updateValue(policy, forKey: priority) != nil {
                let problem = "names priority \(priority), which another entry names too"
                section.fail(at: key.mark, field: entry.path, value: word, problem, "name each priority once")
            }
        }
        return result
    }

    private static func priorityRange(_ word: String) -> ClosedRange<Int>? {
        let ends = word.split(separator: "-", omittingEmptySubsequences: false).map { Int($0.filter { $0 != " " }) }
        guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
            (0...9).contains(first), (0...9).contains(last), first <= last
        else { return nil }
        return first...last
    }
}
