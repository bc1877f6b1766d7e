package import Domain

/// How recording cuts and bounds what it writes.
package struct RecordingSettings: Sendable, Hashable {
    /// A segment ends at the first key frame after this much media time.
    package var segmentLength: Duration
    /// A fragment ends before the frame that would make it longer.
    package var fragmentLength: Duration
    /// Bytes of one camera that may wait for the disk; beyond it whole fragments are dropped up to the next key frame,
    /// counted and noted as a gap with the reason `disk`.
    package var backlogBytes: Int
    /// Bytes of all cameras of one volume that may wait for it; beyond it the least important cameras lose whole groups of
    /// pictures, the oldest first.
    package var volumeBacklogBytes: Int
    /// The time between two syncs of the volume: what a power cut can take, beside the fragment that is being filled.
    package var syncBeat: Duration
    /// What a gap is put down to that begins with a segment that was not closed: `crash`, or `power` where the host was
    /// started anew since.
    package var unexpectedEnd: StateReason
    /// A write or a sync that takes longer means that the volume hangs: its cameras go on on another one.
    package var hangLimit: Duration
    /// How often a volume that failed and that nothing is written on any more is tried again.
    package var retryAfter: Duration
    /// Further volumes that may lie on a disk with others: their folder is made there. Elsewhere it is taken for a mount
    /// point without its disk.
    package var sharingVolumes: Set<String>

    package init(
        segmentLength: Duration = .seconds(600),
        fragmentLength: Duration = .milliseconds(500),
        backlogBytes: Int = 16 << 20,
        volumeBacklogBytes: Int = 256 << 20,
        syncBeat: Duration = .seconds(1),
        unexpectedEnd: StateReason = .crash,
        hangLimit: Duration = .seconds(10),
        retryAfter: Duration = .seconds(10),
        sharingVolumes: Set<String> = []
    ) {
        self.segmentLength = segmentLength
        self.fragmentLength = fragmentLength
        self.backlogBytes = backlogBytes
        self.volumeBacklogBytes = volumeBacklogBytes
        self.syncBeat = syncBeat
        self.unexpectedEnd = unexpectedEnd
        self.hangLimit = hangLimit
        self.retryAfter = retryAfter
        self.sharingVolumes = sharingVolumes
    }
}
