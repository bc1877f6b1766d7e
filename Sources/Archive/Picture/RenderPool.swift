import Domain
package import Foundation
import Media
import Synchronization

/// Makes JPEGs in child processes, so that a picture which crashes or hangs a decoder costs nothing but itself.
///
/// Bounded: at most 2 children at once, at most 32 requests waiting; more are rejected with `busy`.
package final class RenderPool: Sendable {
    private static let maximumWaiting = 32
    /// A request's media bytes at most: what a worker's parser accepts, less the header.
    package static let maximumMediaBytes = 31 << 20

    private let executable: String
    private let deadline: Duration
    private let threads = BlockingWork(queues: 2)
    private let waiting = Atomic<Int>(0)

    /// - Parameter deadline: the longest a picture may take; then its child is killed.
    package init(executable: URL, deadline: Duration = .seconds(5)) {
        self.executable = executable.path
        self.deadline = deadline
    }

    /// The picture at or just before `mediaSeconds` from the first frame of `media` (init segment and fragments).
    ///
    /// - Throws: `ArchiveError` (`busy`, `renderFailed`, `noPicture`).
    package func picture(media: [UInt8], mediaSeconds: Double, maximumWidth: Int) async throws -> [UInt8] {
        let count = waiting.wrappingAdd(1, ordering: .relaxed).newValue
        defer { waiting.wrappingSubtract(1, ordering: .relaxed) }
        guard count <= Self.maximumWaiting else {
            throw ArchiveError(.busy, "too many pictures are being made; try again")
        }
        let request = RenderRequest.picture(mediaSeconds: mediaSeconds, maximumWidth: maximumWidth)
        let cancelled = Cancellation()
        return try await withTaskCancellationHandler {
            try await threads.run { [executable, deadline] in
                // Whoever asked may be gone by the time it is this one's turn.
                guard !cancelled.isCancelled else { throw CancellationError() }
                return try RenderProcess.run(executable: executable, request: request, media: media, deadline: deadline)
            }
        } onCancel: {
            cancelled.cancel()
        }
    }
}

/// The pictures made last. Bounded: 24 MiB; the one unused longest goes first.
final class PictureCache: Sendable {
    struct Key: Hashable, Sendable {
        var path: String
        /// The fragment that holds the picture.
        var offset: Int
        /// Tenths of a second from the key frame on.
        var tenths: Int
        var width: Int
    }

    private struct State {
        var pictures: [Key: (bytes: [UInt8], used: UInt64)] = [:]
        var bytes = 0
        var clock: UInt64 = 0
    }

    private static let maximumBytes = 24 << 20
    private let state = Mutex(State())

    func picture(_ key: Key) -> [UInt8]? {
        state.withLock { state in
            guard let found = state.pictures[key] else { return nil }
            state.clock += 1
            state.pictures[key] = (found.bytes, state.clock)
            return found.bytes
        }
    }

    func keep(_ bytes: [UInt8], for key: Key) {
        state.withLock { state in
            state.clock += 1
            if let old = state.pictures.updateValue((bytes, state.clock), forKey: key) {
                state.bytes -= old.bytes.count
            }
            state.bytes += bytes.count
            while state.bytes > Self.maximumBytes,
                let oldest = state.pictures.min(by: { $0.value.used < $1.value.used })
            {
                state.pictures[oldest.key] = nil
                state.bytes -= oldest.value.bytes.count
            }
        }
    }
}
