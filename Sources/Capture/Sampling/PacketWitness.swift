#if canImport(Glibc)
    import Glibc
#endif

/// What a camera's packet sizes say about movement, before anything is decoded.
///
/// A packet's size is taken as its binary logarithm, plus a sixth of its quantiser where the stream tells that: the
/// quantiser step doubles every six, so a constant bit rate's control loop is undone, which otherwise hides movement in
/// coarser pictures instead of larger packets. What a still picture costs is a low quantile, kept apart for pictures
/// that are shown before ones that came earlier (B) and others (P). The score is by how much the mean excess over half
/// a second leaves what it usually is, in units of its usual deviation. Pure; a few operations per packet.
struct PacketWitness: Sendable {
    /// Half a second in ticks.
    static let windowTicks: Int64 = 45_000
    /// At most so many packets count for one score: a faster stream is judged over a shorter time.
    static let windowPackets = 32
    /// No score before so many packets.
    static let learningPackets = 50

    /// A quantile that follows slowly, and the mean deviation from it.
    private struct Level: Sendable {
        let quantile: Double
        var count = 0
        var value = 0.0
        var deviation = 0.3

        init(quantile: Double) { self.quantile = quantile }

        /// - Returns: by how much the value is above.
        mutating func take(_ new: Double) -> Double {
            count += 1
            if count == 1 { value = new }
            let excess = new - value
            // In the first seconds faster: the estimate comes from one packet.
            let step = count < 100 ? 0.08 : 0.008
            value += excess < 0 ? -(1 - quantile) * step : quantile * step
            let clipped = min(abs(excess), 4 * deviation)
            deviation += (clipped - deviation) / (count < 100 ? 25 : 400)
            return excess
        }
    }

    private var plain = Level(quantile: 0.25)
    private var reordered = Level(quantile: 0.25)
    private var means = Level(quantile: 0.5)
    private var latestTicks: Int64?
    private var window: [(ticks: Int64, excess: Double)] = []

    init() {
        window.reserveCapacity(Self.windowPackets)
    }

    /// Takes the next packet between key frames, in decoding order.
    ///
    /// - Returns: the present score: around 0 for a still picture, more the more it moves; nil while it is learning.
    mutating func take(ticks: Int64, sizeBytes: Int, quantiser: Int?) -> Double? {
        let value = log2(Double(max(16, sizeBytes))) + Double(quantiser ?? 0) / 6
        let isReordered = latestTicks.map { ticks < $0 } ?? false
        if !isReordered { latestTicks = ticks }
        let excess = isReordered ? reordered.take(value) : plain.take(value)
        if window.count >= Self.windowPackets { window.removeFirst() }
        window.append((ticks, excess))
        while let first = window.first, window.count > 1, (ticks &- first.ticks).magnitude > UInt64(Self.windowTicks) {
            window.removeFirst()
        }
        let mean = window.reduce(0) { $0 + $1.excess } / Double(window.count)
        let usual = means.deviation
        let above = means.take(mean)
        return means.count > Self.learningPackets ? above / max(0.04, usual) : nil
    }

    /// A key frame: what comes before it in time is no longer taken for reordered.
    mutating func key(ticks: Int64) { latestTicks = ticks }
}
