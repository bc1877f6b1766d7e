import Foundation
import Synchronization

/// What the threads of one volume work with.
final class VolumeDesk: Sendable {
    let id: String
    /// The folder that holds its cameras.
    let root: String
    let epoch = VolumeEpoch()
    /// Wakes the writer.
    let work = DispatchSemaphore(value: 0)
    /// Wakes the beat for the last time.
    let writerEnded = DispatchSemaphore(value: 0)
    let writerDone = DispatchSemaphore(value: 0)
    let beatDone = DispatchSemaphore(value: 0)

    init(id: String, root: String) {
        self.id = id
        self.root = root
    }
}

/// How a volume is; guarded by the lock of `RecordingVolumes`.
struct VolumeState: Sendable {
    /// What failed in writing, until a fragment is written again; in syncing, until a sync works again; and why it is not
    /// there.
    var writeFailure: FileFailure?
    var syncFailure: FileFailure?
    var missing: FileFailure?
    /// The call of the writer and of the beat that has not come back yet began then.
    var writingSince: Duration?
    var syncingSince: Duration?
    /// A call didn't come back for longer than `hangLimit`, and has not since.
    var hangs = false
    /// Something was written since the last sync began.
    var isUnsynced = false
    /// A sync failed: the writer has to look at the segments.
    var needsExamination = false
    /// Bytes that wait for it, with what is being written; bounded by `volumeBacklogBytes`.
    var waitingBytes = 0
    /// Bytes written since the start.
    var writtenBytes = 0
    /// Segments that ended and that no sync has covered, or to whose files something has still to be done. At most
    /// `maximumSettling`; then the oldest is left to the next start and to fsck.
    var settling: [SegmentTail] = []
    static let maximumSettling = 512
    /// Files of segments that could not be begun. At most `maximumLitter`; further ones are left to the next start.
    var litter: [String] = []
    static let maximumLitter = 512
    /// Its free and total bytes, as of the last beat.
    var freeBytes: Int?
    /// When room was looked at last, monotonic.
    var lookedAt: Duration?
    /// Free bytes below which no camera is sent there.
    var floorBytes = 0
    var totalBytes: Int?
    /// When it is tried again next.
    var retryAt: Duration = .zero
    var writerEnded = false
    /// The writer is at work, or has been woken.
    var isAwake = false

    var failure: FileFailure? { missing ?? writeFailure ?? syncFailure }

    /// Whether cameras may be written to it as far as one knows.
    var isHealthy: Bool { failure == nil && !hangs }
}
