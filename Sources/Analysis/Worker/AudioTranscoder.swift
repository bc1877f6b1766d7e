import Media

/// Turns the sound of a recording's fragments into AAC, on the same time line.
struct AudioTranscoder {
    struct Output {
        var bytes: [UInt8]
        /// 90 kHz ticks of the run's time line.
        var baseDecodeTicks: Int64
        var durationTicks: Int64
    }

    /// Sound that begins this much beside where the last one ended is a pause, not rounding: 60 ms in 90 kHz ticks.
    private static let pause: Int64 = 5400

    let info: AudioInfo
    let initialisation: [UInt8]
    private let source: AudioInfo
    private let decoder: AudioDecoder
    private var encoder: AACEncoder
    /// Where the encoder's first sample lies, in ticks; nil before it.
    private var start: Int64?
    /// How many samples it was given.
    private var given: Int64 = 0
    private var sequence: UInt32 = 0

    /// - Parameter initialisation: the run's `ftyp`+`moov`.
    init(initialisation bytes: [UInt8]) throws(MediaError) {
        guard let audio = try FragmentParser.initSegment(bytes)?.stream.audio else {
            throw MediaError(.invalidData, "the recording has no sound")
        }
        source = audio
        decoder = try AudioDecoder(audio)
        encoder = try AACEncoder(sampleRate: audio.sampleRate, channels: min(2, audio.channels))
        info = encoder.info
        initialisation = AudioFragmentWriter.initSegment(encoder.info)
    }

    /// The sound of one fragment as far as it fills whole packets; the rest comes with a later one.
    ///
    /// - Throws: when the fragment can't be read; sound that can't be decoded is silence.
    mutating func take(_ bytes: [UInt8]) throws(MediaError) -> Output? {
        guard let fragment = try FragmentParser.fragment(bytes) else {
            throw MediaError(.invalidData, "the fragment is not whole")
        }
        guard let audio = fragment.audio else { return nil }
        let expected = start.map { $0 + ticks(given) }
        if let expected, abs(audio.baseDecodeTicks - expected) > Self.pause {
            encoder = try AACEncoder(sampleRate: info.sampleRate, channels: info.channels)
            start = nil
        }
        if start == nil {
            start = audio.baseDecodeTicks
            given = 0
        }
        var samples: [[Float]] = Array(repeating: [], count: info.channels)
        for sample in audio.samples {
            // What can't be decoded is left out: the next fragment's time puts the rest in its place again.
            guard let decoded = try? decoder.decode(Array(bytes[sample.offset..<sample.offset + sample.size])),
                decoded.count >= info.channels
            else { continue }
            for index in samples.indices { samples[index] += decoded[index] }
        }
        given += Int64(samples[0].count)
        let packets = try encoder.encode(samples)
        guard let first = packets.first, let start else { return nil }
        sequence &+= 1
        let made = packets.map {
            (
                bytes: $0.bytes,
                durationTicks: ticks($0.sample + Int64(AACEncoder.frameSamples)) - ticks($0.sample)
            )
        }
        let base = start + ticks(first.sample)
        return Output(
            bytes: AudioFragmentWriter.fragment(made, sequence: sequence, baseDecodeTicks: base),
            baseDecodeTicks: base,
            durationTicks: made.reduce(0) { $0 + $1.durationTicks }
        )
    }

    private func ticks(_ samples: Int64) -> Int64 { samples * MediaTime.ticksPerSecond / Int64(info.sampleRate) }
}
