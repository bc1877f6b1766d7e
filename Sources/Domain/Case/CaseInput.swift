/// What a person gives with an action; which of it an action needs is `CaseMachine`'s to say.
package struct CaseInput: Sendable, Hashable, Codable {
    package var classCode: String?
    /// Which of the class's conditions it is, by number; nil for the one it has, or the first.
    package var level: Int?
    package var position: GeoPoint?
    package var reason: String?
    package var unit: String?
    package var note: String?
    /// An attachment's id.
    package var photo: String?
    package var passed: Bool?
    /// Who is asked to verify or check; nil for whoever comes first.
    package var collector: String?
    /// The case that this one is joined to.
    package var into: String?
    /// The units that take part.
    package var units: [String]?
    /// Who keeps a suspended case.
    package var owner: String?
    /// Until when it is suspended.
    package var until: WallTime?
    /// When it is looked at again in the meantime.
    package var review: WallTime?
    /// The centre that it is handed over to.
    package var centre: String?
    package var committee: String?
    /// An attachment's id: how it looked before a collector put it right.
    package var photoBefore: String?

    private enum CodingKeys: String, CodingKey {
        case classCode = "class"
        case level, position, reason, unit, note, photo, passed, collector, into, units, owner, until, review, centre
        case committee, photoBefore
    }

    package init(
        classCode: String? = nil,
        level: Int? = nil,
        position: GeoPoint? = nil,
        reason: String? = nil,
        unit: String? = nil,
        note: String? = nil,
        photo: String? = nil,
        passed: Bool? = nil,
        collector: String? = nil,
        into: String? = nil,
        units: [String]? = nil,
        owner: String? = nil,
        until: WallTime? = nil,
        review: WallTime? = nil,
        centre: String? = nil,
        committee: String? = nil,
        photoBefore: String? = nil
    ) {
        self.classCode = classCode
        self.level = level
        self.position = position
        self.reason = reason
        self.unit = unit
        self.note = note
        self.photo = photo
        self.passed = passed
        self.collector = collector
        self.into = into
        self.units = units
        self.owner = owner
        self.until = until
        self.review = review
        self.centre = centre
        self.committee = committee
        self.photoBefore = photoBefore
    }
}
