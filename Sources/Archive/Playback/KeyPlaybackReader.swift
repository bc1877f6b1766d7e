import Domain
import Media
import Recording
import Store

/// Reads the key frames of a range one by one, forwards or backwards, for fast and reverse play. Each becomes a fragment
/// of its own that lasts until the next key frame, so that what a player has appended is without holes.
actor KeyPlaybackReader: PlaybackSource {
    private struct Key {
        var fragment: FragmentRecord
        /// To the next key frame of the segment or the segment's end.
        var durationTicks: Int64
    }

    private let cameraId: String
    private let from: WallTime
    private let to: WallTime
    private let reverse: Bool
    private let layout: RecordingLayout
    private let load: PlaybackReader.Load

    private var started = false
    private var ended = false
    /// What is to be read, in the order of reading.
    private var segments: [Segment] = []
    private var gaps: [Timeline.Gap] = []
    private var current: StoredSegment?
    private var keys: [Key] = []
    private var announcedRun: String?
    private var sequence: UInt32 = 0

    init(
        cameraId: String,
        from: WallTime,
        to: WallTime,
        reverse: Bool,
        layout: RecordingLayout,
        load: @escaping PlaybackReader.Load
    ) {
        self.cameraId = cameraId
        self.from = from
        self.to = to
        self.reverse = reverse
        self.layout = layout
        self.load = load
    }

    func next() async throws -> LiveFrame? {
        if !started {
            started = true
            let found = try await load()
            segments = reverse ? found.segments.reversed() : found.segments
            gaps = reverse ? found.timeline.gaps.reversed() : found.timeline.gaps
        }
        guard !ended else { return nil }
        try Task.checkCancellation()
        while true {
            guard let segment = try await segment(), let key = keys.first else {
                if let gap = gap(nil) { return gap }
                ended = true
                return LiveFrame(message: .end(cameraId: cameraId))
            }
            if let gap = gap(key.fragment.wall) { return gap }
            if announcedRun != segment.opened.runId {
                announcedRun = segment.opened.runId
                guard let bytes = try await read({ try segment.initialisation() }) else { continue }
                return LiveFrame(message: segment.opened.initialisation, payload: TrackMask.videoOnly(bytes))
            }
            keys.removeFirst()
            sequence &+= 1
            let number = sequence
            guard let frame = try await read({ try Self.frame(key, of: segment, number) }) else { continue }
            return frame
        }
    }

    /// The segment whose keys are read; nil when all have been.
    private func segment() async throws -> StoredSegment? {
        while keys.isEmpty, !segments.isEmpty {
            let row = segments.removeFirst()
            current = try await BlockingWork.shared.run { [layout] in try StoredSegment.load(row, layout: layout) }
            guard let current else { continue }
            keys = Self.keys(of: current.fragments, from: from, to: to)
            if reverse { keys.reverse() }
        }
        return keys.isEmpty ? nil : current
    }

    /// The key frames that are shown at some time of the range.
    private static func keys(of fragments: [FragmentRecord], from: WallTime, to: WallTime) -> [Key] {
        guard let last = fragments.last else { return [] }
        let starts = fragments.indices.filter { fragments[$0].startsWithKey }
        var keys: [Key] = []
        for (index, start) in starts.enumerated() {
            let fragment = fragments[start]
            let next = index + 1 < starts.count ? fragments[starts[index + 1]] : nil
            let end = next?.baseDecodeTicks ?? last.baseDecodeTicks + last.durationTicks
            guard fragment.wall < to, next?.wall ?? last.wallEnd > from else { continue }
            keys.append(Key(fragment: fragment, durationTicks: max(1, end - fragment.baseDecodeTicks)))
        }
        return keys
    }

    /// The key frame alone, as a fragment; nil when the file is shorter than its journal says.
    private static func frame(_ key: Key, of segment: StoredSegment, _ number: UInt32) throws -> LiveFrame? {
        let record = key.fragment
        let head = try RecordingFileReader.read(
            segment.path,
            offset: record.offset,
            count: min(record.moofBytes + 16, record.sizeBytes)
        )
        guard let header = try FragmentParser.fragmentHeader(head), let sample = header.samples.first else {
            return nil
        }
        let bytes = try RecordingFileReader.read(
            segment.path,
            offset: record.offset + sample.offset,
            count: sample.size
        )
        guard bytes.count == sample.size else { return nil }
        let packet = Packet(
            bytes: bytes,
            ptsTicks: record.baseDecodeTicks + sample.compositionTicks,
            dtsTicks: record.baseDecodeTicks,
            durationTicks: key.durationTicks,
            isKey: true
        )
        let made = FragmentWriter.fragment(
            samples: [packet],
            sequence: number,
            baseDecodeTicks: record.baseDecodeTicks,
            wall: record.wall
        )
        let message = LiveMessage.fragment(
            cameraId: segment.opened.cameraId,
            run: segment.opened.runId,
            at: record.wall,
            tfdt: record.baseDecodeTicks,
            duration: key.durationTicks,
            timescale: 90_000,
            key: true
        )
        return LiveFrame(message: message, payload: made.bytes)
    }

    /// A file that was deleted meanwhile ends its segment, never the stream.
    private func read<T: Sendable>(_ body: @escaping @Sendable () throws -> T?) async throws -> T? {
        do {
            if let found = try await BlockingWork.shared.run(body) { return found }
        } catch let error as ArchiveError where error.code == .nothingRecorded {
        } catch is MediaError {}
        keys = []
        return nil
    }

    /// The next gap on the way to `time` (nil: any).
    private func gap(_ time: WallTime?) -> LiveFrame? {
        guard let gap = gaps.first, time.map({ reverse ? gap.from > $0 : gap.from < $0 }) ?? true else { return nil }
        gaps.removeFirst()
        return LiveFrame(message: .gap(cameraId: cameraId, from: gap.from, to: gap.to, reason: gap.reason))
    }
}
