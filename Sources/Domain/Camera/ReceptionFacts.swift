/// What of a camera's recorded stream was lost on its way, since capture started. Only our own receiving tells; over TCP
/// nothing is lost.
package struct ReceptionFacts: Sendable, Hashable, Codable {
    /// RTP packets of the pictures that never came.
    package var lostPackets: Int
    /// Pictures recorded although a part of them, or of one that they need, is missing.
    package var damagedPictures: Int

    package init(lostPackets: Int = 0, damagedPictures: Int = 0) {
        self.lostPackets = lostPackets
        self.damagedPictures = damagedPictures
    }
}
