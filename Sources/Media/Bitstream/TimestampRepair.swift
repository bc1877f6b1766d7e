/// Gives every packet of a source a decoding time that strictly grows and a presentation time, whatever the source says.
/// Times in 90 kHz ticks.
struct TimestampRepair {
    struct Times: Equatable {
        var pts: Int64
        var dts: Int64
        /// The source's clock jumped here; the times given go on as if it had not.
        var jumped: Bool
    }

    /// Steps back by more than this, or ahead by more than `forwardLimit`, are jumps of the source's clock.
    static let backwardLimit: Int64 = 90_000
    static let forwardLimit: Int64 = 900_000

    /// Decoding times of the source are good (files); otherwise they are made from presentation times (RTP).
    private let hasDecodingTimes: Bool
    /// How many pictures may be held back for reordering; grows when the stream shows more.
    private var reorderDepth: Int
    /// Presentation times of the latest pictures, sorted.
    private var window: [Int64] = []
    private var lastDts: Int64?
    private var lastSource: Int64?
    private var shift: Int64 = 0
    /// The usual distance of two packets.
    private(set) var typicalDuration: Int64

    init(hasDecodingTimes: Bool, reorderDepth: Int, frameRate: Double?) {
        self.hasDecodingTimes = hasDecodingTimes
        self.reorderDepth = reorderDepth
        typicalDuration = frameRate.flatMap { $0 > 0.1 && $0 < 1000 ? Int64(90_000 / $0) : nil } ?? 3600
    }

    mutating func setReorderDepth(_ depth: Int) { reorderDepth = max(reorderDepth, min(depth, 16)) }

    mutating func next(pts: Int64?, dts: Int64?) -> Times {
        // Where one of the two is missing the other stands in.
        let sourcePts = pts ?? dts
        let sourceKey = hasDecodingTimes ? dts ?? pts : pts ?? dts
        guard let sourceKey, let sourcePts else {
            let dts = (lastDts ?? -typicalDuration) + typicalDuration
            lastDts = dts
            return Times(pts: dts, dts: dts, jumped: false)
        }
        var jumped = false
        if let lastSource, let lastDts {
            let step = sourceKey &- lastSource
            if step < -Self.backwardLimit || step > Self.forwardLimit {
                jumped = true
                window = []
                shift = lastDts &+ typicalDuration &- sourceKey
            } else if step > 0, step < 45_000, hasDecodingTimes || reorderDepth == 0 {
                typicalDuration += (step - typicalDuration) / 8
            }
        }
        lastSource = hasDecodingTimes ? sourceKey : max(sourceKey, jumped ? .min : lastSource ?? .min)
        let shiftedPts = sourcePts &+ shift
        var decoding = hasDecodingTimes ? sourceKey &+ shift : madeDecodingTime(shiftedPts)
        if let lastDts, decoding <= lastDts { decoding = lastDts + 1 }
        lastDts = decoding
        return Times(pts: shiftedPts, dts: decoding, jumped: jumped)
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
