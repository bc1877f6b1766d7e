/// A case (案件): everything its log says, put together.
package struct Case: Sendable, Hashable, Codable {
    package var id: String
    /// `20261123-0001`: the local day and a serial within it.
    package var number: String
    package var classCode: String
    package var level: Int
    package var state: CaseState
    package var position: GeoPoint?
    package var address: String?
    /// 15 digits; nil without a position, or outside every cell of the site's grid.
    package var cell: String?
    /// The responsible unit, and from dispatching on the one it was given to.
    package var unit: String?
    package var openedAt: WallTime
    package var limit: TimeLimit
    /// The end of `limit`: from opening, and anew from filing.
    package var dueAt: WallTime?
    /// Every limit of it, in the order of their phases; absent in cases from before there were several.
    package var timers: [CaseTimer]?
    /// The editions of base data that it was opened and filed under, by set; a set without one was declared or built in.
    package var versions: [String: Int]?
    package var channel: String
    package var description: String?
    package var reporter: String?
    package var clientId: String?
    package var cameraId: String?
    package var alarmIds: [String]
    package var clips: [CaseClip]
    /// Attachments' ids.
    package var snapshots: [String]
    /// When the last alarm of it happened, or what it was reported for.
    package var lastAt: WallTime
    package var closedAt: WallTime?
    /// The way it has gone.
    package var course = CaseCourse()

    /// When what was asked for was done, by the last of its limits; nil while it isn't. Looking at the result takes no
    /// time of the unit's.
    package var metAt: WallTime? { timers?.last?.metAt }

    /// Whether it stands (or was done, or closed) later than due.
    package func isOverdue(at now: WallTime) -> Bool {
        guard let dueAt, ![.invalid, .merged, .void].contains(ending) else { return false }
        return (metAt ?? closedAt ?? now) > dueAt
    }

    /// The end of its limit as far as it matters still: nil once it was done in time.
    package var dueStill: WallTime? {
        guard let dueAt, let metAt else { return dueAt }
        return metAt > dueAt ? dueAt : nil
    }

    /// When somebody has to look at a suspended case: at its review, and after that at its end.
    package var reviewAt: WallTime? {
        state == .suspended ? course.suspension?.review : nil
    }

    /// What the steps are judged by.
    package func subject(at now: WallTime) -> CaseMachine.Subject {
        CaseMachine.Subject(
            state: state,
            unit: unit,
            classCode: classCode,
            position: position,
            course: course,
            hasPicture: !snapshots.isEmpty,
            hasLimit: timers?.last.map { $0.startedAt != nil && $0.metAt == nil } ?? false,
            openPhases: Set((timers ?? []).filter { $0.metAt == nil }.map(\.phase)),
            isOverdue: isOverdue(at: now)
        )
    }
}

