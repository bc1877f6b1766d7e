/// When a vehicle is where, or does what, it should not.
package struct VehicleRule: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// Within an area where it must not be, or outside the one where it must stay.
        case inArea, outOfArea
        /// Further from its route than `value` metres.
        case offRoute
        /// Faster than `value` km/h.
        case overspeed
        /// Standing for too long; with the engine running for `idle`.
        case longStop, idle
        /// No position although it was moving.
        case silent
        /// Neither in one of its areas (building site, dump) nor on its route, or on its way outside its hours.
        case licence
        /// No position within its hours of duty, whether it moved before or not.
        case absent
    }

    package var id: String?
    package var kind: Kind
    /// km/h of `overspeed`; metres of `offRoute` and `licence`.
    package var value: Double
    package var areas: [String]
    package var route: String?
    package var forSeconds: Double
    package var clearForSeconds: Double?
    /// When the rule is in force; for `licence`, when the vehicle may be on its way.
    package var schedule: WeeklySchedule?
    package var severity: AlarmSignal.Severity?
    package var classCode: String?

    package init(kind: Kind, value: Double = 0, areas: [String] = [], route: String? = nil, forSeconds: Double = 0) {
        self.kind = kind
        self.value = value
        self.areas = areas
        self.route = route
        self.forSeconds = forSeconds
    }

    /// What stands beside the kind in an alarm's source.
    package var part: String? { id ?? areas.first ?? route }
}
