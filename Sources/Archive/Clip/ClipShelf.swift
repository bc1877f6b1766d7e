package import Domain
import Foundation
import Synchronization

/// Clips made lately, so that the parts of one download come from one file and a repeated request costs nothing.
///
/// Bounded: at most 8 clips of 2 GiB in all, each for 10 minutes after its last use; the one unused longest goes first.
/// A clip that is being read lives on until its last reader has gone.
final class ClipShelf: Sendable {
    struct Key: Hashable, Sendable {
        var cameraId: String
        var from: WallTime
        var to: WallTime
    }

    private struct Entry {
        var making: Task<ClipFile, any Error>
        /// Once made.
        var clip: ClipFile?
        var usedAt: Duration
        /// Made when all of its range had been recorded: nothing can be added to it any more.
        var isFinal: Bool
    }

    private static let maximumClips = 8
    private static let maximumBytes = 2 << 30
    private static let keeps = Duration.seconds(600)

    private let clock: any HostClock
    private let entries = Mutex<[Key: Entry]>([:])

    init(clock: any HostClock) {
        self.clock = clock
    }

    /// The clip of `key`, made by `make` unless it is there.
    ///
    /// - Parameters:
    ///   - resumes: the asker has a part of it already: a clip whose range was still growing is good enough.
    ///   - isFinal: whether nothing more can come into the range.
    func clip(
        _ key: Key,
        resumes: Bool,
        isFinal: Bool,
        make: @escaping @Sendable () async throws -> ClipFile
    ) async throws -> ClipFile {
        let now = clock.monotonic()
        let making = entries.withLock { entries in
            Self.prune(&entries, now: now)
            if let entry = entries[key], entry.isFinal || resumes || entry.clip == nil {
                entries[key]?.usedAt = now
                return entry.making
            }
            // Not a child of the request: others may wait for the same clip, and a resumed download wants it later.
            let making = Task { try await make() }
            entries[key] = Entry(making: making, clip: nil, usedAt: now, isFinal: isFinal)
            return making
        }
        do {
            let clip = try await making.value
            entries.withLock { entries in
                if entries[key]?.making == making { entries[key]?.clip = clip }
                Self.prune(&entries, now: clock.monotonic())
            }
            return clip
        } catch {
            entries.withLock { if $0[key]?.making == making { $0[key] = nil } }
            throw error
        }
    }

    /// Lets go of what is too old or too much.
    private static func prune(_ entries: inout [Key: Entry], now: Duration) {
        for (key, entry) in entries where entry.clip != nil && now - entry.usedAt > keeps { entries[key] = nil }
        while true {
            let made = entries.filter { $0.value.clip != nil }
            let bytes = made.values.reduce(0) { $0 + ($1.clip?.bytes ?? 0) }
            // The newest one may be larger than everything else is allowed to be.
            guard made.count > maximumClips || bytes > maximumBytes && made.count > 1,
                let oldest = made.min(by: { $0.value.usedAt < $1.value.usedAt })
            else { return }
            entries[oldest.key] = nil
        }
    }
}

extension Archive {
    /// As `clip`, but made once and kept for some minutes: for downloads in parts.
    ///
    /// - Parameter resumes: the asker has a part of the clip already.
    /// - Throws: as `clip`.
    package func keptClip(cameraId: String, from: WallTime, to: WallTime, resumes: Bool) async throws -> ClipFile {
        try await clipShelf.clip(
            ClipShelf.Key(cameraId: cameraId, from: from, to: to),
            resumes: resumes,
            isFinal: to + settings.liveSlack + settings.liveSlack <= clock.now()
        ) { [self] in
            try await clip(cameraId: cameraId, from: from, to: to)
        }
    }
}
