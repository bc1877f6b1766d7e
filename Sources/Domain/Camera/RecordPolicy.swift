/// Whether, where and for how long a camera is recorded: its `record:` section, with what its priority and the site say
/// where it is silent.
package struct RecordPolicy: Sendable, Hashable, Codable {
    /// Days after which a segment that no hold covers is deleted.
    package var keepDays: Int
    /// Bytes that this camera's segments may take; the oldest go first. Nil: no limit of its own.
    package var keepBytes: Int64?
    /// 0 (first to give way when the disk is full or slow) … 9 (last).
    package var priority: Int
    /// Not recorded at all: every second is a gap `paused`.
    package var paused: Bool
    /// Whether a grid of where something moved is kept beside each segment.
    package var activity: Bool
    /// Whether a sound track is recorded where the camera sends one.
    package var audio: Bool
    /// Seconds after which a gap of this camera becomes an alarm.
    package var gapAlarmSeconds: Double
    /// The id of the volume to record on while it is healthy; nil leaves the choice to capture.
    package var volume: String?

    package init(
        keepDays: Int = 30,
        keepBytes: Int64? = nil,
        priority: Int = 5,
        paused: Bool = false,
        activity: Bool = true,
        audio: Bool = true,
        gapAlarmSeconds: Double = 60,
        volume: String? = nil
    ) {
        self.keepDays = keepDays
        self.keepBytes = keepBytes
        self.priority = priority
        self.paused = paused
        self.activity = activity
        self.audio = audio
        self.gapAlarmSeconds = gapAlarmSeconds
        self.volume = volume
    }

    /// A configuration that an older version wrote lacks the newer keys: they have their usual values then, so that
    /// capture starts from it after an upgrade.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let usual = RecordPolicy()
        keepDays = try container.decode(Int.self, forKey: .keepDays)
        keepBytes = try container.decodeIfPresent(Int64.self, forKey: .keepBytes)
        priority = try container.decode(Int.self, forKey: .priority)
        paused = try container.decodeIfPresent(Bool.self, forKey: .paused) ?? usual.paused
        activity = try container.decodeIfPresent(Bool.self, forKey: .activity) ?? usual.activity
        audio = try container.decodeIfPresent(Bool.self, forKey: .audio) ?? usual.audio
        gapAlarmSeconds = try container.decodeIfPresent(Double.self, forKey: .gapAlarmSeconds) ?? usual.gapAlarmSeconds
        volume = try container.decodeIfPresent(String.self, forKey: .volume)
    }
}
