/// Who is on duty from when to when (值班). The first of several at a time is called first.
package struct DutyShift: Sendable, Hashable, Codable {
    package var id: String
    /// The user's name.
    package var user: String
    /// `monitor room`, `night unit`, …: what the person is there for.
    package var post: String
    package var from: WallTime
    package var to: WallTime
    /// 1 is called first.
    package var rank: Int
    package var note: String?
    package var by: String
    package var at: WallTime

    package init(
        id: String,
        user: String,
        post: String,
        from: WallTime,
        to: WallTime,
        rank: Int,
        note: String?,
        by: String,
        at: WallTime
    ) {
        self.id = id
        self.user = user
        self.post = post
        self.from = from
        self.to = to
        self.rank = rank
        self.note = note
        self.by = by
        self.at = at
    }
}

/// That somebody on duty was called about an alarm that nobody has looked after.
package struct DutyCall: Sendable, Hashable, Codable {
    package var id: String
    package var alarmId: String
    /// Who was called; nil when the roster has nobody (left): everybody in the room is.
    package var user: String?
    /// 1 for the first who was called.
    package var step: Int
    package var at: WallTime
    package var answeredAt: WallTime?
    package var answeredBy: String?

    package init(
        id: String,
        alarmId: String,
        user: String?,
        step: Int,
        at: WallTime,
        answeredAt: WallTime? = nil,
        answeredBy: String? = nil
    ) {
        self.id = id
        self.alarmId = alarmId
        self.user = user
        self.step = step
        self.at = at
        self.answeredAt = answeredAt
        self.answeredBy = answeredBy
    }
}

/// Whom an unattended alarm goes to, and when.
package enum DutyEscalation {
    /// So long one person has to answer before the next is called.
    package static let patience = Duration.seconds(60)
    /// So long whoever has answered has to say what it is, or to move its case on; then it begins anew.
    package static let followUp = Duration.seconds(600)

    package enum Step: Sendable, Hashable {
        /// Nothing is to be done now.
        case wait
        case call(user: String)
        /// The roster has nobody (left): everybody is called, once.
        case callAll
    }

    /// - Parameters:
    ///   - calls: those about the alarm so far, oldest first.
    ///   - roster: who is on duty at `now`, in the order in which they are called.
    package static func next(calls: [DutyCall], roster: [DutyShift], now: WallTime) -> Step {
        let answered = calls.compactMap(\.answeredAt).max()
        if let answered, now - answered < followUp { return .wait }
        // An answer that nothing came of is none: the round begins anew.
        let round = answered.map { answer in calls.filter { $0.at > answer } } ?? calls
        if let last = round.last {
            guard last.user != nil, now - last.at >= patience else { return .wait }
        }
        let called = Set(round.compactMap(\.user))
        guard let shift = roster.first(where: { !called.contains($0.user) }) else { return .callAll }
        return .call(user: shift.user)
    }
}

/// What one shift hands over to the next (交接班): what is open, signed by both.
package struct HandOver: Sendable, Hashable, Codable {
    package var id: String
    package var from: String
    package var to: String
    package var at: WallTime
    /// What is open, as JSON, put together by the service.
    package var content: String
    package var note: String?
    /// SHA-256 over both names, the time, the content and the note, in hex: what both sign.
    package var hash: String
    package var signedAt: WallTime?
    package var reply: String?

    package init(
        id: String,
        from: String,
        to: String,
        at: WallTime,
        content: String,
        note: String?,
        hash: String,
        signedAt: WallTime? = nil,
        reply: String? = nil
    ) {
        self.id = id
        self.from = from
        self.to = to
        self.at = at
        self.content = content
        self.note = note
        self.hash = hash
        self.signedAt = signedAt
        self.reply = reply
    }
}
