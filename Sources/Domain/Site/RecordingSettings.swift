/// What holds for all recordings of the site.
package struct RecordingSettings: Sendable, Equatable, Codable {
    /// Bytes of a recording volume that stay free.
    package var freeSpaceFloorBytes: Int64
    /// Seconds after which a segment ends at the next key frame.
    package var segmentSeconds: Double
    /// Seconds between two syncs of the volume: what a power cut can take.
    package var syncSeconds: Double
    /// Capture processes; 0 means one per core.
    package var shards: Int
    /// Further volumes beside `DIR/recordings`, which is the first one (`main`), in the order in which capture turns to
    /// them when one fails.
    package var volumes: [VolumeDeclaration]
    /// Bytes that all recordings together may take; nil: what the volumes hold.
    package var keepBytes: Int64?
    /// What holds for the cameras of a priority, by priority (0…9).
    package var priorities: [Int: PriorityPolicy]

    package init(
        freeSpaceFloorBytes: Int64 = 2 << 30,
        segmentSeconds: Double = 600,
        syncSeconds: Double = 1,
        shards: Int = 0,
        volumes: [VolumeDeclaration] = [],
        keepBytes: Int64? = nil,
        priorities: [Int: PriorityPolicy] = [:]
    ) {
        self.freeSpaceFloorBytes = freeSpaceFloorBytes
        self.segmentSeconds = segmentSeconds
        self.syncSeconds = syncSeconds
        self.shards = shards
        self.volumes = volumes
        self.keepBytes = keepBytes
        self.priorities = priorities
    }

    /// A configuration that an older version wrote lacks the newer keys.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        freeSpaceFloorBytes = try container.decode(Int64.self, forKey: .freeSpaceFloorBytes)
        segmentSeconds = try container.decode(Double.self, forKey: .segmentSeconds)
        syncSeconds = try container.decode(Double.self, forKey: .syncSeconds)
        shards = try container.decode(Int.self, forKey: .shards)
        volumes = try container.decodeIfPresent([VolumeDeclaration].self, forKey: .volumes) ?? []
        keepBytes = try container.decodeIfPresent(Int64.self, forKey: .keepBytes)
        priorities = try container.decodeIfPresent([Int: PriorityPolicy].self, forKey: .priorities) ?? [:]
    }

    /// Bytes that stay free on a volume.
    package func floorBytes(ofVolume id: String) -> Int64 {
        volumes.first { $0.id == id }?.freeSpaceFloorBytes ?? freeSpaceFloorBytes
    }
}

/// A recording volume beside `DIR/recordings`.
package struct VolumeDeclaration: Sendable, Hashable, Codable {
    /// The id of the volume that `DIR/recordings` itself is on.
    package static let mainId = "main"

    /// A slug; the volume's recordings are reached as `DIR/recordings/@<id>`.
    package var id: String
    /// The absolute path where it is mounted; recordings lie in the folder `recordings` there.
    package var path: String
    /// Bytes that stay free here; nil: as the site says for all.
    package var freeSpaceFloorBytes: Int64?
    /// It may lie on the disk of the data folder, of the system or of another volume; without it such a path is taken for
    /// a mount point without its disk, and not recorded on. nil: no.
    package var sameDevice: Bool?

    package init(id: String, path: String, freeSpaceFloorBytes: Int64? = nil, sameDevice: Bool? = nil) {
        self.id = id
        self.path = path
        self.freeSpaceFloorBytes = freeSpaceFloorBytes
        self.sameDevice = sameDevice
    }
}

/// How long the recordings of the cameras of one priority are kept.
package struct PriorityPolicy: Sendable, Hashable, Codable {
    /// For cameras that name no days of their own.
    package var keepDays: Int?
    /// Bytes that the cameras of this priority may take together.
    package var keepBytes: Int64?

    package init(keepDays: Int? = nil, keepBytes: Int64? = nil) {
        self.keepDays = keepDays
        self.keepBytes = keepBytes
    }
}
