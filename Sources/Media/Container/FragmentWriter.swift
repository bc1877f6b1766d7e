package import Domain

/// Writes segments: ISO BMFF (ISO/IEC 14496-12, -15), fragmented, one video track at 90 kHz.
package enum FragmentWriter {
    /// `ftyp`+`moov` for a stream.
    ///
    /// - Throws: `unsupported` for a codec that segments don't take, `invalidData` without its parameter sets.
    package static func initSegment(info: StreamInfo, mark: SegmentMark?) throws(MediaError) -> [UInt8] { [] }

    /// One fragment, whole.
    package struct Fragment: Sendable {
        /// `moof` and `mdat`, one after the other.
        package var bytes: [UInt8]
        package var moofBytes: Int
        package var payloadOffset: Int
    }

    /// One `moof`+`mdat` of `samples`.
    ///
    /// - Parameters:
    ///   - baseDecodeTicks: where the first sample's decoding time lies on the run's time line.
    ///   - wall: wall time at `baseDecodeTicks`.
    package static func fragment(
        samples: [Packet],
        sequence: UInt32,
        baseDecodeTicks: Int64,
        wall: WallTime
    ) -> Fragment { Fragment(bytes: [], moofBytes: 0, payloadOffset: 0) }
}
