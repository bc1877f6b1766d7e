import Domain
import Media
import Synchronization

/// What the recorder of one camera and the volumes' writers share.
final class CameraLane: Sendable {
    let cameraId: String
    /// Its place in the queues of `RecordingVolumes`.
    let index: Int
    /// 0–9; the lowest lose pictures first.
    let priority: Atomic<Int>
    /// Bytes of fragments handed over and not written yet; bounded by `RecordingSettings.backlogBytes`.
    let waitingBytes = Atomic<Int>(0)
    /// State notes handed over and not written yet; bounded by `maximumNotes`, further ones are left out.
    let waitingNotes = Atomic<Int>(0)
    /// The writer wants a new segment at the next key frame.
    let wantsRotation = Atomic<Bool>(false)
    /// Fragments that never reached the disk.
    let dropped = Atomic<Int>(0)
    let written = Atomic<Int>(0)
    /// Counts how often the lane was taken from a writer that doesn't come back.
    let generation = Atomic<Int>(0)
    /// The segment that the writer began last, and whether it has it open: set before its file is there.
    let latestSegment = Mutex<(name: SegmentName, isOpen: Bool)?>(nil)

    static let maximumNotes = 256

    init(cameraId: String, index: Int, priority: Int) {
        self.cameraId = cameraId
        self.index = index
        self.priority = Atomic(priority)
    }
}

/// What a recorder hands to the writer, in order.
enum WriterCommand: Sendable {
    /// A segment begins with the next fragment that starts with a key frame.
    case openSegment(runId: String, number: Int, info: StreamInfo)
    case fragment(bytes: [UInt8], record: FragmentRecord)
    case closeSegment(SegmentClosed.Cause)
    /// Nothing is recorded from the last frame on; joins the gap that is open, if one is.
    case gapBegins(reason: StateReason, detail: String?)
    case state(CameraStatus)
    /// Microseconds by which the camera's own clock is ahead of the wall times from the next fragment on; nil: it is not
    /// known any more. At most one per fragment.
    case cameraClock(Int64?)
    /// A failed sync took the end of a segment that was closed already.
    case tailLost(GapRecord, SegmentName)

    /// Bytes of a fragment.
    var fragmentBytes: Int {
        if case .fragment(let bytes, _) = self { bytes.count } else { 0 }
    }
}

/// A camera's commands that wait, and its writer; guarded by the lock of `RecordingVolumes`.
struct LaneQueue {
    let lane: CameraLane
    /// In order, each with a number that grows over all cameras. Bounded: fragments by bytes (`backlogBytes`; beyond it
    /// the newest are refused), notes by number, and segments open and close as seldom as key frames come.
    private(set) var commands: [(number: Int, command: WriterCommand)] = []
    private var first = 0
    /// Bytes of the fragments among them.
    private(set) var waitingBytes = 0
    /// The index of the volume that it is written to.
    var volume: Int
    /// nil while a thread works with it.
    var writer: SegmentWriter?
    /// What was known before the command that is being performed: a writer that doesn't come back is replaced by one that
    /// goes on from here.
    var past: CameraPast
    /// Fragments were taken out up to its end: only one that starts with a key frame may follow.
    var needsKey = false

    init(lane: CameraLane, volume: Int, writer: SegmentWriter) {
        self.lane = lane
        self.volume = volume
        past = writer.resumption
        self.writer = writer
    }

    var isEmpty: Bool { first == commands.count }

    /// The number of the oldest command.
    var oldest: Int? { isEmpty ? nil : commands[first].number }

    var next: WriterCommand? { isEmpty ? nil : commands[first].command }

    mutating func append(_ command: WriterCommand, number: Int) {
        commands.append((number, command))
        waitingBytes += command.fragmentBytes
    }

    mutating func removeFirst() -> WriterCommand? {
        guard let next else { return nil }
        // The slot lets its bytes go at once; the array is moved together now and then.
        commands[first].command = .closeSegment(.rotated)
        first += 1
        if first > 64, first * 2 > commands.count {
            commands.removeFirst(first)
            first = 0
        }
        waitingBytes -= next.fragmentBytes
        return next
    }

    /// Takes the oldest fragments out, up to the next one that starts with a key frame, and puts a gap in their place.
    ///
    /// - Returns: how many, and their bytes.
    mutating func dropOldestPictures() -> (count: Int, bytes: Int) {
        var kept: [(number: Int, command: WriterCommand)] = []
        var dropped = (count: 0, bytes: 0)
        var isDropping = true
        for entry in commands[first...] {
            if isDropping, case .fragment(let bytes, let record) = entry.command {
                if dropped.count > 0, record.startsWithKey {
                    isDropping = false
                } else {
                    // One gap is enough, however often pictures are taken out.
                    if dropped.count == 0, !Self.isGap(kept.last?.command) {
                        let reason = WriterCommand.gapBegins(reason: .disk, detail: "the disk is too slow")
                        kept.append((entry.number, reason))
                    }
                    dropped.count += 1
                    dropped.bytes += bytes.count
                    continue
                }
            }
            kept.append(entry)
        }
        if isDropping, dropped.count > 0 { needsKey = true }
        commands = kept
        first = 0
        waitingBytes -= dropped.bytes
        return dropped
    }

    private static func isGap(_ command: WriterCommand?) -> Bool {
        if case .gapBegins(.disk, _)? = command { true } else { false }
    }

    /// Takes everything out that belongs to the segment on a volume that hangs; state notes stay.
    ///
    /// - Returns: how many fragments, and their bytes.
    mutating func dropAll() -> (count: Int, bytes: Int) {
        var kept: [(number: Int, command: WriterCommand)] = []
        var dropped = (count: 0, bytes: 0)
        for entry in commands[first...] {
            switch entry.command {
            case .fragment(let bytes, _):
                dropped.count += 1
                dropped.bytes += bytes.count
            case .openSegment, .closeSegment: continue
            case .gapBegins, .state, .cameraClock, .tailLost: kept.append(entry)
            }
        }
        commands = kept
        first = 0
        waitingBytes = 0
        return dropped
    }
}
