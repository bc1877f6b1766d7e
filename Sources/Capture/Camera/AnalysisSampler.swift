/// Chooses the packets of one stream that the analyse worker gets.
///
/// Key frames only, as long as they come often enough; where key frames are more than `longestGOPTicks` apart (smart
/// codecs), the whole group of pictures, of which one frame in about two seconds is judged. Pure.
struct AnalysisSampler: Sendable {
    enum Choice: Sendable, Equatable {
        case skip
        /// `wanted` is false for a packet that only has to be decoded so that later ones can be.
        case send(wanted: Bool)
    }

    /// Key frames further apart than this are too coarse for the rules: 4 s in ticks of 1/90,000 s.
    static let longestGOPTicks: Int64 = 4 * 90_000
    /// The sampling interval inside a long group: 2 s.
    static let intervalTicks: Int64 = 2 * 90_000
    /// No two samples are closer than this, however many key frames come: 0.4 s.
    static let shortestTicks: Int64 = 36_000

    private var lastKeyTicks: Int64?
    private var lastWantedTicks: Int64?
    private var wholeGroups = false

    init() {}

    /// The next packet of the stream in decoding order, with its presentation time.
    ///
    /// - Parameter keysOnly: no rule is judged, only where something moved: key frames are enough however far apart they
    ///   are, and a group of a large picture costs fifty times what its key frame does.
    mutating func choose(ptsTicks: Int64, isKey: Bool, keysOnly: Bool = false) -> Choice {
        if isKey {
            if let lastKeyTicks { wholeGroups = !keysOnly && ptsTicks - lastKeyTicks > Self.longestGOPTicks }
            lastKeyTicks = ptsTicks
            // A group that is sent whole needs its key frame, wanted or not.
            guard isDue(ptsTicks, Self.shortestTicks) else { return wholeGroups ? .send(wanted: false) : .skip }
            lastWantedTicks = ptsTicks
            return .send(wanted: true)
        }
        guard wholeGroups, !keysOnly, lastKeyTicks != nil else { return .skip }
        guard isDue(ptsTicks, Self.intervalTicks) else { return .send(wanted: false) }
        lastWantedTicks = ptsTicks
        return .send(wanted: true)
    }

    /// Also true when time went backwards: a new run began.
    private func isDue(_ ticks: Int64, _ interval: Int64) -> Bool {
        guard let lastWantedTicks else { return true }
        return ticks - lastWantedTicks >= interval || ticks < lastWantedTicks - Self.longestGOPTicks
    }
}
