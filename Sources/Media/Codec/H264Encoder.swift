/// Encodes generated pictures as H.264 without B frames (libx264).
package final class H264Encoder {
    package private(set) var info: StreamInfo

    /// - Parameters:
    ///   - bitRate: bits per second.
    ///   - keyInterval: frames from one key frame to the next.
    package init(width: Int, height: Int, frameRate: Int, bitRate: Int, keyInterval: Int) throws(MediaError) {
        throw MediaError(.unsupported, "not there yet")
    }

    /// Encodes one picture: `yuv420` holds the Y, U and V planes one after the other without padding.
    package func encode(yuv420: [UInt8], ptsTicks: Int64) throws(MediaError) -> [Packet] { [] }

    /// The packets still inside; the encoder is used up.
    package func finish() throws(MediaError) -> [Packet] { [] }
}
