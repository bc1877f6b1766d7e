/// What turns packets into pictures: libavcodec in software or on a device, and stand-ins in tests.
package protocol PictureDecoder: AnyObject {
    /// Decodes one access unit; gives the pictures that are ready, in presentation order.
    func decode(_ packet: [UInt8], ptsTicks: Int64, isKey: Bool) throws(MediaError) -> [DecodedFrame]
    /// The pictures still held back; after it only `reset()`.
    func flush() -> [DecodedFrame]
    /// Forgets everything but the parameters.
    func reset()
}

extension VideoDecoder: PictureDecoder {}
