/// Decodes packets on the calling thread.
package final class VideoDecoder {
    package init(
        codec: VideoCodec,
        extradata: [UInt8],
        width: Int,
        height: Int,
        keyFramesOnly: Bool = false
    ) throws(MediaError) {
        throw MediaError(.unsupported, "not there yet")
    }

    package func decode(_ packet: [UInt8], ptsTicks: Int64, isKey: Bool) throws(MediaError) -> [DecodedFrame] { [] }

    /// The pictures still held back for reordering; after it only `reset()` and then a key frame.
    package func flush() -> [DecodedFrame] { [] }

    /// Forgets everything but the parameters.
    package func reset() {}
}
