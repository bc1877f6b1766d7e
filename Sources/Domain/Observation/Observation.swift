/// What analysis says about a picture.
package struct Observation: Sendable, Hashable, Codable {
    package enum Phase: String, Sendable, Hashable, Codable {
        case begin, update, end
    }

    /// The same from `begin` to `end`.
    package var id: String
    package var cameraId: String
    package var zoneId: String
    package var kind: ZoneRule.Kind
    package var phase: Phase
    /// Where it is, in fractions of the picture.
    package var box: PictureBox
    /// 0…1.
    package var confidence: Double
    /// The frame's timestamp in ticks of 1/90,000 s on its run's timeline.
    package var mediaTicks: Int64
    /// The frame's wall time by the run's mapping, so that the box sits on the recorded picture.
    package var at: WallTime
    /// When what is seen began (for `stationary`: when it came to rest).
    package var since: WallTime
    package var classCode: String?

    package init(
        id: String,
        cameraId: String,
        zoneId: String,
        kind: ZoneRule.Kind,
        phase: Phase,
        box: PictureBox,
        confidence: Double,
        mediaTicks: Int64,
        at: WallTime,
        since: WallTime,
        classCode: String? = nil
    ) {
        self.id = id
        self.cameraId = cameraId
        self.zoneId = zoneId
        self.kind = kind
        self.phase = phase
        self.box = box
        self.confidence = confidence
        self.mediaTicks = mediaTicks
        self.at = at
        self.since = since
        self.classCode = classCode
    }
}
