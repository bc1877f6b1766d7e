import Domain
import Media

/// Turns a camera's sampled packets into pictures.
///
/// Key frames go through a decoder that gives each picture at once and that cameras share (`KeyDecoders`): one that
/// reorders would hold the only key frame of the last seconds back until the next one. Packets between key frames, when they come, go through a
/// second decoder that is opened for them, is fed the key frame before them, and is closed when only key frames come
/// again.
///
/// A decoder on a device that fails is replaced by one in software at once, with the key frame at hand: nothing is lost
/// but the pictures up to the next key frame, where the failure came between two.
struct PictureSource {
    struct Picture {
        var frame: DecodedFrame
        var at: WallTime
    }

    /// The second decoder, which holds several whole pictures, is closed with the first key frame that comes so long after
    /// the last packet between two: then nobody looks between them any more.
    private static let idleTime = Duration.seconds(1)
    /// So many packets may be on their way through a decoder; the times of older ones are forgotten.
    private static let window = 64

    private let choice: DecoderChoice
    private let wish: DecoderWish
    private let keyWish: DecoderWish
    private let user: Int
    /// Of a codec whose decoders are not shared.
    private var ownKeyDecoder: KeyDecoders.Opened?
    private var fullDecoder: (any PictureDecoder)?
    private var isFullDevice = false
    /// The last key frame, for the second decoder; nil when it has it already.
    private var lastKey: SampledPacket?
    private var lastBetween: WallTime?
    private var needsKey = true
    private var times: [(ticks: Int64, at: WallTime, isWanted: Bool)] = []

    init(_ wish: DecoderWish, choice: DecoderChoice) throws(MediaError) {
        self.choice = choice
        self.wish = wish
        var keyWish = wish
        keyWish.keyFramesOnly = true
        self.keyWish = keyWish
        user = choice.keyDecoders.newUser()
        times.reserveCapacity(Self.window)
        _ = try keyDecoder()
    }

    /// Decodes a packet and gives the pictures that are wanted.
    ///
    /// - Throws: when it can't be decoded; packets up to the next key frame are then skipped.
    mutating func take(_ packet: SampledPacket) throws(MediaError) -> [Picture] {
        if times.count >= Self.window { times.removeFirst(Self.window / 2) }
        times.append((packet.ticks, packet.at, packet.isWanted))
        if packet.isKey { return try takeKey(packet) }
        guard !needsKey else { return [] }
        lastBetween = packet.at
        return try takeBetween(packet)
    }

    private mutating func takeKey(_ packet: SampledPacket) throws(MediaError) -> [Picture] {
        if let lastBetween, packet.at - lastBetween > Self.idleTime { fullDecoder = nil }
        lastKey = packet
        needsKey = false
        do throws(MediaError) {
            return wanted(try keyPictures(packet))
        } catch {
            closeKeyDecoder()
            fullDecoder?.reset()
            lastKey = nil
            needsKey = true
            throw error
        }
    }

    private mutating func keyPictures(_ packet: SampledPacket) throws(MediaError) -> [DecodedFrame] {
        let opened = try keyDecoder()
        do throws(MediaError) {
            return try Self.decodeKey(packet, opened.decoder)
        } catch {
            guard opened.isDevice else { throw error }
            choice.deviceFailed(wish.codec)
            closeKeyDecoder()
            return try Self.decodeKey(packet, try keyDecoder().decoder)
        }
    }

    private static func decodeKey(
        _ packet: SampledPacket,
        _ decoder: any PictureDecoder
    ) throws(MediaError) -> [DecodedFrame] {
        let frames = try decoder.decode(packet.bytes, ptsTicks: packet.ticks, isKey: true)
        guard frames.isEmpty else { return frames }
        // Whatever still holds a picture back lets go of it at the end of the stream.
        defer { decoder.reset() }
        return decoder.flush()
    }

    /// The picture of a key frame that was decoded before, for whoever asks.
    mutating func again(_ key: SampledPacket) -> DecodedFrame? { try? keyPictures(key).first }

    private mutating func keyDecoder() throws(MediaError) -> KeyDecoders.Opened {
        let choice = choice
        func open(_ wish: DecoderWish) throws(MediaError) -> KeyDecoders.Opened {
            let opened = try choice.decoder(wish)
            return KeyDecoders.Opened(decoder: opened.decoder, isDevice: opened.isDevice)
        }
        if KeyDecoders.shares(wish.codec) {
            return try choice.keyDecoders.decoder(keyWish, user: user, open: open)
        }
        if let ownKeyDecoder { return ownKeyDecoder }
        let opened = try open(keyWish)
        ownKeyDecoder = opened
        return opened
    }

    private mutating func closeKeyDecoder() {
        choice.keyDecoders.close(keyWish)
        ownKeyDecoder = nil
    }

    private mutating func takeBetween(_ packet: SampledPacket) throws(MediaError) -> [Picture] {
        do throws(MediaError) {
            let decoder: any PictureDecoder
            if let fullDecoder {
                decoder = fullDecoder
            } else {
                (decoder, isFullDevice) = try choice.decoder(wish)
                fullDecoder = decoder
            }
            if let key = lastKey {
                lastKey = nil
                // Its picture has been given already; the one that comes out now is out of order and left out.
                let late = try decoder.decode(key.bytes, ptsTicks: key.ticks, isKey: true)
                let frames = try decoder.decode(packet.bytes, ptsTicks: packet.ticks, isKey: false)
                return wanted(late.filter { $0.ptsTicks != key.ticks })
                    + wanted(frames.filter { $0.ptsTicks != key.ticks })
            }
            return wanted(try decoder.decode(packet.bytes, ptsTicks: packet.ticks, isKey: false))
        } catch {
            if isFullDevice {
                choice.deviceFailed(wish.codec)
                fullDecoder = nil
            }
            fullDecoder?.reset()
            lastKey = nil
            needsKey = true
            throw error
        }
    }

    private func wanted(_ frames: [DecodedFrame]) -> [Picture] {
        frames.compactMap { frame in
            guard let time = times.last(where: { $0.ticks == frame.ptsTicks }) else { return nil }
            return time.isWanted ? Picture(frame: frame, at: time.at) : nil
        }
    }
}
