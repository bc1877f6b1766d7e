package import Domain
import Foundation
import Logging
package import Store
import Synchronization

/// Turns signals into alarms, and alarms into cases.
///
/// Signals of one source, kind and part are taken one after the other; the database's unique index holds even where
/// two processes share it. What an alarm still owes (a case, a clip) is stored with it, so that a failure or a restart
/// only delays it.
package final class AlarmService: AlarmSink {
    let repository: AlarmRepository
    let cases: any CaseOpening
    let evidence: any AlarmEvidence
    let directory: AlarmDirectory
    let settings: AlarmSettings
    let clock: any HostClock
    /// Whether nobody has done anything to a case yet.
    let isUntouched: @Sendable (_ caseId: String) async throws -> Bool
    /// When the case that waits least has waited long enough; nil while none waits.
    let nextWait = Mutex<WallTime?>(nil)
    let log = Logger(label: "alarms")
    private let feed: ChangeFeed
    // 4096 signals wait in all, then the caller is told that there are too many: a rule raises again.
    let turns = KeyedTurns<AlarmKey>(limit: 4096)

    /// - Parameter isUntouched: whether nobody has done anything to a case yet: a storm joins only such a one.
    package init(
        repository: AlarmRepository,
        cases: any CaseOpening,
        evidence: any AlarmEvidence,
        directory: AlarmDirectory = AlarmDirectory(),
        feed: ChangeFeed,
        settings: AlarmSettings = AlarmSettings(),
        clock: any HostClock = SystemClock(),
        isUntouched: @escaping @Sendable (_ caseId: String) async throws -> Bool = { _ in true }
    ) {
        self.isUntouched = isUntouched
        self.repository = repository
        self.cases = cases
        self.evidence = evidence
        self.directory = directory
        self.feed = feed
        self.settings = settings
        self.clock = clock
    }

    /// Does what earlier alarms still owe, now and again until the task is cancelled.
    package func run() async {
        var nextRound = ContinuousClock.now
        while !Task.isCancelled {
            let now = clock.now()
            let isOver = nextWait.withLock { $0.map { $0 <= now } ?? false }
            if isOver || ContinuousClock.now >= nextRound {
                await settleDuties()
                nextRound = .now + settings.retryEvery
            }
            try? await Task.sleep(for: min(settings.retryEvery, .seconds(1)))
        }
    }

    // MARK: - Signals

    package func receive(_ signal: AlarmSignal) async throws {
        let key = AlarmKey(source: signal.source, kind: signal.kind, part: signal.part)
        try await turns.withTurn(key) {
            switch signal.phase {
            case .raised: try await raise(signal, key)
            case .cleared: try await clear(signal, key)
            }
        }
    }

    private func raise(_ signal: AlarmSignal, _ key: AlarmKey, isSecondTry: Bool = false) async throws {
        let known = try await repository.transaction { [settings] transaction in
            guard var stored = try Self.current(key, at: signal.at, settings, transaction) else {
                return nil as StoredAlarm?
            }
            Self.repeatAlarm(&stored, signal)
            try transaction.save(stored)
            return stored
        }
        if let known {
            publish(known.alarm)
            try await follow(known, signal)
            return
        }
        // Only a new alarm keeps its picture: a hundred repetitions would keep a hundred.
        let made = newAlarm(signal, snapshot: await keepPicture(signal))
        let opened: StoredAlarm
        do {
            opened = try await repository.transaction { transaction in
                var made = made
                if let storm = try Self.storm(over: signal, transaction) { made.become(childOf: storm) }
                try transaction.save(made)
                return made
            }
        } catch let error as StoreError where error.code == .conflict && !isSecondTry {
            // Another process has opened it since: the signal repeats that one.
            return try await raise(signal, key, isSecondTry: true)
        }
        publish(opened.alarm)
        try await follow(opened, signal)
    }

    /// What follows from a signal once its alarm is stored.
    private func follow(_ stored: StoredAlarm, _ signal: AlarmSignal) async throws {
        var stored = stored
        if let children = signal.children { stored = try await adopt(children, by: stored) }
        guard stored.duty != .none else { return }
        if let time = stored.alarm.caseAfter, time > clock.now() {
            return nextWait.withLock { $0 = min($0 ?? time, time) }
        }
        try await settle(stored)
    }

    /// The alarm that a signal belongs to: the open one, or the last one of a flapping source.
    private static func current(
        _ key: AlarmKey,
        at: WallTime,
        _ settings: AlarmSettings,
        _ transaction: AlarmTransaction
    ) throws -> StoredAlarm? {
        if let open = try transaction.open(key) { return open }
        // A call for help is never taken for a loose contact.
        guard !AlarmSignal.neverFiltered.contains(key.kind) else { return nil }
        guard var latest = try transaction.latest(key), let clearedAt = latest.alarm.clearedAt,
            at - clearedAt <= settings.flapWindow
        else { return nil }
        let isFlapping =
            try latest.opens > 1
            || transaction.count(key, since: at - settings.flapWindow) >= settings.flapOpens
        guard isFlapping else { return nil }
        latest.opens += 1
        latest.alarm.clearedAt = nil
        latest.alarm.flapping = true
        switch latest.alarm.verdict {
        case .confirmed: latest.alarm.state = .confirmed
        case .rejected: latest.alarm.state = .rejected
        case nil: latest.alarm.state = .open
        }
        return latest
    }

    private static func repeatAlarm(_ stored: inout StoredAlarm, _ signal: AlarmSignal) {
        stored.alarm.occurrences += 1
        stored.alarm.lastAt = max(stored.alarm.lastAt, signal.at)
        // Escalates only: that it is less bad now is what clearing is for.
        if rank(signal.severity) > rank(stored.alarm.severity) { stored.alarm.severity = signal.severity }
        if let value = signal.value { stored.alarm.value = value }
        if let threshold = signal.threshold { stored.alarm.threshold = threshold }
    }

    private static func rank(_ severity: AlarmSignal.Severity) -> Int {
        switch severity {
        case .info: 0
        case .warning: 1
        case .critical: 2
        }
    }

    private func newAlarm(_ signal: AlarmSignal, snapshot: String?) -> StoredAlarm {
        let policy = signal.parent == nil ? cases.policy(for: signal.origin) : .record
        let position = signal.position ?? directory.position(of: signal.source, signal.sourceKind)
        var alarm = Alarm(
            id: UUIDv7.make(at: clock.now()),
            source: signal.source,
            sourceKind: signal.sourceKind,
            kind: signal.kind,
            part: signal.part,
            severity: signal.severity,
            openedAt: signal.at,
            class: signal.classCode,
            policy: policy,
            position: position,
            address: signal.address ?? directory.address(of: signal.source, signal.sourceKind),
            cell: position.flatMap(cases.cell),
            box: signal.box,
            value: signal.value,
            threshold: signal.threshold,
            parent: signal.parent
        )
        alarm.snapshot = snapshot
        guard policy == .open else { return StoredAlarm(alarm: alarm) }
        alarm.state = .confirmed
        alarm.verdict = .confirmed
        alarm.decidedBy = "policy"
        alarm.decidedAt = clock.now()
        alarm.caseAfter = signal.waitSeconds.map { clock.now() + .seconds($0) }
        return StoredAlarm(alarm: alarm, duty: .openCase)
    }

    /// The attachment with the signal's picture; nil where there is none or it can't be kept.
    private func keepPicture(_ signal: AlarmSignal) async -> String? {
        guard let picture = signal.picture, !picture.isEmpty else { return nil }
        do {
            return try await evidence.keep(picture: picture, by: "system")
        } catch {
            // The alarm matters more than its picture.
            log.warning(
                "an alarm's picture can't be kept",
                metadata: ["source": "\(signal.source)", "error": "\(error)"]
            )
            return nil
        }
    }

    private func clear(_ signal: AlarmSignal, _ key: AlarmKey) async throws {
        let cleared = try await repository.transaction { transaction in
            guard var stored = try transaction.open(key) else { return nil as StoredAlarm? }
            stored.alarm.state = .cleared
            stored.alarm.clearedAt = max(signal.at, stored.alarm.openedAt)
            // The value stays the one that was alarming: the one that clears it is no alarm.
            try transaction.save(stored)
            return stored
        }
        if let cleared { publish(cleared.alarm) }
    }

    // MARK: - Publication

    /// An alarm as the API shows it.
    package func view(_ alarm: Alarm) -> AlarmView {
        AlarmView(
            alarm: alarm,
            sourceName: directory.name(of: alarm.source, alarm.sourceKind),
            className: directory.className(alarm.class)
        )
    }

    func publish(_ alarm: Alarm) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        do {
            feed.publish(Change(topic: .alarm, json: Array(try encoder.encode(view(alarm)))))
        } catch {
            log.error("an alarm's change can't be encoded", metadata: ["alarm": "\(alarm.id)", "error": "\(error)"])
        }
    }
}
