/// What a source says of its sound; its frames may say more.
package struct AudioTrack: Sendable {
    var kind: AudioFraming.Kind
    var sampleRate: Int
    var channels: Int
    var extradata: [UInt8]

    init(kind: AudioFraming.Kind, sampleRate: Int, channels: Int, extradata: [UInt8]) {
        self.kind = kind
        self.sampleRate = sampleRate
        self.channels = channels
        self.extradata = extradata
    }

    /// G.711 (ITU-T); 0 for what the source doesn't say.
    package static func g711(_ codec: AudioCodec, sampleRate: Int, channels: Int) -> AudioTrack {
        AudioTrack(kind: .g711(codec), sampleRate: sampleRate, channels: channels, extradata: [])
    }

    /// AAC with its AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1).
    package static func aac(_ configuration: [UInt8], sampleRate: Int, channels: Int) -> AudioTrack {
        AudioTrack(kind: .aac, sampleRate: sampleRate, channels: channels, extradata: configuration)
    }
}

/// A source's sound: what it is, whether it comes, and its frames in order.
struct StreamSound {
    /// After so much video without sound the track counts as gone (ticks of 90 kHz); doubled each time it goes, so that a
    /// source that sends sound now and then isn't cut into pieces.
    private static let silence: Int64 = 5 * 90_000
    private static let longestSilence: Int64 = 600 * 90_000
    /// Frames of one packet that wait to be handed on; a packet with more is damaged, and the rest is left out.
    private static let maximumWaiting = 512

    private var framing: AudioFraming?
    private var line = AudioTimeline()
    private var waiting: [Packet] = []
    private var waitingStart = 0
    /// Where the latest sound, or the first picture, lay.
    private var heard: Int64?
    private var patience = silence
    private var isAbsent = false

    /// What can be recorded now; nil while there is none.
    var info: AudioInfo? { isAbsent || framing?.unsupported != nil ? nil : framing?.info }

    /// The container promises sound, and no frame has said yet what it is.
    var isUnknown: Bool { framing != nil && framing?.info == nil && framing?.unsupported == nil }

    /// Sound that is not there, for `StreamInfo.ignoredStreams`.
    var ignored: [String] {
        if let unsupported = framing?.unsupported { return [unsupported] }
        if isAbsent, let name = framing?.info?.name { return ["\(name):absent"] }
        return []
    }

    /// Whether the source's track has been taken note of, if it has one.
    var isAdopted: Bool { framing != nil }

    mutating func adopt(_ track: AudioTrack?) {
        framing = track.map {
            AudioFraming(kind: $0.kind, sampleRate: $0.sampleRate, channels: $0.channels, extradata: $0.extradata)
        }
    }

    /// The next frame that waits.
    mutating func next() -> Packet? {
        guard waitingStart < waiting.count else { return nil }
        defer {
            waitingStart += 1
            if waitingStart == waiting.count {
                waiting.removeAll(keepingCapacity: true)
                waitingStart = 0
            }
        }
        return waiting[waitingStart]
    }

    /// Cuts a packet into frames.
    ///
    /// - Parameters:
    ///   - time: the packet's time on the pictures' line; nil where the source says none.
    ///   - video: the latest picture's decoding time.
    mutating func take(_ bytes: UnsafeBufferPointer<UInt8>, at time: Int64?, video: Int64?) {
        guard let frames = framing?.frames(bytes), let info = framing?.info, info.sampleRate > 0 else { return }
        var samples: Int64 = 0
        for frame in frames.prefix(Self.maximumWaiting) {
            let ticks = { (count: Int64) in count * MediaTime.ticksPerSecond / Int64(info.sampleRate) }
            let (from, to) = (ticks(samples), ticks(samples + Int64(frame.samples)))
            samples += Int64(frame.samples)
            let duration = max(1, to - from)
            let position = line.place(time.map { $0 + from }, duration: duration, video: video)
            waiting.append(
                Packet(
                    track: .audio,
                    bytes: Array(bytes[frame.range]),
                    ptsTicks: position,
                    dtsTicks: position,
                    durationTicks: duration,
                    isKey: true
                )
            )
        }
        if !frames.isEmpty {
            isAbsent = false
            heard = video ?? heard
        }
    }

    /// A picture has come; true when the sound has just been found to be gone.
    mutating func missed(at video: Int64) -> Bool {
        guard framing?.info != nil, !isAbsent else { return false }
        guard let last = heard, last <= video else {
            heard = video
            return false
        }
        guard video - last > patience else { return false }
        isAbsent = true
        patience = min(patience * 2, Self.longestSilence)
        return true
    }
}
