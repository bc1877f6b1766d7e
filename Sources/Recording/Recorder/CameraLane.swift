import Domain
import Synchronization

/// What the recorder of one camera and the volume's writer share.
final class CameraLane: Sendable {
    let cameraId: String
    /// Bytes of fragments handed over and not written yet; bounded by `RecordingSettings.backlogBytes`.
    let waitingBytes = Atomic<Int>(0)
    /// State notes handed over and not written yet; bounded by `maximumNotes`, further ones are left out.
    let waitingNotes = Atomic<Int>(0)
    /// The writer wants a new segment at the next key frame.
    let wantsRotation = Atomic<Bool>(false)
    /// Fragments that never reached the disk.
    let dropped = Atomic<Int>(0)
    let written = Atomic<Int>(0)
    /// The segment that the writer began last, and whether it has it open: set before its file is there.
    let latestSegment = Mutex<(name: SegmentName, isOpen: Bool)?>(nil)

    static let maximumNotes = 256

    init(cameraId: String) {
        self.cameraId = cameraId
    }
}

/// What a recorder hands to the writer, in order.
enum WriterCommand: Sendable {
    case openSegment(runId: String, number: Int, startedAt: WallTime, stream: StreamFacts, initBytes: [UInt8])
    case fragment(bytes: [UInt8], record: FragmentRecord)
    case closeSegment(SegmentClosed.Cause)
    /// Nothing is recorded from the last frame on; joins the gap that is open, if one is.
    case gapBegins(reason: StateReason, detail: String?)
    case state(CameraStatus)

    /// What the journal says of a stream.
    struct StreamFacts: Sendable {
        var codec: String
        var codecString: String
        var width: Int
        var height: Int
        var audio: AudioTrackFacts?
        /// Streams of the source that are left out.
        var ignoredTracks: [String] = []
    }
}
