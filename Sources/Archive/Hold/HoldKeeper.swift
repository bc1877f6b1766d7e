import CLinux
import Domain
import Foundation
import Recording
import Store

/// Holds: on disk in `recordings/holds.journal` before anything else, then in the table.
struct HoldKeeper: Sendable {
    let journal: HoldsJournal
    let repository: HoldRepository
    /// One change after the other, whichever part of the service makes it: journal and table must end with the same one.
    private static let turns = OrderedTurns()

    init(layout: RecordingLayout, database: Store.Database) {
        journal = HoldsJournal(layout: layout)
        repository = HoldRepository(database)
    }

    /// Locks; when this returns the locks survive a power cut and capture obeys them.
    func create(_ holds: [Hold]) async throws {
        try await Self.turns.take { [self] in
            try await append(holds)
            try await repository.upsert(holds)
        }
    }

    /// Releases; the record stays.
    ///
    /// - Throws: `ArchiveError` (`notFound`, `alreadyReleased`, `io`, `diskFull`), `StoreError`.
    @discardableResult
    func release(_ id: String, by: String, reason: String, at: WallTime) async throws -> Hold {
        try await change(id) { hold in
            hold.releasedAt = at
            hold.releasedBy = by
            hold.releaseReason = reason
        }
    }

    /// Moves the end of a hold to a later time; nil: it has none.
    ///
    /// - Throws: as `release`, and `ArchiveError` (`invalidRange`) when it would end earlier.
    func extend(_ id: String, until: WallTime?) async throws -> Hold {
        try await change(id) { hold in
            if let until, until < hold.until ?? WallTime(microseconds: .max) {
                throw ArchiveError(.invalidRange, "the hold would end earlier than now: extend it, or release it")
            }
            hold.until = until
        }
    }

    /// Releases those that have reached their end.
    ///
    /// - Parameter now: a time that can be trusted: capture looks at the release only, and no clock.
    /// - Returns: how many there were.
    func expire(now: WallTime) async throws -> Int {
        var count = 0
        for hold in try await repository.active() {
            guard let until = hold.until, until <= now else { continue }
            do {
                try await change(hold.id) { latest in
                    // Somebody may have extended it meanwhile.
                    guard latest == hold else { throw ArchiveError(.alreadyReleased, "the hold was changed") }
                    latest.releasedAt = now
                    latest.releasedBy = Hold.expirer
                    latest.releaseReason = Hold.expiryReason
                }
                count += 1
            } catch let error as ArchiveError where error.code == .alreadyReleased || error.code == .notFound {
                continue
            }
        }
        return count
    }

    /// Changes a hold as it is when its turn comes.
    @discardableResult
    private func change(_ id: String, _ body: @escaping @Sendable (inout Hold) throws -> Void) async throws -> Hold {
        try await Self.turns.take { [self] in
            guard var hold = try await repository.find(id) else {
                throw ArchiveError(.notFound, "there is no hold \(id)")
            }
            guard hold.releasedAt == nil else {
                throw ArchiveError(.alreadyReleased, "hold \(id) is already released")
            }
            try body(&hold)
            try await append([hold])
            try await repository.upsert([hold])
            return hold
        }
    }

    /// Brings the table up to date with the journal, and writes into the journal what only the table has.
    ///
    /// - Returns: how many holds were restored to the table and to the journal.
    func reconcile() async throws -> (toTable: Int, toJournal: Int) {
        try await Self.turns.take { [self] in try await reconcileNow() }
    }

    private func reconcileNow() async throws -> (toTable: Int, toJournal: Int) {
        let records = try await BlockingWork.shared.run { [journal] in try journal.load() }
        let known = try await repository.ids()
        try await repository.upsert(records.map(Self.row))
        let written = Set(records.map(\.id))
        var lost = 0
        for hold in try await repository.active() where !written.contains(hold.id) {
            try await append([hold])
            lost += 1
        }
        return (written.subtracting(known).count, lost)
    }

    private func append(_ holds: [Hold]) async throws {
        let records = holds.map(Self.record)
        try await BlockingWork.shared.run { [journal] in
            do throws(FileFailure) {
                try journal.append(records)
            } catch {
                throw ArchiveError(
                    error.code == ENOSPC ? .diskFull : .io,
                    "the hold could not be written to \(error.path): \(String(cString: strerror(error.code)))",
                    cause: error
                )
            }
        }
    }

    static func record(_ hold: Hold) -> HoldRecord {
        HoldRecord(
            id: hold.id,
            cameraId: hold.cameraId,
            from: hold.from,
            to: hold.to,
            reason: hold.reason,
            by: hold.by,
            createdAt: hold.createdAt,
            caseId: hold.caseId,
            until: hold.until,
            releasedAt: hold.releasedAt,
            releasedBy: hold.releasedBy,
            releaseReason: hold.releaseReason
        )
    }

    static func row(_ record: HoldRecord) -> Hold {
        Hold(
            id: record.id,
            cameraId: record.cameraId,
            from: record.from,
            to: record.to,
            reason: record.reason,
            by: record.by,
            createdAt: record.createdAt,
            caseId: record.caseId,
            until: record.until,
            releasedAt: record.releasedAt,
            releasedBy: record.releasedBy,
            releaseReason: record.releaseReason,
            recorded: .none
        )
    }
}
