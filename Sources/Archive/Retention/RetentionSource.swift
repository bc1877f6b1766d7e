package import Domain
package import Store

/// Where retention reads segments; a test hands in an array.
package protocol RetentionSource {
    /// The next segments of a camera on a volume behind a place, oldest first.
    func oldest(cameraId: String, volume: String, after place: SegmentPlace, limit: Int) throws -> [Segment]
    /// Bytes of a camera's segments that hold any of the ranges, each counted once.
    func bytes(cameraId: String, ranges: [Range<WallTime>]) throws -> Int64
}

extension SegmentScan: RetentionSource {}

/// A walk over one camera's segments on one volume from the oldest on, past what is protected and up to what still grows.
final class RetentionLane<Source: RetentionSource> {
    let cameraId: String
    let volume: String
    let priority: Int
    private let source: Source
    private let protected: [ClosedRange<WallTime>]
    private let now: WallTime
    private var firstProtected = 0
    private var place = SegmentPlace(from: WallTime(microseconds: .min))
    private var buffer: ArraySlice<Segment> = []
    private var isAtEnd = false
    /// Most looks find that nothing has to go: few rows at first.
    private var batch = 4

    init(
        cameraId: String,
        volume: String,
        priority: Int,
        source: Source,
        protected: [ClosedRange<WallTime>],
        now: WallTime
    ) {
        self.cameraId = cameraId
        self.volume = volume
        self.priority = priority
        self.source = source
        self.protected = protected
        self.now = now
    }

    /// The oldest segment that may go; nil when none is left.
    func next() throws -> Segment? {
        while true {
            if buffer.count < 2, !isAtEnd { try fetch() }
            guard let segment = buffer.first else { return nil }
            while firstProtected < protected.count, protected[firstProtected].upperBound < segment.from {
                firstProtected += 1
            }
            if firstProtected < protected.count, protected[firstProtected].lowerBound <= segment.to {
                skip(behind: protected[firstProtected].upperBound)
                continue
            }
            // One that was never closed and has none behind it may still grow, unless a crash left it a day ago.
            if !segment.closed, buffer.count == 1, now - segment.to < .seconds(86_400) { return nil }
            return segment
        }
    }

    func removeNext() { buffer = buffer.dropFirst() }

    private func fetch() throws {
        let more = try source.oldest(cameraId: cameraId, volume: volume, after: place, limit: batch)
        isAtEnd = more.count < batch
        batch = 128
        if let last = more.last { place = SegmentPlace(from: last.from, path: last.path) }
        buffer = buffer + more
    }

    /// Rows that a long hold covers are never read.
    private func skip(behind time: WallTime) {
        buffer = buffer.drop { $0.from <= time }
        if buffer.isEmpty, place.from <= time { place = SegmentPlace(from: time + .microseconds(1)) }
    }
}
