import Domain

/// How long a read collects packets.
///
/// Usually for a moment. Where a picture has just ended and its successor is not due yet, until shortly before that: a
/// camera then costs little more than one read per picture. Because the wait is shorter than the pictures' distance, it
/// creeps towards the next picture's coming and then takes a moment again; so a picture that is on time waits no longer
/// than it would otherwise, one that comes early at most until its time. Pure.
struct ReceivePace {
    /// Packets are collected for so long at least: one call instead of one for each. The kernel counts in ticks of 4 ms,
    /// so it may be one more.
    static let moment = Duration.milliseconds(16)
    /// And for so long at most: whoever cancels waits for it.
    static let longest = Duration.milliseconds(40)
    /// With so many bytes waiting it is read at once.
    static let enoughBytes: Int32 = 128 << 10
    /// So long before the next picture is due the wait ends.
    private static let ahead = Duration.milliseconds(8)
    /// The shortest of so many distances counts: pictures may be left out, and come in another order than they are shown.
    private static let remembered = 6

    private var latest: Int64?
    private var distances: [Int64] = []

    init() {}

    /// A picture has come whole.
    ///
    /// - Parameter ticks: its time, of 90 kHz.
    mutating func picture(_ ticks: Int64) {
        defer { latest = ticks }
        guard let latest else { return }
        let distance = ticks.subtractingReportingOverflow(latest)
        guard !distance.overflow, distance.partialValue != 0 else { return }
        if distances.count >= Self.remembered { distances.removeFirst() }
        distances.append(Int64(clamping: distance.partialValue.magnitude))
    }

    /// How long the next read collects.
    ///
    /// - Parameter isBetween: nothing of a picture that has not ended yet has come.
    func wait(isBetween: Bool) -> Duration {
        guard isBetween, distances.count >= Self.remembered, let shortest = distances.min() else { return Self.moment }
        let spacing = Duration.microseconds(min(shortest, 90_000) * 1000 / 90)
        return min(max(spacing - Self.ahead, Self.moment), Self.longest)
    }
}
