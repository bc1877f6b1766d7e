/// Cuts packets of sound into frames and finds out what they are; no decoder is opened.
struct AudioFraming {
    enum Kind: Equatable {
        case g711(AudioCodec)
        case aac
        case opus
        /// MPEG audio of a layer that only its frames tell.
        case mpeg
    }

    /// A frame within its packet.
    struct Frame: Equatable {
        var range: Range<Int>
        /// Samples per channel at `AudioInfo.sampleRate`.
        var samples: Int
    }

    private let kind: Kind
    /// nil until the container or the first frames have said enough.
    private(set) var info: AudioInfo?
    /// Frames turned out to be what segments don't take, as `audio/mp3`.
    private(set) var unsupported: String?

    init(kind: Kind, sampleRate: Int, channels: Int, extradata: [UInt8]) {
        self.kind = kind
        let channels = (1...8).contains(channels) ? channels : 0
        switch kind {
        case .g711(let codec):
            // RFC 3551: one channel at 8 kHz unless said otherwise.
            let rate = (4000...192_000).contains(sampleRate) ? sampleRate : 8000
            info = AudioInfo(codec: codec, sampleRate: rate, channels: max(1, channels))
        case .aac:
            guard let configuration = AudioSpecificConfig(extradata) else { return }
            info = AudioInfo(
                codec: .aac,
                sampleRate: configuration.sampleRate,
                channels: configuration.channels > 0 ? configuration.channels : max(1, channels),
                extradata: extradata.count <= 64 ? extradata : Array(extradata.prefix(2))
            )
        case .opus:
            let head = Self.opusBox(extradata, channels: channels == 0 ? 2 : channels)
            info = AudioInfo(codec: .opus, sampleRate: 48_000, channels: Int(head[1]), extradata: head)
        case .mpeg: break
        }
    }

    /// The frames of a packet; none where it is damaged. May change `info`.
    mutating func frames(_ bytes: UnsafeBufferPointer<UInt8>) -> [Frame] {
        guard !bytes.isEmpty, unsupported == nil else { return [] }
        switch kind {
        case .g711:
            guard let channels = info?.channels, bytes.count >= channels else { return [] }
            return [Frame(range: 0..<bytes.count / channels * channels, samples: bytes.count / channels)]
        case .opus:
            return Self.opusSamples(bytes).map { [Frame(range: 0..<bytes.count, samples: $0)] } ?? []
        case .aac:
            if Self.adtsLength(bytes, 0) != nil { return adtsFrames(bytes) }
            guard let info, let configuration = AudioSpecificConfig(info.extradata) else { return [] }
            return [Frame(range: 0..<bytes.count, samples: configuration.frameSamples)]
        case .mpeg: return mpegFrames(bytes)
        }
    }

    // MARK: - AAC in ADTS (ISO/IEC 14496-3 §1.A.3.2)

    private static func adtsLength(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int) -> (header: Int, frame: Int)? {
        guard at + 7 <= bytes.count, bytes[at] == 0xFF, bytes[at + 1] & 0xF6 == 0xF0 else { return nil }
        let header = bytes[at + 1] & 1 == 1 ? 7 : 9
        let frame = Int(bytes[at + 3] & 3) << 11 | Int(bytes[at + 4]) << 3 | Int(bytes[at + 5] >> 5)
        guard frame > header, at + frame <= bytes.count, bytes[at + 2] >> 2 & 15 < 13 else { return nil }
        return (header, frame)
    }

    private mutating func adtsFrames(_ bytes: UnsafeBufferPointer<UInt8>) -> [Frame] {
        var frames: [Frame] = []
        var at = 0
        while let (header, frame) = Self.adtsLength(bytes, at) {
            let objectType = bytes[at + 2] >> 6 + 1
            let rate = bytes[at + 2] >> 2 & 15
            let channels = bytes[at + 2] << 2 & 4 | bytes[at + 3] >> 6
            let specific = [objectType << 3 | rate >> 1, rate << 7 | channels << 3]
            if info?.extradata != specific, let configuration = AudioSpecificConfig(specific) {
                info = AudioInfo(
                    codec: .aac,
                    sampleRate: configuration.sampleRate,
                    channels: max(1, configuration.channels),
                    extradata: specific
                )
            }
            let blocks = Int(bytes[at + 6] & 3) + 1
            frames.append(Frame(range: at + header..<at + frame, samples: 1024 * blocks))
            at += frame
        }
        return frames
    }

    // MARK: - Opus

    /// `dOps` (Encapsulation of Opus in ISO BMFF §4.3.2) from the `OpusHead` of RFC 7845 §5.1, whose numbers are little
    /// endian; without one as RFC 7587 has it.
    static func opusBox(_ head: [UInt8], channels: Int) -> [UInt8] {
        guard head.count >= 19, head.starts(with: Array("OpusHead".utf8)), head[8] >> 4 == 0, (1...8).contains(head[9])
        else { return [0, UInt8(clamping: channels), 0, 0, 0, 0, 0xBB, 0x80, 0, 0, 0] }
        var box: [UInt8] = [0, head[9], head[11], head[10], head[15], head[14], head[13], head[12], head[17], head[16]]
        box.append(head[18])
        if head[18] != 0 { box += head[19...].prefix(2 + Int(head[9])) }
        return box
    }

    /// Samples at 48 kHz of a packet (RFC 6716 §3.1).
    static func opusSamples(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        guard let first = bytes.first else { return nil }
        let configuration = Int(first >> 3)
        let frame: Int
        switch configuration {
        case ..<12: frame = [480, 960, 1920, 2880][configuration & 3]
        case ..<16: frame = [480, 960][configuration & 1]
        default: frame = [120, 240, 480, 960][configuration & 3]
        }
        switch first & 3 {
        case 0: return frame
        case 1, 2: return 2 * frame
        default:
            guard bytes.count > 1 else { return nil }
            let samples = Int(bytes[1] & 63) * frame
            return samples > 0 && samples <= 5760 ? samples : nil
        }
    }

    // MARK: - MPEG audio (ISO/IEC 11172-3 §2.4.1.3)

    private mutating func mpegFrames(_ bytes: UnsafeBufferPointer<UInt8>) -> [Frame] {
        var frames: [Frame] = []
        var at = 0
        while at + 4 <= bytes.count, bytes[at] == 0xFF, bytes[at + 1] & 0xE0 == 0xE0 {
            let version = Int(bytes[at + 1] >> 3 & 3)
            let layer = Int(bytes[at + 1] >> 1 & 3)
            let rateIndex = Int(bytes[at + 2] >> 2 & 3)
            let bitIndex = Int(bytes[at + 2] >> 4)
            guard version != 1, layer != 0, rateIndex < 3, (1..<15).contains(bitIndex) else { break }
            guard layer == 2 else {
                unsupported = layer == 1 ? "audio/mp3" : "audio/mp1"
                return []
            }
            let rate = [44_100, 48_000, 32_000][rateIndex] >> (version == 3 ? 0 : version == 2 ? 1 : 2)
            let bitRates =
                version == 3
                ? [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384]
                : [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
            let size = 144_000 * bitRates[bitIndex - 1] / rate + Int(bytes[at + 2] >> 1 & 1)
            guard size > 4, at + size <= bytes.count else { break }
            let found = AudioInfo(codec: .mp2, sampleRate: rate, channels: bytes[at + 3] >> 6 == 3 ? 1 : 2)
            if info != found { info = found }
            frames.append(Frame(range: at..<at + size, samples: 1152))
            at += size
        }
        return frames
    }
}
