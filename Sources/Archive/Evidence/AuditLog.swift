package import Domain
package import Foundation
package import Logging
import Recording
package import Store
import Synchronization

/// Who looked at, marked, held, exported or deleted recordings, changed users or keys: append-only and hash-chained, as a
/// table and as files beside the database.
package final class AuditLog: Sendable {
    private struct State {
        /// Lines that could not be stored yet (the disk is full). At most `maximumWaiting`; then the newest is counted
        /// and left out, and a line `linesLost` says so later.
        var waiting: [AuditEntry] = []
        var lost = 0
        /// The files lack lines that the table has, or the other way round.
        var differs = true
        /// When somebody last looked, by what was looked at.
        var views: [String: Duration] = [:]
    }

    private static let maximumWaiting = 1000
    /// Looking again within this time is not noted again.
    private static let viewInterval = Duration.seconds(600)

    private let repository: AuditRepository
    private let file: AuditFile
    private let clock: any HostClock
    private let logger: Logger
    private let state = Mutex(State())

    package init(
        dataDirectory: URL,
        database: Store.Database,
        clock: any HostClock = SystemClock(),
        logger: Logger = Logger(label: "gridwatch.audit")
    ) {
        repository = AuditRepository(database)
        file = AuditFile(folder: dataDirectory.appending(path: "audit").path)
        self.clock = clock
        self.logger = logger
    }

    /// Notes that something was done. When this returns the line is on disk, unless the disk failed: then it waits and
    /// is stored with the next one.
    ///
    /// - Parameters:
    ///   - data: facts of the action, like `from`, `to`, `reason`; never credentials.
    ///   - user: a user's name, `-` where nobody is signed in, or `system`.
    ///   - address: the peer's IP address.
    package func record(
        _ action: AuditAction,
        _ subject: AuditSubject,
        data: [String: String] = [:],
        by user: String,
        role: String? = nil,
        address: String? = nil
    ) async {
        let entry = AuditEntry(
            seq: 0,
            at: clock.now(),
            by: user,
            role: role,
            action: action.rawValue,
            subjectKind: subject.kind.rawValue,
            subjectId: String(subject.id.prefix(200)),
            data: data,
            address: address,
            hash: ""
        )
        let entries = state.withLock { state -> [AuditEntry] in
            defer { state.waiting = [] }
            guard state.lost > 0 else { return state.waiting + [entry] }
            var note = entry
            note.by = "system"
            (note.role, note.address) = (nil, nil)
            note.action = AuditAction.linesLost.rawValue
            (note.subjectKind, note.subjectId) = (AuditSubject.Kind.audit.rawValue, "audit")
            note.data = ["count": "\(state.lost)"]
            state.lost = 0
            return state.waiting + [note, entry]
        }
        for (index, entry) in entries.enumerated() {
            do {
                try await append(entry)
            } catch {
                logger.error("audit.waiting", metadata: ["error": "\(error)"])
                keep(entries[index...])
                return
            }
        }
    }

    /// Notes that somebody looks at a camera, at most once per user, camera and action in ten minutes.
    package func recordView(
        _ action: AuditAction,
        cameraId: String,
        data: [String: String] = [:],
        by user: String,
        role: String? = nil,
        address: String? = nil
    ) async {
        let now = clock.monotonic()
        let key = "\(action.rawValue) \(cameraId) \(user)"
        let isNew = state.withLock { state in
            if let last = state.views[key], now - last < Self.viewInterval { return false }
            // Bounded by users, cameras and ten minutes.
            if state.views.count >= 4096 { state.views = state.views.filter { now - $0.value < Self.viewInterval } }
            state.views[key] = now
            return true
        }
        guard isNew else { return }
        await record(action, AuditSubject(.camera, cameraId), data: data, by: user, role: role, address: address)
    }

    private func keep(_ entries: ArraySlice<AuditEntry>) {
        state.withLock { state in
            state.waiting = Array(entries) + state.waiting
            let excess = state.waiting.count - Self.maximumWaiting
            guard excess > 0 else { return }
            state.waiting.removeLast(excess)
            state.lost += excess
        }
    }

    private func append(_ entry: AuditEntry) async throws {
        if state.withLock({ $0.differs }) { try await reconcile() }
        try await repository.append { [self] last in
            let sealed = try AuditChain.seal(entry, after: last)
            do throws(FileFailure) {
                // Inside the transaction: a line is in both or in neither, but for a crash between the two.
                try file.append([sealed])
            } catch {
                // The table keeps it; the file gets it with the next line.
                state.withLock { $0.differs = true }
                logger.error("audit.file", metadata: ["error": "\(error)"])
            }
            return sealed
        }
    }

    /// Makes table and files agree after a crash, a full disk or the loss of one of them.
    package func reconcile() async throws {
        let last = try await repository.last()
        let written = try await BlockingWork.shared.run { [file] in try file.last() }
        if (written?.seq ?? 0) > (last?.seq ?? 0) {
            try await takeFromFiles(after: last)
        } else if (last?.seq ?? 0) > (written?.seq ?? 0) {
            var from = (written?.seq ?? 0) + 1
            while true {
                let lines = try await repository.lines(from: from, limit: 1000)
                guard let end = lines.last else { break }
                try await BlockingWork.shared.run { [file] in try file.append(lines) }
                from = end.seq + 1
            }
        }
        state.withLock { $0.differs = false }
    }

    private func takeFromFiles(after last: (seq: Int, hash: String)?) async throws {
        let lines = try await BlockingWork.shared.run { [file] in
            var found: [StoredAuditEntry] = []
            for month in try file.months() {
                found += try file.lines(of: month).compactMap { $0 }.filter { $0.seq > (last?.seq ?? 0) }
            }
            return found
        }
        var previous = last
        var good: [StoredAuditEntry] = []
        for line in lines {
            guard line.seq == (previous?.seq ?? 0) + 1,
                AuditChain.hash(line.entry, after: previous?.hash ?? AuditChain.origin) == line.hash
            else {
                // Not taken in: the check names it, and new lines go on from what is whole.
                logger.error("audit.broken", metadata: ["seq": "\(line.seq)"])
                break
            }
            good.append(line)
            previous = (line.seq, line.hash)
        }
        try await repository.insert(good)
    }

    // MARK: - Reading

    /// Newest first.
    ///
    /// - Parameter cursor: `next` of the page before.
    /// - Throws: `StoreError` (`invalidCursor`).
    package func list(_ filter: AuditFilter, limit: Int, cursor: String? = nil) async throws -> Page<AuditEntry> {
        var before: Int?
        if let cursor {
            guard let seq = Int(cursor) else {
                throw StoreError(code: .invalidCursor, message: "the cursor is not one that a list has given out")
            }
            before = seq
        }
        let rows = try await repository.list(filter, before: before, limit: limit + 1)
        let shown = rows.prefix(limit)
        return Page(
            items: shown.compactMap(AuditChain.entry),
            next: rows.count > limit ? shown.last.map { "\($0.seq)" } : nil
        )
    }

    /// Number and hash of the last line, for signing.
    package func head() async throws -> (seq: Int, hash: String)? { try await repository.last() }

    /// What checking the log has found.
    package struct Finding: Sendable, Hashable {
        package var entries: Int
        /// The last line's hash; nil for an empty log.
        package var head: String?
        /// The first line that was changed, removed or put in; nil when all is well.
        package var firstBad: Int?

        package var isIntact: Bool { firstBad == nil }
    }

    /// Checks every line of table and files: numbers, hashes, and that both say the same.
    ///
    /// - Parameter anchor: number and hash that were signed: a log that is shorter, or says otherwise there, is bad.
    package func verify(anchor: (seq: Int, hash: String)? = nil) async throws -> Finding {
        let written = try await BlockingWork.shared.run { [file] in
            try file.months().flatMap { try file.lines(of: $0) }
        }
        var finding = Finding(entries: 0)
        func isBad(_ seq: Int) { finding.firstBad = min(finding.firstBad ?? seq, seq) }
        var previous = AuditChain.origin
        var next = 1
        while true {
            let rows = try await repository.lines(from: next, limit: 1000)
            guard let end = rows.last else { break }
            next = end.seq + 1
            for row in rows {
                let seq = finding.entries + 1
                let isRight =
                    row.seq == seq && AuditChain.hash(row.entry, after: previous) == row.hash
                    && AuditChain.stored(row.entry, hash: row.hash) == row
                if !isRight { isBad(seq) }
                if seq > written.count || written[seq - 1] != row { isBad(seq) }
                if let anchor, anchor.seq == seq, anchor.hash != row.hash { isBad(seq) }
                previous = row.hash
                finding.entries += 1
            }
        }
        if written.count > finding.entries { isBad(finding.entries + 1) }
        if let anchor, anchor.seq > finding.entries { isBad(finding.entries + 1) }
        finding.head = finding.entries > 0 ? previous : nil
        return finding
    }
}
