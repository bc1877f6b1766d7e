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
        let open = try await alarms.list(AlarmFilter(state: .open), page: PageRequest(limit: 1000)).items
        let unattended = open.filter { isForDuty($0, now) }
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

    /// Somebody has to say whether it is true, or it is so bad that somebody has to see it.
    private func isForDuty(_ alarm: Alarm, _ now: WallTime) -> Bool {
        alarm.verdict == nil && alarm.parent == nil && now - alarm.openedAt < Self.fresh
            && (alarm.policy == .ask || alarm.severity == .critical)
    }

    /// Notes that somebody looks after a call's alarm; the next on duty is left in peace.
    ///
    /// - Throws: `AlarmError` (`notFound`).
    package func answer(_ id: String, by name: String) async throws -> DutyCall {
        guard let call = try await repository.answer(call: id, by: name, at: clock.now()) else {
            throw AlarmError(code: .notFound, message: "there is no call \(id.prefix(63))")
        }
        publish(call)
        return call
    }

    private func publish(_ call: DutyCall) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        guard let json = try? encoder.encode(call) else { return }
        feed.publish(Change(topic: .duty, json: Array(json)))
    }
}
