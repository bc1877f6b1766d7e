package import Media

/// Whether a device decodes or the processor: a device where there is one, until it fails.
///
/// A codec whose decoding on the device failed once is decoded in software from then on, as long as the worker lives: a
/// device that fails for one stream fails for the next, and each try costs a picture. One thread uses it.
package final class DecoderChoice {
    /// Opens a decoder: in software for `nil`.
    package typealias Opening = (DecoderWish, DecodingDevice?) throws(MediaError) -> any PictureDecoder

    /// Looked for when the first stream comes.
    private lazy var device = find()
    private let find: () -> DecodingDevice?
    private let open: Opening
    private var failed: Set<VideoCodec> = []
    let keyDecoders = KeyDecoders()

    package init(
        find: @escaping () -> DecodingDevice? = DecodingDevice.first,
        open: @escaping Opening = DecoderChoice.openLibav
    ) {
        self.find = find
        self.open = open
    }

    /// What decodes this codec: the device's name, or `software`.
    package func name(for codec: VideoCodec) -> String {
        failed.contains(codec) ? "software" : device?.name ?? "software"
    }

    /// Opens a decoder; on the device where it may and can.
    ///
    /// - Returns: whether it is on the device.
    package func decoder(_ wish: DecoderWish) throws(MediaError) -> (decoder: any PictureDecoder, isDevice: Bool) {
        if !failed.contains(wish.codec), let device {
            do throws(MediaError) {
                return (try open(wish, device), true)
            } catch {
                failed.insert(wish.codec)
            }
        }
        return (try open(wish, nil), false)
    }

    /// The device failed with a stream of this codec.
    package func deviceFailed(_ codec: VideoCodec) { failed.insert(codec) }

    /// libavcodec's decoder.
    package static func openLibav(
        _ wish: DecoderWish,
        _ device: DecodingDevice?
    ) throws(MediaError) -> any PictureDecoder {
        try VideoDecoder(
            codec: wish.codec,
            extradata: wish.extradata,
            width: wish.width,
            height: wish.height,
            keyFramesOnly: wish.keyFramesOnly,
            device: device?.hardware
        )
    }
}

/// A device that may decode.
package struct DecodingDevice {
    /// As libavutil names it, like `vaapi`.
    package var name: String
    /// nil for a stand-in in tests.
    package var hardware: HardwareDevice?

    package init(name: String, hardware: HardwareDevice? = nil) {
        self.name = name
        self.hardware = hardware
    }

    /// The first that this machine has; nil when it has none.
    package static func first() -> DecodingDevice? {
        HardwareDevice.first().map { DecodingDevice(name: $0.name, hardware: $0) }
    }
}

/// The stream that a decoder is opened for.
package struct DecoderWish: Sendable, Equatable {
    package var codec: VideoCodec
    package var extradata: [UInt8]
    package var width: Int
    package var height: Int
    /// Every picture comes out at once, and other packets are skipped.
    package var keyFramesOnly: Bool

    package init(codec: VideoCodec, extradata: [UInt8], width: Int, height: Int, keyFramesOnly: Bool) {
        self.codec = codec
        self.extradata = extradata
        self.width = width
        self.height = height
        self.keyFramesOnly = keyFramesOnly
    }
}
