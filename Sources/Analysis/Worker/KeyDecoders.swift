import Media

/// Decoders for single key frames, each shared by the streams that begin alike: a decoder with its pictures takes many
/// times the memory of a camera's own state, and a camera needs it for some milliseconds every few seconds.
///
/// Only H.264 and H.265: their packets come without parameter sets (capture takes them out), so what one camera sends
/// can't change how another's pictures are read. Bounded to `capacity`; the one not used for longest is closed. One
/// thread uses it.
final class KeyDecoders {
    static let capacity = 4

    struct Opened {
        var decoder: any PictureDecoder
        var isDevice: Bool
    }

    private struct Entry {
        var wish: DecoderWish
        var user: Int
        var opened: Opened
    }

    private var entries: [Entry] = []
    private var users = 0

    /// A name for a new stream.
    func newUser() -> Int {
        users += 1
        return users
    }

    static func shares(_ codec: VideoCodec) -> Bool { codec == .h264 || codec == .hevc }

    /// The decoder for this wish, opened if there is none. It knows nothing of what another stream had it decode.
    func decoder(
        _ wish: DecoderWish,
        user: Int,
        open: (DecoderWish) throws(MediaError) -> Opened
    ) throws(MediaError) -> Opened {
        if let index = entries.firstIndex(where: { $0.wish == wish }) {
            var entry = entries.remove(at: index)
            if entry.user != user { entry.opened.decoder.reset() }
            entry.user = user
            entries.append(entry)
            return entry.opened
        }
        if entries.count >= Self.capacity { entries.removeFirst() }
        let opened = try open(wish)
        entries.append(Entry(wish: wish, user: user, opened: opened))
        return opened
    }

    /// Closes the decoder for this wish, because it failed.
    func close(_ wish: DecoderWish) { entries.removeAll { $0.wish == wish } }
}
