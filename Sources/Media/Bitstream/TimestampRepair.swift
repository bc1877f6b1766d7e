/// Gives every picture of a source a decoding time that strictly grows and a presentation time, whatever the source says.
/// Times in 90 kHz ticks.
///
/// Wraps of 33 bits (MPEG-TS) and 32 bits (RTP) are undone. A jump of the source's clock is bridged: the times given go
/// on by what passed at arrival, or by a usual frame where arrival says nothing (files).
struct TimestampRepair {
    struct Times: Equatable {
        var pts: Int64
        var dts: Int64
        /// The source's clock jumped here by more than `reportedJump`; the times given go on as if it had not.
        var jumped: Bool
    }

    /// Files: steps back by more than this, or ahead by more than `forwardLimit`, are jumps of the source's clock.
    static let backwardLimit: Int64 = 90_000
    static let forwardLimit: Int64 = 900_000
    /// Live sources: a step that leaves arrival by more than this, and by more than reordering explains, is a jump.
    static let liveLimit: Int64 = 22_500
    /// Smaller jumps are bridged without a word.
    static let reportedJump: Int64 = 90_000
    /// The longest time that a jump is taken to have lasted.
    private static let longestBridge: Int64 = 5 * 90_000
    private static let usualJitter: Int64 = 9000
    /// No clock runs for so long: damaged input.
    private static let sane: Int64 = 1 << 56

    /// Decoding times of the source are good (files); otherwise they are made from presentation times (RTP).
    private let hasDecodingTimes: Bool
    /// How many pictures may be held back for reordering; grows when the stream shows more.
    private var reorderDepth: Int
    /// Presentation times of the latest pictures, sorted.
    private var window: [Int64] = []
    private var lastDts: Int64?
    /// The newest time of the source, unwrapped.
    private var lastSource: Int64?
    private var lastArrival: Int64?
    /// What unwrapping adds.
    private var wraps: Int64 = 0
    /// What bridging adds.
    private var shift: Int64 = 0
    private var restarts = false
    /// The smallest delay between the source's time and arrival, rising by 1000 ppm so that it follows any clock.
    private var floor: Int64?
    /// The usual distance of two packets.
    private(set) var typicalDuration: Int64

    init(hasDecodingTimes: Bool, reorderDepth: Int, frameRate: Double?) {
        self.hasDecodingTimes = hasDecodingTimes
        self.reorderDepth = reorderDepth
        typicalDuration = frameRate.flatMap { $0 > 0.1 && $0 < 1000 ? Int64(90_000 / $0) : nil } ?? 3600
    }

    mutating func setReorderDepth(_ depth: Int) { reorderDepth = max(reorderDepth, min(depth, 16)) }

    /// The next picture is the first of another pass: its times go on behind the last one's.
    mutating func restart() { restarts = lastSource != nil }

    /// - Parameter arrival: when the packet came, on a clock that never steps; nil for files.
    mutating func next(pts: Int64?, dts: Int64?, arrival: Int64? = nil) -> Times {
        let pts = pts.flatMap { $0.magnitude < Self.sane ? unwrap($0) : nil }
        let dts = dts.flatMap { $0.magnitude < Self.sane ? unwrap($0) : nil }
        // Where one of the two is missing the other stands in.
        let sourcePts = pts ?? dts
        let hasDecodingTimes = self.hasDecodingTimes && dts != nil
        let sourceKey = hasDecodingTimes ? dts : sourcePts
        defer { lastArrival = arrival }
        guard let sourceKey, let sourcePts else {
            let dts = (lastDts ?? -typicalDuration) + typicalDuration
            lastDts = dts
            return Times(pts: dts, dts: dts, jumped: false)
        }
        var jumped = false
        if let lastSource, let lastDts {
            let step = sourceKey - lastSource
            if let size = restarts ? 0 : jump(step, key: sourceKey, arrival: arrival) {
                jumped = size > Self.reportedJump
                window = []
                let passed = arrival.flatMap { now in lastArrival.map { now - $0 } } ?? 0
                // Where pictures are reordered this one may be earlier than the newest: rather a little too early, and up
                // to the next key frame, than late, which the next run could not make good.
                let lead = Int64(reorderDepth) * typicalDuration
                let newest = hasDecodingTimes ? max(lastDts, lastSource + shift) : lastSource + shift - lead
                // Arrival wavers by what the network does: as long as it may, the usual frame is nearer the truth.
                let wavers = passed < 2 * typicalDuration + Self.usualJitter
                shift = newest + (wavers ? typicalDuration : min(passed, Self.longestBridge)) - sourceKey
                floor = arrival.map { $0 - sourceKey }
            } else if step > 0, step < 45_000, hasDecodingTimes || reorderDepth == 0 {
                typicalDuration += (step - typicalDuration) / 8
            }
            if restarts || jumped || hasDecodingTimes {
                self.lastSource = sourceKey
            } else {
                self.lastSource = window.isEmpty ? sourceKey : max(sourceKey, lastSource)
            }
            restarts = false
        } else {
            lastSource = sourceKey
        }
        lower(floor: sourceKey, arrival: arrival)
        let shiftedPts = sourcePts + shift
        var decoding = hasDecodingTimes ? sourceKey + shift : madeDecodingTime(shiftedPts)
        if let lastDts, decoding <= lastDts { decoding = lastDts + 1 }
        lastDts = decoding
        return Times(pts: shiftedPts, dts: decoding, jumped: jumped)
    }

