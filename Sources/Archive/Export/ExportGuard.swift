import CLinux
import Domain
import Foundation
import Synchronization

/// Watches an export while it is made: cancellation, the volume's free space, progress.
final class ExportGuard: Sendable {
    private struct State {
        var cancelled = false
        var expected = 1
        var written = 0
        var checkedAt = 0
    }

    private let folder: String
    /// Bytes of the volume that stay free.
    private let floorBytes: Int64
    private let onProgress: @Sendable (Double) -> Void
    private let state = Mutex(State())

    /// The free space is looked at again after so many bytes.
    private static let stride = 16 << 20

    init(folder: String, floorBytes: Int64, onProgress: @escaping @Sendable (Double) -> Void) {
        self.folder = folder
        self.floorBytes = floorBytes
        self.onProgress = onProgress
    }

    var isCancelled: Bool { state.withLock { $0.cancelled } }

    func cancel() { state.withLock { $0.cancelled = true } }

    /// - Parameters:
    ///   - bytes: of media, about; the archive and the largest clip lie on disk at once.
    ///   - spare: what else is needed.
    /// - Throws: `ArchiveError` (`belowFloor`).
    func begin(expecting bytes: Int, spare: Int) throws {
        state.withLock { $0.expected = max(1, bytes) }
        try check(Int64(bytes) + Int64(spare))
    }

    /// - Throws: `CancellationError`, `ArchiveError` (`belowFloor`).
    func willWrite(_ bytes: Int) throws {
        let (cancelled, looks, share) = state.withLock { state in
            state.written += bytes
            let looks = state.written - state.checkedAt >= Self.stride
            if looks { state.checkedAt = state.written }
            return (state.cancelled, looks, min(0.99, Double(state.written) / Double(state.expected)))
        }
        if cancelled { throw CancellationError() }
        if looks { try check(Int64(Self.stride)) }
        onProgress(share)
    }

    private func check(_ bytes: Int64) throws(ArchiveError) {
        var facts = statvfs()
        guard statvfs(folder, &facts) == 0 else { return }
        let free = Int64(clamping: UInt64(facts.f_bavail) &* UInt64(facts.f_frsize))
        guard free - bytes >= floorBytes else {
            throw ArchiveError(
                .belowFloor,
                "the copy needs \(bytes >> 20) MiB; \(free >> 20) MiB are free and \(floorBytes >> 20) MiB stay free: "
                    + "delete old exports, or ask for less"
            )
        }
    }
}
