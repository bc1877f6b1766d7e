package import Domain

/// What one capture shard records: the contents of `DIR/capture/N.json`.
///
/// Serve writes it, capture starts from it alone. It holds the cameras' credentials, so the file's mode is 0600 and no
/// part of it goes into logs or errors.
package struct CaptureConfiguration: Sendable, Equatable, Codable {
    /// The format this build writes; it reads this one only.
    package static let currentVersion = 1

    package var version: Int
    /// The shard it is for, from 0.
    package var shard: Int
    package var cameras: [CapturedCamera]
    package var recording: RecordingSettings
    /// Whether an analyse worker is started.
    package var analyse: Bool
    /// Whose streams are borrowed; nil in files that an older version wrote.
    package var platforms: [Platform]?
    /// The IANA zone of the platforms' permitted hours.
    package var timeZone: String?

    package init(
        shard: Int,
        cameras: [CapturedCamera],
        recording: RecordingSettings = RecordingSettings(),
        analyse: Bool = true,
        platforms: [Platform]? = nil,
        timeZone: String? = nil
    ) {
        self.platforms = platforms
        self.timeZone = timeZone
        version = Self.currentVersion
        self.shard = shard
        self.cameras = cameras
        self.recording = recording
        self.analyse = analyse
    }
}

/// One camera as its capture shard needs it.
package struct CapturedCamera: Sendable, Equatable, Codable {
    /// A slug; also the name of its folder under `recordings/`.
    package var id: String
    /// The main stream's URL, recorded; may hold a user and password.
    package var source: String
    /// The sub stream's URL, analysed instead of the main one; nil where there is none.
    package var sub: String?
    /// How both are opened; nil, as in files that an older version wrote, for the usual way.
    package var input: SourceOptions?
    /// The id of the platform that it is borrowed from.
    package var platform: String?
    package var zones: [Zone]
    package var record: RecordPolicy

    package init(
        id: String,
        source: String,
        sub: String? = nil,
        input: SourceOptions? = nil,
        platform: String? = nil,
        zones: [Zone] = [],
        record: RecordPolicy = RecordPolicy()
    ) {
        self.id = id
        self.source = source
        self.sub = sub
        self.input = input
        self.platform = platform
        self.zones = zones
        self.record = record
    }

    /// The part of a site's camera that capture needs.
    package init(_ camera: Camera, platforms: [Platform] = []) {
        self.init(
            id: camera.id,
            source: camera.source,
            sub: camera.sub,
            input: camera.input == SourceOptions() ? nil : camera.input,
            platform: platforms.platform(of: camera.source, named: camera.platform)?.id,
            zones: camera.zones,
            record: camera.record
        )
    }
}

extension CaptureConfiguration {
    /// Deals a site's cameras to shards: by a stable hash of the id, so that adding one moves no other.
    ///
    /// - Parameters:
    ///   - site: the site; `recording.shards` 0 means `cores`.
    ///   - cores: processors of this machine.
    /// - Returns: one configuration per shard, in order; at least one.
    package static func shards(of site: Site, cores: Int) -> [CaptureConfiguration] {
        let wanted = site.recording.shards > 0 ? site.recording.shards : max(1, cores)
        var shards = (0..<wanted).map {
            CaptureConfiguration(
                shard: $0,
                cameras: [],
                recording: site.recording,
                platforms: site.platforms.isEmpty ? nil : site.platforms,
                timeZone: site.timeZone
            )
        }
        for camera in site.cameras {
            let index = Int(stableHash(camera.id) % UInt64(wanted))
            shards[index].cameras.append(CapturedCamera(camera, platforms: site.platforms))
        }
        return shards
    }

    /// FNV-1a, 64 bits: the same on every machine and in every version.
    private static func stableHash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
