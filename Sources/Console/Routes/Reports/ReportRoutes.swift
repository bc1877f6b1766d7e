import Archive
import Cases
import Domain
import Hummingbird
import Store

/// Reports: what each reporter has told, with a ticket of its own.
enum ReportRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .post,
            "/api/v1/reports",
            "Take a report: it opens a case, or belongs to the one that an acceptor names",
            access: .roles(CaseService.reportingRoles),
            body: .json("NewReport"),
            status: 201,
            content: .json("Report"),
            problems: [404: "notFound", 409: "caseEnded"],
            handle: take
        ),
        APIRoute(
            .get,
            "/api/v1/reports",
            "The reports, newest first: a collector's own, a unit's own and those of its cases",
            access: .except(.viewer),
            parameters: [
                .init(name: "caseId", summary: "only of this case"),
                .init(name: "channel", summary: "only of this channel"),
                .init(
                    name: "group",
                    summary: "only of this group of channels",
                    schema: Schema.oneOf(ReportChannel.Group.self)
                ),
                .init(name: "mine", summary: "only those that one has entered oneself", schema: ["type": "boolean"]),
                .init(name: "callBackDue", summary: "only those to be called back", schema: ["type": "boolean"]),
                .init(name: "selfFound", summary: "only owners' own finds", schema: ["type": "boolean"]),
            ] + APIRoute.Parameter.page,
            content: .list("Report"),
            handle: list
        ),
        APIRoute(
            .get,
            "/api/v1/reports/sums",
            "How many reports came in, by channel, group of channels or responsible unit",
            access: .except(.viewer, .unit, .collector),
            parameters: [
                .init(
                    name: "by",
                    summary: "channel, group or unit",
                    isRequired: true,
                    schema: Schema.oneOf(Grouping.self)
                )
            ] + APIRoute.Parameter.range(required: false),
            content: .list("ReportSum"),
            handle: sums
        ),
        APIRoute(
            .get,
            "/api/v1/reports/{ticket}",
            "How far a report is; with its code also without a login, and then nothing of any person",
            access: .everyone,
            parameters: [.init(name: "code", summary: "what the reporter was given with the ticket")],
            content: .json("Report"),
            problems: [404: "notFound", 429: "tooManyAttempts"],
            handle: { request in
                let ticket = try request.parameter("ticket")
                let cases = request.services.cases
                if let code = request.query("code") { return try await progress(ticket, code, request) }
                // Without a code and a login nobody learns whether there is such a ticket.
                guard let session = request.session else { throw Problem.notFound("there is no such report") }
                return Answer.json(ReportJSON.report(try await cases.report(ticket, for: session.user.actor)))
            }
        ),
        APIRoute(
            .get,
            "/api/v1/channels",
            "On which ways reports come in; each is in exactly one of two groups",
            access: .signedIn,
            content: .list("Channel"),
            handle: { request in
                Answer.list(
                    request.services.cases.base.channels.channels.map { channel in
                        [
                            "id": .string(channel.id), "name": .string(channel.name),
                            "nameEn": .string(channel.nameEn), "group": .string(channel.group.rawValue),
                            "callBack": .bool(channel.callsBack),
                        ]
                    }
                )
            }
        ),
    ]

    enum Grouping: String, CaseIterable {
        case channel, group, unit
    }

    /// A report's progress by its code; who tries too many has to wait, as with passwords.
    private static func progress(_ ticket: String, _ code: String, _ request: APIRequest) async throws -> Response {
        let (users, address) = (request.services.users, request.context.address)
        if let wait = users.waitForCode(ticket: ticket, address: address) {
            throw Problem.tooMany("tooManyAttempts", retryAfter: wait)
        }
        do {
            let view = try await request.services.cases.progress(ticket, code: code)
            users.triedCode(ticket: ticket, address: address, isRight: true)
            return Answer.json(ReportJSON.report(view))
        } catch let error as CaseError where error.code == .notFound {
            users.triedCode(ticket: ticket, address: address, isRight: false)
            throw error
        }
    }

    // MARK: - Taking

    private static func take(_ request: APIRequest) async throws -> Response {
        var object = try await request.object()
        let user = try request.user
        let told = ToldTime(try object.optionalTime("at"), now: request.now)
        let caseId = try object.optionalString("caseId")
        let classCode: String
        if let caseId, object.isAbsent("class") {
            classCode = try await request.services.cases.get(caseId, for: user.actor).classCode
        } else {
            classCode = try object.string("class")
        }
        var wanted = CaseRequest(
            classCode: classCode,
            position: try object.optionalPoint("position"),
            address: try object.optionalString("address", maximum: 500),
            channel: try CaseReport.channel(&object) ?? user.role.rawValue,
            description: try object.optionalString("description", maximum: 2000),
            at: told.at,
            clientId: try object.optionalString("clientId", maximum: 100),
            filed: false
        )
        let photos = try object.texts("photos", most: 9)
        let details = ReportDetails(
            reporter: try object.optionalString("reporter", maximum: 100),
            contact: try object.optionalString("contact", maximum: 100),
            photos: photos,
            voices: try object.texts("voices", most: 3),
            toldAt: told.ahead
        )
        try object.finish()
        wanted.snapshot = photos.first
        wanted.report = details
        try await checkFiles(details, request)
        let actor = user.actor
        let (stored, created) = try await request.services.cases.take(wanted, linkedTo: caseId, by: actor)
        let view = try await request.services.cases.report(stored.report.ticket, for: actor)
        return Answer.json(ReportJSON.report(view), status: created ? .created : .ok)
    }

    private static func checkFiles(_ details: ReportDetails, _ request: APIRequest) async throws {
        for (field, ids, isPicture) in [("photos", details.photos, true), ("voices", details.voices, false)] {
            for id in ids {
                let kept = try await AttachmentAccess.named(id, field: field, request)
                guard AttachmentType(rawValue: kept.mediaType)?.isPicture == isPicture else {
                    throw Problem.invalid(field: field, "attachment \(id.prefix(63)) is \(kept.mediaType)")
                }
            }
        }
    }

    // MARK: - Looking

    private static func list(_ request: APIRequest) async throws -> Response {
        let user = try request.user
        let cases = request.services.cases
        var channels = request.query("channel").map { [$0] }
        if let group = try request.queryChoice("group", as: ReportChannel.Group.self) {
            let ids = cases.base.channels.channels.filter { $0.group == group }.map(\.id)
            channels = channels.map { $0.filter { cases.base.channels[$0].group == group } } ?? ids
        }
        let filter = ReportFilter(
            caseId: request.query("caseId"),
            channels: channels,
            by: try request.queryBool("mine") == true ? user.name : nil,
            callBackDue: try request.queryBool("callBackDue") ?? false,
            isSelfFound: try request.queryBool("selfFound")
        )
        let page = try await cases.reports(filter, page: request.page(), for: user.actor)
        return Answer.list(page.items.map(ReportJSON.report), next: page.next)
    }

    private static func sums(_ request: APIRequest) async throws -> Response {
        guard let grouping = try request.queryChoice("by", as: Grouping.self) else {
            throw Problem.invalid(field: "by", "by is channel, group or unit")
        }
        let (from, to) = try request.window()
        let base = request.services.cases.base
        var counts = try await request.services.cases.reportCounts(byUnit: grouping == .unit, from: from, to: to)
        switch grouping {
        case .channel:
            // A channel that nothing came on says so.
            for channel in base.channels.channels where !counts.contains(where: { $0.key == channel.id }) {
                counts.append(ReportCount(key: channel.id, reports: 0, cases: 0, filed: 0, selfFound: 0))
            }
        case .group:
            counts = ReportChannel.Group.allCases.map { group in
                counts.filter { $0.key.map { base.channels[$0].group } == group }
                    .reduce(into: ReportCount(key: group.rawValue, reports: 0, cases: 0, filed: 0, selfFound: 0)) {
                        $0.reports += $1.reports
                        $0.cases += $1.cases
                        $0.filed += $1.filed
                        $0.selfFound += $1.selfFound
                    }
            }
        case .unit: break
        }
        return Answer.list(counts.map { sum($0, grouping, base) })
    }

    private static func sum(_ count: ReportCount, _ grouping: Grouping, _ base: BaseData) -> JSONValue {
        var (name, nameEn, group): (String?, String?, String?) = (nil, nil, nil)
        switch grouping {
        case .channel:
            let channel = base.channels[count.key ?? ""]
            (name, nameEn, group) = (channel.name, channel.nameEn, channel.group.rawValue)
        case .group: group = count.key
        case .unit:
            let unit = count.key.flatMap { base.responsibility[$0] }
            (name, nameEn) = (unit?.name ?? count.key, unit?.nameEn ?? count.key)
        }
        return [
            "key": JSONValue(count.key), "name": JSONValue(name), "nameEn": JSONValue(nameEn),
            "group": JSONValue(group), "reports": JSONValue(count.reports), "cases": JSONValue(count.cases),
            "filed": JSONValue(count.filed), "selfFound": JSONValue(count.selfFound),
        ]
    }
}

extension APIRequest {
    /// `from` and `to` of a query; all of the past where they are absent.
    func window() throws(Problem) -> (from: WallTime, to: WallTime) {
        let from = try queryTime("from") ?? WallTime.epoch
        let to = try queryTime("to") ?? now + .seconds(86_400)
        guard from < to else { throw .invalid(field: "to", "to must be after from") }
        return (from, to)
    }
}
