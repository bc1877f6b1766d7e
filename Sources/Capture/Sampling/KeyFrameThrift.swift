#if canImport(Glibc)
    import Glibc
#endif

/// Which key frames of a still camera tell nothing new and needn't be decoded.
///
/// While all speaks for a still picture (nothing was seen to move for a while, the packet sizes have not risen, the key
/// frame is as large as they usually are) only one key frame in a few seconds is decoded, one in more the longer that
/// lasts. It learns from those: where something has begun to move and the sizes had not told, the picture has to be
/// still for four times as long before the next pause, an hour at most; where they had told, for half as long. Times
/// are ticks of 1/90,000 s of one run. Pure.
struct KeyFrameThrift: Sendable {
    /// The picture must have been still for so long: 30 s at first, an hour at most.
    static let stillTicks = (shortest: Int64(30 * 90_000), longest: Int64(3600 * 90_000))
    /// After a rise of the sizes every key frame is decoded for so long: 6 s.
    static let alertTicks: Int64 = 6 * 90_000
    /// The pauses between decoded key frames: first, and once the picture has been still for `longStillTicks`, or once
    /// sizes have told of so many movements in a row.
    static let pauseTicks = (short: Int64(4 * 90_000), long: Int64(8 * 90_000))
    static let longStillTicks: Int64 = 120 * 90_000
    static let provenBy = 3
    /// What is usual is not known before so many key frames.
    static let learningKeys = 8

    private var keys = 0
    /// The usual size of a key frame as a binary logarithm, freed from its quantiser, and the mean deviation from it.
    private var usual = 0.0
    private var deviation = 0.0
    private var stillSince: Int64?
    private var lastLook: Int64?
    private var roseAt: Int64?
    private var told = 0
    /// For how long the picture must have been still.
    private(set) var requiredTicks = KeyFrameThrift.stillTicks.shortest

    init() {}

    /// A new run: its times begin anew.
    mutating func beginRun() {
        stillSince = nil
        lastLook = nil
        roseAt = nil
    }

    /// The sizes of the packets have risen.
    mutating func rose(ticks: Int64) { roseAt = ticks }

    /// A key frame comes.
    ///
    /// - Returns: whether it is as large as they usually are.
    mutating func isUsual(sizeBytes: Int, quantiser: Int?) -> Bool {
        let value = log2(Double(max(16, sizeBytes))) + Double(quantiser ?? 0) / 6
        keys += 1
        if keys == 1 { usual = value }
        let distance = value - usual
        let isUsual = keys > Self.learningKeys && abs(distance) <= max(0.06, 3 * deviation)
        let weight = keys < 16 ? 1 / Double(keys) : 1.0 / 16
        usual += weight * distance
        // What is far off moves the deviation by no more than four of it, or one odd key frame would make many usual.
        deviation += weight * (min(abs(distance), keys < 16 ? 1 : max(0.02, 4 * deviation)) - deviation)
        return isUsual
    }

    /// Whether the key frame at `ticks` may be left out.
    ///
    /// - Parameters:
    ///   - last: when a picture was last sent to be judged.
    ///   - step: the distance of the key frames.
    ///   - limit: the longest pause that the rules allow.
    func mayPass(ticks: Int64, last: Int64, step: Int64, limit: Int64) -> Bool {
        guard let stillSince, let still = Self.distance(stillSince, ticks), still >= requiredTicks,
            let pause = Self.distance(last, ticks), step > 0
        else { return false }
        if let roseAt {
            guard let quiet = Self.distance(roseAt, ticks), quiet >= Self.alertTicks else { return false }
        }
        let isLong = told >= Self.provenBy || still >= Self.longStillTicks
        let longest = min(limit, isLong ? Self.pauseTicks.long : Self.pauseTicks.short)
        // The next one must not come too late.
        return pause.addingReportingOverflow(step).partialValue <= longest && pause >= 0
    }

    /// A picture was judged. One between key frames can only show that the sizes were right: what was sent because of
    /// them, and audits tell of themselves what was missed.
    mutating func looked(ticks: Int64, isMoving: Bool, isKey: Bool) {
        defer { if isKey { lastLook = ticks } }
        guard isMoving else {
            if isKey, stillSince == nil { stillSince = ticks }
            return
        }
        if stillSince != nil {
            if let roseAt, lastLook.map({ roseAt >= $0 }) ?? true { wasTold() } else if isKey { missed() }
        }
        stillSince = nil
    }

    /// Something moved of which neither a key frame nor the sizes would have told.
    mutating func missed() {
        told = 0
        requiredTicks = min(Self.stillTicks.longest, requiredTicks * 4)
    }

    private mutating func wasTold() {
        told = min(told + 1, Self.provenBy)
        requiredTicks = max(Self.stillTicks.shortest, requiredTicks / 2)
    }

    /// From `begin` to `end`; nil for times that run backwards or don't fit.
    private static func distance(_ begin: Int64, _ end: Int64) -> Int64? {
        let (step, overflow) = end.subtractingReportingOverflow(begin)
        return overflow || step < 0 ? nil : step
    }
}
