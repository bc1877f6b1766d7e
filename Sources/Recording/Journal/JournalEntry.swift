package import Domain
package import Media

/// One line of a segment's journal or of a day journal.
package enum JournalEntry: Sendable, Hashable {
    /// First line of a segment's journal.
    case segmentOpened(SegmentOpened)
    case fragment(FragmentRecord)
    /// Recovery cut the file: fragments at or beyond this offset don't count.
    case segmentCut(sizeBytes: Int)
    /// Last line of a segment's journal.
    case segmentClosed(SegmentClosed)
    case gap(GapRecord)
    case state(CameraStatus)
    /// From here on the camera's own clock is ahead of the wall times by so many microseconds.
    case cameraClock(Int64)
    /// In a day journal: the journal of this segment was changed after its closing line (a failed sync took its tail back)
    /// and has to be read again.
    case segmentChanged(SegmentName)
}

/// A segment begins.
package struct SegmentOpened: Sendable, Hashable {
    package var cameraId: String
    package var runId: String
    /// Counts the segments of the run from 0.
    package var number: Int
    /// Wall time of the first frame.
    package var startedAt: WallTime
    package var codec: VideoCodecName
    /// RFC 6381.
    package var codecString: String
    /// Pixels.
    package var width: Int
    package var height: Int
    /// Bytes of `ftyp`+`moov`: where the first fragment begins.
    package var initBytes: Int
    /// SHA-256 of them, where the segment's chain begins together with `previousHead`.
    package var initHash: ContentHash
    /// The camera's segment before this one and the last value of its chain; nil for the first.
    package var previousSegment: String?
    package var previousHead: ContentHash?
    /// The segment's sound track; nil where it has none.
    package var audio: AudioTrackFacts?
    /// Streams of the source that are not recorded, as `audio/g722`.
    package var ignoredTracks: [String]
    /// Microseconds by which the camera's own clock was ahead of the wall times when it last told; nil where it never did.
    package var clockOffsetMicros: Int64?

    package init(
        cameraId: String,
        runId: String,
        number: Int,
        startedAt: WallTime,
        codec: VideoCodecName,
        codecString: String,
        width: Int,
        height: Int,
        initBytes: Int,
        initHash: ContentHash,
        previousSegment: String?,
        previousHead: ContentHash?,
        audio: AudioTrackFacts? = nil,
        ignoredTracks: [String] = [],
        clockOffsetMicros: Int64? = nil
    ) {
        self.clockOffsetMicros = clockOffsetMicros
        self.cameraId = cameraId
        self.runId = runId
        self.number = number
        self.startedAt = startedAt
        self.codec = codec
        self.codecString = codecString
        self.width = width
        self.height = height
        self.initBytes = initBytes
        self.initHash = initHash
        self.previousSegment = previousSegment
        self.previousHead = previousHead
        self.audio = audio
        self.ignoredTracks = ignoredTracks
    }
}

/// What a journal says of a segment's sound.
package struct AudioTrackFacts: Sendable, Hashable {
    /// `AudioCodec.rawValue`: `alaw`, `ulaw`, `aac`, `opus`, `mp2`.
    package var codec: String
    /// RFC 6381; `alaw` and `ulaw` for G.711.
    package var codecString: String
    /// Samples per second and channel.
    package var sampleRate: Int
    package var channels: Int

    package init(codec: String, codecString: String, sampleRate: Int, channels: Int) {
        self.codec = codec
        self.codecString = codecString
        self.sampleRate = sampleRate
        self.channels = channels
    }

    package init(_ info: AudioInfo) {
        self.init(
            codec: info.codec.rawValue,
            codecString: info.codecString,
            sampleRate: info.sampleRate,
            channels: info.channels
        )
    }
}

/// `h264`, `hevc`: `VideoCodec.rawValue`.
package typealias VideoCodecName = String

/// Where one fragment lies and what it holds. Ticks are 90 kHz on the run's time line.
package struct FragmentRecord: Sendable, Hashable {
    /// From the start of the file.
    package var offset: Int
    /// Bytes of `moof`+`mdat`.
    package var sizeBytes: Int
    /// Bytes of the `moof`.
    package var moofBytes: Int
    package var baseDecodeTicks: Int64
    package var durationTicks: Int64
    /// Wall time at `baseDecodeTicks`.
    package var wall: WallTime
    package var startsWithKey: Bool
    package var sampleCount: Int
    package var moofHash: ContentHash
    /// SHA-256 of the payload of `mdat`.
    package var payloadHash: ContentHash

    package init(
        offset: Int,
        sizeBytes: Int,
        moofBytes: Int,
        baseDecodeTicks: Int64,
        durationTicks: Int64,
        wall: WallTime,
        startsWithKey: Bool,
        sampleCount: Int,
        moofHash: ContentHash,
        payloadHash: ContentHash
    ) {
        self.offset = offset
        self.sizeBytes = sizeBytes
        self.moofBytes = moofBytes
        self.baseDecodeTicks = baseDecodeTicks
        self.durationTicks = durationTicks
        self.wall = wall
        self.startsWithKey = startsWithKey
        self.sampleCount = sampleCount
        self.moofHash = moofHash
        self.payloadHash = payloadHash
    }

    /// Wall time of the end of the last frame.
    package var wallEnd: WallTime { WallTime(microseconds: wall.microseconds + durationTicks * 100 / 9) }
    /// Where the payload of `mdat` begins in the file.
    package var end: Int { offset + sizeBytes }
}

/// A segment ends.
package struct SegmentClosed: Sendable, Hashable {
    package enum Cause: String, Sendable, Hashable, CaseIterable {
        /// The next segment of the same run follows without a gap.
        case rotated
        case runEnded
        /// The volume failed; the tail may be missing.
        case failed
        /// Closed by recovery after a crash.
        case recovered
    }

    package var cause: Cause
    /// Wall time of the end of the last frame.
    package var endedAt: WallTime
    package var fragmentCount: Int
    package var sizeBytes: Int
    /// The last value of the chain.
    package var head: ContentHash

    package init(cause: Cause, endedAt: WallTime, fragmentCount: Int, sizeBytes: Int, head: ContentHash) {
        self.cause = cause
        self.endedAt = endedAt
        self.fragmentCount = fragmentCount
        self.sizeBytes = sizeBytes
        self.head = head
    }
}

/// Nothing was recorded between two frames. A later line with the same `from` replaces an earlier one.
package struct GapRecord: Sendable, Hashable {
    /// The end of the last recorded frame, or when recording of the camera first began.
    package var from: WallTime
    /// The next recorded frame; nil while there is none.
    package var to: WallTime?
    /// What started it.
    package var reason: StateReason
    /// Later causes in the order in which they came, then free text; without credentials.
    package var laterReasons: [StateReason]
    package var detail: String?
    /// When the line was written, growing from line to line of a camera: tells which of two lines is the newer one where
    /// they lie on different volumes. nil in lines of the first version.
    package var notedAt: WallTime?

    package init(
        from: WallTime,
        to: WallTime?,
        reason: StateReason,
        laterReasons: [StateReason] = [],
        detail: String? = nil,
        notedAt: WallTime? = nil
    ) {
        self.from = from
        self.to = to
        self.reason = reason
        self.laterReasons = laterReasons
        self.detail = detail
        self.notedAt = notedAt
    }
}
