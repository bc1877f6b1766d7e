package import Domain
import Foundation
import Media
import Recording
import Store

/// HLS: a playlist over a range and the media that it names.
extension Archive {
    /// The longest range of a playlist: 21,600 entries, about 4 MB.
    package static let maximumPlaylist = Duration.seconds(86_400)

    /// The playlist of a range, from the key frame at or before `from` on. It grows while `to` lies in the future.
    ///
    /// - Parameters:
    ///   - audio: with the sound where HLS can carry it (AAC).
    ///   - transcodeWidth: H.264 of that width, made as it is asked for.
    /// - Throws: `ArchiveError` (`invalidRange`; `nothingRecorded` when there is nothing to play yet).
    package func hlsPlaylist(
        cameraId: String,
        from: WallTime,
        to: WallTime,
        audio: Bool,
        transcodeWidth: Int?
    ) async throws -> String {
        try Self.check(from, to, atMost: Self.maximumPlaylist)
        let rows = try await segments.overlapping(cameraId: cameraId, from: from, to: to)
        let isFinal = to + settings.liveSlack + settings.liveSlack <= clock.now()
        let parts = try await BlockingWork.shared.run { [layout] in
            var parts: [HLSPlaylist.Part] = []
            for row in rows {
                guard let segment = try StoredSegment.load(row, layout: layout),
                    let part = Self.part(segment, from: from, to: to, first: parts.isEmpty, audio: audio)
                else { continue }
                parts.append(part)
            }
            return parts
        }
        var playlist = HLSPlaylist(
            transcodeWidth: transcodeWidth.map(TranscodeSession.width),
            parts: parts,
            isFinal: isFinal
        )
        // What a later segment follows doesn't grow any more, also where its end was never written down.
        for index in playlist.parts.indices.dropLast() { playlist.parts[index].isComplete = true }
        if isFinal, let last = playlist.parts.indices.last { playlist.parts[last].isComplete = true }
        guard playlist.count > 0 else {
            throw ArchiveError(.nothingRecorded, "nothing of \(cameraId) is recorded in that range")
        }
        return playlist.text
    }

    private static func part(
        _ segment: StoredSegment,
        from: WallTime,
        to: WallTime,
        first: Bool,
        audio: Bool
    ) -> HLSPlaylist.Part? {
        let all = segment.fragments
        guard let last = all.last, last.wallEnd > from, let end = all.lastIndex(where: { $0.wall < to }),
            let start = first ? segment.keyFragment(atOrBefore: from) : all.indices.first, start <= end
        else { return nil }
        let name = segment.row.path.split(separator: "/").last ?? ""
        return HLSPlaylist.Part(
            uri: "media/\(name)",
            run: segment.opened.runId,
            initBytes: segment.opened.initBytes,
            fragments: Array(all[start...end]),
            firstIndex: start,
            isComplete: segment.row.closed || end + 1 < all.count,
            hidesSound: segment.opened.audio.map { !audio || $0.codec != AudioCodec.aac.rawValue } ?? false
        )
    }

    /// A segment's bytes by its file's name.
    ///
    /// - Parameter audio: as recorded; false: with its sound hidden.
    /// - Returns: the bytes, and whether they are all that there will be.
    /// - Throws: `ArchiveError` (`nothingRecorded`).
    package func segmentMedia(
        cameraId: String,
        name: String,
        audio: Bool
    ) async throws -> (media: any SlicedBytes, isComplete: Bool) {
        let segment = try await segment(cameraId, name)
        return (try await SegmentMedia(segment, hidesSound: !audio), segment.row.closed)
    }

    /// Some fragments of a segment as H.264, or the init segment that goes before all of them.
    ///
    /// - Parameter fragments: their numbers in the segment; nil: the init segment.
    /// - Throws: `ArchiveError` (`nothingRecorded`, `tooManyTranscodes`, `renderFailed`).
    package func transcodedSegment(
        cameraId: String,
        name: String,
        width: Int,
        fragments: Range<Int>?
    ) async throws -> [UInt8] {
        let segment = try await segment(cameraId, name)
        if let fragments {
            guard fragments.upperBound <= segment.fragments.count, fragments.lowerBound >= 0 else {
                throw ArchiveError(.nothingRecorded, "the segment \(name) has no such fragments")
            }
        }
        let piece = HLSTranscodes.Piece(
            cameraId: cameraId,
            name: name,
            width: TranscodeSession.width(width),
            fragments: fragments
        )
        return try await hlsTranscodes.bytes(of: piece, in: segment)
    }

    private func segment(_ cameraId: String, _ name: String) async throws -> StoredSegment {
        let missing = ArchiveError(.nothingRecorded, "there is no recording \(name.prefix(40)) of \(cameraId)")
        guard name.hasSuffix(".mp4"), let stem = SegmentName(String(name.dropLast(4))) else { throw missing }
        // 20261123T100000123Z-00 begins with the wall time of the first frame.
        let digits = Array(stem.text.utf8.prefix(18).filter { (48...57).contains($0) }.map { Int64($0) - 48 })
        func part(_ range: Range<Int>) -> String { digits[range].map(String.init).joined() }
        let stamp = [
            "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))", "T\(part(8..<10)):\(part(10..<12)):\(part(12..<14))",
            ".\(part(14..<17))Z",
        ]
        guard let time = WallTime(rfc3339: stamp.joined()) else { throw missing }
        let rows = try await segments.overlapping(cameraId: cameraId, from: time, to: time + .milliseconds(2))
        guard let row = rows.first(where: { $0.path.hasSuffix("/\(name)") }),
            let segment = try await BlockingWork.shared.run({ [layout] in
                try StoredSegment.load(row, layout: layout)
            })
        else { throw missing }
        return segment
    }
}