    /// Where a time of another stream of the source lies on the line that `next` gives.
    func placed(_ source: Int64?) -> Int64? {
        guard let source, source.magnitude < Self.sane, !restarts else { return nil }
        guard let lastSource else { return source }
        return Self.unwrapped(source + wraps, near: lastSource) + shift
    }

    /// By how much the source's clock jumped, in ticks; nil where it didn't.
    private func jump(_ step: Int64, key: Int64, arrival: Int64?) -> Int64? {
        guard let arrival, let floor else {
            if step < -Self.backwardLimit { return -step }
            return step > Self.forwardLimit ? step : nil
        }
        let reordering = Int64(hasDecodingTimes ? 0 : max(reorderDepth, 2) + 1) * 2 * typicalDuration
        let limit = max(Self.liveLimit, reordering)
        if step < -limit { return -step }
        // Ahead of what the shortest delay so far allows: not a silence, not packets that were held up.
        let ahead = floor - (arrival - key)
        return step > 3 * typicalDuration && ahead > limit ? ahead : nil
    }

    private mutating func lower(floor key: Int64, arrival: Int64?) {
        guard let arrival else { return }
        let delay = arrival - key
        guard let known = floor else {
            floor = delay
            return
        }
        let risen = known + max(0, arrival - (lastArrival ?? arrival)) / 1000
        floor = min(risen, delay)
    }

    private mutating func unwrap(_ time: Int64) -> Int64 {
        guard let lastSource else { return time }
        let unwrapped = Self.unwrapped(time + wraps, near: lastSource)
        wraps = unwrapped - time
        return unwrapped
    }

    /// The same instant modulo 2^33 or 2^32 that lies near `reference`; the time itself where there is none.
    private static func unwrapped(_ time: Int64, near reference: Int64) -> Int64 {
        let distance = time - reference
        guard distance.magnitude > 1 << 31 else { return time }
        for period: Int64 in [1 << 33, 1 << 32] {
            let half = distance < 0 ? -period / 2 : period / 2
            let candidate = time - (distance + half) / period * period
            if (candidate - reference).magnitude <= UInt64(forwardLimit) { return candidate }
        }
        return time
    }

    /// The smallest of the latest `reorderDepth + 1` presentation times is when the oldest of them is due.
    private mutating func madeDecodingTime(_ pts: Int64) -> Int64 {
        if let newest = window.last, pts < newest, let oldest = window.first, pts < oldest, reorderDepth < 16 {
            // More reordering than announced.
            reorderDepth += 1
        }
        let index = window.firstIndex { $0 > pts } ?? window.count
        window.insert(pts, at: index)
        let filled = window.count > reorderDepth
        while window.count > reorderDepth + 1 { window.removeFirst() }
        if filled { return window[0] }
        // The first pictures: as if earlier ones had come at the usual distance.
        return window[0] - Int64(reorderDepth + 1 - window.count) * typicalDuration
    }
}
