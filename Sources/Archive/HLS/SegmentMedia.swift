import Media
import Recording

/// A recorded segment as players get it: byte for byte, or with its sound hidden in place.
final class SegmentMedia: SlicedBytes {
    let bytes: Int
    private let file: OpenedFile
    /// Where boxes lie that tell of tracks; empty where nothing is hidden. In order.
    private let heads: [Range<Int>]

    init(_ segment: StoredSegment, hidesSound: Bool) async throws {
        file = try await OpenedFile.open(segment.path)
        // A growing file may hold a part of a fragment more than its journal says.
        bytes = segment.fragments.last?.end ?? segment.opened.initBytes
        guard hidesSound, segment.opened.audio != nil else {
            heads = []
            return
        }
        heads =
            [0..<segment.opened.initBytes]
            + segment.fragments.map { $0.offset..<$0.offset + $0.moofBytes }
    }

    func read(offset: Int, count: Int) async throws -> [UInt8] {
        let wanted = min(max(0, offset), bytes)..<min(offset + count, bytes)
        var read = try await file.read(offset: wanted.lowerBound, count: wanted.count)
        for head in heads where head.overlaps(wanted) {
            let masked = TrackMask.videoOnly(try await file.read(offset: head.lowerBound, count: head.count))
            let shared = head.clamped(to: wanted.lowerBound..<wanted.lowerBound + read.count)
            for index in shared where index - head.lowerBound < masked.count {
                read[index - wanted.lowerBound] = masked[index - head.lowerBound]
            }
        }
        return read
    }
}
