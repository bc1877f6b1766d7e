/// What a case's log says of the way it has gone so far, as far as later steps depend on it.
package struct CaseCourse: Sendable, Hashable {
    /// A unit that works beside the one that leads (联动).
    package struct CoUnit: Sendable, Hashable, Codable {
        package var unit: String
        /// `dispatched`, `handling` or `handled`.
        package var state: CaseState
        /// The limits of its own, from when it was engaged.
        package var timers: [CaseTimer]

        package init(unit: String, state: CaseState = .dispatched, timers: [CaseTimer] = []) {
            self.unit = unit
            self.state = state
            self.timers = timers
        }
    }

    /// Who keeps a suspended case (挂账), until when, and when it is looked at in the meantime.
    package struct Suspension: Sendable, Hashable, Codable {
        package var owner: String
        package var until: WallTime
        package var review: WallTime
        /// True where the owner is a unit; absent for a person.
        package var ownerIsUnit: Bool?

        package init(owner: String, until: WallTime, review: WallTime, ownerIsUnit: Bool? = nil) {
            self.owner = owner
            self.until = until
            self.review = review
            self.ownerIsUnit = ownerIsUnit
        }
    }

    /// A step that somebody has taken.
    package struct Step: Sendable, Hashable, Codable {
        package var action: String
        package var by: String
        package var at: WallTime

        package init(action: String, by: String, at: WallTime) {
            self.action = action
            self.by = by
            self.at = at
        }
    }

    /// Nil for the usual one.
    package var flow: CaseFlow?
    /// The last step that changed anything but the number of urgings.
    package var last: Step?
    /// The side each person is on who has taken a step.
    package var duties: [String: CaseSide] = [:]
    /// What a suspended case goes on as; of an archived one, how it ended.
    package var before: CaseState?
    /// What verifying has found; nil while nobody has looked.
    package var verified: Bool?
    /// The collector who was asked; nil for whoever comes first.
    package var assignee: String?
    /// The unit that was asked for its professional check.
    package var checkUnit: String?
    /// Whether it has passed the professional check.
    package var isInspected = false
    /// Since when it is a case (立案), and not a mere report; nil again while it is to be judged anew.
    package var filedAt: WallTime?
    /// How often units have returned it since it was filed.
    package var returns = 0
    /// Whether it was adjudicated: no further return.
    package var isBound = false
    package var isExtended = false
    /// When the owner was called on in public.
    package var announcedAt: WallTime?
    package var suspension: Suspension?
    package var centre: String?
    package var committee: String?
    package var coUnits: [CoUnit] = []
    /// The units that it was given to, or that did a part of it, in any round.
    package var workers: [String] = []
    /// The case that it was joined to.
    package var mergedInto: String?
    /// The cases that were joined to it.
    package var merged: [String] = []
    /// How a place looked before and after a collector put it right.
    package var photoBefore: String?
    package var photoAfter: String?
    /// How often it was opened again.
    package var reopenings = 0
    /// How often a check was not passed.
    package var reworks = 0
    /// How often it was urged.
    package var urgings = 0

    package init() {}

    /// The flow that it follows.
    package var flowOrUsual: CaseFlow { flow ?? .usual }
}

/// What holds at the start isn't written: most cases have no more than a few of these facts.
extension CaseCourse: Codable {
    private enum Key: String, CodingKey {
        case flow, last, duties, before, filedAt, verified, assignee, checkUnit, inspected, returns, bound, extended,
            announcedAt
        case suspension, centre, committee, coUnits, mergedInto, merged, photoBefore, photoAfter, reopenings, reworks
        case urgings, workers
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        func value<Value: Decodable>(_ key: Key) throws -> Value? {
            try values.decodeIfPresent(Value.self, forKey: key)
        }
        flow = try value(.flow)
        last = try value(.last)
        duties = try value(.duties) ?? [:]
        before = try value(.before)
        filedAt = try value(.filedAt)
        verified = try value(.verified)
        assignee = try value(.assignee)
        checkUnit = try value(.checkUnit)
        isInspected = try value(.inspected) ?? false
        returns = try value(.returns) ?? 0
        isBound = try value(.bound) ?? false
        isExtended = try value(.extended) ?? false
        announcedAt = try value(.announcedAt)
        suspension = try value(.suspension)
        centre = try value(.centre)
        committee = try value(.committee)
        coUnits = try value(.coUnits) ?? []
        workers = try value(.workers) ?? []
        mergedInto = try value(.mergedInto)
        merged = try value(.merged) ?? []
        photoBefore = try value(.photoBefore)
        photoAfter = try value(.photoAfter)
        reopenings = try value(.reopenings) ?? 0
        reworks = try value(.reworks) ?? 0
        urgings = try value(.urgings) ?? 0
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        func write<Value: Encodable & Equatable>(_ value: Value, _ key: Key, unless initial: Value) throws {
            if value != initial { try values.encode(value, forKey: key) }
        }
        try values.encodeIfPresent(flow, forKey: .flow)
        try values.encodeIfPresent(last, forKey: .last)
        try write(duties, .duties, unless: [:])
        try values.encodeIfPresent(before, forKey: .before)
        try values.encodeIfPresent(filedAt, forKey: .filedAt)
        try values.encodeIfPresent(verified, forKey: .verified)
        try values.encodeIfPresent(assignee, forKey: .assignee)
        try values.encodeIfPresent(checkUnit, forKey: .checkUnit)
        try write(isInspected, .inspected, unless: false)
        try write(returns, .returns, unless: 0)
        try write(isBound, .bound, unless: false)
        try write(isExtended, .extended, unless: false)
        try values.encodeIfPresent(announcedAt, forKey: .announcedAt)
        try values.encodeIfPresent(suspension, forKey: .suspension)
        try values.encodeIfPresent(centre, forKey: .centre)
        try values.encodeIfPresent(committee, forKey: .committee)
        try write(coUnits, .coUnits, unless: [])
        try write(workers, .workers, unless: [])
        try values.encodeIfPresent(mergedInto, forKey: .mergedInto)
        try write(merged, .merged, unless: [])
        try values.encodeIfPresent(photoBefore, forKey: .photoBefore)
        try values.encodeIfPresent(photoAfter, forKey: .photoAfter)
        try write(reopenings, .reopenings, unless: 0)
        try write(reworks, .reworks, unless: 0)
        try write(urgings, .urgings, unless: 0)
    }
}
