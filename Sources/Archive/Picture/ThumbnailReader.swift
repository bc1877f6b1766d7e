package import Domain
import Logging
import Media
import Recording
import Store

/// Small pictures of a range's key frames, evenly spread, for scrubbing. A few are made ahead; those under way are given
/// up when the reader goes.
actor ThumbnailReader {
    /// One picture to be made.
    private struct Job {
        var segment: StoredSegment
        var fragment: FragmentRecord
    }

    /// As many as keep both render processes at work while one picture is being handed over.
    private static let ahead = 4

    private let cameraId: String
    private let width: Int
    private let pool: RenderPool
    private let cache: PictureCache
    private let layout: RecordingLayout
    private let logger: Logger
    private let load: @Sendable () async throws -> [Segment]

    /// The middles of as many equal parts of the range as there are to be pictures, and the parts' half length.
    private let instants: [WallTime]
    private let half: Duration
    private var nextInstant = 0
    private var started = false
    private var ended = false
    private var segments: [Segment] = []
    /// Bounded: 8 segments' key frames; instants come in order, so older ones are not asked for again.
    private var loaded: [(path: String, segment: StoredSegment?)] = []
    private var lastWall: WallTime?
    private var making: [Task<LiveFrame?, any Error>] = []

    init(
        cameraId: String,
        from: WallTime,
        to: WallTime,
        count: Int,
        width: Int,
        pool: RenderPool,
        cache: PictureCache,
        layout: RecordingLayout,
        logger: Logger,
        load: @escaping @Sendable () async throws -> [Segment]
    ) {
        self.cameraId = cameraId
        self.width = width
        self.pool = pool
        self.cache = cache
        self.layout = layout
        self.logger = logger
        self.load = load
        let span = (to - from).microseconds
        let parts = Int64(max(1, count))
        half = .microseconds(max(1, span / parts / 2))
        instants = (0..<parts).map { part in
            WallTime(microseconds: from.microseconds + span / parts * part + span / parts / 2)
        }
    }

    deinit {
        for task in making { task.cancel() }
    }

    /// The next picture in the order of time; then `end`, then nil.
    func next() async throws -> LiveFrame? {
        guard !ended else { return nil }
        if !started {
            started = true
            segments = try await load()
        }
        while true {
            try Task.checkCancellation()
            while making.count < Self.ahead, let job = try await nextJob() { making.append(make(job)) }
            guard !making.isEmpty else {
                ended = true
                return LiveFrame(message: .end(cameraId: cameraId))
            }
            let task = making.removeFirst()
            if let frame = try await task.value { return frame }
        }
    }

    private func make(_ job: Job) -> Task<LiveFrame?, any Error> {
        let key = PictureCache.Key(path: job.segment.row.path, offset: job.fragment.offset, tenths: -1, width: width)
        return Task { [pool, cache, logger, cameraId, width] in
            let message = LiveMessage.picture(cameraId: cameraId, at: job.fragment.wall)
            if let known = cache.picture(key) { return LiveFrame(message: message, payload: known) }
            do {
                let media = try await BlockingWork.shared.run { () -> [UInt8]? in
                    guard let bytes = try job.segment.keyBytes(of: job.fragment) else { return nil }
                    return try job.segment.initialisation() + bytes
                }
                guard let media else { return nil }
                let jpeg = try await pool.keyPicture(media: media, maximumWidth: width)
                cache.keep(jpeg, for: key)
                return LiveFrame(message: message, payload: jpeg)
            } catch let error where error is ArchiveError || error is MediaError {
                // One picture that can't be made leaves a hole in the strip and no more.
                logger.debug("thumbnail.failed", metadata: ["camera.id": "\(cameraId)", "error": "\(error)"])
                return nil
            }
        }
    }

    /// The next instant's key frame; instants in gaps, and those whose key frame has been given, are passed over.
    private func nextJob() async throws -> Job? {
        while nextInstant < instants.count {
            let instant = instants[nextInstant]
            nextInstant += 1
            let part = (instant - half)...(instant + half)
            // The segment shown at the instant, else any that has something in its part of the range.
            let row =
                segments.first { $0.from <= instant && instant < $0.to }
                ?? segments.first { $0.from <= part.upperBound && $0.to > part.lowerBound }
            guard let row, let segment = try await segment(row) else { continue }
            let keys = segment.fragments
            let near = keys.filter { part.contains($0.wall) }
                .min { ($0.wall - instant).magnitude < ($1.wall - instant).magnitude }
            guard let fragment = near ?? keys.last(where: { $0.wall <= instant }) ?? keys.first,
                lastWall.map({ $0 < fragment.wall }) ?? true
            else { continue }
            lastWall = fragment.wall
            return Job(segment: segment, fragment: fragment)
        }
        return nil
    }

    /// The segment with its key frames alone.
    private func segment(_ row: Segment) async throws -> StoredSegment? {
        if let known = loaded.first(where: { $0.path == row.path }) { return known.segment }
        var segment = try await BlockingWork.shared.run { [layout] in try StoredSegment.load(row, layout: layout) }
        segment?.fragments.removeAll { !$0.startsWithKey }
        loaded.append((row.path, segment))
        if loaded.count > 8 { loaded.removeFirst() }
        return segment
    }
}

extension Duration {
    fileprivate var magnitude: Duration { self < .zero ? .zero - self : self }
}

extension Archive {
    /// Small pictures of key frames of `from..<to`, evenly spread and in order, at most `count`; `end` is the last
    /// element. They are no wider than `width` pixels.
    package func thumbnails(
        cameraId: String,
        from: WallTime,
        to: WallTime,
        count: Int,
        width: Int
    ) -> AsyncThrowingStream<LiveFrame, any Error> {
        let reader = ThumbnailReader(
            cameraId: cameraId,
            from: from,
            to: to,
            count: count,
            width: width,
            pool: renderPool,
            cache: pictureCache,
            layout: layout,
            logger: logger
        ) { [segments] in
            try Self.check(from, to, atMost: Self.maximumWindow)
            return try await segments.overlapping(cameraId: cameraId, from: from, to: to)
        }
        return AsyncThrowingStream { try await reader.next() }
    }
}
