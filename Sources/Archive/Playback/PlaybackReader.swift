import Domain
import Recording
import Store

/// Reads a range of a camera's recording piece by piece, as fast as it is asked: nothing is read ahead, so a slow
/// reader costs no memory.
actor PlaybackReader: PlaybackSource {
    /// Gives the segments that overlap the range and its timeline.
    typealias Load = @Sendable () async throws -> (segments: [Segment], timeline: Timeline)

    private let cameraId: String
    private let from: WallTime
    private let to: WallTime
    private let layout: RecordingLayout

    private var started = false
    private var ended = false
    /// In order of their start.
    private var segments: [Segment] = []
    private var gaps: [Timeline.Gap] = []
    private var current: StoredSegment?
    private var nextFragment = 0
    private var announcedRun: String?
    /// The key frame fragment of the start has been found.
    private var positioned = false
    private let load: Load

    init(
        cameraId: String,
        from: WallTime,
        to: WallTime,
        layout: RecordingLayout,
        load: @escaping Load
    ) {
        self.cameraId = cameraId
        self.from = from
        self.to = to
        self.layout = layout
        self.load = load
    }

    /// The next frame; nil after `end`.
    func next() async throws -> LiveFrame? {
        if !started {
            started = true
            let found = try await load()
            segments = found.segments
            gaps = found.timeline.gaps
        }
        guard !ended else { return nil }
        try Task.checkCancellation()
        while true {
            guard let segment = try await segment() else {
                if let gap = gap(before: nil) { return gap }
                ended = true
                return LiveFrame(message: .end(cameraId: cameraId))
            }
            guard nextFragment < segment.fragments.count, segment.fragments[nextFragment].wall < to else {
                current = nil
                continue
            }
            let fragment = segment.fragments[nextFragment]
            if let gap = gap(before: fragment.wallEnd) { return gap }
            if announcedRun != segment.opened.runId {
                announcedRun = segment.opened.runId
                guard let bytes = try await read({ try segment.initialisation() }) else { continue }
                return LiveFrame(message: segment.opened.initialisation, recorded: bytes, of: segment.opened)
            }
            nextFragment += 1
            guard let bytes = try await read({ try segment.bytes(of: fragment) }) else { continue }
            return LiveFrame(message: fragment.message(segment.opened), recorded: bytes, of: segment.opened)
        }
    }

    /// The segment to read from; nil when all have been read.
    private func segment() async throws -> StoredSegment? {
        while current == nil, !segments.isEmpty {
            let row = segments.removeFirst()
            current = try await BlockingWork.shared.run { [layout] in try StoredSegment.load(row, layout: layout) }
            nextFragment = 0
            guard let segment = current, !positioned else { continue }
            guard let last = segment.fragments.last, last.wallEnd > from,
                let key = segment.keyFragment(atOrBefore: from)
            else {
                current = nil
                continue
            }
            nextFragment = key
            positioned = true
        }
        return current
    }

    /// A file that was deleted meanwhile ends its segment, never the stream.
    private func read(_ body: @escaping @Sendable () throws -> [UInt8]?) async throws -> [UInt8]? {
        do {
            let bytes = try await BlockingWork.shared.run(body)
            if bytes == nil { current = nil }
            return bytes
        } catch let error as ArchiveError where error.code == .nothingRecorded {
            current = nil
            return nil
        }
    }

    /// The next gap that begins before `time` (nil: any).
    private func gap(before time: WallTime?) -> LiveFrame? {
        guard let gap = gaps.first, time.map({ gap.from < $0 }) ?? true else { return nil }
        gaps.removeFirst()
        return LiveFrame(message: .gap(cameraId: cameraId, from: gap.from, to: gap.to, reason: gap.reason))
    }
}
