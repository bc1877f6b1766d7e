import Domain
import Store

/// What a storm does with the alarms that came before it was recognised.
extension AlarmService {
    /// The kind of the alarm that stands for a storm; its part is the class of its children, or their kind without one.
    private static let kind = "storm"

    private static func part(_ alarm: Alarm) -> String { alarm.class ?? alarm.kind }

    /// The area of the open storm that a signal belongs to although it was sent before the storm was recognised.
    static func storm(over signal: AlarmSignal, _ transaction: AlarmTransaction) throws -> String? {
        guard signal.parent == nil, let area = signal.area else { return nil }
        let key = AlarmKey(source: area, kind: kind, part: signal.classCode ?? signal.kind)
        return try transaction.open(key).map { _ in area }
    }

    /// Makes the earlier alarms of a storm its children: no case comes of those that wait for theirs. The storm joins
    /// the case of the first one that has got one already, unless somebody has worked on it; a case that has been worked
    /// on is left alone, only the alarm is linked.
    ///
    /// Doing it again changes nothing.
    func adopt(_ sources: [String], by storm: StoredAlarm) async throws -> StoredAlarm {
        var first: Alarm?
        for source in sources {
            for found in try await repository.open(source: source) where Self.isChild(found.alarm, of: storm.alarm) {
                let key = AlarmKey(source: source, kind: found.alarm.kind, part: found.alarm.part)
                let id = found.alarm.id
                let area = storm.alarm.source
                // In its turn: its case may be opening just now. No child ever waits for a storm's turn.
                let child = try await turns.withTurn(key) {
                    try await repository.transaction { transaction -> Alarm? in
                        guard var stored = try transaction.find(id), stored.alarm.state != .cleared else { return nil }
                        stored.become(childOf: area)
                        try transaction.save(stored)
                        return stored.alarm
                    }
                }
                guard let child else { continue }
                publish(child)
                guard let caseId = child.caseId, first.map({ child.openedAt < $0.openedAt }) ?? true,
                    try await isUntouched(caseId)
                else { continue }
                first = child
            }
        }
        guard let first, storm.duty == .openCase, storm.alarm.caseId == nil else { return storm }
        return try await join(storm, first)
    }

    private static func isChild(_ alarm: Alarm, of storm: Alarm) -> Bool {
        alarm.sourceKind == .sensor && part(alarm) == storm.part && !AlarmSignal.neverFiltered.contains(alarm.kind)
            && (alarm.parent == nil || alarm.parent == storm.source)
    }

    /// Sends a storm to the case of its first child: to its place, where the case takes the storm in as it takes any
    /// further alarm; where no place is known, the storm only says so itself.
    private func join(_ storm: StoredAlarm, _ child: Alarm) async throws -> StoredAlarm {
        let id = storm.alarm.id
        return try await repository.transaction { transaction in
            guard var stored = try transaction.find(id) else { return storm }
            if let position = child.position {
                stored.alarm.position = position
                stored.alarm.address = child.address
                stored.alarm.cell = child.cell
            } else {
                stored.alarm.caseId = child.caseId
            }
            try transaction.save(stored)
            return stored
        }
    }
}

extension StoredAlarm {
    /// Another alarm stands for this one. What people have decided, and a case that is there, stay as they are.
    mutating func become(childOf area: String) {
        alarm.parent = area
        let isDecided = alarm.decidedBy != nil && alarm.decidedBy != "policy"
        guard !isDecided, alarm.caseId == nil else { return }
        duty = .none
        alarm.caseAfter = nil
        alarm.policy = .record
        alarm.verdict = nil
        alarm.decidedBy = nil
        alarm.decidedAt = nil
        if alarm.state == .confirmed { alarm.state = .open }
    }
}
