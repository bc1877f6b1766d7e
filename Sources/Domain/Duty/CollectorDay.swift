/// What a collector's positions say about a stretch of work: how far, which cells, and when nothing was heard.
package struct CollectorDay: Sendable, Hashable {
    /// A silence is told when it is longer.
    package static let longestSilence = Duration.seconds(30 * 60)
    /// What is less exact may lie in another cell and says nothing about where somebody walked.
    package static let leastAccuracyMetres = 100.0

    /// Metres between one position and the next, silences left out.
    package private(set) var metres = 0.0
    package private(set) var positions = 0
    /// Codes of the cells that positions lie in.
    package private(set) var cells: Set<String> = []
    /// When nothing was heard for longer than `longestSilence` although the collector was to work.
    package private(set) var silences: [Range<WallTime>] = []

    /// - Parameters:
    ///   - track: in the order of time.
    ///   - work: when the collector was to work, in order, not overlapping; up to now at most.
    ///   - cell: the cell of a position.
    package init(track: [FieldPosition], work: [Range<WallTime>], cell: (GeoPoint) -> String?) {
        positions = track.count
        for (before, after) in zip(track, track.dropFirst()) where after.at - before.at <= Self.longestSilence {
            metres += before.point.distance(to: after.point)
        }
        for position in track where (position.accuracyMetres ?? 0) <= Self.leastAccuracyMetres {
            if let code = cell(position.point) { cells.insert(code) }
        }
        for stretch in work {
            let heard = track.map(\.at).filter { stretch.contains($0) }
            let marks = [stretch.lowerBound] + heard + [stretch.upperBound]
            for (from, to) in zip(marks, marks.dropFirst()) where to - from > Self.longestSilence {
                silences.append(from..<to)
            }
        }
    }
}
