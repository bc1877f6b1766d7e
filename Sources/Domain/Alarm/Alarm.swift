/// One abnormal condition of one source; open until it clears.
package struct Alarm: Sendable, Hashable, Codable {
    package enum State: String, Sendable, Hashable, Codable, CaseIterable {
        /// The condition holds and nobody has judged it.
        case open
        /// The condition holds; a monitor (or the policy) has said that it is true.
        case confirmed
        /// A monitor has said that it is false; stays until the condition clears.
        case rejected
        /// The condition is over.
        case cleared
    }

    /// What a monitor said of it, kept after it clears.
    package enum Verdict: String, Sendable, Hashable, Codable {
        case confirmed, rejected
    }

    package var id: String
    /// The camera's, sensor's, group's or vehicle's id, or `system`.
    package var source: String
    package var sourceKind: AlarmSignal.SourceKind
    /// `stationary`, `motion`, `above`, `below`, `noData`, `offline`, `disk`, …
    package var kind: String
    /// The zone within the camera, or the field within the sensor; a part of what "source" means.
    package var part: String?
    package var state: State
    package var verdict: Verdict?
    package var severity: AlarmSignal.Severity
    package var openedAt: WallTime
    package var clearedAt: WallTime?
    /// The last time the condition was reported.
    package var lastAt: WallTime
    /// How often it was reported while open.
    package var occurrences: Int
    package var `class`: String?
    package var policy: AlarmPolicy
    package var position: GeoPoint?
    package var address: String?
    package var cell: String?
    package var caseId: String?
    /// The attachment with the picture at its opening.
    package var snapshot: String?
    package var box: PictureBox?
    package var value: Double?
    package var threshold: Double?
    package var decidedBy: String?
    package var decidedAt: WallTime?
    package var reason: String?
    /// The source of the alarm that stands for this one too.
    package var parent: String?
    /// Until when its case waits for a storm in its area to show; nil where it doesn't.
    package var caseAfter: WallTime?
    /// True once it has cleared and come back so often that it is kept as one.
    package var flapping: Bool?

    package init(
        id: String,
        source: String,
        sourceKind: AlarmSignal.SourceKind,
        kind: String,
        part: String? = nil,
        state: State = .open,
        severity: AlarmSignal.Severity,
        openedAt: WallTime,
        class: String? = nil,
        policy: AlarmPolicy,
        position: GeoPoint? = nil,
        address: String? = nil,
        cell: String? = nil,
        box: PictureBox? = nil,
        value: Double? = nil,
        threshold: Double? = nil,
        parent: String? = nil
    ) {
        self.id = id
        self.source = source
        self.sourceKind = sourceKind
        self.kind = kind
        self.part = part
        self.state = state
        self.severity = severity
        self.openedAt = openedAt
        self.lastAt = openedAt
        self.occurrences = 1
        self.class = `class`
        self.policy = policy
        self.position = position
        self.address = address
        self.cell = cell
        self.box = box
        self.value = value
        self.threshold = threshold
        self.parent = parent
    }
}

/// What is done with an alarm of a class.
package enum AlarmPolicy: String, Sendable, Hashable, Codable, CaseIterable {
    /// A case opens at once, as `filed`.
    case open
    /// A monitor is asked; confirming opens the case.
    case ask
    /// The alarm is kept, no case comes of it.
    case record
}
