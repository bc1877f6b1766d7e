/// How much of a camera's video may be decoded beyond its key frames: a share of the time that passes, saved up to
/// `capacity`. In 90 kHz ticks of video. Pure.
struct DecodeBudget: Sendable {
    /// Ten seconds of video.
    static let capacity: Int64 = 900_000

    /// In 1/1024 of the time that passes.
    var share: Int64
    private(set) var left: Int64
    private var lastTicks: Int64?

    init(share: Int64) {
        self.share = share
        left = Self.capacity / 2
    }

    /// Time has gone on to `ticks`; a step back or of more than a minute counts for nothing.
    mutating func advance(to ticks: Int64) {
        defer { lastTicks = ticks }
        guard let lastTicks else { return }
        let (step, overflow) = ticks.subtractingReportingOverflow(lastTicks)
        guard !overflow, step > 0, step <= 60 * 90_000 else { return }
        left = min(Self.capacity, left + step * share / 1024)
    }

    /// Video of this length was handed over.
    mutating func spend(_ ticks: Int64) { left = max(-Self.capacity, left - min(max(0, ticks), 2 * Self.capacity)) }

    /// Whether more than `reserve` in 1/8 of the capacity is left.
    func has(reserve: Int64) -> Bool { spare(reserve: reserve) > 0 }

    /// What is left beyond `reserve` in 1/8 of the capacity.
    func spare(reserve: Int64) -> Int64 { left - Self.capacity / 8 * reserve }
}
