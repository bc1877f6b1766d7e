package import Domain
import Foundation
import Logging
package import Store

/// Opens cases, moves them on and answers for them.
///
/// Every change is one transaction that reads the case, judges, appends to its log and writes the case as the log now
/// says it is; SQLite runs one such transaction at a time, so whoever comes second is judged by the state that the
/// first has left.
package final class CaseService: CaseOpening {
    /// The base data in force and what was before.
    package let book: BaseDataBook
    let repository: CaseRepository
    let feed: ChangeFeed
    let clock: any HostClock
    private let log = Logger(label: "cases")

    package convenience init(
        repository: CaseRepository,
        base: BaseData,
        feed: ChangeFeed,
        clock: any HostClock = SystemClock()
    ) {
        self.init(repository: repository, book: BaseDataBook(base, clock: clock), feed: feed, clock: clock)
    }

    package init(repository: CaseRepository, book: BaseDataBook, feed: ChangeFeed, clock: any HostClock = SystemClock())
    {
        self.repository = repository
        self.book = book
        self.feed = feed
        self.clock = clock
    }

    /// What is in force now.
    package var base: BaseData { book.current }

    package var catalogue: Catalogue { base.catalogue }
    package var units: [CaseUnit] { base.responsibility.units }

    // MARK: - Opening

    /// The case that `actor` has reported with a `clientId` before.
    package func reported(clientId: String, by actor: CaseActor) async throws -> Case? {
        try await repository.find(clientId: clientId, of: actor.name)
    }

    /// A person's report: always a case of its own, unless this reporter's `clientId` was seen before.
    ///
    /// - Returns: the case, and whether it is new.
    /// - Throws: `CaseError`: a role that doesn't report, an unknown class, a position off the globe.
    package func report(
        _ request: CaseRequest,
        by actor: CaseActor
    ) async throws -> (case: Case, created: Bool) {
        guard let role = actor.role, [.monitor, .acceptor, .collector].contains(role) else {
            throw CaseError(code: .forbidden, message: "only monitors, acceptors and collectors report cases")
        }
        var request = request
        // A report is judged by an acceptor, whoever makes it.
        request.filed = false
        request.alarmId = nil
        let result = try await open(request, by: actor, joining: false)
        return (result.case, result.isNew)
    }

    package func openOrJoin(_ request: CaseRequest) async throws -> String {
        try await open(request, by: .system, joining: true).case.id
    }

    func open(
        _ request: CaseRequest,
        by actor: CaseActor,
        joining: Bool
    ) async throws -> (case: Case, isNew: Bool, changed: Bool) {
        let now = clock.now()
        let result = try await repository.transaction { [self] transaction in
            // What was taken before is known also where its class has left the catalogue since.
            if let known = try known(request, actor, transaction) {
                return (case: known, isNew: false, changed: nil as StoredCase?)
            }
            let entry = try fileableClass(request.classCode, base, now)
            if let position = request.position, !position.isValid {
                throw CaseError(code: .invalidField("position"), message: "the position is not on the globe")
            }
            if joining, let joined = try join(request, entry, now, transaction) {
                return (case: joined.value, isNew: false, changed: joined)
            }
            let made = try create(request, entry, actor, now, transaction)
            return (case: made.value, isNew: true, changed: made)
        }
        if let changed = result.changed { publish(changed) }
        return (result.case, result.isNew, result.changed != nil)
    }

    /// The class of a code, whose system is in force.
    func fileableClass(_ code: String, _ base: BaseData, _ now: WallTime) throws(CaseError) -> CaseClass {
        guard let entry = base.catalogue[code] else {
            throw CaseError(
                code: .invalidField("class"),
                message: "the catalogue has no class \(code.prefix(40)); choose one of it"
            )
        }
        guard base.catalogue.isValid(entry, on: base.deadlines.localDay(now)) else {
            let others = base.mapping.counterparts(of: code).joined(separator: ", ")
            throw CaseError(
                code: .invalidField("class"),
                message: "the system \(entry.system) of class \(code) isn't in force; its counterparts: \(others)"
            )
        }
        return entry
    }

    /// The case that the same request has led to before.
    private func known(
        _ request: CaseRequest,
        _ actor: CaseActor,
        _ transaction: CaseTransaction
    ) throws -> Case? {
        if let clientId = request.clientId,
            let known = try transaction.find(clientId: clientId, of: actor.name)
        {
            return known.value
        }
        if let alarmId = request.alarmId, let known = try transaction.find(alarmId: alarmId) { return known.value }
        return nil
    }

    /// Adds an alarm to the nearest open case of its class, if one is near enough in place and time.
    private func join(
        _ request: CaseRequest,
        _ entry: CaseClass,
        _ now: WallTime,
        _ transaction: CaseTransaction
    ) throws -> StoredCase? {
        let period = Duration.milliseconds(Int64(entry.duplicateSeconds * 1000))
        let candidates = try transaction.openCases(
            ofClass: entry.code,
            lastAtFrom: request.at - period,
            to: request.at + period
        )
        let near = candidates.compactMap { candidate -> (case: StoredCase, metres: Double)? in
            guard let metres = Self.distance(request, candidate.value), metres <= entry.duplicateRadius else {
                return nil
            }
            return (candidate, metres)
        }
        guard let nearest = near.min(by: { $0.metres < $1.metres })?.case else { return nil }
        var data = CaseEntry.Facts()
        data.alarmId = request.alarmId
        data.cameraId = request.cameraId
        data.snapshot = request.snapshot
        data.description = request.description
        data.happenedAt = request.at
        let state = nearest.value.state
        return try append(nearest, .join, by: .system, to: state, at: now, data: data, transaction)
    }

    /// Metres between a request and a case; 0 for the same camera where one of them has no position, nil for unknown.
    private static func distance(_ request: CaseRequest, _ candidate: Case) -> Double? {
        if let here = request.position, let there = candidate.position { return here.distance(to: there) }
        guard let camera = request.cameraId, camera == candidate.cameraId else { return nil }
        return 0
    }

    private func create(
        _ request: CaseRequest,
        _ entry: CaseClass,
        _ actor: CaseActor,
        _ now: WallTime,
        _ transaction: CaseTransaction
    ) throws -> StoredCase {
        let id = UUIDv7.make(at: now)
        let day = base.numberDay(now)
        let serial = String(try transaction.nextSerial(day: day))
        let base = base
        let level = entry.levels[0]
        var data = CaseEntry.Facts()
        data.number = "\(day)-" + String(repeating: "0", count: max(0, 4 - serial.count)) + serial
        data.class = entry.code
        data.level = level.level
        data.position = request.position
        data.address = request.address ?? request.position.flatMap(base.places.text(at:))
        data.cell = request.position.flatMap(base.grid.cell)
        data.unit = base.responsibility.unit(for: entry, cell: data.cell)
        setLimits(&data, level, base, now)
        data.flow = base.flow(of: entry)
        data.channel = request.channel
        data.description = request.description
        data.reporter = request.reporter ?? actor.role.map { _ in actor.name }
        data.clientId = request.clientId
        data.cameraId = request.cameraId
        data.alarmId = request.alarmId
        data.snapshot = request.snapshot
        data.happenedAt = request.at
        let opening = CaseEntry(
            caseId: id,
            seq: 1,
            at: now,
            by: actor,
            kind: request.filed ? .open : .report,
            from: nil,
            to: request.filed ? .filed : .reported,
            data: data
        )
        let sealed = try CaseLog.seal(opening, after: nil)
        guard let value = Case(opening: try CaseLog.decode(sealed)) else {
            throw CaseError(code: .invalidField("class"), message: "the case can't be opened from what was given")
        }
        try transaction.append(sealed, alarmId: request.alarmId, making: value)
        _ = try ReportDesk.keep(request, ofClass: entry.code, caseId: id, by: actor, at: now, base, transaction)
        if let clientId = request.clientId {
            try transaction.remember(clientId: clientId, of: actor.name, caseId: id)
        }
        return StoredCase(value: value, seq: sealed.seq, hash: sealed.hash)
    }

    // MARK: - Evidence

    package func attach(caseId: String, clip: CaseClip) async throws {
        let now = clock.now()
        let changed: StoredCase? = try await repository.transaction { [self] transaction in
            guard let stored = try transaction.find(caseId) else { throw Self.notFound(caseId) }
            let known = stored.value.clips.contains {
                $0.cameraId == clip.cameraId && $0.from == clip.from && $0.to == clip.to
            }
            // What is archived stays as it is.
            if known || stored.value.state == .archived { return nil }
            var data = CaseEntry.Facts()
            data.clip = clip
            return try append(stored, .attach, by: .system, to: stored.value.state, at: now, data: data, transaction)
        }
        if let changed { publish(changed) }
    }

    package func cell(at position: GeoPoint) -> String? { base.grid.cell(at: position) }

    package func policy(for origin: AlarmOrigin) -> AlarmPolicy { base.policy(for: origin) }

    /// All limits of a level, begun with filing; they and what they were taken from stay with the case.
    func setLimits(_ data: inout CaseEntry.Facts, _ level: CaseClass.Level, _ base: BaseData, _ now: WallTime) {
        var timers = level.timers
        for index in timers.indices { timers[index].begin(with: .filed, at: now, clock: base.deadlines) }
        data.limit = level.limit
        data.timers = timers
        data.dueAt = timers.last?.dueAt
        data.versions = base.versions
    }

    func append(
        _ stored: StoredCase,
        _ kind: CaseEntry.Kind,
        by actor: CaseActor,
        to state: CaseState,
        at now: WallTime,
        note: String? = nil,
        data: CaseEntry.Facts,
        _ transaction: CaseTransaction
    ) throws -> StoredCase {
        let entry = CaseEntry(
            caseId: stored.value.id,
            seq: stored.seq + 1,
            at: now,
            by: actor,
            kind: kind,
            from: stored.value.state,
            to: state,
            note: note,
            data: data
        )
        let sealed = try CaseLog.seal(entry, after: stored.hash)
        var value = stored.value
        // Applied as it will be read back, so that replaying the stored bytes gives exactly the stored case.
        value.apply(try CaseLog.decode(sealed))
        try transaction.append(sealed, alarmId: data.alarmId, making: value)
        return StoredCase(value: value, seq: sealed.seq, hash: sealed.hash)
    }

    // MARK: - Publication

    /// Tells the pages; after the commit, so that two quick steps may overtake each other: `seq` says which is later.
    func publish(_ stored: StoredCase, unit: String? = nil) {
        let value = stored.value
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        do {
            var view = view(value, for: nil)
            view.seq = stored.seq
            let json = try encoder.encode(view)
            feed.publish(Change(topic: .case, json: Array(json), unit: unit ?? value.unit))
        } catch {
            log.error("a case's change can't be encoded", metadata: ["case": "\(value.id)", "error": "\(error)"])
        }
    }

    static func notFound(_ id: String) -> CaseError {
        CaseError(code: .notFound, message: "there is no case \(id.prefix(63))")
    }
}
