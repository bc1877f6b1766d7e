import Domain

/// The state of one rule of one vehicle: pure. What a position says becomes a verdict; how long it has to last is
/// `ConditionRule`'s business, as for sensors.
struct VehicleRuleState: Equatable, Codable {
    /// A border has to be left by this much to have been left, in metres: receivers scatter.
    static let borderMetres = 15.0
    /// A vehicle that stands stays within this of where it stopped, in metres.
    static let standingMetres = 50.0
    /// Slower than this counts as standing, in km/h.
    static let standingKmh = 3.0

    private(set) var rule = ConditionRule()
    /// Where it stands, and since when; nil while it moves.
    private var stop: Stop?
    /// Whether the last position was of a moving vehicle.
    private var wasMoving = false
    /// `absent`: since when its hours of duty run.
    private var onDutySince: WallTime?

    private struct Stop: Equatable, Codable {
        var point: GeoPoint
        var since: WallTime
    }

    var isOpen: Bool { rule.isOpen }
    var lasting: ConditionRule.Lasting { rule.lasting }

    /// The places that rules speak of, by id.
    struct Places: Sendable {
        var areas: [String: GeoArea]
        var routes: [String: GeoRoute]
    }

    mutating func take(_ position: VehiclePosition, _ own: VehicleRule, _ places: Places, isInForce: Bool)
        -> RuleEvent?
    {
        let judged = judge(position, own, places, isInForce)
        let frame = Self.frame(own)
        if own.kind == .silent || own.kind == .absent {
            wasMoving = (position.speedKmh ?? 0) > Self.standingKmh && position.ignition != false
            // Any sign of life ends a silence.
            return rule.take(.init(.clears), at: position.occurredAt, receivedAt: position.receivedAt, rule: frame)
        }
        guard let judged else { return nil }
        let counted = isInForce || own.kind == .licence ? judged : Condition.Judged(.clears, value: judged.value)
        return rule.take(counted, at: position.occurredAt, receivedAt: position.receivedAt, rule: frame)
    }

    /// Lets time speak: a vehicle that was moving has said nothing for long.
    ///
    /// - Parameter silence: since its last message, by arrival; nil while nobody listens.
    mutating func tick(now: WallTime, silence: Duration?, _ own: VehicleRule, isInForce: Bool) -> RuleEvent? {
        if own.kind == .absent { return miss(now: now, silence: silence, own, isInForce: isInForce) }
        guard own.kind == .silent, wasMoving, !isOpen, let silence, silence >= .seconds(own.forSeconds)
        else { return nil }
        var frame = Self.frame(own)
        frame.forSeconds = 0
        let since = now - (silence - .seconds(own.forSeconds))
        return rule.take(.init(.holds), at: since, receivedAt: now, rule: frame)
    }

    /// On duty and not heard of; the end of the duty ends it.
    private mutating func miss(now: WallTime, silence: Duration?, _ own: VehicleRule, isInForce: Bool) -> RuleEvent? {
        guard isInForce else {
            onDutySince = nil
            return isOpen ? rule.dismiss(at: now) : nil
        }
        let since = onDutySince ?? now
        onDutySince = since
        guard !isOpen, let silence else { return nil }
        let missed = min(silence, now - since)
        guard missed >= .seconds(own.forSeconds) else { return nil }
        var frame = Self.frame(own)
        frame.forSeconds = 0
        return rule.take(
            .init(.holds),
            at: now - (missed - .seconds(own.forSeconds)),
            receivedAt: now,
            rule: frame
        )
    }

    private static func frame(_ own: VehicleRule) -> SensorRule {
        var frame = SensorRule(kind: .above, value: own.value, forSeconds: own.forSeconds)
        frame.clearForSeconds = own.clearForSeconds
        return frame
    }

    private mutating func judge(
        _ position: VehiclePosition,
        _ own: VehicleRule,
        _ places: Places,
        _ isInForce: Bool
    ) -> Condition.Judged? {
        let edge = own.areas.compactMap { places.areas[$0]?.edgeDistance(position.point) }.min()
        switch own.kind {
        case .inArea: return edge.map { Self.over(-$0, 0, clear: -Self.borderMetres) }
        case .outOfArea: return edge.map { Self.over($0, 0, clear: -Self.borderMetres) }
        case .offRoute: return distance(position, own, places).map { Self.over($0, own.value, clear: own.value * 0.8) }
        case .overspeed:
            return position.speedKmh.map { Self.over($0, own.value, clear: own.value * 0.95) }
        case .longStop: return standing(position, engine: false)
        case .idle: return standing(position, engine: true)
        case .silent, .absent: return nil
        case .licence:
            if let edge, edge <= 0 { return .init(.clears, value: 0) }
            let off = distance(position, own, places) ?? 0
            if !isInForce, (position.speedKmh ?? 0) > Self.standingKmh { return .init(.holds, value: off) }
            guard own.route != nil else { return .init(isInForce ? .clears : .neither, value: off) }
            return Self.over(off, own.value, clear: own.value * 0.8)
        }
    }

    private func distance(_ position: VehiclePosition, _ own: VehicleRule, _ places: Places) -> Double? {
        own.route.flatMap { places.routes[$0] }.map { $0.distance(position.point) }
    }

    private mutating func standing(_ position: VehiclePosition, engine: Bool) -> Condition.Judged {
        let isStanding = (position.speedKmh ?? 0) < Self.standingKmh && (!engine || position.ignition == true)
        if isStanding, let stop, stop.point.distance(to: position.point) <= Self.standingMetres {
            return .init(.holds, since: stop.since, value: (position.occurredAt - stop.since).seconds)
        }
        stop = isStanding ? Stop(point: position.point, since: position.occurredAt) : nil
        return isStanding ? .init(.holds, since: position.occurredAt, value: 0) : .init(.clears, value: 0)
    }

    private static func over(_ value: Double, _ threshold: Double, clear: Double) -> Condition.Judged {
        value > threshold
            ? .init(.holds, value: value) : .init(value <= clear ? .clears : .neither, value: value)
    }
}
