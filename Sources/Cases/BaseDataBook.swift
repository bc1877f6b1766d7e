import Crypto
package import Domain
import Foundation
package import Store
import Synchronization

/// The base data in force: read at every use, replaced as a whole, and built anew from its editions.
///
/// What holds at an instant is, set by set, the edition with the latest `validFrom` up to then (of equal ones the
/// higher number); before the first edition the site file's set or the built-in one.
package final class BaseDataBook: Sendable {
    private struct State {
        var current: BaseData
        /// When `current` was built; it holds from then until `until`.
        var since: WallTime
        /// The instant at which something dated begins or ends; nil when nothing does.
        var until: WallTime?
        var editions: [BaseEdition]
        var texts: [BaseSet: [Int: String]]
    }

    /// The sets of the site file and the built-in ones, without any edition.
    package let declared: BaseData
    let repository: BaseEditionRepository?
    private let clock: any HostClock
    private let onAdd: @Sendable (BaseData) -> Void
    private let state: Mutex<State>

    /// Base data that nobody changes.
    package init(_ base: BaseData, clock: any HostClock = SystemClock()) {
        declared = base
        repository = nil
        onAdd = { _ in }
        self.clock = clock
        state = Mutex(State(current: base, since: clock.now(), until: nil, editions: [], texts: [:]))
    }

    /// Base data with the editions that the console has made.
    ///
    /// - Parameter onAdd: told what is in force after editions were added.
    /// - Throws: `StoreError`; `BaseDataError` when a stored edition can't be read.
    package init(
        _ base: BaseData,
        repository: BaseEditionRepository,
        clock: any HostClock,
        onAdd: @escaping @Sendable (BaseData) -> Void = { _ in }
    ) async throws {
        declared = base
        self.repository = repository
        self.onAdd = onAdd
        self.clock = clock
        let editions = try await repository.list()
        var texts: [BaseSet: [Int: String]] = [:]
        for edition in editions {
            guard let set = BaseSet(rawValue: edition.set) else { continue }
            texts[set, default: [:]][edition.number] = try await repository.text(
                set: edition.set,
                number: edition.number
            )
        }
        let now = clock.now()
        let built = try Self.build(base, editions, texts, at: now)
        let until = Self.change(after: now, built, editions)
        state = Mutex(State(current: built, since: now, until: until, editions: editions, texts: texts))
    }

    /// What is in force now.
    package var current: BaseData {
        let now = clock.now()
        return state.withLock { state in
            if let until = state.until, now >= until {
                // An edition that was checked when it was added can be read.
                if let built = try? Self.build(declared, state.editions, state.texts, at: now) {
                    state.current = built
                    state.since = now
                }
                state.until = Self.change(after: now, state.current, state.editions)
            }
            return state.current
        }
    }

    /// What was, is or will be in force at an instant, by what is known now.
    package func base(at time: WallTime) throws(BaseDataError) -> BaseData {
        let (known, editions, texts) = state.withLock { state -> (BaseData?, [BaseEdition], [BaseSet: [Int: String]]) in
            let isCurrent = time >= state.since && state.until.map { time < $0 } ?? true
            return (isCurrent ? state.current : nil, state.editions, state.texts)
        }
        if let known { return known }
        return try Self.build(declared, editions, texts, at: time)
    }

    /// The deadlines by the calendar that an edition holds; by the declared or built-in one for 0.
    package func deadlines(calendar edition: Int) -> DeadlineClock {
        let current = current
        if current.origins[.calendar]?.edition ?? 0 == edition { return current.deadlines }
        guard edition > 0, let text = state.withLock({ $0.texts[.calendar]?[edition] }),
            let calendar = try? CalendarTable.read(text)
        else { return declared.deadlines }
        return DeadlineClock(calendar: calendar, zone: current.deadlines.zone)
    }

    /// Whether editions can be kept.
    package var isEditable: Bool { repository != nil }

    /// All editions, the newest first.
    package var editions: [BaseEdition] { state.withLock { $0.editions } }

    package func text(_ set: BaseSet, edition: Int) -> String? { state.withLock { $0.texts[set]?[edition] } }

    /// Base data with other texts in the place of some sets', for an instant.
    static func base(_ before: BaseData, with changed: [BaseSet: String], at time: WallTime) throws(BaseDataError)
        -> BaseData
    {
        var base = before
        var findings: [BaseDataError.Finding] = []
        for set in BaseSet.allCases {
            guard let text = changed[set] else { continue }
            do throws(BaseDataError) { try base.take(set, text, origin: .edition(0)) } catch {
                findings += error.findings
            }
        }
        guard findings.isEmpty else { throw BaseDataError(findings: findings) }
        base.link(day: base.deadlines.localDay(time))
        return base
    }

    /// Adds editions for good and lets them take effect.
    func add(
        _ texts: [(set: BaseSet, text: String, summary: String)],
        validFrom: WallTime,
        by: String,
        note: String?
    ) async throws -> [BaseEdition] {
        guard let repository else { return [] }
        let now = clock.now()
        let known = editions
        let added = texts.map { set, text, summary in
            BaseEdition(
                set: set.rawValue,
                number: (known.filter { $0.set == set.rawValue }.map(\.number).max() ?? 0) + 1,
                validFrom: validFrom,
                recordedAt: now,
                by: by,
                note: note,
                summary: summary,
                hash: SHA256.hash(data: Data(text.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            )
        }
        try await repository.add(zip(added, texts).map { ($0, $1.text) })
        state.withLock { state in
            state.editions = added + state.editions
            for (edition, text) in zip(added, texts) { state.texts[text.set, default: [:]][edition.number] = text.text }
            if validFrom <= now {
                var base = state.current
                for (edition, text) in zip(added, texts) {
                    // It was read before it was kept.
                    try? base.take(text.set, text.text, origin: .edition(edition.number))
                }
                base.link(day: base.deadlines.localDay(now))
                state.current = base
                state.since = now
            }
            state.until = Self.change(after: now, state.current, state.editions)
        }
        onAdd(current)
        return added
    }

    /// The edition of a set in force at an instant; nil before the first.
    package func edition(of set: BaseSet, at time: WallTime) -> BaseEdition? {
        Self.inForce(set, editions, time)
    }

    private static func inForce(_ set: BaseSet, _ editions: [BaseEdition], _ time: WallTime) -> BaseEdition? {
        editions.filter { $0.set == set.rawValue && $0.validFrom <= time }
            .max { ($0.validFrom, $0.number) < ($1.validFrom, $1.number) }
    }

    private static func build(
        _ declared: BaseData,
        _ editions: [BaseEdition],
        _ texts: [BaseSet: [Int: String]],
        at time: WallTime
    ) throws(BaseDataError) -> BaseData {
        var base = declared
        var findings: [BaseDataError.Finding] = []
        for set in BaseSet.allCases {
            do throws(BaseDataError) {
                if case .declared = declared.origins[set] {
                    // The site file has the last word.
                    continue
                } else if let edition = inForce(set, editions, time), let text = texts[set]?[edition.number] {
                    try base.take(set, text, origin: .edition(edition.number))
                }
            } catch {
                findings += error.findings
            }
        }
        guard findings.isEmpty else { throw BaseDataError(findings: findings) }
        base.link(day: base.deadlines.localDay(time))
        return base
    }

    /// The next instant after `now` at which an edition or a dated rule begins or ends.
    private static func change(after now: WallTime, _ base: BaseData, _ editions: [BaseEdition]) -> WallTime? {
        let edition = editions.map(\.validFrom).filter { $0 > now }.min()
        let day = base.nextChange.map(base.deadlines.begin(ofDay:))
        return [edition, day].compactMap { $0 }.min()
    }
}
