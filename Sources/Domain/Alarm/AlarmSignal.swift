/// A rule's word to the alarms: a condition holds, or no longer does.
package struct AlarmSignal: Sendable, Hashable {
    package enum SourceKind: String, Sendable, Hashable, Codable, CaseIterable {
        case camera, sensor, group, vehicle, system
    }

    package enum Severity: String, Sendable, Hashable, Codable, CaseIterable {
        case info, warning, critical
    }

    package enum Phase: Sendable, Hashable {
        /// The condition holds (again).
        case raised
        case cleared
    }

    package var source: String
    package var sourceKind: SourceKind
    package var kind: String
    package var part: String?
    package var phase: Phase
    package var severity: Severity
    /// When it happened, by the source's own time.
    package var at: WallTime
    package var classCode: String?
    package var position: GeoPoint?
    package var address: String?
    package var box: PictureBox?
    package var value: Double?
    package var threshold: Double?
    /// The source of the alarm that stands for this one too: a group or an area. No case comes of this one then.
    package var parent: String?
    /// The area in which this one may turn out to be a part of a storm.
    package var area: String?
    /// For how many seconds its case may wait for that to show; nil: not at all.
    package var waitSeconds: Double?
    /// `storm`: the sources whose alarms came before it was recognised.
    package var children: [String]?
    /// A JPEG of the moment.
    package var picture: [UInt8]?

    /// Somebody calls for help or breaks in: kinds that no filter, schedule, damping or storm may hold back.
    package static let neverFiltered: Set<String> = ["sos", "tamper"]

    package init(
        source: String,
        sourceKind: SourceKind,
        kind: String,
        part: String? = nil,
        phase: Phase,
        severity: Severity = .warning,
        at: WallTime,
        classCode: String? = nil,
        position: GeoPoint? = nil,
        address: String? = nil,
        box: PictureBox? = nil,
        value: Double? = nil,
        threshold: Double? = nil,
        parent: String? = nil,
        picture: [UInt8]? = nil
    ) {
        self.source = source
        self.sourceKind = sourceKind
        self.kind = kind
        self.part = part
        self.phase = phase
        self.severity = severity
        self.at = at
        self.classCode = classCode
        self.position = position
        self.address = address
        self.box = box
        self.value = value
        self.threshold = threshold
        self.parent = parent
        self.picture = picture
    }
}

/// Where signals go. Implemented by `Alarms`, used by `Telemetry` and by the wiring.
package protocol AlarmSink: Sendable {
    /// Takes a signal; returns when what follows from it (alarm, case) is stored.
    func receive(_ signal: AlarmSignal) async throws
}
