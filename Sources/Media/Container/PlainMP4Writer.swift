/// Builds the front of an MP4 file that any player and editor opens: `ftyp`+`moov`+header of `mdat`; the payload
/// follows unchanged. The caller names all samples first, takes `header(…)`, then writes the payload in the same order,
/// so a clip can be streamed without being held in memory.
///
/// Where the stream has sound the file gets an audio track; the sound of a fragment stays where it lies in the payload,
/// behind the pictures. Sound that isn't named (another codec than the first one's) stays there too, unplayed.
package struct PlainMP4Writer: Sendable {
    /// Bytes of payload that must follow the header.
    package private(set) var payloadBytes = 0
    /// 90 kHz ticks from the first picture's decoding to the end of the last.
    package var durationTicks: Int64 { video.durationTicks }
    /// Pictures.
    package var sampleCount: Int { video.sampleCount }

    private let info: StreamInfo
    private var video = SampleTables()
    private var audio = SampleTables()
    /// The end of the picture that is shown last; reordered pictures reach beyond the last one decoded.
    private var presentationEnd: Int64 = 0
    /// Where the first sound lies, from the first picture's decoding; may be before it.
    private var audioOrigin: Int64?

    package init(info: StreamInfo) {
        self.info = info
    }

    /// Adds one fragment; the payload of its `mdat` has to follow as it is.
    ///
    /// - Parameter withAudio: the fragment's sound is of the kind that this writer was made for (`StreamInfo.audio`).
    package mutating func add(_ fragment: FragmentInfo, withAudio: Bool = true) {
        var samples = fragment.samples
        for index in samples.indices { samples[index].offset -= fragment.payloadOffset }
        var sound = withAudio ? fragment.audio : nil
        for index in (sound?.samples ?? []).indices { sound?.samples[index].offset -= fragment.payloadOffset }
        addChunk(
            samples: samples,
            payloadBytes: fragment.payloadBytes,
            audio: sound,
            baseDecodeTicks: fragment.baseDecodeTicks
        )
    }

    /// Adds the samples of one stretch of payload of `payloadBytes` bytes (the payload of one fragment's `mdat`), whose
    /// pictures lie in it one after the other from its first byte on. Gaps of the time line have to be in the durations.
    ///
    /// - Parameters:
    ///   - audio: the stretch's sound; its samples' offsets are from the stretch's first byte.
    ///   - baseDecodeTicks: the first picture's decoding time on the line on which `audio` gives its time.
    package mutating func addChunk(
        samples: [FragmentSample],
        payloadBytes: Int,
        audio sound: FragmentAudio? = nil,
        baseDecodeTicks: Int64 = 0
    ) {
        if let sound, info.audio != nil { add(sound, at: durationTicks + sound.baseDecodeTicks - baseDecodeTicks) }
        video.beginChunk(at: self.payloadBytes, samples: samples.count)
        for sample in samples {
            let shown = durationTicks + sample.compositionTicks
            presentationEnd = max(presentationEnd, shown + sample.durationTicks)
            video.append(sample)
        }
        self.payloadBytes += payloadBytes
    }

    private mutating func add(_ sound: FragmentAudio, at position: Int64) {
        var samples = sound.samples[...]
        var position = position
        if let audioOrigin {
            // Where two runs are put together their sound may overlap: what comes later gives way.
            while let first = samples.first, position <= audioOrigin + audio.durationTicks - audio.lastDuration {
                position += first.durationTicks
                samples = samples.dropFirst()
            }
            guard !samples.isEmpty else { return }
            audio.stretchLast(by: position - audioOrigin - audio.durationTicks)
        } else {
            audioOrigin = position
        }
        guard let first = samples.first else { return }
        audio.beginChunk(at: payloadBytes + first.offset, samples: samples.count)
        for sample in samples { audio.append(sample) }
    }

    /// The bytes before the payload.
    ///
    /// - Parameters:
    ///   - startTicks: presentation time, from the first sample's decoding time, at which players begin (edit list).
    ///   - durationTicks: how long they show, from there; nil: to the end.
    /// - Throws: as `FragmentWriter.initSegment`.
    package func header(startTicks: Int64, durationTicks: Int64?) throws(MediaError) -> [UInt8] {
        try TrackBoxes.check(info)
        let end = max(self.durationTicks, presentationEnd)
        let start = max(0, min(startTicks, end))
        let shown = max(0, min(durationTicks ?? .max, end - start))
        // Offsets depend on the size of moov, whose size doesn't depend on their values.
        let probe = front(start: start, shown: shown, payloadStart: 0)
        return front(start: start, shown: shown, payloadStart: probe.count)
    }

    private func front(start: Int64, shown: Int64, payloadStart: Int) -> [UInt8] {
        var movie = info
        let edits = audioEdits(start: start, shown: shown)
        // Players count what an edit list cuts off in units of the track, and some take these for samples.
        let rate = info.audio?.sampleRate ?? 0
        let sound = edits.isEmpty ? audio : audio.rescaled(to: rate)
        if edits.isEmpty { movie.audio = nil }
        var builder = BoxBuilder()
        builder.box("ftyp") {
            $0.name("isom")
            $0.u32(0x200)
            for brand: StaticString in ["isom", "iso2", "mp41"] { $0.name(brand) }
        }
        builder.box("moov") {
            TrackBoxes.movieHeader(&$0, info: movie, duration: UInt64(shown))
            $0.box("trak") {
                TrackBoxes.trackHeader(&$0, info: movie, duration: UInt64(shown))
                Self.editList(&$0, [(shown, start)])
                $0.box("mdia") {
                    TrackBoxes.mediaHeader(&$0, duration: UInt64(max(0, durationTicks)))
                    $0.box("minf") {
                        TrackBoxes.dataInformation(&$0)
                        $0.box("stbl") {
                            TrackBoxes.sampleDescription(&$0, info: movie)
                            video.write(&$0, allKeys: false, payloadStart: payloadStart)
                        }
                    }
                }
            }
            if let kind = movie.audio {
                $0.box("trak") {
                    AudioTrackBoxes.trackHeader(&$0, duration: UInt64(edits.reduce(0) { $0 + $1.duration }))
                    Self.editList(
                        &$0,
                        edits.map { ($0.duration, $0.mediaTime < 0 ? -1 : MediaTime.rescaled($0.mediaTime, to: rate)) }
                    )
                    $0.box("mdia") {
                        AudioTrackBoxes.mediaHeader(
                            &$0,
                            timescale: rate,
                            duration: UInt64(max(0, sound.durationTicks))
                        )
                        $0.box("minf") {
                            AudioTrackBoxes.dataInformation(&$0)
                            $0.box("stbl") {
                                AudioTrackBoxes.sampleDescription(&$0, audio: kind)
                                sound.write(&$0, allKeys: true, payloadStart: payloadStart)
                            }
                        }
                    }
                }
            }
        }
        builder.u32(1)
        builder.name("mdat")
        builder.u64(UInt64(payloadBytes + 16))
        return builder.bytes
    }

    /// What of the sound is played: silence up to its beginning (media time -1), then the sound. Empty where none is
    /// heard in the range.
    private func audioEdits(start: Int64, shown: Int64) -> [(duration: Int64, mediaTime: Int64)] {
        guard info.audio != nil, let audioOrigin else { return [] }
        let silence = max(0, audioOrigin - start)
        let from = max(0, start - audioOrigin)
        let length = min(shown - silence, audio.durationTicks - from)
        guard length > 0 else { return [] }
        let sound: [(duration: Int64, mediaTime: Int64)] = [(length, from)]
        return silence > 0 ? [(silence, -1)] + sound : sound
    }

    private static func editList(_ builder: inout BoxBuilder, _ edits: [(duration: Int64, mediaTime: Int64)]) {
        builder.box("edts") {
            $0.fullBox("elst", version: 1) {
                $0.u32(UInt32(edits.count))
                for edit in edits {
                    $0.u64(UInt64(edit.duration))
                    $0.u64(UInt64(bitPattern: edit.mediaTime))
                    $0.u32(0x10000)
                }
            }
        }
    }

    /// A whole file of the pictures among `packets` that plays from the first to the last.
    package static func file(info: StreamInfo, packets: [Packet]) throws(MediaError) -> [UInt8] {
        let packets = packets.filter { $0.track == .video }
        var writer = PlainMP4Writer(info: info)
        var payload: [UInt8] = []
        for (index, packet) in packets.enumerated() {
            let next = index + 1 < packets.count ? packets[index + 1].dtsTicks - packet.dtsTicks : packet.durationTicks
            writer.addChunk(
                samples: [
                    FragmentSample(
                        offset: 0,
                        size: packet.bytes.count,
                        durationTicks: next,
                        compositionTicks: packet.ptsTicks - packet.dtsTicks,
                        isKey: packet.isKey
                    )
                ],
                payloadBytes: packet.bytes.count
            )
            payload += packet.bytes
        }
        let start = packets.first.map { $0.ptsTicks - $0.dtsTicks } ?? 0
        return try writer.header(startTicks: start, durationTicks: nil) + payload
    }
}
