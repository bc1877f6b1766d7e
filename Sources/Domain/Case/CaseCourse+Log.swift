/// The way of a case as its log tells it.
extension CaseCourse {
    /// Takes in the next entry; the state is the case's own.
    mutating func apply(_ entry: CaseEntry) {
        take(entry.data)
        switch entry.kind {
        case .absorb: if let id = entry.data.merged, !merged.contains(id) { merged.append(id) }
        case .separate: merged.removeAll { $0 == entry.data.merged }
        case .action(let action): take(action, entry)
        case .report, .open, .join, .attach, .linkReport, .callBack, .order, .answerOrder, .closeOrder: break
        }
        follow(entry.to, at: entry.at)
    }

    /// Since when it is a case.
    mutating func follow(_ state: CaseState, at time: WallTime) {
        switch state {
        case .filed: filedAt = filedAt ?? time
        case .reported, .verifying: filedAt = nil
        default: break
        }
    }

    private mutating func take(_ data: CaseEntry.Facts) {
        if let value = data.flow { flow = value == .usual ? nil : value }
        if let value = data.coUnits { coUnits = value }
        if let value = data.suspension { suspension = value }
        if let value = data.centre { centre = value }
        if let value = data.committee { committee = value }
        if let value = data.into { mergedInto = value }
    }

    private mutating func take(_ action: CaseAction, _ entry: CaseEntry) {
        if let side = action.side, duties[entry.by] == nil { duties[entry.by] = side }
        if action != .urge { last = Step(action: action.rawValue, by: entry.by, at: entry.at) }
        switch action {
        case .urge: urgings += 1
        case .askVerification: assignee = entry.data.collector
        case .verify:
            verified = entry.data.passed
            assignee = nil
        case .askCheck:
            assignee = entry.data.collector
            checkUnit = entry.data.checkUnit
        case .inspect, .check: judged(action, passed: entry.data.passed ?? true)
        case .return: returns += 1
        case .extend: isExtended = true
        case .announce: announcedAt = entry.at
        case .adjudicate:
            isBound = true
            if let unit = entry.data.unit, !workers.contains(unit) { workers.append(unit) }
        case .suspend, .handOver, .escalate, .archive:
            if let from = entry.from, from != entry.to, from != .suspended || action == .archive { before = from }
        case .resume, .takeBack:
            before = nil
            suspension = nil
        case .selfHandle:
            photoBefore = entry.data.photoBefore
            photoAfter = entry.data.photo
            assignee = nil
        case .reopen: beginAgain()
        case .dispatch, .accept, .handle:
            // Whoever was given it, or did a part of it, judges nothing of it later.
            for unit in [entry.data.unit, entry.data.part].compactMap(\.self) where !workers.contains(unit) {
                workers.append(unit)
            }
        case .file, .refuse, .arrive, .secure, .close, .merge, .void, .engage, .disengage: break
        }
        if action != .suspend, entry.to != .suspended { suspension = nil }
    }

    private mutating func judged(_ action: CaseAction, passed: Bool) {
        assignee = nil
        checkUnit = nil
        isInspected = passed && (action == .inspect || isInspected)
        if !passed { reworks += 1 }
    }

    /// What the earlier round has led to counts no more; who stood on which side does.
    private mutating func beginAgain() {
        reopenings += 1
        returns = 0
        isBound = false
        isExtended = false
        isInspected = false
        announcedAt = nil
        before = nil
        suspension = nil
        centre = nil
        committee = nil
        coUnits = []
        mergedInto = nil
        assignee = nil
        checkUnit = nil
    }
}
