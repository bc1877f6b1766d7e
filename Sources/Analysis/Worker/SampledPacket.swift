import Domain

/// One access unit of a camera, with its times.
struct SampledPacket {
    var bytes: [UInt8]
    /// Presentation time on the run, in 1/90,000 s.
    var ticks: Int64
    var at: WallTime
    var isKey: Bool
    /// False for packets that only have to be decoded so that later ones can be.
    var isWanted: Bool
}
