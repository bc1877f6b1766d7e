import Domain
import Media

/// Turns fragments of a recording into H.264 fragments of another size, on the same time line.
struct VideoTranscoder {
    struct Output {
        var bytes: [UInt8]
        /// 90 kHz ticks of the run's time line.
        var baseDecodeTicks: Int64
        var durationTicks: Int64
        var startsWithKey: Bool
    }

    private struct Known {
        var ticks: Int64
        var durationTicks: Int64
        var isKey: Bool
        var wall: WallTime
    }

    /// Pictures that may be on their way through the decoder; older ones have been lost in it.
    private static let window = 128

    let info: StreamInfo
    let initialisation: [UInt8]
    private let decoder: VideoDecoder
    private let encoder: ScalingEncoder
    private let keysOnly: Bool
    private var known: [Known] = []
    private var sequence: UInt32 = 0
    private var needsKey = true

    /// - Parameter initialisation: the run's `ftyp`+`moov`.
    init(initialisation bytes: [UInt8], maximumWidth: Int, keysOnly: Bool) throws(MediaError) {
        guard let start = try FragmentParser.initSegment(bytes) else {
            throw MediaError(.invalidData, "the recording has no whole beginning (ftyp and moov)")
        }
        let source = start.stream
        let size = ScalingEncoder.size(width: source.width, height: source.height, maximumWidth: maximumWidth)
        decoder = try VideoDecoder(
            codec: source.codec,
            extradata: source.extradata,
            width: source.width,
            height: source.height,
            keyFramesOnly: keysOnly
        )
        encoder = try ScalingEncoder(width: size.width, height: size.height)
        self.keysOnly = keysOnly
        info = encoder.info
        initialisation = try FragmentWriter.initSegment(info: encoder.info, mark: nil)
    }

    /// Decodes and encodes one fragment. Pictures that the decoder holds back for reordering come with a later one.
    ///
    /// - Throws: when the fragment can't be read; a packet that can't be decoded only costs its pictures.
    mutating func take(_ bytes: [UInt8]) throws(MediaError) -> [Output] {
        guard let fragment = try FragmentParser.fragment(bytes) else {
            throw MediaError(.invalidData, "the fragment is not whole")
        }
        var packets: [Packet] = []
        var ticks = fragment.baseDecodeTicks
        for sample in fragment.samples {
            defer { ticks &+= sample.durationTicks }
            if keysOnly, !sample.isKey { continue }
            let pts = ticks &+ sample.compositionTicks
            if known.count >= Self.window { known.removeFirst(Self.window / 2) }
            let offset = MediaTime.microseconds(pts - fragment.baseDecodeTicks)
            known.append(
                Known(
                    ticks: pts,
                    durationTicks: sample.durationTicks,
                    isKey: sample.isKey,
                    wall: (fragment.wall ?? .epoch) + .microseconds(offset)
                )
            )
            let packet = Array(bytes[sample.offset..<sample.offset + sample.size])
            do throws(MediaError) {
                var pictures = try decoder.decode(packet, ptsTicks: pts, isKey: sample.isKey)
                if keysOnly, pictures.isEmpty {
                    // Whatever still holds the one picture back lets go of it at the end of the stream.
                    pictures = decoder.flush()
                    decoder.reset()
                }
                packets += try encode(pictures)
            } catch {
                guard error.code == .invalidData else { throw error }
            }
            if keysOnly { break }
        }
        return cut(packets)
    }

    /// The pictures held back; the next fragment begins with a key frame.
    mutating func flush() throws(MediaError) -> [Output] {
        let packets = try encode(decoder.flush())
        defer { known = [] }
        decoder.reset()
        needsKey = true
        return cut(packets)
    }

    private mutating func encode(_ pictures: [DecodedFrame]) throws(MediaError) -> [Packet] {
        var packets: [Packet] = []
        for picture in pictures {
            guard let facts = known.last(where: { $0.ticks == picture.ptsTicks }) else { continue }
            packets += try encoder.encode(
                picture,
                ptsTicks: facts.ticks,
                durationTicks: facts.durationTicks,
                isKey: facts.isKey || needsKey
            )
            needsKey = false
        }
        return packets
    }

    /// Makes fragments of packets: key frames begin one.
    private mutating func cut(_ packets: [Packet]) -> [Output] {
        var outputs: [Output] = []
        var part: [Packet] = []
        for packet in packets {
            if packet.isKey, !part.isEmpty {
                outputs.append(fragment(part))
                part = []
            }
            part.append(packet)
        }
        if !part.isEmpty { outputs.append(fragment(part)) }
        return outputs
    }

    private mutating func fragment(_ packets: [Packet]) -> Output {
        sequence &+= 1
        let base = packets[0].dtsTicks
        let made = FragmentWriter.fragment(
            samples: packets,
            sequence: sequence,
            baseDecodeTicks: base,
            wall: known.last { $0.ticks == base }?.wall ?? .epoch
        )
        return Output(
            bytes: made.bytes,
            baseDecodeTicks: base,
            durationTicks: made.durationTicks,
            startsWithKey: packets[0].isKey
        )
    }
}
