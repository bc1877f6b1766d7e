package import Domain
import Foundation
import Recording
import Store

/// When something moved: neighbouring windows joined.
package struct ActivitySpan: Sendable, Hashable {
    package var from: WallTime
    package var to: WallTime
    /// The largest share of the region's cells that moved in one of its windows, 0–1.
    package var share: Double
}

/// How often something moved in each cell of the picture.
package struct ActivityMap: Sendable, Hashable {
    /// One count per cell, row by row from the top: windows in which it moved.
    package var counts: [Int]
    /// Windows that were looked at.
    package var windows: Int
}

/// Reads the activity beside a camera's segments. A day's summaries come first, so that segments in which nothing moved in
/// the region are never opened: the files are the index, and there is nothing that could have to be rebuilt.
struct ActivitySearch: Sendable {
    /// Spans whose ends are no further apart are one.
    static let joined = Duration.seconds(2)
    /// Spans that are answered at most: beyond it ever longer pauses are bridged.
    static let maximumSpans = 5000
    /// Larger files are none of ours: a segment of an hour has 400 windows.
    private static let maximumBytes = 8 << 20

    let layout: RecordingLayout
    let cameraId: String
    let from: WallTime
    let to: WallTime

    /// When something moved in `region`; everywhere when it is nil.
    func spans(in segments: [Segment], region: PictureBox?) -> [ActivitySpan] {
        let wanted = region.map(ActivityGrid.init(touching:))
        let cells = Double(wanted?.count ?? ActivityGrid.columns * ActivityGrid.rows)
        var spans: [ActivitySpan] = []
        each(segments, wanted: wanted) { window in
            let shared = wanted.map { window.grid.countShared(with: $0) } ?? window.grid.count
            guard shared > 0 else { return }
            let span = ActivitySpan(
                from: max(window.from, from),
                to: min(window.to, to),
                share: min(1, Double(shared) / cells)
            )
            spans.append(span)
        }
        spans.sort { ($0.from, $0.to) < ($1.from, $1.to) }
        var pause = Self.joined
        var result = Self.join(spans, over: pause)
        while result.count > Self.maximumSpans {
            pause = pause * 2
            result = Self.join(result, over: pause)
        }
        return result
    }

    func map(of segments: [Segment]) -> ActivityMap {
        var map = ActivityMap(counts: [Int](repeating: 0, count: ActivityGrid.columns * ActivityGrid.rows), windows: 0)
        each(segments, wanted: nil) { window in
            map.windows += 1
            for (row, word) in window.grid.words.enumerated() where word != 0 {
                for column in 0..<ActivityGrid.columns where window.grid[column, row] {
                    map.counts[row * ActivityGrid.columns + column] += 1
                }
            }
        }
        return map
    }

    private static func join(_ spans: [ActivitySpan], over pause: Duration) -> [ActivitySpan] {
        var joined: [ActivitySpan] = []
        for span in spans {
            guard var last = joined.last, span.from - last.to <= pause else {
                joined.append(span)
                continue
            }
            last.to = max(last.to, span.to)
            last.share = max(last.share, span.share)
            joined[joined.count - 1] = last
        }
        return joined
    }

    /// Hands over every window of the range whose segment may have moved where it is wanted.
    private func each(_ segments: [Segment], wanted: ActivityGrid?, _ body: (ActivityWindow) -> Void) {
        var summaries: [String: [String: ActivityGrid]] = [:]
        for segment in segments {
            guard let (camera, name) = RecordingLayout.parse(relativeSegment: segment.path), camera == cameraId else {
                continue
            }
            if let wanted {
                let folder = layout.dayFolder(cameraId, day: name.day, volume: name.volume)
                if summaries[folder] == nil { summaries[folder] = Self.summaries(in: folder) }
                // No summary: it is being written, or was broken off. Then its own file tells.
                if let grid = summaries[folder]?[name.text], !grid.intersects(wanted) { continue }
            }
            for case .window(let window) in Self.lines(of: layout.activity(cameraId, name)) {
                if window.from < to, window.to > from { body(window) }
            }
        }
    }

    /// By segment; two lines of one segment count together.
    private static func summaries(in folder: String) -> [String: ActivityGrid] {
        var grids: [String: ActivityGrid] = [:]
        for case .summary(let segment, _, let grid) in lines(of: "\(folder)/\(ActivityLine.dayFile)") {
            grids[segment, default: ActivityGrid()].formUnion(grid)
        }
        return grids
    }

    /// None where there is no such file: the camera had no map then, or the segment has just been deleted.
    private static func lines(of path: String) -> [ActivityLine] {
        let bytes = (try? SystemFiles().read(path, offset: 0, count: maximumBytes)) ?? []
        return ActivityLine.all(in: bytes)
    }
}

extension Archive {
    /// When something moved in a part of a camera's picture (all of it when `region` is nil), oldest first.
    ///
    /// - Throws: `ArchiveError` (`invalidRange`), `StoreError`.
    package func activity(
        cameraId: String,
        from: WallTime,
        to: WallTime,
        region: PictureBox?
    ) async throws -> [ActivitySpan] {
        try Self.check(from, to, atMost: Self.maximumWindow)
        let found = try await segments.overlapping(cameraId: cameraId, from: from, to: to)
        let search = ActivitySearch(layout: layout, cameraId: cameraId, from: from, to: to)
        return try await BlockingWork.shared.run { search.spans(in: found, region: region) }
    }

    /// How often something moved in each cell of a camera's picture.
    ///
    /// - Throws: `ArchiveError` (`invalidRange`), `StoreError`.
    package func activityMap(cameraId: String, from: WallTime, to: WallTime) async throws -> ActivityMap {
        try Self.check(from, to, atMost: Self.maximumWindow)
        let found = try await segments.overlapping(cameraId: cameraId, from: from, to: to)
        let search = ActivitySearch(layout: layout, cameraId: cameraId, from: from, to: to)
        return try await BlockingWork.shared.run { search.map(of: found) }
    }
}
