package import Domain

/// An alarm as the API shows it; every field is always there, null where there is none.
package struct AlarmView: Sendable, Encodable, Equatable {
    package var alarm: Alarm
    package var sourceName: String
    package var className: String?

    private enum Key: String, CodingKey {
        case id, source, sourceKind, sourceName, kind, part, state, verdict, severity, openedAt, clearedAt, lastAt
        case occurrences, `class`, className, policy, position, address, cell, caseId, snapshot, box, value, threshold
        case decidedBy, decidedAt, reason, parent, caseAfter, flapping
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(alarm.id, forKey: .id)
        try container.encode(alarm.source, forKey: .source)
        try container.encode(alarm.sourceKind, forKey: .sourceKind)
        try container.encode(sourceName, forKey: .sourceName)
        try container.encode(alarm.kind, forKey: .kind)
        try container.encode(alarm.part, forKey: .part)
        try container.encode(alarm.state, forKey: .state)
        try container.encode(alarm.verdict, forKey: .verdict)
        try container.encode(alarm.severity, forKey: .severity)
        try container.encode(alarm.openedAt, forKey: .openedAt)
        try container.encode(alarm.clearedAt, forKey: .clearedAt)
        try container.encode(alarm.lastAt, forKey: .lastAt)
        try container.encode(alarm.occurrences, forKey: .occurrences)
        try container.encode(alarm.class, forKey: .class)
        try container.encode(className, forKey: .className)
        try container.encode(alarm.policy, forKey: .policy)
        try container.encode(alarm.position, forKey: .position)
        try container.encode(alarm.address, forKey: .address)
        try container.encode(alarm.cell, forKey: .cell)
        try container.encode(alarm.caseId, forKey: .caseId)
        try container.encode(alarm.snapshot.map { "/api/v1/attachments/\($0)" }, forKey: .snapshot)
        try container.encode(alarm.box, forKey: .box)
        try container.encode(alarm.value.flatMap { $0.isFinite ? $0 : nil }, forKey: .value)
        try container.encode(alarm.threshold.flatMap { $0.isFinite ? $0 : nil }, forKey: .threshold)
        try container.encode(alarm.decidedBy, forKey: .decidedBy)
        try container.encode(alarm.decidedAt, forKey: .decidedAt)
        try container.encode(alarm.reason, forKey: .reason)
        try container.encode(alarm.parent, forKey: .parent)
        try container.encode(alarm.caseAfter, forKey: .caseAfter)
        try container.encode(alarm.flapping ?? false, forKey: .flapping)
    }
}