/// One line of a case's log: what was done and what it changed. The log alone rebuilds the case.
package struct CaseEntry: Sendable, Hashable, Codable {
    package enum Kind: Sendable, Hashable {
        /// A person has reported it.
        case report
        /// A policy (or a confirmed alarm) has opened it.
        case open
        /// A further alarm belongs to it.
        case join
        /// A clip was added.
        case attach
        /// Another case was joined to it.
        case absorb
        /// That case was opened again and is one of its own.
        case separate
        /// A further report is of the same problem.
        case linkReport
        /// A reporter was called back.
        case callBack
        /// A leader has ordered something about it.
        case order
        /// What was done about an order.
        case answerOrder
        /// The order is done with.
        case closeOrder
        case action(CaseAction)

        package var name: String {
            switch self {
            case .report: "report"
            case .open: "open"
            case .join: "join"
            case .attach: "attach"
            case .absorb: "absorb"
            case .separate: "separate"
            case .linkReport: "linkReport"
            case .callBack: "callBack"
            case .order: "order"
            case .answerOrder: "answerOrder"
            case .closeOrder: "closeOrder"
            case .action(let action): action.rawValue
            }
        }

        package init?(name: String) {
            switch name {
            case "report": self = .report
            case "open": self = .open
            case "join": self = .join
            case "attach": self = .attach
            case "absorb": self = .absorb
            case "separate": self = .separate
            case "linkReport": self = .linkReport
            case "callBack": self = .callBack
            case "order": self = .order
            case "answerOrder": self = .answerOrder
            case "closeOrder": self = .closeOrder
            default:
                guard let action = CaseAction(rawValue: name) else { return nil }
                self = .action(action)
            }
        }
    }

    /// What an entry sets; absent means unchanged.
    package struct Facts: Sendable, Hashable, Codable {
        package var number: String?
        package var `class`: String?
        package var level: Int?
        package var position: GeoPoint?
        package var address: String?
        package var cell: String?
        package var unit: String?
        package var limit: TimeLimit?
        package var dueAt: WallTime?
        package var timers: [CaseTimer]?
        package var versions: [String: Int]?
        package var channel: String?
        package var description: String?
        package var reporter: String?
        package var clientId: String?
        package var cameraId: String?
        package var alarmId: String?
        package var snapshot: String?
        package var clip: CaseClip?
        /// When what it is about happened.
        package var happenedAt: WallTime?
        package var reason: String?
        package var photo: String?
        package var passed: Bool?
        /// The flow template that the case follows from here.
        package var flow: CaseFlow?
        /// Who is asked to verify or check.
        package var collector: String?
        package var checkUnit: String?
        /// The units that take part, all of them, as they stand after it.
        package var coUnits: [CaseCourse.CoUnit]?
        /// The unit whose part it is about.
        package var part: String?
        package var suspension: CaseCourse.Suspension?
        package var centre: String?
        package var committee: String?
        /// The case that it is joined to, and that case's number.
        package var into: String?
        package var intoNumber: String?
        /// The case that is joined to it (or no more), and that case's number.
        package var merged: String?
        package var mergedNumber: String?
        package var photoBefore: String?
        /// The ticket of the report that was linked, or whose reporter was called back.
        package var ticket: String?
        /// What the reporter has said.
        package var result: CallBack.Result?
        /// The order that was given or answered, and until when it is to be done.
        package var orderId: String?
        package var orderUntil: WallTime?

        package init() {}
    }

    package var caseId: String
    /// 1, 2, 3 … without holes.
    package var seq: Int
    package var at: WallTime
    package var by: String
    package var role: Role?
    package var kind: Kind
    package var from: CaseState?
    package var to: CaseState
    package var note: String?
    package var data: Facts

    private enum CodingKeys: String, CodingKey {
        case caseId, seq, at, by, role, action, from, to, note, data
    }

    package init(
        caseId: String,
        seq: Int,
        at: WallTime,
        by actor: CaseActor,
        kind: Kind,
        from: CaseState?,
        to: CaseState,
        note: String? = nil,
        data: Facts = Facts()
    ) {
        self.caseId = caseId
        self.seq = seq
        self.at = at
        self.by = actor.name
        self.role = actor.role
        self.kind = kind
        self.from = from
        self.to = to
        self.note = note
        self.data = data
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        caseId = try container.decode(String.self, forKey: .caseId)
        seq = try container.decode(Int.self, forKey: .seq)
        at = try container.decode(WallTime.self, forKey: .at)
        by = try container.decode(String.self, forKey: .by)
        role = try container.decodeIfPresent(Role.self, forKey: .role)
        let name = try container.decode(String.self, forKey: .action)
        guard let kind = Kind(name: name) else {
            throw DecodingError.dataCorruptedError(
                forKey: .action,
                in: container,
                debugDescription: "no action of a case: \(name)"
            )
        }
        self.kind = kind
        from = try container.decodeIfPresent(CaseState.self, forKey: .from)
        to = try container.decode(CaseState.self, forKey: .to)
        note = try container.decodeIfPresent(String.self, forKey: .note)
        data = try container.decode(Facts.self, forKey: .data)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(caseId, forKey: .caseId)
        try container.encode(seq, forKey: .seq)
        try container.encode(at, forKey: .at)
        try container.encode(by, forKey: .by)
        try container.encodeIfPresent(role, forKey: .role)
        try container.encode(kind.name, forKey: .action)
        try container.encodeIfPresent(from, forKey: .from)
        try container.encode(to, forKey: .to)
        try container.encodeIfPresent(note, forKey: .note)
        try container.encode(data, forKey: .data)
    }
}
