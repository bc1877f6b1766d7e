package import Domain
import Foundation
import Logging
import Recording
import Store
import Synchronization

/// Signs the chain heads of all cameras once a minute with the site's key, so that whoever has a copy of the public key
/// can tell whether bytes are those that were recorded.
package actor HeadSigner {
    package nonisolated let keys: KeyRing

    private let layout: RecordingLayout
    private let signatures: SignatureFiles
    private let segments: SegmentRepository
    private let index: IndexRepository
    private let audit: AuditLog
    private let clock: any HostClock
    private let node: String
    private let logger: Logger
    /// The latest signed head of each camera; read by timelines.
    private nonisolated let latest = Mutex<[String: SignedHead]>([:])
    private nonisolated let latestAudit = Mutex<SignedAuditHead?>(nil)
    private var growing: [String: GrowingHead] = [:]
    private var isPrepared = false
    /// Rounds follow one another.
    private var round: Task<Void, any Error>?
    private var prunedAt: Duration?

    private static let interval = Duration.seconds(60)
    /// Of a camera that was never signed, what was recorded longer ago than this is left to the chain alone.
    private static let firstReach = Duration.seconds(86_400)

    init(
        dataDirectory: URL,
        layout: RecordingLayout,
        database: Store.Database,
        audit: AuditLog,
        node: String,
        clock: any HostClock,
        logger: Logger = Logger(label: "gridwatch.signing")
    ) {
        keys = KeyRing(dataDirectory: dataDirectory, clock: clock)
        self.layout = layout
        signatures = SignatureFiles(layout: layout)
        segments = SegmentRepository(database)
        index = IndexRepository(database)
        self.audit = audit
        self.node = node
        self.clock = clock
        self.logger = logger
    }

    /// Signs every minute until its task is cancelled; failures are logged and tried again.
    package func run() async {
        var isFailing = false
        while !Task.isCancelled {
            do {
                try await sign()
                isFailing = false
                if prunedAt.map({ clock.monotonic() - $0 > .seconds(3600) }) ?? true {
                    prunedAt = clock.monotonic()
                    try await prune()
                }
            } catch {
                if Task.isCancelled { return }
                if !isFailing { logger.error("signing.failed", metadata: ["error": "\(error)"]) }
                isFailing = true
            }
            try? await Task.sleep(for: Self.interval)
        }
    }

    /// Until when a camera's recording is covered by a signature; nil before the first.
    package nonisolated func signedUntil(cameraId: String) -> WallTime? {
        latest.withLock { $0[cameraId]?.until }
    }

    /// The audit log's end as it was last signed, for `AuditLog.verify(anchor:)`.
    package nonisolated var auditAnchor: (seq: Int, hash: String)? {
        latestAudit.withLock { $0.map { ($0.audit, $0.head) } }
    }

    /// Reads the key (makes the first one) and what was signed last; again and again is fine.
    ///
    /// - Throws: `ArchiveError` when the key can't be read or made.
    package func prepare() async throws {
        guard !isPrepared else { return }
        let keys = keys
        let signatures = signatures
        let (made, cameras, audited) = try await BlockingWork.shared.run {
            let made = try keys.load()
            var cameras: [String: SignedHead] = [:]
            var audited: SignedAuditHead?
            for day in try signatures.days().suffix(3) {
                let last = try signatures.last(day: day)
                cameras.merge(last.cameras) { $1 }
                audited = last.audit ?? audited
            }
            return (made, cameras, audited)
        }
        guard !isPrepared else { return }
        latest.withLock { $0.merge(cameras) { $1 } }
        latestAudit.withLock { $0 = $0 ?? audited }
        isPrepared = true
        if made, let key = keys.current {
            await audit.record(.keyMade, AuditSubject(.key, key.keyId), by: "system")
        }
    }

    /// Puts a new key in the place of the present one.
    package func rotate() async throws -> PublicKey {
        try await prepare()
        let keys = keys
        return try await BlockingWork.shared.run { try keys.rotate() }
    }

    /// Signs what is new now.
    ///
    /// - Throws: `ArchiveError`, `StoreError`, `FileFailure`.
    package func sign() async throws {
        let before = round
        let task = Task {
            _ = await before?.result
            try await signRound()
        }
        round = task
        try await task.value
    }

    private func signRound() async throws {
        try await prepare()
        let now = clock.now()
        var found: [SignedHead] = []
        for camera in try await index.positions(node: node).keys.sorted() {
            let last = latest.withLock { $0[camera] }
            let rows = try await segments.overlapping(
                cameraId: camera,
                from: last?.until ?? now - Self.firstReach,
                to: WallTime(microseconds: .max)
            ).filter { $0.node == node }
            let known = growing[camera]
            do {
                let (heads, next) = try await BlockingWork.shared.run { [layout] in
                    try Self.heads(of: rows, camera, last, known, layout, at: now)
                }
                growing[camera] = next
                found += heads
            } catch let error as FileFailure {
                // The others are signed all the same; this one is tried again in the next round.
                logger.error("signing.unreadable", metadata: ["camera.id": "\(camera)", "error": "\(error)"])
            }
        }
        try await write(found, at: now)
    }

    private func write(_ found: [SignedHead], at now: WallTime) async throws {
        var signed: [SignedHead] = []
        for var head in found {
            guard
                let made = keys.sign({ keyId in
                    head.keyId = keyId
                    return head.statement
                })
            else { continue }
            head.signature = made.signature
            signed.append(head)
        }
        var lines = signed.map(\.line)
        var auditHead: SignedAuditHead?
        if let end = try await audit.head(), end.seq != latestAudit.withLock({ $0?.audit }) {
            var head = SignedAuditHead(
                audit: end.seq,
                head: end.hash,
                at: now.microseconds,
                key: "",
                signature: ""
            )
            let made = keys.sign { keyId in
                head.key = keyId
                return head.statement
            }
            if let made {
                head.signature = made.signature
                lines.append(try head.line)
                auditHead = head
            }
        }
        guard !lines.isEmpty else { return }
        let (signatures, day, written) = (signatures, RecordingLayout.day(of: now), lines)
        try await BlockingWork.shared.run { try signatures.append(written, day: day) }
        latest.withLock { latest in for head in signed { latest[head.cameraId] = head } }
        if let auditHead { latestAudit.withLock { $0 = auditHead } }
    }

    /// The unsigned heads of a camera's newest segments: the end of each closed one, and how far the open one has come.
    private static func heads(
        of rows: [Segment],
        _ camera: String,
        _ last: SignedHead?,
        _ known: GrowingHead?,
        _ layout: RecordingLayout,
        at now: WallTime
    ) throws -> ([SignedHead], GrowingHead?) {
        var heads: [SignedHead] = []
        var growing = known
        for row in rows {
            guard let file = row.path.split(separator: "/").last, file.hasSuffix(".mp4") else { continue }
            let name = String(file.dropLast(4))
            if let last, name < last.segment { continue }
            var current = growing?.path == row.path ? growing : nil
            if current == nil { current = GrowingHead(path: row.path, layout: layout) }
            guard var state = current else { continue }
            try state.readOn()
            growing = state
            guard let chain = state.chain, state.fragments > 0 else { continue }
            if last?.segment == name, last?.fragments == state.fragments, last?.head == chain.description { continue }
            heads.append(
                SignedHead(
                    cameraId: camera,
                    segment: name,
                    fragments: state.fragments,
                    head: chain.description,
                    until: state.end,
                    at: now
                )
            )
        }
        return (heads, growing)
    }

    // MARK: - Reading

    /// The signed heads that cover `from..<to` of a camera: up to the first whose end is not before `to`.
    package func signatures(cameraId: String, from: WallTime, to: WallTime) async throws -> [SignedHead] {
        let signatures = signatures
        return try await BlockingWork.shared.run {
            var found: [SignedHead] = []
            let first = RecordingLayout.day(of: from)
            for day in try signatures.days() where day >= first {
                for head in try signatures.heads(cameraId: cameraId, day: day) where head.until > from {
                    found.append(head)
                    if head.until >= to { return found }
                }
            }
            return found
        }
    }

    /// All signed heads of one segment, in the order in which they were signed.
    func heads(cameraId: String, segment name: SegmentName) async throws -> [SignedHead] {
        let signatures = signatures
        return try await BlockingWork.shared.run {
            var found: [SignedHead] = []
            for day in try signatures.days() where day >= name.day {
                let heads = try signatures.heads(cameraId: cameraId, day: day)
                found += heads.filter { $0.segment == name.text }
                // Names grow: once a later segment is signed nothing more comes for this one.
                if heads.contains(where: { $0.segment > name.text }) { break }
            }
            return found
        }
    }

    /// Deletes the files of days none of whose segments is there any more.
    func prune() async throws {
        let signatures = signatures
        let today = RecordingLayout.day(of: clock.now())
        for day in try await BlockingWork.shared.run({ try signatures.days() }) where day < today {
            let covered = try await BlockingWork.shared.run { try signatures.span(day: day) }
            var isNeeded = false
            for (camera, span) in covered where !isNeeded {
                isNeeded = try await !segments.overlapping(cameraId: camera, from: span.from, to: span.to).isEmpty
            }
            guard !isNeeded else { continue }
            try await BlockingWork.shared.run { try signatures.remove(day: day) }
            logger.info("signing.pruned", metadata: ["day": "\(day)"])
        }
    }
}

/// How far the chain of one segment has come, read from its journal as that grows.
struct GrowingHead: Sendable {
    let path: String
    private(set) var chain: ContentHash?
    private(set) var fragments = 0
    private(set) var end = WallTime.epoch
    private var reader: JournalReader

    init?(path: String, layout: RecordingLayout) {
        guard path.hasSuffix(".mp4") else { return nil }
        self.path = path
        reader = JournalReader(path: "\(layout.root)/\(path.dropLast(4)).journal")
    }

    mutating func readOn() throws(FileFailure) {
        for entry in try reader.readAll() {
            switch entry {
            case .segmentOpened(let opened): (chain, fragments) = (opened.chainStart, 0)
            case .fragment(let record):
                chain = chain.map { ContentHash(chaining: $0, record.moofHash, record.payloadHash) }
                fragments += 1
                end = record.wallEnd
            case .segmentCut:
                // Fragments are taken back: begin anew.
                var whole = JournalReader(path: reader.path)
                guard let index = FragmentIndex(try whole.readAll()) else { return }
                reader = whole
                (chain, fragments) = (index.head, index.fragments.count)
                end = index.fragments.last?.wallEnd ?? index.opened.startedAt
                return
            default: continue
            }
        }
    }
}
