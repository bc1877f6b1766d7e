package import Domain

/// One access unit of a camera, with its times.
package struct SampledPacket {
    package var bytes: [UInt8]
    /// Presentation time on the run, in 1/90,000 s.
    package var ticks: Int64
    package var at: WallTime
    package var isKey: Bool
    /// False for packets that only have to be decoded so that later ones can be.
    package var isWanted: Bool

    package init(bytes: [UInt8], ticks: Int64, at: WallTime, isKey: Bool, isWanted: Bool) {
        self.bytes = bytes
        self.ticks = ticks
        self.at = at
        self.isKey = isKey
        self.isWanted = isWanted
    }
}
