import Domain
import Store

/// Gives each report its ticket.
enum ReportDesk {
    /// Keeps the report that a request is, in the transaction that opens its case or links it to one.
    static func keep(
        _ request: CaseRequest,
        ofClass code: String,
        caseId: String,
        by actor: CaseActor,
        at now: WallTime,
        _ base: BaseData,
        _ transaction: CaseTransaction
    ) throws -> StoredReport {
        let day = base.numberDay(now)
        let serial = String(try transaction.nextSerial(day: "R\(day)"))
        var details = request.report ?? ReportDetails(reporter: request.reporter)
        if details.photos.isEmpty, let snapshot = request.snapshot { details.photos = [snapshot] }
        let report = Report(
            id: UUIDv7.make(at: now),
            ticket: "R\(day)-" + String(repeating: "0", count: max(0, 4 - serial.count)) + serial,
            openedCaseId: caseId,
            channel: request.channel,
            classCode: code,
            position: request.position,
            address: request.address,
            description: request.description,
            by: actor,
            details: details,
            clientId: request.clientId,
            alarmId: request.alarmId,
            happenedAt: request.at,
            receivedAt: now
        )
        let stored = StoredReport(
            report: report,
            caseId: caseId,
            code: queryCode(using: SystemRandomNumberGenerator()),
            callsBack: base.channels[request.channel].callsBack || details.contact != nil
        )
        try transaction.insert(stored)
        return stored
    }

    /// Without letters and digits that are taken for one another.
    private static let letters = Array("23456789abcdefghjkmnpqrstuvwxyz")

    /// Ten letters, 49 bits: who has a ticket's number can't guess them.
    private static func queryCode(using source: some RandomNumberGenerator) -> String {
        var random = source
        return String((0..<10).compactMap { _ in letters.randomElement(using: &random) })
    }
}
