package import Domain

/// Chooses the packets of one camera's stream that the analyse worker gets.
///
/// Idle: key frames alone, and of a camera that has been still for a while not all of them (`KeyFrameThrift`). Where the
/// packet sizes say that something moves, where something was seen to move, where somebody looks, and now and then
/// without a cause (an audit), the whole group from its key frame, out of what is kept of it: what happened before the
/// cause is decoded as well. All that comes out of a budget (`DecodeBudget`), the weaker causes only while much of it is
/// left. Where sizes say little, the beginning of every group as far as the budget reaches. Groups longer than
/// `longestGOPTicks` (smart codecs) are sent whole where there are rules. Pictures that no other one needs are left out.
/// Pure.
package struct AnalysisSampler: Sendable {
    /// A packet to send; `isWanted` is false for one that only has to be decoded so that later ones can be.
    package struct Chosen: Sendable, Equatable {
        package var packet: KeptPacket
        package var isWanted: Bool
        /// What it is sent for; the weakest cause is dropped first when the worker is too slow.
        package var cause: Cause
    }

    /// Key frames further apart than this are too coarse for the rules: 4 s in ticks of 1/90,000 s.
    package static let longestGOPTicks: Int64 = 4 * 90_000
    /// No two samples are closer than this, however many key frames come: 0.4 s.
    static let shortestTicks: Int64 = 36_000
    /// A viewer counts for so long after a picture was asked for: 10 s.
    static let viewerTicks: Int64 = 10 * 90_000
    /// One group in so many is audited: the first ones, and later.
    static let auditEvery = (first: 60, later: 240)
    static let firstAudits = 8
    /// Of the time that passes, in 1/1024, so much may be decoded beyond the key frames.
    static let share = (rules: Int64(110), mapOnly: Int64(40))
    /// Cameras whose worker queue is fuller than this (1/1024) get nothing for a weak cause, or for any.
    static let pressure = (weak: 512, any: 768)
    /// A rise of the sizes so shortly before the next key frame is left to that one while the budget is less than full:
    /// 0.6 s. What moves for a second is still there then.
    static let nearKeyTicks: Int64 = 54_000
    /// The beginning of a group is worth decoding from this length on: 0.12 s.
    static let shortestPrefixTicks: Int64 = 10_800

    package internal(set) var facts = SamplingFacts(skippedKeys: 0)

    var needs: SamplingNeeds
    var group = GroupBuffer()
    var budget: DecodeBudget
    var witness = PacketWitness()
    var trust = WitnessTrust()
    var audit = GroupAudit()
    var thrift = KeyFrameThrift()
    /// Key frames that were sent for no cause, with the sizes' score before them, until the worker has judged them.
    var pending = PendingKeys()
    var random: UInt64
    var lastKeyTicks: Int64?
    var lastWantedTicks: Int64?
    var lastTicks: Int64?
    /// The distance of the last two key frames.
    var groupTicks: Int64 = 0
    /// The present group's key frame was handed over.
    var isKeySent = false
    /// The present group was refused because the worker was behind.
    var isRefused = false
    /// Why the present group is sent whole; nil while it isn't.
    var cause: Cause?
    /// Until when it is, where that is not its end.
    var prefixEnd: Int64?
    /// The sizes rose in the present group, and the next key frame shall tell.
    var waitsForKey = false
    var latestTicks: Int64 = 0
    var watchedUntil: Int64?
    var isActive = false
    /// The sizes have been low since they last were a cause: their next rise is something new.
    var hasFallen = true
    var lastScore: Double?

    var isLong: Bool { groupTicks > Self.longestGOPTicks }

    /// - Parameters:
    ///   - needs: of the camera's rules.
    ///   - seed: which groups are audited.
    package init(needs: SamplingNeeds, seed: UInt64) {
        self.needs = needs
        random = seed
        budget = DecodeBudget(share: needs.hasRules ? Self.share.rules : Self.share.mapOnly)
    }

    package mutating func setNeeds(_ needs: SamplingNeeds) {
        self.needs = needs
        budget.share = needs.hasRules ? Self.share.rules : Self.share.mapOnly
    }

    /// A new run begins, with times and perhaps a picture of its own: what was learned stays.
    package mutating func beginRun() {
        group.giveUp()
        cause = nil
        prefixEnd = nil
        waitsForKey = false
        lastKeyTicks = nil
        lastWantedTicks = nil
        lastTicks = nil
        watchedUntil = nil
        groupTicks = 0
        lastScore = nil
        audit.abandon()
        thrift.beginRun()
        pending = PendingKeys()
    }

    /// Somebody has asked for a picture.
    ///
    /// - Returns: the present key frame, if it was passed over.
    package mutating func watch() -> [Chosen] {
        let (until, overflow) = latestTicks.addingReportingOverflow(Self.viewerTicks)
        watchedUntil = overflow ? nil : until
        guard let key = group.packets.first, key.isKey, !isKeySent, lastWantedTicks != key.mediaTicks else { return [] }
        return [sendKey(key, score: nil)]
    }

    /// The worker has judged a picture.
    package mutating func looked(ticks: Int64, isMoving: Bool) {
        if ticks == lastKeyTicks || ticks == lastWantedTicks { isActive = isMoving }
        if let key = pending.judged(ticks) {
            thrift.looked(ticks: ticks, isMoving: isMoving, isKey: true)
            if let score = key.score {
                trust.learn(score: score, isMoving: isMoving)
                facts.ranking = trust.ranking
            }
        } else {
            thrift.looked(ticks: ticks, isMoving: isMoving, isKey: false)
        }
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
        lastScore = score
        let hasRisen = trust.isUseful && score.map { $0 >= trust.threshold } == true
        if hasRisen { thrift.rose(ticks: ticks) } else { hasFallen = true }
        guard group.isWhole else { return [] }
        if cause != nil { return goOn(packet, score: score, pressure: pressure) }
        group.append(packet)
        guard group.isWhole, let found = reason(hasRisen: hasRisen) else { return [] }
        guard begin(found, pressure: pressure) else { return [] }
        return handOver(upTo: ticks)
    }

    // MARK: - Key frames

    private mutating func takeKey(_ packet: KeptPacket, pressure: Int) -> [Chosen] {
        let ticks = packet.mediaTicks
        let isGroup = lastKeyTicks != nil && lastKeyTicks != lastTicks
        if let lastKeyTicks {
            let (step, overflow) = ticks.subtractingReportingOverflow(lastKeyTicks)
            groupTicks = overflow ? 0 : step
        }
        lastKeyTicks = ticks
        facts.groups += 1
        witness.key(ticks: ticks)
        finishAudit(nextKey: ticks)
        let isUsual = thrift.isUsual(sizeBytes: packet.bytes.count, quantiser: packet.quantiser)
        let mayPass = isUsual && isGroup && !waitsForKey && passes(ticks)
        cause = nil
        prefixEnd = nil
        waitsForKey = false
        group.begin(packet)
        let isDue = isDue(ticks, Self.shortestTicks)
        isKeySent = false
        isRefused = false
        // Streams of key frames alone have no groups to choose from.
        if isGroup, let found = reasonAtKey(), begin(found, pressure: pressure) {
            if found == .audit || found == .longGroup { audit.begin(key: ticks, isKeyTold: !mayPass) }
            _ = group.take()
            return [isDue ? sendKey(packet, score: lastScore) : keep(packet)]
        }
        if mayPass, isDue {
            facts.skippedKeys = (facts.skippedKeys ?? 0) + 1
            return []
        }
        return isDue ? [sendKey(packet, score: isUsual ? lastScore : nil)] : []
    }

    /// Hands a key frame over to be judged.
    ///
    /// - Parameter score: what the sizes said before it; nil where they, or its own size, were the cause: from those
    ///   nothing is learned, or the sizes would confirm themselves.
    mutating func sendKey(_ packet: KeptPacket, score: Double?) -> Chosen {
        isKeySent = true
        lastWantedTicks = packet.mediaTicks
        facts.sent += 1
        pending.add(packet.mediaTicks, score: score)
        return Chosen(packet: packet, isWanted: true, cause: .keyFrame)
    }

    /// Hands a key frame over for the pictures behind it only.
    mutating func keep(_ packet: KeptPacket) -> Chosen {
        isKeySent = true
        facts.sent += 1
        return Chosen(packet: packet, isWanted: false, cause: .keyFrame)
    }

    /// Whether the key frame at `ticks` needn't be looked at.
    private func passes(_ ticks: Int64) -> Bool {
        guard trust.isTrusted, !isActive, !isWatched, let lastWantedTicks else { return false }
        return thrift.mayPass(ticks: ticks, last: lastWantedTicks, step: groupTicks, limit: needs.longestPauseTicks)
    }

    var isWatched: Bool { watchedUntil.map { latestTicks < $0 } ?? false }

    private mutating func reasonAtKey() -> Cause? {
        if isWatched { return .viewer }
        if isLong, needs.hasRules { return .longGroup }
        let every = facts.audits < Self.firstAudits ? Self.auditEvery.first : Self.auditEvery.later
        if number(below: UInt64(every)) == 0 { return .audit }
        if isActive, budget.has(reserve: Cause.active.reserve) { return .active }
        if !trust.isTrusted {
            let length = budget.spare(reserve: Cause.unpredicted.reserve) / 4
            if length >= Self.shortestPrefixTicks {
                let (end, overflow) = latestTicks.addingReportingOverflow(length)
                prefixEnd = overflow ? nil : end
                return .unpredicted
            }
        }
        return nil
    }
}

/// Key frames that wait for the worker's verdict. Bounded to `capacity`; the oldest is forgotten. Pure.
struct PendingKeys: Sendable {
    static let capacity = 8

    private var keys: [(ticks: Int64, score: Double?)] = []

    mutating func add(_ ticks: Int64, score: Double?) {
        if keys.count >= Self.capacity { keys.removeFirst() }
        keys.append((ticks, score))
    }

    /// Takes out the key frame of this time, if it waits.
    mutating func judged(_ ticks: Int64) -> (ticks: Int64, score: Double?)? {
        guard let index = keys.firstIndex(where: { $0.ticks == ticks }) else { return nil }
        return keys.remove(at: index)
    }
}
