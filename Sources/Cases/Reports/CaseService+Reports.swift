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
        let (stored, isNew, value) = try await repository.transaction { [self] transaction in
            if let clientId = request.clientId,
                let known = try transaction.report(clientId: clientId, of: actor.name)
            {
                return (known, false, nil as Case?)
            }
            guard let found = try transaction.find(caseId) else { throw Self.notFound(caseId) }
            let stored = try ReportDesk.keep(
                request,
                ofClass: found.value.classCode,
                caseId: caseId,
                by: actor,
                at: now,
                base,
                transaction
            )
            if let clientId = request.clientId {
                try transaction.remember(clientId: clientId, of: actor.name, caseId: caseId)
            }
            return (stored, true, found.value)
        }
        if let value { publish(value) }
        return (stored, isNew)
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

    /// Newest first: an office sees all, a unit those of its cases and its own finds, a collector its own.
    package func reports(
        _ filter: ReportFilter,
        page: PageRequest,
        for actor: CaseActor
    ) async throws -> Page<ReportView> {
        var filter = filter
        switch actor.role {
        case .collector: filter.by = actor.name
        case .unit:
            if filter.by != actor.name { filter.units = actor.unit.map(base.unitsWithin) ?? [] }
        default: break
        }
        let found = try await reports.list(filter, page: page)
        var views: [ReportView] = []
        for stored in found.items {
            guard let value = try await repository.find(stored.caseId) else { continue }
            views.append(try await view(stored, value, for: actor, whole: false))
        }
        return Page(items: views, next: found.next)
    }

    private func shows(_ stored: StoredReport, _ value: Case, to actor: CaseActor) -> Bool {
        if stored.report.by == actor.name { return true }
        return switch actor.role {
        case .collector, .viewer, nil: false
        case .unit: isVisible(value, to: actor)
        default: true
        }
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
        guard let stored = try await reports.find(ticket: ticket),
            let value = try await repository.find(stored.caseId)
        else { throw Self.noReport(ticket) }
        let note = note.flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
        if result == .unsatisfied, note == nil {
            throw CaseError(
                code: .missingField("note"),
                message: "an unsatisfied reporter's reason needs the field note"
            )
        }
        guard value.state == .closed else {
            throw CaseError(
                code: .illegalAction(state: value.state),
                message:
                    "case \(value.number) is \(value.state.rawValue) now; reporters are called back when it is closed"
            )
        }
        // The case first: a call-back that says it was opened again must be true.
        if result == .unsatisfied { _ = try await reopen(value, reason: note ?? "", by: actor) }
        try await reports.note(
            CallBack(
                id: UUIDv7.make(at: clock.now()),
                reportId: stored.report.id,
                caseId: value.id,
                result: result,
                note: note,
                by: actor.name,
                at: clock.now(),
                reopened: result == .unsatisfied
            )
        )
        return try await report(ticket, for: actor)
    }
}

extension CaseService {
    /// Opens a closed case again: what a reporter isn't satisfied with has to be done once more.
    private func reopen(_ value: Case, reason: String, by actor: CaseActor) async throws -> Case {
        try await act(value.id, .reopen, by: actor, input: CaseInput(reason: reason, note: reason))
    }
}
