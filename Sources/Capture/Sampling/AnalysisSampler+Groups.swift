import Domain

// What is sent between key frames, and what is learned from it.
extension AnalysisSampler {
    mutating func reason(hasRisen: Bool) -> Cause? {
        if isWatched { return .viewer }
        guard hasRisen else { return nil }
        // Where the key frame has shown it already, only its course is still to be learned.
        if isActive, !hasFallen { return .active }
        if isKeyNear, !budget.has(reserve: Cause.active.reserve) {
            waitsForKey = true
            return nil
        }
        return .sizes
    }

    /// The next key frame comes soon, as far as the last two tell.
    private var isKeyNear: Bool {
        guard let lastKeyTicks, groupTicks > Self.nearKeyTicks, groupTicks <= Self.longestGOPTicks else { return false }
        return latestTicks &- lastKeyTicks >= groupTicks - Self.nearKeyTicks
    }

    /// Whether a group may be sent whole for this cause; if so it is from now on.
    mutating func begin(_ found: Cause, pressure: Int) -> Bool {
        guard found.isFree || budget.has(reserve: found.reserve) else { return false }
        let limit = found >= .sizes ? Self.pressure.any : Self.pressure.weak
        guard pressure <= limit else {
            refuse()
            return false
        }
        cause = found
        if found != .unpredicted { prefixEnd = nil }
        if found == .sizes { hasFallen = false }
        facts.whole[found.name, default: 0] += 1
        return true
    }

    /// Counts a group once, however often it is asked for.
    private mutating func refuse() {
        if !isRefused { facts.refused += 1 }
        isRefused = true
    }

    /// Hands over what is kept of the group.
    mutating func handOver(upTo ticks: Int64) -> [Chosen] {
        var chosen: [Chosen] = []
        for kept in group.take() {
            if kept.isKey {
                // The worker keeps the last key frame that it got, in case of what comes now.
                guard !isKeySent else { continue }
                let isDue = isDue(kept.mediaTicks, Self.shortestTicks)
                chosen.append(isDue ? sendKey(kept, score: nil) : keep(kept))
            } else if let next = choose(kept) {
                chosen.append(next)
            }
        }
        if let lastKeyTicks { budget.spend(ticks &- lastKeyTicks) }
        return chosen
    }

    /// The next packet of a group that is sent whole.
    mutating func goOn(_ packet: KeptPacket, score: Double?, pressure: Int) -> [Chosen] {
        guard let cause else { return [] }
        var isLast = false
        if cause != .longGroup {
            let step = lastTicks.map { Int64(clamping: min(90_000, (packet.mediaTicks &- $0).magnitude)) } ?? 0
            if !cause.isFree { budget.spend(step) }
            let limit = cause >= .sizes ? Self.pressure.any : Self.pressure.weak
            // Once something was seen to move the rest shows only its course.
            let reserve = cause == .sizes && isActive ? Cause.active.reserve : cause == .viewer ? -8 : 0
            guard cause.isFree || budget.has(reserve: reserve), pressure <= limit else {
                if pressure > limit { refuse() }
                end()
                return []
            }
            if let prefixEnd { isLast = packet.mediaTicks.addingReportingOverflow(step).partialValue >= prefixEnd }
        }
        guard let chosen = choose(packet, isLast: isLast) else { return [] }
        if chosen.isWanted, let score { audit.scored(ticks: packet.mediaTicks, score: score) }
        if isLast {
            // What comes now is kept again, and can be decoded behind what was sent.
            self.cause = nil
            prefixEnd = nil
        }
        return [chosen]
    }

    /// The rest of the group is not sent.
    private mutating func end() {
        group.giveUp()
        audit.abandon()
        cause = nil
        prefixEnd = nil
    }

    private mutating func choose(_ packet: KeptPacket, isLast: Bool = false) -> Chosen? {
        guard let cause, !packet.isDisposable else { return nil }
        facts.sent += 1
        let isWanted = isLast || isDue(packet.mediaTicks, Self.shortestTicks)
        if isWanted { lastWantedTicks = packet.mediaTicks }
        return Chosen(packet: packet, isWanted: isWanted, cause: cause)
    }

    // MARK: - Audits

    mutating func finishAudit(nextKey: Int64) {
        guard let result = audit.end(nextKey: nextKey, threshold: trust.isUseful ? trust.threshold : nil) else {
            return
        }
        for (score, isMoving) in result.pictures { trust.learn(score: score, isMoving: isMoving) }
        facts.audits += 1
        if result.hasMoved { facts.movingAudits += 1 }
        if result.isMissed {
            facts.missedAudits += 1
            thrift.missed()
        }
        facts.ranking = trust.ranking
    }

    // MARK: - Parts

    /// Also true when time went backwards: a new run began.
    func isDue(_ ticks: Int64, _ interval: Int64) -> Bool {
        guard let lastWantedTicks else { return true }
        let (step, overflow) = ticks.subtractingReportingOverflow(lastWantedTicks)
        return overflow || step >= interval || step < 0 - Self.longestGOPTicks
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    mutating func number(below bound: UInt64) -> UInt64 {
        random &+= 0x9E37_79B9_7F4A_7C15
        var mixed = random
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return (mixed ^ mixed >> 31) % max(1, bound)
    }
}
