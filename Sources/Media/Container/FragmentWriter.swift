package import Domain

/// Writes segments: ISO BMFF (ISO/IEC 14496-12, -15), fragmented: a video track
/// and, where there is sound, an audio track, both at 90 kHz.
package enum FragmentWriter {
    /// The `uuid` box in `moov` that holds the `SegmentMark` (version, wall time, ticks, camera, run,
    /// and from version 2 on the previous segment and its chain's last value).
    static let markId: [UInt8] = Array("gridwatch-segmnt".utf8)
    /// The `uuid` box in `moof`, its last, that holds the wall time of the fragment and its seal.
    static let wallId: [UInt8] = Array("gridwatch-wallus".utf8)

    /// sample_depends_on = 2, a sync sample (ISO/IEC 14496-12 §8.8.3.1).
    static let keyFlags: UInt32 = 0x0200_0000
    /// sample_depends_on = 1, sample_is_non_sync_sample.
    static let otherFlags: UInt32 = 0x0101_0000
    /// sample_degradation_priority, the lower half of a sample's flags, of a picture that can't be decoded without error
    /// because something was lost on its way; 0 for every other.
    static let damagedPriority: UInt32 = 1

    /// `ftyp`+`moov` for a stream.
    ///
    /// - Throws: `unsupported` for a codec that segments don't take, `invalidData` without its parameter sets.
    package static func initSegment(info: StreamInfo, mark: SegmentMark?) throws(MediaError) -> [UInt8] {
        try TrackBoxes.check(info)
        var builder = BoxBuilder()
        builder.box("ftyp") {
            $0.name("iso6")
            $0.u32(0)
            for brand: StaticString in ["iso6", "iso5", "mp41"] { $0.name(brand) }
        }
        builder.box("moov") {
            TrackBoxes.movieHeader(&$0, info: info, duration: 0)
            $0.box("trak") {
                TrackBoxes.trackHeader(&$0, info: info, duration: 0)
                $0.box("mdia") {
                    TrackBoxes.mediaHeader(&$0, duration: 0)
                    $0.box("minf") {
                        TrackBoxes.dataInformation(&$0)
                        $0.box("stbl") {
                            TrackBoxes.sampleDescription(&$0, info: info)
                            emptyTables(&$0)
                        }
                    }
                }
            }
            if let audio = info.audio {
                $0.box("trak") {
                    AudioTrackBoxes.trackHeader(&$0, duration: 0)
                    $0.box("mdia") {
                        AudioTrackBoxes.mediaHeader(&$0, duration: 0)
                        $0.box("minf") {
                            AudioTrackBoxes.dataInformation(&$0)
                            $0.box("stbl") {
                                AudioTrackBoxes.sampleDescription(&$0, audio: audio)
                                emptyTables(&$0)
                            }
                        }
                    }
                }
            }
            $0.box("mvex") {
                trackDefaults(&$0, track: TrackBoxes.trackId, flags: otherFlags)
                if info.audio != nil { trackDefaults(&$0, track: AudioTrackBoxes.trackId, flags: keyFlags) }
            }
            if let mark {
                $0.box("uuid") {
                    $0.raw(markId)
                    $0.u32(2)
                    $0.u64(UInt64(bitPattern: mark.startedAt.microseconds))
                    $0.u64(UInt64(bitPattern: mark.startTicks))
                    $0.text(mark.cameraId)
                    $0.text(mark.runId)
                    $0.text(mark.previousSegment ?? "")
                    $0.raw(mark.previousHead ?? [])
                }
            }
        }
        return builder.bytes
    }

    private static func emptyTables(_ builder: inout BoxBuilder) {
        builder.fullBox("stts") { $0.u32(0) }
        builder.fullBox("stsc") { $0.u32(0) }
        builder.fullBox("stsz") { $0.u64(0) }
        builder.fullBox("stco") { $0.u32(0) }
    }

    private static func trackDefaults(_ builder: inout BoxBuilder, track: UInt32, flags: UInt32) {
        builder.fullBox("trex") {
            $0.u32(track)
            $0.u32(1)
            $0.u32(0)
            $0.u32(0)
            $0.u32(flags)
        }
    }

    /// One fragment, whole.
    package struct Fragment: Sendable {
        /// `moof` and `mdat`, one after the other.
        package var bytes: [UInt8]
        package var moofBytes: Int
        package var payloadOffset: Int
        /// 90 kHz ticks.
        package var durationTicks: Int64
        /// Where the seal begins: room for the payload's SHA-256 and for a CRC-32 of the `moof`, zero so far.
        package var sealOffset: Int

        /// Bytes of the seal's hash; its check value follows.
        package static let sealHashBytes = 32
        package static let sealBytes = sealHashBytes + 4
    }

    /// One `moof`+`mdat` of `samples`, which must not be empty.
    ///
    /// - Parameters:
    ///   - audio: the sound that came meanwhile, with times on the same line, strictly growing from 0 on; its samples
    ///     follow the pictures' in the same payload.
    ///   - baseDecodeTicks: where the first sample's decoding time lies on the run's time line.
    ///   - wall: wall time at `baseDecodeTicks`.
    package static func fragment(
        samples: [Packet],
        audio: [Packet] = [],
        sequence: UInt32,
        baseDecodeTicks: Int64,
        wall: WallTime
    ) -> Fragment {
        var pictures = 0
        for sample in samples { pictures += sample.bytes.count }
        var payload = pictures
        for sample in audio { payload += sample.bytes.count }
        var builder = BoxBuilder()
        builder.bytes.reserveCapacity(payload + 256 + samples.count * 16 + audio.count * 8)
        var offsetField = 0
        var audioOffsetField: Int?
        var duration: Int64 = 0
        builder.box("moof") {
            $0.fullBox("mfhd") { $0.u32(sequence) }
            $0.box("traf") {
                // default-base-is-moof
                $0.fullBox("tfhd", flags: 0x020000) { $0.u32(TrackBoxes.trackId) }
                $0.fullBox("tfdt", version: 1) { $0.u64(UInt64(clamping: baseDecodeTicks)) }
                // data offset; per sample: duration, size, flags, signed composition offset
                $0.fullBox("trun", version: 1, flags: 0x000F01) {
                    $0.u32(UInt32(samples.count))
                    offsetField = $0.bytes.count
                    $0.u32(0)
                    for (index, sample) in samples.enumerated() {
                        let ticks = stepTicks(samples, index)
                        duration += Int64(ticks)
                        $0.u32(ticks)
                        $0.u32(UInt32(clamping: sample.bytes.count))
                        $0.u32((sample.isKey ? keyFlags : otherFlags) | (sample.isDamaged ? damagedPriority : 0))
                        $0.u32(UInt32(bitPattern: Int32(clamping: sample.ptsTicks - sample.dtsTicks)))
                    }
                }
            }
            if let first = audio.first {
                $0.box("traf") {
                    $0.fullBox("tfhd", flags: 0x020000) { $0.u32(AudioTrackBoxes.trackId) }
                    $0.fullBox("tfdt", version: 1) { $0.u64(UInt64(clamping: first.dtsTicks)) }
                    // data offset; per sample: duration, size
                    $0.fullBox("trun", version: 1, flags: 0x000301) {
                        $0.u32(UInt32(audio.count))
                        audioOffsetField = $0.bytes.count
                        $0.u32(0)
                        for (index, sample) in audio.enumerated() {
                            $0.u32(stepTicks(audio, index))
                            $0.u32(UInt32(clamping: sample.bytes.count))
                        }
                    }
                }
            }
            $0.box("uuid") {
                $0.raw(wallId)
                $0.u64(UInt64(bitPattern: wall.microseconds))
                $0.raw([UInt8](repeating: 0, count: Fragment.sealBytes))
            }
        }
        let moofBytes = builder.bytes.count
        builder.patch(UInt32(moofBytes + 8), at: offsetField)
        if let audioOffsetField { builder.patch(UInt32(clamping: moofBytes + 8 + pictures), at: audioOffsetField) }
        builder.u32(UInt32(clamping: payload + 8))
        builder.name("mdat")
        for sample in samples { builder.bytes.append(contentsOf: sample.bytes) }
        for sample in audio { builder.bytes.append(contentsOf: sample.bytes) }
        return Fragment(
            bytes: builder.bytes,
            moofBytes: moofBytes,
            payloadOffset: moofBytes + 8,
            durationTicks: duration,
            sealOffset: moofBytes - Fragment.sealBytes
        )
    }

    /// From a sample to the next; the last one's own duration.
    private static func stepTicks(_ samples: [Packet], _ index: Int) -> UInt32 {
        let next = index + 1 < samples.count ? samples[index + 1].dtsTicks - samples[index].dtsTicks : nil
        return UInt32(clamping: next ?? samples[index].durationTicks)
    }
}
