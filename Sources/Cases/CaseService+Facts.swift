import Domain
import Store

/// What steps change besides the state.
extension CaseService {
    /// The facts of a step that the table lets pass.
    func facts(
        _ rule: CaseRule,
        _ value: Case,
        to target: CaseState,
        _ actor: CaseActor,
        _ input: CaseInput,
        _ now: WallTime,
        _ transaction: CaseTransaction
    ) throws -> CaseEntry.Facts {
        var data = CaseEntry.Facts()
        data.reason = input.reason
        data.photo = input.photo
        if rule.needs.contains(.passed) { data.passed = input.passed }
        setTimers(&data, rule.timers, value, to: target, at: now)
        switch rule.action {
        case .file: try setFiling(&data, value, input, now)
        case .dispatch, .adjudicate: try setUnit(&data, value, input, rule.action)
        case .askVerification: data.collector = try collector(input, value)
        case .askCheck: try setChecker(&data, value, input)
        case .accept, .arrive, .secure, .handle:
            if rule.party == .coUnit { setPart(&data, rule, value, actor, now) }
        case .engage: try engage(&data, value, input, now)
        case .disengage: try disengage(&data, value, input)
        case .suspend: data.suspension = try suspension(input, now)
        case .escalate: data.committee = input.committee
        case .handOver: data.centre = input.centre
        case .merge: try setTarget(&data, value, input, transaction)
        case .selfHandle: data.photoBefore = named(input.photoBefore) ?? value.snapshots.first
        case .refuse, .verify, .return, .inspect, .check, .close, .urge, .reopen, .void, .archive, .resume, .extend,
            .announce, .takeBack:
            break
        }
        return data
    }

    private func named(_ text: String?) -> String? {
        text.flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
    }

    /// The case's limits after a step, each by the calendar that the case was filed under; those of the units that take
    /// part stand still and go on with them.
    private func setTimers(
        _ data: inout CaseEntry.Facts,
        _ effect: CaseRule.TimerEffect,
        _ value: Case,
        to state: CaseState,
        at now: WallTime
    ) {
        let clock = deadlines(of: value)
        if var timers = value.timers {
            timers.take(effect, at: now, clock: clock)
            if timers != value.timers { data.timers = timers }
        }
        // They can act only while it is at work: returned, their limits stand still until it is again.
        let parts: CaseRule.TimerEffect =
            switch (isAtWork(value.state), isAtWork(state)) {
            case (true, false) where effect == .none: .pause
            case (false, true) where effect != .rework: .resumeDispatched
            default: effect
            }
        guard [.pause, .resume, .resumeDispatched, .notice, .extend].contains(parts) else { return }
        var units = value.course.coUnits
        for index in units.indices where units[index].state != .handled {
            units[index].timers.take(parts, at: now, clock: clock)
        }
        if units != value.course.coUnits { data.coUnits = units }
    }

    private func isAtWork(_ state: CaseState) -> Bool {
        state == .dispatched || state == .handling
    }

    private func deadlines(of value: Case) -> DeadlineClock {
        book.deadlines(calendar: value.versions?[BaseSet.calendar.rawValue] ?? 0)
    }

    /// Class and place are fixed, and unit, flow and limit with them; the limit runs from now.
    private func setFiling(
        _ data: inout CaseEntry.Facts,
        _ value: Case,
        _ input: CaseInput,
        _ now: WallTime
    ) throws(CaseError) {
        let code = input.classCode ?? value.classCode
        let base = base
        let entry = try fileableClass(code, base, now)
        if let position = input.position, !position.isValid {
            throw CaseError(code: .invalidField("position"), message: "the position is not on the globe")
        }
        let sameClass = entry.code == value.classCode
        let wanted = input.level ?? (sameClass ? value.level : nil)
        let known = entry.levels.first { $0.level == wanted }
        guard input.level == nil || known != nil else {
            let numbers = entry.levels.map { String($0.level) }.joined(separator: ", ")
            throw CaseError(
                code: .invalidField("level"),
                message: "class \(code) has no condition \(wanted ?? 0); its conditions: \(numbers)"
            )
        }
        let level = known ?? entry.levels[0]
        data.class = entry.code
        data.level = level.level
        data.position = input.position ?? value.position
        data.cell = data.position.flatMap(base.grid.cell)
        if value.address == nil || input.position != nil, let point = data.position {
            data.address = base.places.text(at: point) ?? value.address
        }
        data.unit = base.responsibility.unit(for: entry, cell: data.cell)
        let flow = base.flow(of: entry)
        // A case whose class changes leaves the flow of the old one, also for the usual one.
        data.flow = flow ?? (value.course.flow == nil ? nil : .usual)
        setLimits(&data, level, base, now)
    }

    /// Who gets it; a unit that took part until now leads from here.
    private func setUnit(
        _ data: inout CaseEntry.Facts,
        _ value: Case,
        _ input: CaseInput,
        _ action: CaseAction
    ) throws(CaseError) {
        // After a ruling there is one unit that it may go to.
        let usual = action == .dispatch && value.course.isBound ? value.unit : responsibleUnit(of: value)
        data.unit = try known(named(input.unit) ?? usual, field: "unit")
        let others = value.course.coUnits.filter { $0.unit != data.unit }
        if others.count < value.course.coUnits.count { data.coUnits = others }
    }

    private func known(_ unit: String?, field: String) throws(CaseError) -> String {
        guard let unit, base.responsibility[unit] != nil else {
            throw CaseError(code: .invalidField(field), message: "there is no unit \(unit?.prefix(63) ?? "")")
        }
        return unit
    }

