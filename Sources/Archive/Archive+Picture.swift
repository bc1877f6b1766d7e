package import Domain
import Foundation
import Recording
import Store

extension Archive {
    /// The picture recorded at or just before `time` (nil: the latest) as JPEG, no wider than `maximumWidth` pixels.
    ///
    /// - Throws: `ArchiveError` (`noPicture`, `renderFailed`, `busy`, `io`).
    package func picture(cameraId: String, at time: WallTime?, maximumWidth: Int) async throws -> [UInt8] {
        let width = min(max(maximumWidth, 16), 7680)
        let at = time ?? clock.now()
        guard let row = try await segments.last(cameraId: cameraId, startingAtOrBefore: at) else {
            throw ArchiveError(.noPicture, "nothing of \(cameraId) is recorded at or before that time")
        }
        let found = try await BlockingWork.shared.run { [layout] in
            try Self.pictureMedia(row, at: at, width: width, layout: layout)
        }
        guard let found else { throw ArchiveError(.noPicture, "the recording of \(cameraId) at that time is gone") }
        if let known = pictureCache.picture(found.key) { return known }
        let jpeg = try await renderPool.picture(
            media: try await BlockingWork.shared.run(found.media),
            mediaSeconds: found.seconds,
            maximumWidth: width
        )
        pictureCache.keep(jpeg, for: found.key)
        return jpeg
    }

    /// What a picture is made of: the init segment and the fragments from the key frame before it up to its own.
    private struct PictureMedia: Sendable {
        var key: PictureCache.Key
        var seconds: Double
        var media: @Sendable () throws -> [UInt8]
    }

    private static func pictureMedia(
        _ row: Segment,
        at: WallTime,
        width: Int,
        layout: RecordingLayout
    ) throws -> PictureMedia? {
        guard let segment = try StoredSegment.load(row, layout: layout), let first = segment.keyFragment(atOrBefore: at)
        else { return nil }
        var last = first
        var bytes = segment.fragments[first].sizeBytes
        while last + 1 < segment.fragments.count {
            let next = segment.fragments[last + 1]
            // A group of pictures that is too long to send gives the latest picture that fits.
            guard !next.startsWithKey, next.wall <= at, bytes + next.sizeBytes <= RenderPool.maximumMediaBytes else {
                break
            }
            bytes += next.sizeBytes
            last += 1
        }
        let key = segment.fragments[first]
        let end = min(at, segment.fragments[last].wallEnd)
        let seconds = max(0, (end - key.wall).seconds)
        let chosen = segment.fragments[first...last]
        return PictureMedia(
            key: PictureCache.Key(
                path: row.path,
                offset: segment.fragments[last].offset,
                tenths: Int(seconds * 10),
                width: width
            ),
            seconds: seconds
        ) {
            var media = try segment.initialisation()
            for fragment in chosen {
                guard let bytes = try segment.bytes(of: fragment) else { break }
                media += bytes
            }
            return media
        }
    }
}
