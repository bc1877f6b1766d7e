import Media

/// Decodes key frames one by one, for thumbnails. The decoder stays open for as long as the pictures come from runs with
/// the same beginning.
struct KeyPictures {
    private var decoder: VideoDecoder?
    private var openedFor: [UInt8] = []
    private var isRough = false

    /// The picture of the first key frame.
    ///
    /// - Parameters:
    ///   - bytes: init segment and the fragment that begins with the key frame; behind that they may be cut off.
    ///   - isSmall: it will be made so small that no flaw of a block's edge is seen.
    mutating func picture(_ bytes: [UInt8], isSmall: Bool) throws(MediaError) -> DecodedFrame {
        guard let start = try FragmentParser.initSegment(bytes) else {
            throw MediaError(.invalidData, "the recording has no whole beginning (ftyp and moov)")
        }
        guard let fragment = try FragmentParser.fragmentHeader(bytes, at: start.sizeBytes),
            let sample = fragment.samples.first, sample.isKey,
            start.sizeBytes + sample.offset + sample.size <= bytes.count
        else { throw MediaError(.invalidData, "no key frame begins the fragment") }
        let parameters = Array(bytes[..<start.sizeBytes])
        let decoder: VideoDecoder
        if let open = self.decoder, openedFor == parameters, isRough == isSmall {
            decoder = open
        } else {
            let stream = start.stream
            decoder = try VideoDecoder(
                codec: stream.codec,
                extradata: stream.extradata,
                width: stream.width,
                height: stream.height,
                keyFramesOnly: true,
                isRough: isSmall
            )
            self.decoder = decoder
            isRough = isSmall
            openedFor = parameters
        }
        let first = start.sizeBytes + sample.offset
        defer { decoder.reset() }
        var frames = try decoder.decode(Array(bytes[first..<first + sample.size]), ptsTicks: 0, isKey: true)
        if frames.isEmpty { frames = decoder.flush() }
        guard let frame = frames.first else { throw MediaError(.invalidData, "no picture can be decoded there") }
        return frame
    }
}
