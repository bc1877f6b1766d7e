package import Domain

/// Chooses the packets of one camera's stream that the analyse worker gets.
///
/// Idle: key frames alone. Where the packet sizes say that something moves, where something was seen to move, where
/// somebody looks, and now and then without a cause (an audit), the whole group from its key frame, out of what is kept
/// of it: what happened before the cause is decoded as well. All that comes out of a budget (`DecodeBudget`), the
/// weaker causes only while much of it is left. Groups longer than `longestGOPTicks` (smart codecs) are sent whole
/// where there are rules, and judged every two seconds. Pictures that no other one needs are left out. Pure.
package struct AnalysisSampler: Sendable {
    /// A packet to send; `isWanted` is false for one that only has to be decoded so that later ones can be.
    package struct Chosen: Sendable, Equatable {
        package var packet: KeptPacket
        package var isWanted: Bool
        /// What it is sent for; the weakest cause is dropped first when the worker is too slow.
        package var cause: Cause
    }

    /// Why a group is decoded whole, the weakest first.
    package enum Cause: Int, Sendable, Hashable, CaseIterable, Comparable {
        /// To learn whether the packet sizes predict anything here.
        case audit
        /// Sizes predict nothing here: any group, as far as the budget reaches.
        case unpredicted
        /// Something was seen to move.
        case active
        /// The key frames are too far apart for the rules.
        case longGroup
        /// The packet sizes rose.
        case sizes
        /// Somebody looks at the camera.
        case viewer
        /// No cause: the key frame itself.
        case keyFrame

        package static func < (left: Cause, right: Cause) -> Bool { left.rawValue < right.rawValue }

        /// What must be left of the budget, in eighths.
        var reserve: Int64 {
            switch self {
            case .unpredicted: 2
            case .active: 6
            case .audit, .longGroup, .sizes, .viewer, .keyFrame: 0
            }
        }

        /// What comes out of no budget: audits, which are few and must not be starved by the very sizes that they judge,
        /// and long groups, without which nothing is seen in time.
        var isFree: Bool { self == .audit || self == .longGroup }
    }

    /// Key frames further apart than this are too coarse for the rules: 4 s in ticks of 1/90,000 s.
    package static let longestGOPTicks: Int64 = 4 * 90_000
    /// The sampling interval inside a long group: 2 s.
    static let intervalTicks: Int64 = 2 * 90_000
    /// No two samples are closer than this, however many key frames come: 0.4 s.
    static let shortestTicks: Int64 = 36_000
    /// A viewer counts for so long after a picture was asked for: 10 s.
    static let viewerTicks: Int64 = 10 * 90_000
    /// One group in so many is audited: the first ones, and later.
    static let auditEvery = (first: 12, later: 60)
    static let firstAudits = 8
    /// Of the time that passes, in 1/1024, so much may be decoded beyond the key frames.
    static let share = (rules: Int64(150), mapOnly: Int64(40))
    /// Cameras whose worker queue is fuller than this (1/1024) get nothing for a weak cause, or for any.
    static let pressure = (weak: 512, any: 768)

    package private(set) var facts = SamplingFacts()

    private var group = GroupBuffer()
    private var budget: DecodeBudget
    private var witness = PacketWitness()
    private var trust = WitnessTrust()
    private var audit = GroupAudit()
    private var random: UInt64
    private var hasRules: Bool
    private var lastKeyTicks: Int64?
    private var lastWantedTicks: Int64?
    private var lastTicks: Int64?
    private var isLong = false
    /// The present group's key frame was handed over.
    private var isKeySent = false
    /// The present group was refused because the worker was behind.
    private var isRefused = false
    /// Why the present group is sent whole; nil while it isn't.
    private var cause: Cause?
    private var latestTicks: Int64 = 0
    private var watchedUntil: Int64?
    private var isActive = false

    /// - Parameters:
    ///   - hasRules: there are rules to judge; else only where something moved is told.
    ///   - seed: which groups are audited.
    package init(hasRules: Bool, seed: UInt64) {
        self.hasRules = hasRules
        random = seed
        budget = DecodeBudget(share: hasRules ? Self.share.rules : Self.share.mapOnly)
    }

    package mutating func setRules(_ hasRules: Bool) {
        self.hasRules = hasRules
        budget.share = hasRules ? Self.share.rules : Self.share.mapOnly
    }

    /// A new run begins, with times and perhaps a picture of its own: what was learned stays.
    package mutating func beginRun() {
        group.giveUp()
        cause = nil
        lastKeyTicks = nil
        lastWantedTicks = nil
        lastTicks = nil
        watchedUntil = nil
        isLong = false
        audit.abandon()
    }

    /// Somebody has asked for a picture.
    package mutating func watch() {
        let (until, overflow) = latestTicks.addingReportingOverflow(Self.viewerTicks)
        watchedUntil = overflow ? nil : until
    }

    /// The worker has judged a picture.
    package mutating func looked(ticks: Int64, isMoving: Bool) {
        if ticks == lastKeyTicks || ticks == lastWantedTicks { isActive = isMoving }
        audit.looked(ticks: ticks, isMoving: isMoving)
    }

    /// Takes the next packet of the stream, in decoding order.
    ///
    /// - Parameter pressure: how full the worker's queue is, in 1/1024.
    /// - Returns: what to send, in decoding order; empty for most packets.
    package mutating func take(_ packet: KeptPacket, pressure: Int) -> [Chosen] {
        let ticks = packet.mediaTicks
        latestTicks = ticks
        budget.advance(to: ticks)
        defer { lastTicks = ticks }
        if packet.isKey { return takeKey(packet, pressure: pressure) }
        let score = witness.take(ticks: ticks, sizeBytes: packet.bytes.count, quantiser: packet.quantiser)
        guard group.isWhole else { return [] }
        if cause != nil { return goOn(packet, score: score, pressure: pressure) }
        group.append(packet)
        guard group.isWhole, let found = reason(score: score) else { return [] }
        guard begin(found, pressure: pressure) else { return [] }
        return handOver(upTo: ticks)
    }

    // MARK: - Key frames

    private mutating func takeKey(_ packet: KeptPacket, pressure: Int) -> [Chosen] {
        let ticks = packet.mediaTicks
        let isGroup = lastKeyTicks != nil && lastKeyTicks != lastTicks
        if let lastKeyTicks { isLong = ticks &- lastKeyTicks > Self.longestGOPTicks }
        lastKeyTicks = ticks
        facts.groups += 1
        witness.key(ticks: ticks)
        finishAudit(nextKey: ticks)
        cause = nil
        group.begin(packet)
        let isDue = isDue(ticks, Self.shortestTicks)
        isKeySent = isDue
        isRefused = false
        if isDue {
            lastWantedTicks = ticks
            facts.sent += 1
        }
        // Streams of key frames alone have no groups to choose from.
        if isGroup, let found = reasonAtKey(), begin(found, pressure: pressure) {
            if found == .audit || found == .unpredicted || found == .longGroup { audit.begin(key: ticks) }
            _ = group.take()
            isKeySent = true
            return [Chosen(packet: packet, isWanted: isDue, cause: .keyFrame)]
        }
        return isDue ? [Chosen(packet: packet, isWanted: true, cause: .keyFrame)] : []
    }

    private mutating func reasonAtKey() -> Cause? {
        if let watchedUntil, latestTicks < watchedUntil { return .viewer }
        if isLong, hasRules { return .longGroup }
        let every = facts.audits < Self.firstAudits ? Self.auditEvery.first : Self.auditEvery.later
        if number(below: UInt64(every)) == 0 { return .audit }
        if !trust.isTrusted, budget.has(reserve: Cause.unpredicted.reserve + 1) { return .unpredicted }
        return isActive ? .active : nil
    }

    // MARK: - Between key frames

    private func reason(score: Double?) -> Cause? {
        if let watchedUntil, latestTicks < watchedUntil { return .viewer }
        if let score, trust.isTrusted, score >= trust.threshold {
            // Where the key frame has shown it already, only its course is still to be learned.
            return isActive ? .active : .sizes
        }
        return nil
    }

    /// Whether a group may be sent whole for this cause; if so it is from now on.
    private mutating func begin(_ found: Cause, pressure: Int) -> Bool {
        guard found.isFree || budget.has(reserve: found.reserve) else { return false }
        let limit = found >= .sizes ? Self.pressure.any : Self.pressure.weak
        guard pressure <= limit else {
            refuse()
            return false
        }
        cause = found
        facts.whole[found.name, default: 0] += 1
        return true
    }

    /// Counts a group once, however often it is asked for.
    private mutating func refuse() {
        if !isRefused { facts.refused += 1 }
        isRefused = true
    }

    /// Hands over what is kept of the group.
    private mutating func handOver(upTo ticks: Int64) -> [Chosen] {
        var chosen: [Chosen] = []
        for kept in group.take() {
            if kept.isKey {
                // The worker keeps the last key frame that it got, in case of what comes now.
                if !isKeySent { chosen.append(Chosen(packet: kept, isWanted: false, cause: .keyFrame)) }
            } else if let next = choose(kept) {
                chosen.append(next)
            }
        }
        if let lastKeyTicks { budget.spend(ticks &- lastKeyTicks) }
        return chosen
    }

    /// The next packet of a group that is sent whole.
    private mutating func goOn(_ packet: KeptPacket, score: Double?, pressure: Int) -> [Chosen] {
        guard let cause else { return [] }
        if cause != .longGroup {
            if !cause.isFree, let lastTicks {
                budget.spend(Int64(clamping: min(90_000, (packet.mediaTicks &- lastTicks).magnitude)))
            }
            let limit = cause >= .sizes ? Self.pressure.any : Self.pressure.weak
            // Once something was seen to move the rest shows only its course.
            let reserve = cause == .sizes && isActive ? Cause.active.reserve : cause == .viewer ? -8 : 0
            guard cause.isFree || budget.has(reserve: reserve), pressure <= limit else {
                if pressure > limit { refuse() }
                group.giveUp()
                audit.abandon()
                self.cause = nil
                return []
            }
        }
        guard let chosen = choose(packet) else { return [] }
        if chosen.isWanted, let score { audit.scored(ticks: packet.mediaTicks, score: score) }
        return [chosen]
    }

    private mutating func choose(_ packet: KeptPacket) -> Chosen? {
        guard let cause, !packet.isDisposable else { return nil }
        facts.sent += 1
        let interval = cause == .longGroup ? Self.intervalTicks : Self.shortestTicks
        let isWanted = isDue(packet.mediaTicks, interval)
        if isWanted { lastWantedTicks = packet.mediaTicks }
        return Chosen(packet: packet, isWanted: isWanted, cause: cause)
    }

    // MARK: - Audits

    private mutating func finishAudit(nextKey: Int64) {
        guard let result = audit.end(nextKey: nextKey, threshold: trust.isTrusted ? trust.threshold : nil) else {
            return
        }
        for (score, isMoving) in result.pictures { trust.learn(score: score, isMoving: isMoving) }
        facts.audits += 1
        if result.hasMoved { facts.movingAudits += 1 }
        if result.isMissed { facts.missedAudits += 1 }
        facts.ranking = trust.ranking
    }

    // MARK: - Parts

    /// Also true when time went backwards: a new run began.
    private func isDue(_ ticks: Int64, _ interval: Int64) -> Bool {
        guard let lastWantedTicks else { return true }
        let (step, overflow) = ticks.subtractingReportingOverflow(lastWantedTicks)
        return overflow || step >= interval || step < 0 - Self.longestGOPTicks
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    private mutating func number(below bound: UInt64) -> UInt64 {
        random &+= 0x9E37_79B9_7F4A_7C15
        var mixed = random
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return (mixed ^ mixed >> 31) % max(1, bound)
    }
}

extension AnalysisSampler.Cause {
    /// As it is counted and shown.
    package var name: String {
        switch self {
        case .audit: "audit"
        case .unpredicted: "unpredicted"
        case .active: "active"
        case .longGroup: "longGroup"
        case .sizes: "sizes"
        case .viewer: "viewer"
        case .keyFrame: "keyFrame"
        }
    }
}
