import CLinux
import Domain
import Foundation
import Recording
import Store

/// Holds: on disk in `recordings/holds.journal` before anything else, then in the table.
struct HoldKeeper: Sendable {
    let journal: HoldsJournal
    let repository: HoldRepository

    init(layout: RecordingLayout, database: Store.Database) {
        journal = HoldsJournal(layout: layout)
        repository = HoldRepository(database)
    }

    /// Locks; when this returns the locks survive a power cut and capture obeys them.
    func create(_ holds: [Hold]) async throws {
        try await append(holds)
        try await repository.upsert(holds)
    }

    /// Releases; the record stays.
    func release(_ hold: Hold, by: String, reason: String, at: WallTime) async throws -> Hold {
        var released = hold
        released.releasedAt = at
        released.releasedBy = by
        released.releaseReason = reason
        return try await change(released, from: hold)
    }

    /// Moves the end of a hold; nil: it has none.
    func extend(_ hold: Hold, until: WallTime?) async throws -> Hold {
        var extended = hold
        extended.until = until
        return try await change(extended, from: hold)
    }

    /// Releases those that have reached their end.
    ///
    /// - Parameter now: a time that can be trusted: capture looks at the release only, and no clock.
    /// - Returns: how many there were.
    func expire(now: WallTime) async throws -> Int {
        var count = 0
        for hold in try await repository.active() {
            guard let until = hold.until, until <= now else { continue }
            // Asked once more: somebody may have extended it meanwhile.
            guard let latest = try await repository.find(hold.id), latest == hold else { continue }
            _ = try await release(hold, by: Hold.expirer, reason: Hold.expiryReason, at: now)
            count += 1
        }
        return count
    }

    private func change(_ hold: Hold, from before: Hold) async throws -> Hold {
        guard before.releasedAt == nil else {
            throw ArchiveError(.alreadyReleased, "hold \(hold.id) is already released")
        }
        try await append([hold])
        try await repository.upsert([hold])
        return hold
    }

    /// Brings the table up to date with the journal, and writes into the journal what only the table has.
    ///
    /// - Returns: how many holds were restored to the table and to the journal.
    func reconcile() async throws -> (toTable: Int, toJournal: Int) {
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
