import Domain
import Logging
import Store
import Synchronization

/// What follows from an alarm: its case, and the case's clip.
extension AlarmService {
    /// Opens the case an alarm owes, and locks its clip.
    ///
    /// - Throws: when the case can't be opened. A clip that can't be locked is tried again later and throws nothing:
    ///   the case is there.
    func settle(_ stored: StoredAlarm) async throws {
        var stored = stored
        if stored.duty == .openCase {
            guard let request = Self.request(stored.alarm) else {
                try await update(&stored, duty: .none)
                return
            }
            // A storm may have found a case that it belongs to.
            let caseId: String
            if let known = stored.alarm.caseId { caseId = known } else { caseId = try await cases.openOrJoin(request) }
            let hasCamera = directory.camera(for: stored.alarm, within: settings.cameraWithin) != nil
            try await update(&stored, duty: hasCamera ? .clip : .none, caseId: caseId)
            publish(stored.alarm)
        }
        if stored.duty == .clip {
            do {
                try await addClip(stored.alarm)
                try await update(&stored, duty: .none)
            } catch {
                log.warning(
                    "an alarm's clip can't be locked yet",
                    metadata: ["alarm": "\(stored.alarm.id)", "error": "\(error)"]
                )
            }
        }
    }

    /// Tries everything that is still owed, oldest first.
    package func settleDuties() async {
        do {
            nextWait.withLock { $0 = nil }
            for due in try await repository.withDuty() {
                if let time = due.alarm.caseAfter, time > clock.now() {
                    nextWait.withLock { $0 = min($0 ?? time, time) }
                    continue
                }
                let key = AlarmKey(source: due.alarm.source, kind: due.alarm.kind, part: due.alarm.part)
                try await turns.withTurn(key) {
                    // It may have been settled while this turn was waited for.
                    guard let stored = try await repository.find(due.alarm.id), stored.duty != .none else { return }
                    do {
                        try await settle(stored)
                    } catch {
                        // One that fails must not hold up the others.
                        log.error(
                            "an alarm's case can't be opened yet",
                            metadata: ["alarm": "\(due.alarm.id)", "error": "\(error)"]
                        )
                    }
                }
            }
        } catch {
            log.error("alarms' open work can't be read; trying again", metadata: ["error": "\(error)"])
        }
    }

    /// Nil for an alarm without a class: no case can come of it.
    private static func request(_ alarm: Alarm) -> CaseRequest? {
        guard let code = alarm.class else { return nil }
        let byPolicy = alarm.policy == .open
        return CaseRequest(
            classCode: code,
            position: alarm.position,
            address: alarm.address,
            channel: alarm.sourceKind == .group ? "sensor" : alarm.sourceKind.rawValue,
            cameraId: alarm.sourceKind == .camera ? alarm.source : nil,
            at: alarm.openedAt,
            reporter: byPolicy ? nil : alarm.decidedBy,
            alarmId: alarm.id,
            snapshot: alarm.snapshot,
            filed: true
        )
    }

    private func addClip(_ alarm: Alarm) async throws {
        guard let caseId = alarm.caseId, let camera = directory.camera(for: alarm, within: settings.cameraWithin)
        else { return }
        let by = alarm.policy == .open ? "system" : alarm.decidedBy ?? "system"
        let clip = try await evidence.clip(cameraId: camera, around: alarm.openedAt, caseId: caseId, by: by)
        try await cases.attach(caseId: caseId, clip: clip)
    }

    private func update(_ stored: inout StoredAlarm, duty: StoredAlarm.Duty, caseId: String? = nil) async throws {
        let id = stored.alarm.id
        stored = try await repository.transaction { transaction in
            guard var fresh = try transaction.find(id) else {
                throw AlarmError(code: .notFound, message: "there is no alarm \(id)")
            }
            fresh.duty = duty
            if let caseId {
                fresh.alarm.caseId = caseId
                fresh.alarm.caseAfter = nil
            }
            try transaction.save(fresh)
            return fresh
        }
    }
}
