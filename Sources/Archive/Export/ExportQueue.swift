import Domain
import Foundation
import Logging
package import Store
import Synchronization

/// Exports: taken down in the database, made two at a time, kept for some days.
///
/// What was queued or under way when the service ended is made anew at the next start. Waiting exports are bounded:
/// beyond `maximumWaiting` a new one is rejected.
package final class ExportQueue: Sendable {
    private struct State {
        /// Ids in the order in which they came.
        var waiting: [String] = []
        var running: [String: ExportGuard] = [:]
        /// Those being cancelled, which are not made anew at the next start.
        var cancelled: Set<String> = []
        var isStopping = false
    }

    private let root: URL
    private let repository: ExportRepository
    private let audit: AuditLog
    private let clock: any HostClock
    private let node: String
    private let settings: ArchiveSettings
    private let onChange: @Sendable (ExportJob) async -> Void
    private let logger: Logger
    private let state = Mutex(State())
    /// Progress that nobody has been told of yet, by id.
    private let progress = Mutex<[String: Double]>([:])
    /// The threads that exports are made on: two at a time, so that nobody who looks at recordings waits for them.
    let threads = BlockingWork(queues: 2)

    /// Exports made at once.
    private static let width = 2
    package static let maximumWaiting = 100
    package static let maximumItems = 64
    /// How long deleting waits for one that is being made: it looks at each fragment whether it is to go on.
    private static let endingTime = Duration.seconds(30)
    /// The longest range of an item.
    package static let maximumRange = Duration.seconds(86_400)

    init(
        dataDirectory: URL,
        database: Store.Database,
        audit: AuditLog,
        clock: any HostClock,
        settings: ArchiveSettings,
        onChange: @escaping @Sendable (ExportJob) async -> Void,
        logger: Logger = Logger(label: "gridwatch.export")
    ) {
        root = dataDirectory.appending(path: "exports")
        repository = ExportRepository(database)
        self.audit = audit
        self.clock = clock
        node = settings.node
        self.settings = settings
        self.onChange = onChange
        self.logger = logger
    }

    func folder(_ id: String) -> URL { root.appending(path: id) }

    // MARK: - Asking

    /// Takes an export down; it is made when its turn comes.
    ///
    /// - Throws: `ArchiveError` (`busy` when too many wait, `invalidRange`), `StoreError`.
    package func submit(_ request: ExportRequest, by user: String) async throws -> ExportJob {
        guard !request.items.isEmpty || request.caseMaterial != nil, request.items.count <= Self.maximumItems else {
            throw ArchiveError(.invalidRange, "an export has 1 to \(Self.maximumItems) ranges")
        }
        for item in request.items { try Archive.check(item.from, item.to, atMost: Self.maximumRange) }
        guard state.withLock({ $0.waiting.count < Self.maximumWaiting }) else {
            throw ArchiveError(.busy, "\(Self.maximumWaiting) exports wait already")
        }
        let now = clock.now()
        let job = ExportJob(id: UUIDv7.make(at: now), request: request, by: user, createdAt: now)
        try await repository.upsert(try job.stored(node: node))
        state.withLock { $0.waiting.append(job.id) }
        await onChange(job)
        return job
    }

    /// - Throws: `ArchiveError` (`notFound`).
    package func job(id: String) async throws -> ExportJob {
        guard let stored = try await repository.find(id) else {
            throw ArchiveError(.notFound, "there is no export \(id.prefix(63))")
        }
        return withProgress(try ExportJob(stored))
    }

    /// Newest first.
    package func list(page: PageRequest) async throws -> Page<ExportJob> {
        try await repository.list(page: page).map { withProgress(try ExportJob($0)) }
    }

    private func withProgress(_ job: ExportJob) -> ExportJob {
        guard job.state == .running else { return job }
        var job = job
        job.progress = progress.withLock { $0[job.id] } ?? job.progress
        return job
    }

    /// Ends an export that is not done yet; fine when it is. One that is being made ends a moment later, and its files
    /// go with it.
    package func cancel(id: String) async throws -> ExportJob {
        let isRunning = state.withLock { state in
            state.waiting.removeAll { $0 == id }
            guard let watch = state.running[id] else { return false }
            state.cancelled.insert(id)
            watch.cancel()
            return true
        }
        // Read only now: what isn't made at this moment isn't changed by anybody else.
        var job = try await job(id: id)
        // Whoever makes it ends it.
        guard !isRunning, [.queued, .running].contains(job.state) else { return job }
        job.state = .cancelled
        job.finishedAt = clock.now()
        job.expiresAt = clock.now() + settings.exportLife
        try await keep(job)
        return job
    }

    /// Deletes an export and its files, and tells of it as `deleted`. One that is being made is ended first.
    ///
    /// - Throws: `ArchiveError` (`notFound`; `busy` when it doesn't end in time), `StoreError`.
    package func delete(id: String) async throws {
        var job = try await cancel(id: id)
        // Whoever makes it would write anew what is deleted here.
        let end = ContinuousClock.now + Self.endingTime
        while state.withLock({ $0.running[id] != nil }) {
            guard ContinuousClock.now < end else {
                throw ArchiveError(.busy, "the export is still being ended; try again")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        guard try await repository.delete(id) else { return }
        let folder = folder(id)
        try await BlockingWork.shared.run { try? FileManager.default.removeItem(at: folder) }
        job.state = .deleted
        await onChange(job)
    }

    /// One of an export's files, or (`name` nil) what is downloaded as a whole.
    ///
    /// - Throws: `ArchiveError` (`notFound` also while it isn't done).
    package func open(_ job: ExportJob, name: String? = nil) async throws -> (
        file: ExportJob.File, bytes: any SlicedBytes
    ) {
        let missing = ArchiveError(.notFound, "the export has no such file")
        guard job.state == .done, let file = name == nil ? job.file : job.files.first(where: { $0.name == name }) else {
            throw missing
        }
        let folder = folder(job.id)
        do {
            guard let offset = file.offset, let whole = job.file else {
                let path = folder.appending(path: ExportBundle.looseName(file.name)).path
                return (file, try await OpenedFile.open(path))
            }
            let archive = try await OpenedFile.open(folder.appending(path: whole.name).path)
            return (file, SlicedPart(whole: archive, offset: offset, bytes: file.bytes))
        } catch let error as ArchiveError where error.code == .nothingRecorded {
            throw missing
        }
    }

    // MARK: - Making

    /// Makes exports and deletes those past their time, until its task is cancelled.
    package func run(in archive: Archive) async {
        state.withLock { $0.isStopping = false }
        do {
            let left = try await repository.all(node: node, states: [ExportState.queued, .running].map(\.rawValue))
            state.withLock { state in
                let known = Set(state.waiting)
                state.waiting = left.map(\.id).filter { !known.contains($0) } + state.waiting
            }
            try await clearStrays()
        } catch {
            logger.error("export.start", metadata: ["error": "\(error)"])
        }
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                for _ in 0..<Self.width { group.addTask { await self.work(in: archive) } }
                group.addTask { await self.expire() }
                group.addTask { await self.tell() }
            }
        } onCancel: {
            state.withLock { state in
                state.isStopping = true
                for watch in state.running.values { watch.cancel() }
            }
        }
    }

    private func work(in archive: Archive) async {
        while !Task.isCancelled {
            guard let (id, watch) = takeNext() else {
                try? await Task.sleep(for: .milliseconds(200))
                continue
            }
            do {
                try await make(id, watch, in: archive)
            } catch {
                logger.error("export.failed", metadata: ["export": "\(id)", "error": "\(error)"])
            }
            state.withLock { state in
                state.running[id] = nil
                state.cancelled.remove(id)
            }
            progress.withLock { $0[id] = nil }
        }
    }

    /// In one step from waiting to being made: whoever cancels finds it in one of the two.
    private func takeNext() -> (id: String, watch: ExportGuard)? {
        state.withLock { state in
            guard !state.isStopping, !state.waiting.isEmpty else { return nil }
            let id = state.waiting.removeFirst()
            let watch = ExportGuard(folder: root.path, floorBytes: settings.exportFloorBytes) { [self] share in
                progress.withLock { $0[id] = share }
            }
            state.running[id] = watch
            return (id, watch)
        }
    }

    private func make(_ id: String, _ watch: ExportGuard, in archive: Archive) async throws {
        guard let stored = try await repository.find(id) else { return }
        var job = try ExportJob(stored)
        guard [.queued, .running].contains(job.state) else { return }
        let fresh = ExportJob(id: id, request: job.request, by: job.by, createdAt: job.createdAt)
        job = fresh
        job.state = .running
        try await keep(job)
        do {
            var maker = ExportMaker(archive: archive, job: job, guardian: watch)
            let made = try await maker.make()
            // Also when all of it had been written before.
            if watch.isCancelled { throw CancellationError() }
            job = made
            job.state = .done
            job.progress = 1
            job.finishedAt = clock.now()
            job.expiresAt = clock.now() + settings.exportLife
        } catch {
            let (stopping, cancelled) = state.withLock { ($0.isStopping, $0.cancelled.contains(id)) }
            // It stands as running and is made anew at the next start.
            if stopping, !cancelled { return }
            job.state = error is CancellationError || cancelled ? .cancelled : .failed
            if job.state == .failed {
                (job.error, job.errorDetail) = (Self.code(of: error), "\(error)")
                logger.error("export.failed", metadata: ["export": "\(id)", "error": "\(error)"])
            }
            job.finishedAt = clock.now()
            job.expiresAt = clock.now() + settings.exportLife
            let folder = folder(id)
            try await BlockingWork.shared.run { try? FileManager.default.removeItem(at: folder) }
        }
        try await keep(job)
    }

    private static func code(of error: any Error) -> ExportJob.Failure {
        switch (error as? ArchiveError)?.code {
        case .nothingRecorded: .nothingRecorded
        case .belowFloor: .belowFloor
        case .diskFull: .diskFull
        case .io: .io
        default: (error as? StoreError)?.code == .diskFull ? .diskFull : .failed
        }
    }

    private func keep(_ job: ExportJob) async throws {
        try await repository.upsert(try job.stored(node: node))
        await onChange(job)
    }

    /// Tells of progress, at most once a second.
    private func tell() async {
        var told: [String: Double] = [:]
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            let now = progress.withLock { $0 }
            for (id, share) in now where told[id] != share {
                guard let job = try? await job(id: id), job.state == .running else { continue }
                await onChange(job)
            }
            told = now
        }
    }

    private func expire() async {
        repeat {
            do {
                for old in try await repository.expired(node: node, at: clock.now()) {
                    try await delete(id: old.id)
                    await audit.record(
                        .deleteExport,
                        AuditSubject(.export, old.id),
                        data: ["reason": "expired"],
                        by: "system"
                    )
                }
            } catch {
                logger.error("export.expire", metadata: ["error": "\(error)"])
            }
        } while (try? await Task.sleep(for: .seconds(60))) != nil
    }

    /// Folders of exports that nobody knows.
    private func clearStrays() async throws {
        let root = root
        let names = try await BlockingWork.shared.run {
            (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
        }
        for name in names where name != "tmp" && name.utf8.count == 36 {
            guard try await repository.find(name) == nil else { continue }
            let folder = folder(name)
            try await BlockingWork.shared.run { try? FileManager.default.removeItem(at: folder) }
        }
    }
}

/// A part of an opened file.
private struct SlicedPart: SlicedBytes {
    let whole: OpenedFile
    let offset: Int
    let bytes: Int

    func read(offset: Int, count: Int) async throws -> [UInt8] {
        try await whole.read(offset: self.offset + offset, count: max(0, min(count, bytes - offset)))
    }
}
