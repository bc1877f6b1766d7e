package import Domain
import Foundation
package import Store

/// Reports: each with a ticket of its own, several of one case.
extension CaseService {
    /// Roles that enter reports. A unit enters its own finds only, marked as such.
    package static let reportingRoles: Set<Role> = [.monitor, .acceptor, .collector, .unit]

    var reports: ReportRepository { ReportRepository(repository) }

    /// Takes a report: opens a case of its own, or links it to one that somebody has named as the same problem.
    ///
    /// A `clientId` that this user has sent before answers with that report, whatever else is sent with it.
    ///
    /// - Returns: the report, and whether it is new.
    /// - Throws: `CaseError`: a role that doesn't report, an unknown class, a position off the globe, no such case.
    package func take(
        _ request: CaseRequest,
        linkedTo caseId: String? = nil,
        by actor: CaseActor
    ) async throws -> (report: StoredReport, created: Bool) {
        guard let role = actor.role, Self.reportingRoles.contains(role) else {
            throw CaseError(code: .forbidden, message: "only monitors, acceptors, collectors and units report")
        }
        guard caseId == nil || role == .acceptor else {
            throw CaseError(code: .forbidden, message: "only an acceptor says that a report is of a case that exists")
        }
        var request = request
        request.filed = false
        request.alarmId = nil
        if role == .unit {
            request.channel = "owner"
            request.report?.isSelfFound = true
        }
        guard let caseId else {
            let (value, isNew, _) = try await open(request, by: actor, joining: false)
            guard let stored = try await stored(request, opening: value.id, by: actor) else {
                throw Self.notFound(value.id)
            }
            return (stored, isNew)
        }
        return try await link(request, to: caseId, by: actor)
    }

    /// The report that has opened a case, or that was sent with the same `clientId`.
    private func stored(_ request: CaseRequest, opening id: String, by actor: CaseActor) async throws -> StoredReport? {
        if let clientId = request.clientId {
            let known = try await repository.transaction { try $0.report(clientId: clientId, of: actor.name) }
            if let known { return known }
        }
        let page = try await reports.list(ReportFilter(caseId: id, by: actor.name), page: PageRequest(limit: 1000))
        return page.items.first { $0.report.openedCaseId == id }
    }

    private func link(
        _ request: CaseRequest,
        to caseId: String,
        by actor: CaseActor
    ) async throws -> (report: StoredReport, created: Bool) {
        let now = clock.now()
        if let position = request.position, !position.isValid {
            throw CaseError(code: .invalidField("position"), message: "the position is not on the globe")
        }
        let (stored, isNew, changed) = try await repository.transaction { [self] transaction in
            if let clientId = request.clientId,
                let known = try transaction.report(clientId: clientId, of: actor.name)
            {
                return (known, false, nil as StoredCase?)
            }
            let found = try standing(for: caseId, transaction)
            let stored = try ReportDesk.keep(
                request,
                ofClass: found.value.classCode,
                caseId: found.value.id,
                by: actor,
                at: now,
                base,
                transaction
            )
            if let clientId = request.clientId {
                try transaction.remember(clientId: clientId, of: actor.name, caseId: found.value.id)
            }
            var data = CaseEntry.Facts()
            data.ticket = stored.report.ticket
            data.channel = stored.report.channel
            let state = found.value.state
            let changed = try append(found, .linkReport, by: actor, to: state, at: now, data: data, transaction)
            return (stored, true, changed)
        }
        if let changed { publish(changed) }
        return (stored, isNew)
    }

    /// The case that stands for another: itself, or the one that it was joined to, at once or by way of others.
    ///
    /// - Throws: `CaseError` (`ended`) where that one takes no further report.
    private func standing(for caseId: String, _ transaction: CaseTransaction) throws -> StoredCase {
        var seen: Set<String> = []
        var id = caseId
        while seen.insert(id).inserted {
            guard let found = try transaction.find(id) else { throw Self.notFound(caseId) }
            if let next = found.value.course.mergedInto {
                id = next
                continue
            }
            guard ![.archived, .void, .invalid].contains(found.value.state) else {
                throw CaseError(
                    code: .ended(state: found.value.state),
                    message: "case \(found.value.number) is \(found.value.state.rawValue) and takes no further report; "
                        + "take the report as a case of its own"
                )
            }
            return found
        }
        throw Self.notFound(caseId)
    }

    // MARK: - Looking

