import Domain
package import Foundation
import Media
import Synchronization

/// Makes JPEGs in child processes, so that a picture which crashes or hangs a decoder costs nothing but itself.
///
/// Bounded: at most 2 children at once, each doing one picture after another; at most 30 requests wait, in order; more
/// are rejected with `busy`. A child that was idle for 20 s, or has made 2,000 pictures, is ended.
package final class RenderPool: Sendable {
    private static let maximumChildren = 2
    private static let maximumWaiting = 30
    private static let maximumJobs = 2000
    private static let idleTime = Duration.seconds(20)
    /// A request's media bytes at most: what a worker's parser accepts, less the header.
    package static let maximumMediaBytes = 31 << 20

    private struct State {
        var idle: [(process: RenderProcess, since: Duration)] = []
        /// Children at work, and those about to be started.
        var busy = 0
        var waiting: [(id: UInt64, continuation: CheckedContinuation<RenderProcess?, any Error>)] = []
        var next: UInt64 = 0
        var tidies = false
    }

    private let executable: String
    private let deadline: Duration
    private let clock = SystemClock()
    private let state = Mutex(State())

    /// - Parameter deadline: the longest a picture may take; then its child is killed.
    package init(executable: URL, deadline: Duration = .seconds(5)) {
        self.executable = executable.path
        self.deadline = deadline
    }

    /// The picture at or just before `mediaSeconds` from the first frame of `media` (init segment and fragments).
    ///
    /// - Throws: `ArchiveError` (`busy`, `renderFailed`, `noPicture`).
    package func picture(media: [UInt8], mediaSeconds: Double, maximumWidth: Int) async throws -> [UInt8] {
        try await make(.picture(mediaSeconds: mediaSeconds, maximumWidth: maximumWidth), media)
    }

    /// The picture of the key frame that begins the only fragment of `media`; cheaper than `picture`.
    ///
    /// - Throws: as `picture`.
    package func keyPicture(media: [UInt8], maximumWidth: Int) async throws -> [UInt8] {
        try await make(.keyPicture(maximumWidth: maximumWidth), media)
    }

    private func make(_ request: RenderRequest, _ media: [UInt8]) async throws -> [UInt8] {
        var process = try await acquire()
        defer { release(process) }
        let isFresh = process == nil
        do {
            return try await run(&process, request, media)
        } catch is RenderProcessEnded where !isFresh {
            // One that had been idle may have ended meanwhile.
            return try await again(&process, request, media)
        } catch is RenderProcessEnded {
            throw Self.ended
        }
    }

    private func again(
        _ process: inout RenderProcess?,
        _ request: RenderRequest,
        _ media: [UInt8]
    ) async throws -> [UInt8] {
        do {
            return try await run(&process, request, media)
        } catch is RenderProcessEnded {
            throw Self.ended
        }
    }

    private static let ended = ArchiveError(.renderFailed, "the render process ended without an answer")

    /// - Parameter process: nil: one is started; nil afterwards when it is of no more use.
    private func run(
        _ process: inout RenderProcess?,
        _ request: RenderRequest,
        _ media: [UInt8]
    ) async throws -> [UInt8] {
        // Whoever asked may be gone by the time it is this one's turn.
        try Task.checkCancellation()
        let running = try process ?? RenderProcess(executable: executable)
        process = nil
        let replies = try await running.ask(request, media, within: deadline)
        if running.jobCount < Self.maximumJobs { process = running }
        switch replies.last?.reply {
        case .picture where replies.last?.payload.isEmpty == false: return replies.last?.payload ?? []
        case .picture: throw ArchiveError(.noPicture, "the render process found no picture")
        case .failed(let message): throw ArchiveError(.renderFailed, message)
        default: throw ArchiveError(.renderFailed, "the render process answered with something else")
        }
    }

    // MARK: - Children

    /// Waits for a child's turn: an idle one, or nil where one may be started.
    private func acquire() async throws -> RenderProcess? {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let answer: Result<RenderProcess?, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.busy < Self.maximumChildren {
                        state.busy += 1
                        return .success(state.idle.popLast()?.process)
                    }
                    guard state.waiting.count < Self.maximumWaiting else {
                        return .failure(ArchiveError(.busy, "too many pictures are being made; try again"))
                    }
                    state.waiting.append((id, continuation))
                    return nil
                }
                if let answer { continuation.resume(with: answer) }
            }
        } onCancel: {
            let waiting = state.withLock { state in
                state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0).continuation }
            }
            waiting?.resume(throwing: CancellationError())
        }
    }

    private func release(_ process: RenderProcess?) {
        let (next, tidy) = state.withLock { state -> (CheckedContinuation<RenderProcess?, any Error>?, Bool) in
            if !state.waiting.isEmpty { return (state.waiting.removeFirst().continuation, false) }
            state.busy -= 1
            guard let process else { return (nil, false) }
            state.idle.append((process, clock.monotonic()))
            defer { state.tidies = true }
            return (nil, !state.tidies)
        }
        next?.resume(returning: process)
        if tidy { Task { [weak self] in await self?.tidy() } }
    }

    /// Ends children that were idle for long; runs while there are idle ones.
    private func tidy() async {
        while true {
            try? await Task.sleep(for: Self.idleTime / 2)
            let now = clock.monotonic()
            let (ended, goesOn) = state.withLock { state in
                let old = state.idle.filter { now - $0.since > Self.idleTime }
                state.idle.removeAll { now - $0.since > Self.idleTime }
                state.tidies = !state.idle.isEmpty
                return (old, state.tidies)
            }
            withExtendedLifetime(ended) {}
            guard goesOn else { return }
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
