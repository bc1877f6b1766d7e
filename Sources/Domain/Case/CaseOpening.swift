/// What an alarm (or a person) wants a case opened for.
package struct CaseRequest: Sendable, Hashable {
    package var classCode: String
    package var position: GeoPoint?
    package var address: String?
    /// `camera`, `sensor`, `monitor`, `12345`, …
    package var channel: String
    package var description: String?
    package var cameraId: String?
    /// When what it is about happened.
    package var at: WallTime
    package var reporter: String?
    /// Makes the request idempotent.
    package var clientId: String?
    package var alarmId: String?
    /// The attachment that shows it.
    package var snapshot: String?
    /// True for an alarm whose policy (or monitor) has already decided: the case starts as `filed`.
    package var filed: Bool
    /// What the report has besides what the case takes of it.
    package var report: ReportDetails?

    package init(
        classCode: String,
        position: GeoPoint? = nil,
        address: String? = nil,
        channel: String,
        description: String? = nil,
        cameraId: String? = nil,
        at: WallTime,
        reporter: String? = nil,
        clientId: String? = nil,
        alarmId: String? = nil,
        snapshot: String? = nil,
        filed: Bool
    ) {
        self.classCode = classCode
        self.position = position
        self.address = address
        self.channel = channel
        self.description = description
        self.cameraId = cameraId
        self.at = at
        self.reporter = reporter
        self.clientId = clientId
        self.alarmId = alarmId
        self.snapshot = snapshot
        self.filed = filed
    }
}

/// A clip of the recording that belongs to a case, held there by a hold.
package struct CaseClip: Sendable, Hashable, Codable {
    package var cameraId: String
    package var from: WallTime
    package var to: WallTime
    package var holdId: String?

    package init(cameraId: String, from: WallTime, to: WallTime, holdId: String? = nil) {
        self.cameraId = cameraId
        self.from = from
        self.to = to
        self.holdId = holdId
    }
}

/// What `Alarms` needs of `Cases`; the two meet only here.
package protocol CaseOpening: Sendable {
    /// Opens a case, or joins an open one of the same class near in place and time; returns its id.
    func openOrJoin(_ request: CaseRequest) async throws -> String
    /// Adds evidence to a case that exists.
    func attach(caseId: String, clip: CaseClip) async throws
    /// The 15-digit code of the cell a position lies in.
    func cell(at position: GeoPoint) -> String?
    /// What an alarm leads to.
    func policy(for origin: AlarmOrigin) -> AlarmPolicy
}
