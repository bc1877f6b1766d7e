package import Domain

/// One sample of a fragment.
package struct FragmentSample: Sendable, Hashable {
    /// From the first byte of the fragment (its `moof`).
    package var offset: Int
    package var size: Int
    /// 90 kHz ticks.
    package var durationTicks: Int64
    /// Presentation minus decoding time in 90 kHz ticks; may be negative.
    package var compositionTicks: Int64
    package var isKey: Bool
    /// Something of it, or of a picture that it needs, was lost before it was recorded.
    package var isDamaged: Bool

    package init(
        offset: Int,
        size: Int,
        durationTicks: Int64,
        compositionTicks: Int64,
        isKey: Bool,
        isDamaged: Bool = false
    ) {
        self.offset = offset
        self.size = size
        self.durationTicks = durationTicks
        self.compositionTicks = compositionTicks
        self.isKey = isKey
        self.isDamaged = isDamaged
    }
}

/// The sound of a fragment: its second `traf`.
package struct FragmentAudio: Sendable, Hashable {
    /// Decoding time of the first sample on the run's time line, in 90 kHz ticks.
    package var baseDecodeTicks: Int64
    /// They lie behind the pictures in the same payload.
    package var samples: [FragmentSample]

    package init(baseDecodeTicks: Int64, samples: [FragmentSample]) {
        self.baseDecodeTicks = baseDecodeTicks
        self.samples = samples
    }
}

/// One `moof`+`mdat` as read back.
package struct FragmentInfo: Sendable, Hashable {
    /// Bytes of the `moof` box, header included; the fragment begins with it.
    package var moofBytes: Int
    /// Where the payload of `mdat` begins, from the first byte of the fragment.
    package var payloadOffset: Int
    package var payloadBytes: Int
    package var sequence: UInt32
    /// Decoding time of the first sample on the run's time line, in 90 kHz ticks (`tfdt`).
    package var baseDecodeTicks: Int64
    package var durationTicks: Int64
    /// Wall time at `baseDecodeTicks`, where the file says so.
    package var wall: WallTime?
    /// Where the seal begins (`FragmentWriter.Fragment.sealOffset`), from the start of the fragment; nil in fragments of
    /// the first version.
    package var sealOffset: Int?
    /// The pictures.
    package var samples: [FragmentSample]
    /// nil where the fragment holds no sound.
    package var audio: FragmentAudio?

    /// Bytes of the whole fragment.
    package var sizeBytes: Int { payloadOffset + payloadBytes }
    package var startsWithKey: Bool { samples.first?.isKey ?? false }
}

/// The beginning of a segment as read back: `ftyp`+`moov`.
package struct InitSegmentInfo: Sendable, Hashable {
    package var stream: StreamInfo
    package var mark: SegmentMark?
    /// Bytes of `ftyp`+`moov`.
    package var sizeBytes: Int
    /// Ticks per second of the track; segments of this project use 90 000.
    package var timescale: Int
}
