import Recording
import Store
import Synchronization

/// The media types of the cameras' newest runs, so that a journal is read once a run and not once a question. One entry
/// a camera.
final class MediaTypeCache: Sendable {
    private let known = Mutex<[String: (run: String, type: String)]>([:])

    subscript(segment: Segment) -> String? {
        known.withLock { $0[segment.cameraId].flatMap { $0.run == segment.run ? $0.type : nil } }
    }

    func keep(_ type: String, of segment: Segment) {
        known.withLock { $0[segment.cameraId] = (segment.run, type) }
    }
}

extension Archive {
    /// The media types of the cameras' newest recordings, `video/mp4; codecs="avc1.4d401e"`; a camera without any is
    /// absent.
    ///
    /// - Throws: `StoreError`.
    package func mediaTypes(cameraIds: [String]) async throws -> [String: String] {
        var found: [String: String] = [:]
        var unknown: [Segment] = []
        for segment in try await segments.newest(cameraIds: cameraIds) {
            if let type = mediaTypes[segment] { found[segment.cameraId] = type } else { unknown.append(segment) }
        }
        guard !unknown.isEmpty else { return found }
        let read = try await BlockingWork.shared.run { [layout, unknown] in
            unknown.map { segment -> String? in
                guard let (cameraId, name) = RecordingLayout.parse(relativeSegment: segment.path) else { return nil }
                // One journal that can't be read must not hide the other cameras.
                let index = try? FragmentIndex.journal(cameraId: cameraId, name: name, layout: layout)
                return index?.opened.mediaType
            }
        }
        for (segment, type) in zip(unknown, read) {
            guard let type else { continue }
            mediaTypes.keep(type, of: segment)
            found[segment.cameraId] = type
        }
        return found
    }
}
