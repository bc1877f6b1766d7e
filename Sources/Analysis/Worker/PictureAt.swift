import Media

/// The picture that a recording shows at a given time.
struct PictureAt {
    let frame: DecodedFrame

    /// Decodes as little as leads to the picture: from the last key frame at or before it.
    ///
    /// - Parameters:
    ///   - bytes: Init segment and fragments; what is cut off at the end is left out.
    ///   - mediaSeconds: Seconds after the first frame; beyond the last frame means the last one.
    init(_ bytes: [UInt8], mediaSeconds: Double) throws(MediaError) {
        guard let start = try FragmentParser.initSegment(bytes) else {
            throw MediaError(.invalidData, "the recording has no whole beginning (ftyp and moov)")
        }
        let samples = try Self.samples(bytes, from: start.sizeBytes)
        guard let first = samples.map(\.ticks).min() else {
            throw MediaError(.invalidData, "the recording holds no whole fragment")
        }
        let limited = mediaSeconds.isFinite ? max(0, min(mediaSeconds, 1e6)) : 0
        // Half a tick of a 90 kHz clock is lost in seconds as a fraction: round.
        let wanted = first + Int64((limited * 90_000).rounded())
        guard
            let key = samples.lastIndex(where: { $0.isKey && $0.ticks <= wanted }) ?? samples.firstIndex(where: \.isKey)
        else { throw MediaError(.invalidData, "the recording holds no key frame") }
        let decoder = try VideoDecoder(
            codec: start.stream.codec,
            extradata: start.stream.extradata,
            width: start.stream.width,
            height: start.stream.height
        )
        var best: DecodedFrame?
        func keep(_ frames: [DecodedFrame]) {
            for frame in frames {
                guard let present = best else {
                    best = frame
                    continue
                }
                if frame.ptsTicks <= wanted, frame.ptsTicks > present.ptsTicks || present.ptsTicks > wanted {
                    best = frame
                }
            }
        }
        for sample in samples[key...] {
            // A later key frame begins a new group: nothing after it is shown earlier.
            if sample.isKey, sample.ticks > wanted { break }
            let packet = Array(bytes[sample.bytes])
            // One damaged packet must not cost the picture if another one can be shown.
            guard let frames = try? decoder.decode(packet, ptsTicks: sample.ticks, isKey: sample.isKey) else {
                continue
            }
            keep(frames)
            if let best, frames.contains(where: { $0.ptsTicks > wanted }), best.ptsTicks <= wanted { break }
        }
        keep(decoder.flush())
        guard let best else { throw MediaError(.invalidData, "no picture can be decoded there") }
        frame = best
    }

    private struct Sample {
        var bytes: Range<Int>
        /// Presentation time in 1/90,000 s.
        var ticks: Int64
        var isKey: Bool
    }

    private static func samples(_ bytes: [UInt8], from start: Int) throws(MediaError) -> [Sample] {
        var samples: [Sample] = []
        var offset = start
        while offset < bytes.count {
            guard let fragment = try FragmentParser.fragment(bytes, at: offset), fragment.sizeBytes > 0 else { break }
            var ticks = fragment.baseDecodeTicks
            for sample in fragment.samples {
                let first = offset + sample.offset
                guard sample.size > 0, first >= 0, first + sample.size <= bytes.count else { continue }
                samples.append(
                    Sample(
                        bytes: first..<first + sample.size,
                        ticks: ticks &+ sample.compositionTicks,
                        isKey: sample.isKey
                    )
                )
                ticks &+= sample.durationTicks
            }
            offset += fragment.sizeBytes
        }
        return samples
    }
}
