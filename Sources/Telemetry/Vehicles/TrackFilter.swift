import Domain

/// Tells the positions of one vehicle that can be believed from those that can't: pure, fed in the order of their times.
///
/// Nothing is thrown away: a position keeps its mark and is stored; alarms of the terminal never pass here.
struct TrackFilter: Equatable, Codable {
    /// Faster than any vehicle of a city: more than that between two positions is a jump.
    static let maximumKmh = 160.0
    /// What a jump may measure at least; two receivers' errors look like one.
    static let smallestJump = 100.0
    /// A vehicle that stands wanders by less than that, in metres.
    static let driftMetres = 40.0
    /// So many positions in a row that agree with each other are believed although they are far from the last.
    static let confirmations = 3

    private struct Anchor: Equatable, Codable {
        var point: GeoPoint
        var at: WallTime
    }

    /// The last position that was believed.
    private var last: Anchor?
    /// Where it seems to be after a jump, and how many positions say so.
    private var candidate: Anchor?
    private var agreeing = 0

    /// The mark of a position; `noFix` stays.
    mutating func take(_ position: VehiclePosition) -> VehiclePosition.Quality {
        let here = Anchor(point: position.point, at: position.occurredAt)
        guard position.quality != .noFix, position.point != GeoPoint(lat: 0, lon: 0) else { return .noFix }
        guard let last else {
            self.last = here
            return .good
        }
        if Self.isJump(last, here) {
            agreeing = candidate.map { Self.isJump($0, here) ? 1 : agreeing + 1 } ?? 1
            candidate = here
            guard agreeing >= Self.confirmations else { return .jump }
        } else if (position.speedKmh ?? 10) < 1, last.point.distance(to: here.point) < Self.driftMetres {
            candidate = nil
            // The place where it stands stays the same.
            self.last?.at = here.at
            return last.point == here.point ? .good : .drift
        }
        candidate = nil
        agreeing = 0
        self.last = here
        return .good
    }

    private static func isJump(_ from: Anchor, _ to: Anchor) -> Bool {
        let metres = from.point.distance(to: to.point)
        let seconds = max((to.at - from.at).seconds, 1)
        return metres > smallestJump && metres / seconds * 3.6 > maximumKmh
    }
}
