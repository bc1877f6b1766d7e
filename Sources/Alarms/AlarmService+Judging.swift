package import Domain
package import Store

/// What a monitor does with alarms, and what of them can be asked.
extension AlarmService {
    /// Says that an alarm is true; where its policy is `ask` and it has a class, its case opens as `filed`.
    ///
    /// - Throws: `AlarmError` (`forbidden`, `notFound`, `alreadyDecided`), and what opening the case throws.
    package func confirm(_ id: String, by actor: CaseActor, note: String? = nil) async throws -> Alarm {
        try await judge(id, .confirmed, by: actor, reason: note)
    }

    /// Says that an alarm is false.
    ///
    /// - Throws: `AlarmError` (`forbidden`, `missingField`, `notFound`, `alreadyDecided`).
    package func reject(_ id: String, by actor: CaseActor, reason: String?) async throws -> Alarm {
        try await judge(id, .rejected, by: actor, reason: reason)
    }

    private func judge(
        _ id: String,
        _ verdict: Alarm.Verdict,
        by actor: CaseActor,
        reason: String?
    ) async throws -> Alarm {
        guard actor.role == .monitor else {
            throw AlarmError(code: .forbidden, message: "only a monitor confirms or rejects alarms")
        }
        let reason = reason.flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
        if verdict == .rejected, reason == nil {
            throw AlarmError(code: .missingField("reason"), message: "rejecting an alarm needs the field reason")
        }
        guard let found = try await repository.find(id)?.alarm else { throw Self.notFound(id) }
        let key = AlarmKey(source: found.source, kind: found.kind, part: found.part)
        return try await turns.withTurn(key) {
            let now = clock.now()
            let stored = try await repository.transaction { transaction in
                guard var stored = try transaction.find(id) else { throw Self.notFound(id) }
                if let by = stored.alarm.decidedBy, let earlier = stored.alarm.verdict {
                    throw AlarmError(
                        code: .alreadyDecided,
                        message: "the alarm was \(earlier.rawValue) by \(by) already"
                    )
                }
                stored.alarm.verdict = verdict
                stored.alarm.decidedBy = actor.name
                stored.alarm.decidedAt = now
                stored.alarm.reason = reason
                // One that has cleared meanwhile stays cleared and keeps the verdict.
                if stored.alarm.state != .cleared {
                    stored.alarm.state = verdict == .confirmed ? .confirmed : .rejected
                }
                if verdict == .confirmed, stored.alarm.policy == .ask, stored.alarm.class != nil {
                    stored.duty = .openCase
                }
                try transaction.save(stored)
                return stored
            }
            publish(stored.alarm)
            if stored.duty != .none { try await settle(stored) }
            return try await repository.find(id)?.alarm ?? stored.alarm
        }
    }

    /// - Throws: `AlarmError` (`notFound`).
    package func get(_ id: String) async throws -> Alarm {
        guard let stored = try await repository.find(id) else { throw Self.notFound(id) }
        return stored.alarm
    }

    /// Newest first.
    package func list(_ filter: AlarmFilter, page: PageRequest) async throws -> Page<Alarm> {
        try await repository.list(filter, page: page)
    }

    /// How many alarms of a filter there are.
    package func count(_ filter: AlarmFilter) async throws -> Int { try await repository.count(filter) }

    /// The alarms of one source that touch a range, oldest first, at most 1000: for a timeline.
    package func overlapping(source: String, from: WallTime, to: WallTime) async throws -> [Alarm] {
        try await repository.overlapping(source: source, from: from, to: to)
    }

    /// The ids of the open alarms by source.
    package func openIds() async throws -> [String: [String]] { try await repository.openIds() }

    /// How many are open.
    package func openCount() async throws -> Int { try await repository.openCount() }

    private static func notFound(_ id: String) -> AlarmError {
        AlarmError(code: .notFound, message: "there is no alarm \(id.prefix(63))")
    }
}
