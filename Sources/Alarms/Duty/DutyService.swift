package import Domain
import Foundation
import Logging
package import Store

/// The duty roster round the clock: who is called about an alarm that nobody looks after, and who is next.
///
/// Calls are rows: a restart goes on where it stopped, and nobody is called twice about the same alarm.
package final class DutyService: Sendable {
    package let repository: DutyRepository
    private let alarms: AlarmRepository
    private let feed: ChangeFeed
    private let clock: any HostClock
    private let log = Logger(label: "duty")

    /// How often open alarms are looked at: with it a night's alarm is at the first on duty well within a minute.
    private static let period = Duration.seconds(5)
    /// Older alarms that nobody has judged are a list, not a call in the night.
    private static let fresh = Duration.seconds(86_400)

    package init(
        repository: DutyRepository,
        alarms: AlarmRepository,
        feed: ChangeFeed,
        clock: any HostClock = SystemClock()
    ) {
        self.repository = repository
        self.alarms = alarms
        self.feed = feed
        self.clock = clock
    }

    /// Calls whom it is time to call, now and again until the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            do { try await escalate() } catch {
                log.error("unattended alarms can't be looked for; trying again", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: Self.period)
        }
    }

    /// Calls the next on duty about every alarm that nobody has attended to.
    ///
    /// - Returns: the calls it has made.
    @discardableResult
    package func escalate() async throws -> [DutyCall] {
        let now = clock.now()
        let unattended = try await alarms.unattended(since: now - Self.fresh)
        guard !unattended.isEmpty else { return [] }
        let roster = try await repository.onDuty(at: now)
        let known = Dictionary(grouping: try await repository.calls(aboutAlarms: unattended.map(\.id)), by: \.alarmId)
        var made: [DutyCall] = []
        for alarm in unattended {
            let calls = known[alarm.id] ?? []
            let user: String?
            switch DutyEscalation.next(calls: calls, roster: roster, now: now) {
            case .wait: continue
            case .call(let name): user = name
            case .callAll: user = nil
            }
            let call = DutyCall(
                id: UUIDv7.make(at: now),
                alarmId: alarm.id,
                user: user,
                step: calls.count + 1,
                at: now
            )
            do { try await repository.insert(call) } catch let error as StoreError where error.code == .conflict {
                continue
            }
            if user == nil {
                log.warning("nobody (else) is on duty: everybody is called", metadata: ["alarm": "\(alarm.id)"])
            }
            publish(call)
            made.append(call)
        }
        return made
    }

    /// Roles that may answer every call: those who watch, and those who answer for it.
    private static let watching: Set<Role> = [.monitor, .leader, .admin]

    /// Notes that somebody looks after a call's alarm; the next on duty is left in peace until `DutyEscalation.followUp`.
    ///
    /// - Throws: `AlarmError`: `notFound`, `forbidden` for whoever wasn't called, isn't on duty and doesn't watch.
    package func answer(_ id: String, by actor: CaseActor) async throws -> DutyCall {
        let now = clock.now()
        guard let known = try await repository.call(id) else { throw Self.noCall(id) }
        let onDuty = try await repository.onDuty(at: now).map(\.user)
        let mayAnswer =
            actor.role.map(Self.watching.contains) ?? false || known.user == actor.name || onDuty.contains(actor.name)
        guard mayAnswer else {
            throw AlarmError(
                code: .forbidden,
                message: "whoever was called, is on duty or watches answers: monitors, leaders, administrators"
            )
        }
        guard let call = try await repository.answer(call: id, by: actor.name, at: now) else { throw Self.noCall(id) }
        publish(call)
        return call
    }

    private static func noCall(_ id: String) -> AlarmError {
        AlarmError(code: .notFound, message: "there is no call \(id.prefix(63))")
    }

    private func publish(_ call: DutyCall) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        guard let json = try? encoder.encode(call) else { return }
        feed.publish(Change(topic: .duty, json: Array(json)))
    }
}