    /// A report, to somebody who is signed in.
    ///
    /// - Throws: `CaseError` (`notFound`), also for a report that the person may not see.
    package func report(_ ticket: String, for actor: CaseActor) async throws -> ReportView {
        guard let stored = try await reports.find(ticket: ticket),
            let value = try await repository.find(stored.caseId), shows(stored, value, to: actor)
        else { throw Self.noReport(ticket) }
        return try await view(stored, value, for: actor, whole: true)
    }

    /// A report's progress, to whoever has its ticket and its code; nothing of any person.
    ///
    /// - Throws: `CaseError` (`notFound`), also for a code that is wrong.
    package func progress(_ ticket: String, code: String) async throws -> ReportView {
        guard let stored = try await reports.find(ticket: ticket), Self.isEqual(stored.code, code),
            let value = try await repository.find(stored.caseId)
        else { throw Self.noReport(ticket) }
        return try await view(stored, value, for: nil, whole: true)
    }

    /// Newest first: an office sees all, a unit those of its cases and its people's own finds wherever they went, a
    /// collector its own.
    package func reports(
        _ filter: ReportFilter,
        page: PageRequest,
        for actor: CaseActor
    ) async throws -> Page<ReportView> {
        var filter = filter
        switch actor.role {
        case .collector: filter.by = actor.name
        case .unit:
            if filter.by != actor.name {
                filter.units = actor.unit.map(base.unitsWithin) ?? []
                filter.reader = actor.name
            }
        default: break
        }
        let found = try await reports.list(filter, page: page)
        let cases = try await reports.cases(of: found.items)
        var views: [ReportView] = []
        for stored in found.items {
            guard let value = cases[stored.caseId] else { continue }
            views.append(try await view(stored, value, for: actor, whole: false))
        }
        return Page(items: views, next: found.next)
    }

    /// Everything that was brought to prove a case: of itself, of every report that belongs to it, of the cases that were
    /// joined to it.
    ///
    /// - Throws: `CaseError` (`notFound`), also for a case that the person may not see.
    package func evidence(of id: String, for actor: CaseActor) async throws -> CaseEvidence {
        let value = try await get(id, for: actor)
        let joined = try await reports.joined(to: id)
        let told = try await reports.all(ofCase: id)
        let course = value.course
        var pictures = value.snapshots + [course.photoBefore, course.photoAfter].compactMap(\.self)
        pictures += told.flatMap(\.report.photos) + joined.flatMap(\.snapshots)
        var seen: Set<String> = []
        let showsPersons = actor.role.map(Self.rolesThatSeePersons.contains) ?? false
        return CaseEvidence(
            pictures: pictures.filter { seen.insert($0).inserted },
            // A voice is a person's.
            voices: told.map(\.report).filter { showsPersons || $0.by == actor.name }.flatMap(\.voices),
            reports: told.map(\.report),
            alarmIds: (value.alarmIds + joined.flatMap(\.alarmIds)).filter { seen.insert($0).inserted }
        )
    }

    /// Who is told who has reported.
    package static let rolesThatSeePersons: Set<Role> = [.acceptor, .leader]

    private func shows(_ stored: StoredReport, _ value: Case, to actor: CaseActor) -> Bool {
        if stored.report.by == actor.name { return true }
        return switch actor.role {
        case .collector, .viewer, nil: false
        case .unit: isVisible(value, to: actor) || isOwn(stored.report, of: actor)
        default: true
        }
    }

    /// Whether somebody of the unit, or of one below it, has entered it.
    private func isOwn(_ report: Report, of actor: CaseActor) -> Bool {
        guard let own = actor.unit, let unit = report.unit else { return false }
        return base.unitsWithin(own).contains(unit)
    }

    private func view(
        _ stored: StoredReport,
        _ value: Case,
        for actor: CaseActor?,
        whole: Bool
    ) async throws -> ReportView {
        let report = stored.report
        let isOwn = actor.map { $0.name == report.by } ?? false
        let showsPerson = isOwn || actor?.role == .acceptor || actor?.role == .leader
        let entry = base.catalogue[report.classCode]
        let stage = ReportStage(value.state) ?? .received
        let opensCase = actor.map { isVisible(value, to: $0) } ?? false
        return ReportView(
            report: report,
            caseId: opensCase ? value.id : nil,
            caseNumber: opensCase ? value.number : nil,
            className: entry?.name ?? report.classCode,
            classNameEn: entry?.nameEn ?? report.classCode,
            channel: base.channels[report.channel],
            stage: stage,
            steps: whole ? try await steps(stored) : [],
            showsPerson: showsPerson,
            code: isOwn || actor?.role == .acceptor ? stored.code : nil,
            callBackDue: stored.callsBack && stored.callBack != .satisfied && stored.callBack != .unreachable
                && value.state == .closed,
            callBacks: whole && showsPerson ? try await reports.callBacks(ofReport: report.id) : []
        )
    }

