import Domain
import Media

/// Turns a camera's sampled packets into pictures.
///
/// Key frames go through a decoder of their own that gives each picture at once: a decoder that reorders would hold the
/// only key frame of the last seconds back until the next one. Packets between key frames, when they come, go through a
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

    /// So many key frames in a row without a packet between them close the second decoder.
    private static let idleKeys = 4
    /// So many packets may be on their way through a decoder; the times of older ones are forgotten.
    private static let window = 64

    private let choice: DecoderChoice
    private let wish: DecoderWish
    private var keyDecoder: any PictureDecoder
    private var isKeyDevice: Bool
    private var fullDecoder: (any PictureDecoder)?
    private var isFullDevice = false
    /// The last key frame, for the second decoder; nil when it has it already.
    private var lastKey: SampledPacket?
    private var keysInARow = 0
    private var needsKey = true
    private var times: [(ticks: Int64, at: WallTime, isWanted: Bool)] = []

    init(_ wish: DecoderWish, choice: DecoderChoice) throws(MediaError) {
        self.choice = choice
        self.wish = wish
        var keyWish = wish
        keyWish.keyFramesOnly = true
        (keyDecoder, isKeyDevice) = try choice.decoder(keyWish)
        times.reserveCapacity(Self.window)
    }

    /// Decodes a packet and gives the pictures that are wanted.
    ///
    /// - Throws: when it can't be decoded; packets up to the next key frame are then skipped.
    mutating func take(_ packet: SampledPacket) throws(MediaError) -> [Picture] {
        if times.count >= Self.window { times.removeFirst(Self.window / 2) }
        times.append((packet.ticks, packet.at, packet.isWanted))
        if packet.isKey { return try takeKey(packet) }
        guard !needsKey else { return [] }
        keysInARow = 0
        return try takeBetween(packet)
    }

    private mutating func takeKey(_ packet: SampledPacket) throws(MediaError) -> [Picture] {
        keysInARow += 1
        if keysInARow > Self.idleKeys { fullDecoder = nil }
        lastKey = packet
        needsKey = false
        do throws(MediaError) {
            return wanted(try keyPictures(packet))
        } catch {
            keyDecoder.reset()
            fullDecoder?.reset()
            lastKey = nil
            needsKey = true
            throw error
        }
    }

    private mutating func keyPictures(_ packet: SampledPacket) throws(MediaError) -> [DecodedFrame] {
        do throws(MediaError) {
            return try decodeKey(packet)
        } catch {
            guard isKeyDevice else { throw error }
            choice.deviceFailed(wish.codec)
            var keyWish = wish
            keyWish.keyFramesOnly = true
            (keyDecoder, isKeyDevice) = try choice.decoder(keyWish)
            return try decodeKey(packet)
        }
    }

    private func decodeKey(_ packet: SampledPacket) throws(MediaError) -> [DecodedFrame] {
        let frames = try keyDecoder.decode(packet.bytes, ptsTicks: packet.ticks, isKey: true)
        guard frames.isEmpty else { return frames }
        // Whatever still holds a picture back lets go of it at the end of the stream.
        defer { keyDecoder.reset() }
        return keyDecoder.flush()
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