    /// Who looks at the result: a collector, or for the professional check a unit that has had no hand in it.
    private func setChecker(_ data: inout CaseEntry.Facts, _ value: Case, _ input: CaseInput) throws(CaseError) {
        guard let name = named(input.unit) else {
            data.collector = try collector(input, value)
            return
        }
        let unit = try known(name, field: "unit")
        let tree = base.responsibility.tree
        let workers = value.course.workers + value.course.coUnits.map(\.unit) + [value.unit].compactMap(\.self)
        // Nor one above or below such a unit: the one acts for the other.
        guard !workers.contains(where: { $0 == unit || tree.isWithin($0, unit) || tree.isWithin(unit, $0) }) else {
            throw CaseError(code: .invalidField("unit"), message: "\(unit) has worked on it and can't judge it")
        }
        guard value.course.flowOrUsual[.inspect] != .never else {
            throw CaseError(code: .invalidField("unit"), message: "cases of this class have no professional check")
        }
        data.checkUnit = unit
    }

    /// The collector who is asked; nil for whoever comes first.
    ///
    /// - Throws: `invalidField` for one who has stood on another side of the case. Whether there is such a collector is
    ///   for those to say who know the users.
    private func collector(_ input: CaseInput, _ value: Case) throws(CaseError) -> String? {
        guard let name = named(input.collector) else { return nil }
        if let side = value.course.duties[name], side != .supervision {
            throw CaseError(
                code: .invalidField("collector"),
                message: "\(name.prefix(63)) has been on the side of \(side.rawValue) in this case"
            )
        }
        return name
    }

    // MARK: - Joint action

    private func setPart(
        _ data: inout CaseEntry.Facts,
        _ rule: CaseRule,
        _ value: Case,
        _ actor: CaseActor,
        _ now: WallTime
    ) {
        var units = value.course.coUnits
        guard let index = units.firstIndex(where: { $0.unit == actor.unit }) else { return }
        let clock = deadlines(of: value)
        switch rule.action {
        case .accept: units[index].state = .handling
        case .arrive: units[index].timers.take(.arrived, at: now, clock: clock)
        case .secure: units[index].timers.take(.secured, at: now, clock: clock)
        default:
            units[index].state = .handled
            units[index].timers.take(.meet, at: now, clock: clock)
        }
        data.coUnits = units
        data.part = actor.unit
    }

    /// Each gets limits of its own that begin now; one that has reported its part gets it again.
    private func engage(
        _ data: inout CaseEntry.Facts,
        _ value: Case,
        _ input: CaseInput,
        _ now: WallTime
    ) throws(CaseError) {
        var units = value.course.coUnits
        for name in input.units ?? [] {
            let unit = try known(name, field: "units")
            guard unit != value.unit, unit != value.course.checkUnit else {
                throw CaseError(code: .invalidField("units"), message: "\(unit) leads it already")
            }
            guard units.first(where: { $0.unit == unit })?.state ?? .handled == .handled else { continue }
            var timers = (value.timers ?? []).map {
                CaseTimer(TimedPhase(phase: $0.phase, limit: $0.limit, start: $0.start))
            }
            let clock = deadlines(of: value)
            timers.take(.restart, at: now, clock: clock)
            timers.take(.dispatched, at: now, clock: clock)
            if value.course.announcedAt != nil { timers.take(.notice, at: now, clock: clock) }
            units.removeAll { $0.unit == unit }
            units.append(CaseCourse.CoUnit(unit: unit, timers: timers))
        }
        guard units.count <= Self.mostUnits else {
            throw CaseError(code: .invalidField("units"), message: "at most \(Self.mostUnits) units take part")
        }
        data.coUnits = units
    }

    private static let mostUnits = 20

    private func disengage(_ data: inout CaseEntry.Facts, _ value: Case, _ input: CaseInput) throws(CaseError) {
        let names = Set(input.units ?? [])
        for name in names where !value.course.coUnits.contains(where: { $0.unit == name && $0.state != .handled }) {
            throw CaseError(
                code: .invalidField("units"),
                message: "\(name.prefix(63)) doesn't take part, or has reported its part"
            )
        }
        data.coUnits = value.course.coUnits.filter { !names.contains($0.unit) }
    }

    // MARK: - Suspending, merging

    private func suspension(_ input: CaseInput, _ now: WallTime) throws(CaseError) -> CaseCourse.Suspension {
        guard let owner = named(input.owner), let until = input.until, let review = input.review else {
            throw CaseError(code: .missingField("owner"), message: "suspend needs owner, until and review")
        }
        guard until > now else {
            throw CaseError(code: .invalidField("until"), message: "a case is suspended until some time to come")
        }
        guard review > now, review <= until else {
            throw CaseError(code: .invalidField("review"), message: "the review lies between now and the end")
        }
        let isUnit = base.responsibility[owner] != nil
        return CaseCourse.Suspension(owner: owner, until: until, review: review, ownerIsUnit: isUnit ? true : nil)
    }

    private func setTarget(
        _ data: inout CaseEntry.Facts,
        _ value: Case,
        _ input: CaseInput,
        _ transaction: CaseTransaction
    ) throws {
        let id = input.into ?? ""
        guard id != value.id, let other = try transaction.find(id)?.value else {
            throw CaseError(code: .invalidField("into"), message: "there is no other case \(id.prefix(63))")
        }
        guard other.state.isOpen || other.state == .closed || other.state == .selfHandled else {
            throw CaseError(
                code: .invalidField("into"),
                message: "case \(other.number) is \(other.state.rawValue); nothing can be joined to it"
            )
        }
        data.into = other.id
        data.intoNumber = other.number
    }
}
