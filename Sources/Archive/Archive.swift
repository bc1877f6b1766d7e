package import Domain
package import Foundation
package import Logging
import Media
import Recording
package import Store
import Synchronization

/// The reading side of the recording: index, timeline, live and playback streams, clips, pictures, bookmarks, holds and
/// attachments.
package final class Archive: Sendable {
    /// The longest range of a clip.
    package static let maximumClip = Duration.seconds(4 * 3600)
    /// The longest range of a timeline or a playback.
    package static let maximumWindow = Duration.seconds(40 * 86_400)

    let dataDirectory: URL
    let database: Store.Database
    let clock: any HostClock
    let settings: ArchiveSettings
    let hooks: ArchiveHooks
    let logger: Logger
    let layout: RecordingLayout
    let segments: SegmentRepository
    let gaps: GapRepository
    let holdKeeper: HoldKeeper
    let attachments: AttachmentStore
    /// Who did what with recordings, users and keys.
    package let audit: AuditLog
    /// Signs what is recorded.
    package let signer: HeadSigner
    package let exports: ExportQueue
    /// Makes pictures in child processes.
    package let renderPool: RenderPool
    let pictureCache = PictureCache()
    let mediaTypes = MediaTypeCache()
    let hub: LiveHub
    let pictureFeed: PictureFeed
    let transcodeSlots: TranscodeSlots
    let liveTranscodes: LiveTranscodes
    let hlsTranscodes: HLSTranscodes
    /// Sound that is converted takes a process too, though next to nothing of a processor.
    let soundSlots = TranscodeSlots(limit: 16)
    /// The index held all that the journals did when it last looked.
    let isCaughtUp = Atomic<Bool>(false)
    /// At most 2 clips are written at once; others wait.
    let clipThreads = BlockingWork(queues: 2)
    let clipShelf: ClipShelf

    package init(
        dataDirectory: URL,
        database: Store.Database,
        clock: any HostClock = SystemClock(),
        settings: ArchiveSettings = ArchiveSettings(),
        hooks: ArchiveHooks = ArchiveHooks(),
        logger: Logger = Logger(label: "gridwatch.archive")
    ) {
        self.dataDirectory = dataDirectory
        self.database = database
        self.clock = clock
        self.settings = settings
        self.hooks = hooks
        self.logger = logger
        layout = RecordingLayout(dataDirectory: dataDirectory.path)
        // Before the first capture has made it; where it can't be made, capture says why.
        try? SystemFiles().createDirectory(layout.root)
        segments = SegmentRepository(database)
        gaps = GapRepository(database)
        holdKeeper = HoldKeeper(layout: layout, database: database)
        attachments = AttachmentStore(
            folder: dataDirectory.appending(path: "attachments"),
            repository: AttachmentRepository(database),
            node: settings.node
        )
        audit = AuditLog(dataDirectory: dataDirectory, database: database, clock: clock)
        signer = HeadSigner(
            dataDirectory: dataDirectory,
            layout: layout,
            database: database,
            audit: audit,
            node: settings.node,
            clock: clock
        )
        exports = ExportQueue(
            dataDirectory: dataDirectory,
            database: database,
            audit: audit,
            clock: clock,
            settings: settings,
            onChange: hooks.onExport
        )
        renderPool = RenderPool(executable: settings.renderExecutable)
        clipShelf = ClipShelf(clock: clock)
        hub = LiveHub(layout: layout, interval: settings.liveInterval, logger: logger)
        transcodeSlots = TranscodeSlots(limit: settings.transcodeLimit)
        liveTranscodes = LiveTranscodes(
            hub: hub,
            slots: transcodeSlots,
            executable: settings.renderExecutable.path,
            deadline: settings.transcodeDeadline,
            logger: logger
        )
        hlsTranscodes = HLSTranscodes(
            slots: transcodeSlots,
            executable: settings.renderExecutable.path,
            deadline: settings.transcodeDeadline,
            linger: settings.transcodeLinger
        )
        pictureFeed = PictureFeed(hub: hub, pool: renderPool, logger: logger)
    }

    /// Follows the journals into the index, signs and makes exports, until its task is cancelled. Failures are logged and tried again.
    package func run() async {
        clearExports()
        await withDiscardingTaskGroup { group in
            group.addTask { await self.followJournals() }
            group.addTask { await self.signer.run() }
            group.addTask { await self.exports.run(in: self) }
        }
    }

    private func followJournals() async {
        var follower: IndexFollower?
        var unreadable: Set<String> = []
        while !Task.isCancelled {
            do {
                if follower == nil {
                    _ = try await holdKeeper.reconcile()
                    follower = try await IndexFollower(database: database, layout: layout, node: settings.node)
                }
                guard let step = try await follower?.step() else { continue }
                for gap in step.gaps { await hooks.onGap(gap) }
                unreadable = note(follower?.failures ?? [:], before: unreadable)
                isCaughtUp.store(!step.more, ordering: .relaxed)
                if step.more { continue }
            } catch {
                if Task.isCancelled { return }
                isCaughtUp.store(false, ordering: .relaxed)
                logger.error("index.failed", metadata: ["error": "\(error)"])
                follower = nil
                try? await Task.sleep(for: .seconds(2))
            }
            try? await Task.sleep(for: settings.indexInterval)
        }
    }

    /// Says once of each camera that its journals can't be read, and once that they can be again.
    private func note(_ failures: [String: FileFailure], before: Set<String>) -> Set<String> {
        for (camera, failure) in failures where !before.contains(camera) {
            logger.error("index.unreadable", metadata: ["camera.id": "\(camera)", "error": "\(failure)"])
        }
        for camera in before where failures[camera] == nil {
            logger.notice("index.readable", metadata: ["camera.id": "\(camera)"])
        }
        return Set(failures.keys)
    }

    /// Takes in everything that the journals hold now; for commands and tests that don't `run()`.
    package func catchUp() async throws {
        _ = try await holdKeeper.reconcile()
        var follower = try await IndexFollower(database: database, layout: layout, node: settings.node)
        // Recording's follower looks for what nothing announced only at every tenth look.
        var idle = 0
        while idle < 11 {
            let step = try await follower.step()
            for gap in step.gaps { await hooks.onGap(gap) }
            idle = step.more ? 0 : idle + 1
        }
    }

    // MARK: - Reading

    /// When the oldest frame of a camera that is still there was taken.
    package func recordedFrom(cameraId: String) async throws -> WallTime? {
        try await segments.recordedFrom(cameraId: cameraId)
    }

    /// When the oldest frame that is still there was taken, by camera; asked for all of them at once.
    package func recordedFrom(cameraIds: [String]) async throws -> [String: WallTime] {
        let found = try await segments.oldest(cameraIds: cameraIds)
        return Dictionary(found.map { ($0.cameraId, $0.from) }) { first, _ in first }
    }

    /// Runs and gaps that cover `from..<min(to, now)` without a hole.
    ///
    /// - Throws: `ArchiveError` (`invalidRange`), `StoreError`.
    package func timeline(cameraId: String, from: WallTime, to: WallTime) async throws -> Timeline {
        try Self.check(from, to, atMost: Self.maximumWindow)
        let spans = try await segments.spans(cameraId: cameraId, from: from, to: to)
        return try await timeline(cameraId, spans, from, to)
    }

    /// The exact range as a plain MP4, not re-encoded. See `ClipPlan` for what it does over gaps.
    ///
    /// - Throws: `ArchiveError` (`nothingRecorded`, `invalidRange`, `diskFull`, `io`).
    package func clip(cameraId: String, from: WallTime, to: WallTime) async throws -> ClipFile {
        try Self.check(from, to, atMost: Self.maximumClip)
        let found = try await material(cameraId, from, to)
        let cancelled = Cancellation()
        let folder = dataDirectory.appending(path: "exports/tmp")
        // A copy for a moment must not cost recordings: below the floor they would be deleted for it.
        let room = ExportGuard(folder: dataDirectory.path, floorBytes: settings.exportFloorBytes) { _ in }
        let expected = found.segments.reduce(0) { sum, segment in
            let length = max(1, (segment.to - segment.from).seconds)
            let part = (min(segment.to, to) - max(segment.from, from)).seconds + 10
            return sum + Int(Double(segment.bytes) * min(1, part / length))
        }
        try room.begin(expecting: expected, spare: 1 << 20)
        let made = try await withTaskCancellationHandler {
            try await clipThreads.run { [layout] in
                let plan = ClipPlan(
                    segments: try Self.stored(found.segments, layout),
                    gaps: found.timeline.gaps,
                    from: from,
                    to: to
                )
                let maker = ClipMaker(
                    folder: folder,
                    isCancelled: { cancelled.isCancelled },
                    willWrite: { try room.willWrite($0) }
                )
                let content = try maker.content(of: plan)
                return (content: content, file: try maker.write(content), omitted: plan.omitted)
            }
        } onCancel: {
            cancelled.cancel()
        }
        let content = made.content
        let name = ClipFile.name(cameraId: cameraId, from: content.from, durationTicks: content.durationTicks)
        let proof = await attachProof(to: made.file, content, name, cameraId, from, to, found.timeline)
        return ClipFile(
            url: made.file.url,
            bytes: made.file.bytes + (proof?.bytes ?? 0),
            name: name,
            cameraId: cameraId,
            from: content.from,
            to: content.to,
            omitted: made.omitted,
            proofHash: proof?.hash
        )
    }

    // MARK: - Inside

    /// Segments that are still there, with what their init segments say. Blocks.
    static func stored(_ rows: [Segment], _ layout: RecordingLayout) throws -> [(StoredSegment, StreamInfo)] {
        try rows.compactMap { row in
            guard let segment = try StoredSegment.load(row, layout: layout),
                let info = try FragmentParser.initSegment(try segment.initialisation())
            else { return nil }
            return (segment, info.stream)
        }
    }

    /// The segments that overlap a range and the timeline over it.
    func material(
        _ cameraId: String,
        _ from: WallTime,
        _ to: WallTime
    ) async throws -> (segments: [Segment], timeline: Timeline) {
        let found = try await segments.overlapping(cameraId: cameraId, from: from, to: to)
        let spans = found.map { SegmentSpan(run: $0.run, from: $0.from, to: $0.to, closed: $0.closed) }
        return (found, try await timeline(cameraId, spans, from, to))
    }

    /// The timeline over a range from the segments that overlap it.
    private func timeline(
        _ cameraId: String,
        _ spans: [SegmentSpan],
        _ from: WallTime,
        _ to: WallTime
    ) async throws -> Timeline {
        var spans = spans
        // The end of the window needs the last segment before it, even when it ended before the window.
        if let last = try await segments.last(cameraId: cameraId, startingAtOrBefore: to),
            last.from > spans.last?.from ?? WallTime(microseconds: .min)
        {
            spans.append(SegmentSpan(run: last.run, from: last.from, to: last.to, closed: last.closed))
        }
        let builder = TimelineBuilder(
            segments: spans,
            gaps: try await gaps.overlapping(cameraId: cameraId, from: from, to: to),
            status: try await gaps.state(cameraId: cameraId),
            recorded: try await UsageRepository(database).recorded(cameraId: cameraId),
            now: clock.now(),
            liveSlack: settings.liveSlack
        )
        return builder.timeline(from: from, to: to)
    }

    static func check(_ from: WallTime, _ to: WallTime, atMost longest: Duration) throws(ArchiveError) {
        guard from < to else { throw ArchiveError(.invalidRange, "the range is empty: `from` must be before `to`") }
        let (length, overflow) = to.microseconds.subtractingReportingOverflow(from.microseconds)
        guard !overflow, length <= longest.microseconds else {
            throw ArchiveError(.invalidRange, "the range is longer than \(Int(longest.seconds / 3600)) hours")
        }
    }

    /// Clips that a crash left behind.
    private func clearExports() {
        let folder = dataDirectory.appending(path: "exports/tmp")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        for name in names where name.hasSuffix(".mp4") {
            try? FileManager.default.removeItem(at: folder.appending(path: name))
        }
    }
}
