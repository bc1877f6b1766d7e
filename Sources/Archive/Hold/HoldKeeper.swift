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

    /// Locks; when this returns the lock survives a power cut and capture obeys it.
    func create(_ hold: Hold) async throws {
        try await append(Self.record(hold))
        try await repository.upsert([hold])
    }

    /// Releases; the record stays.
    func release(_ hold: Hold, by: String, reason: String, at: WallTime) async throws -> Hold {
        guard hold.releasedAt == nil else {
            throw ArchiveError(.alreadyReleased, "hold \(hold.id) is already released")
        }
        var released = hold
        released.releasedAt = at
        released.releasedBy = by
        released.releaseReason = reason
        try await append(Self.record(released))
        try await repository.upsert([released])
        return released
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
            try await append(Self.record(hold))
            lost += 1
        }
        return (written.subtracting(known).count, lost)
    }

    private func append(_ record: HoldRecord) async throws {
        try await BlockingWork.shared.run { [journal] in
            do throws(FileFailure) {
                try journal.append(record)
            } catch {
                throw ArchiveError(
                    error.code == ENOSPC ? .diskFull : .io,
                    "the hold could not be written to \(error.path): \(String(cString: strerror(error.code)))",
                    cause: error
                )
            }
        }
    }

    private static func record(_ hold: Hold) -> HoldRecord {
        HoldRecord(
            id: hold.id,
            cameraId: hold.cameraId,
            from: hold.from,
            to: hold.to,
            reason: hold.reason,
            by: hold.by,
            createdAt: hold.createdAt,
            releasedAt: hold.releasedAt
        )
    }

    private static func row(_ record: HoldRecord) -> Hold {
        Hold(
            id: record.id,
            cameraId: record.cameraId,
            from: record.from,
            to: record.to,
            reason: record.reason,
            by: record.by,
            createdAt: record.createdAt,
            releasedAt: record.releasedAt,
            recorded: .none
        )
    }
}
