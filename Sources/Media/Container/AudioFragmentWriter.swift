/// Writes sound alone as fragmented MP4, for players that take pictures and sound apart: one audio track at 90 kHz, its
/// id that of the recording's.
package enum AudioFragmentWriter {
    /// `ftyp`+`moov`.
    package static func initSegment(_ audio: AudioInfo) -> [UInt8] {
        var builder = BoxBuilder()
        builder.box("ftyp") {
            $0.name("iso6")
            $0.u32(0)
            for brand: StaticString in ["iso6", "iso5", "mp41"] { $0.name(brand) }
        }
        builder.box("moov") {
            let movie = StreamInfo(codec: .h264, width: 0, height: 0, extradata: [], codecString: "", audio: audio)
            TrackBoxes.movieHeader(&$0, info: movie, duration: 0)
            $0.box("trak") {
                AudioTrackBoxes.trackHeader(&$0, duration: 0)
                $0.box("mdia") {
                    AudioTrackBoxes.mediaHeader(&$0, duration: 0)
                    $0.box("minf") {
                        AudioTrackBoxes.dataInformation(&$0)
                        $0.box("stbl") {
                            AudioTrackBoxes.sampleDescription(&$0, audio: audio)
                            $0.fullBox("stts") { $0.u32(0) }
                            $0.fullBox("stsc") { $0.u32(0) }
                            $0.fullBox("stsz") { $0.u64(0) }
                            $0.fullBox("stco") { $0.u32(0) }
                        }
                    }
                }
            }
            $0.box("mvex") {
                $0.fullBox("trex") {
                    $0.u32(AudioTrackBoxes.trackId)
                    $0.u32(1)
                    $0.u32(0)
                    $0.u32(0)
                    $0.u32(FragmentWriter.keyFlags)
                }
            }
        }
        return builder.bytes
    }

    /// `moof`+`mdat` of samples, which must not be empty and follow each other without a pause.
    ///
    /// - Parameter baseDecodeTicks: the first sample's time on the run's time line, in 90 kHz ticks.
    package static func fragment(
        _ samples: [(bytes: [UInt8], durationTicks: Int64)],
        sequence: UInt32,
        baseDecodeTicks: Int64
    ) -> [UInt8] {
        var builder = BoxBuilder()
        var offsetField = 0
        builder.box("moof") {
            $0.fullBox("mfhd") { $0.u32(sequence) }
            $0.box("traf") {
                $0.fullBox("tfhd", flags: 0x020000) { $0.u32(AudioTrackBoxes.trackId) }
                $0.fullBox("tfdt", version: 1) { $0.u64(UInt64(clamping: baseDecodeTicks)) }
                $0.fullBox("trun", version: 1, flags: 0x000301) {
                    $0.u32(UInt32(clamping: samples.count))
                    offsetField = $0.bytes.count
                    $0.u32(0)
                    for sample in samples {
                        $0.u32(UInt32(clamping: sample.durationTicks))
                        $0.u32(UInt32(clamping: sample.bytes.count))
                    }
                }
            }
        }
        builder.patch(UInt32(builder.bytes.count + 8), at: offsetField)
        builder.box("mdat") { for sample in samples { $0.raw(sample.bytes) } }
        return builder.bytes
    }
}