    private func steps(_ stored: StoredReport) async throws -> [ReportStep] {
        let opened = try await entries(stored.report.openedCaseId)
        let present = stored.caseId == stored.report.openedCaseId ? nil : try await entries(stored.caseId)
        return ReportStep.steps(receivedAt: stored.report.receivedAt, opened: opened, present: present)
    }

    private func entries(_ id: String) async throws -> [CaseEntry] {
        try await repository.log(id)?.entries.map { try CaseLog.decode($0) } ?? []
    }

    /// Takes as long for a code that is nearly right as for any other.
    private static func isEqual(_ one: String, _ two: String) -> Bool {
        let (one, two) = (Array(one.utf8), Array(two.utf8))
        guard one.count == two.count else { return false }
        return zip(one, two).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func noReport(_ ticket: String) -> CaseError {
        CaseError(code: .notFound, message: "there is no report \(ticket.prefix(63))")
    }

    // MARK: - Counting

    package func reportCounts(byUnit: Bool, from: WallTime, to: WallTime) async throws -> [ReportCount] {
        byUnit
            ? try await reports.countByUnit(from: from, to: to)
            : try await reports.countByChannel(from: from, to: to)
    }

    // MARK: - Call-backs

    package func callBackSums(from: WallTime, to: WallTime) async throws -> CallBackSums {
        try await reports.callBackSums(from: from, to: to)
    }

    /// Notes what a reporter has said of a closed case; an unsatisfied one opens it again.
    ///
    /// - Throws: `CaseError`: `forbidden`, `notFound`, `missingField` (an unsatisfied one needs words), `illegalAction`
    ///   where the case is not closed.
    package func callBack(
        _ ticket: String,
        _ result: CallBack.Result,
        note: String?,
        by actor: CaseActor
    ) async throws -> ReportView {
        guard actor.role == .acceptor else {
            throw CaseError(code: .forbidden, message: "only an acceptor calls reporters back")
        }
        let note = note.flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
        if result == .unsatisfied, note == nil {
            throw CaseError(
                code: .missingField("note"),
                message: "an unsatisfied reporter's reason needs the field note"
            )
        }
        let now = clock.now()
        // One transaction: what is noted of a case is true of it then, and it is opened again or nothing is noted.
        let step = try await repository.transaction { [self] transaction in
            try callBack(ticket, result, note, by: actor, at: now, transaction)
        }
        publish(step, at: now)
        return try await report(ticket, for: actor)
    }
}

extension CaseService {
    private func callBack(
        _ ticket: String,
        _ result: CallBack.Result,
        _ note: String?,
        by actor: CaseActor,
        at now: WallTime,
        _ transaction: CaseTransaction
    ) throws -> Step {
        guard let stored = try transaction.report(ticket: ticket), let found = try transaction.find(stored.caseId)
        else { throw Self.noReport(ticket) }
        let value = found.value
        guard value.state == .closed else {
            throw CaseError(
                code: .illegalAction(state: value.state),
                message:
                    "case \(value.number) is \(value.state.rawValue) now; reporters are called back when it is closed"
            )
        }
        var data = CaseEntry.Facts()
        data.ticket = ticket
        data.result = result
        let noted = try append(found, .callBack, by: actor, to: value.state, at: now, data: data, transaction)
        try transaction.note(
            CallBack(
                id: UUIDv7.make(at: now),
                reportId: stored.report.id,
                caseId: value.id,
                result: result,
                note: note,
                by: actor.name,
                at: now,
                reopened: result == .unsatisfied
            )
        )
        guard result == .unsatisfied else {
            return Step(after: noted, unitsBefore: value.subject(at: now).units, other: nil)
        }
        // What a reporter isn't satisfied with has to be done once more.
        let input = CaseInput(reason: note, note: note)
        return try take(.reopen, on: value.id, by: actor, input, at: now, transaction)
    }
}
