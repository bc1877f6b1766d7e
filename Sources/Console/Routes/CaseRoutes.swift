import Alarms
import Archive
import Cases
import Domain
import Hummingbird
import Store

/// Cases: reporting, looking, moving on.
enum CaseRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .post,
            "/api/v1/cases",
            "Report a case; with a camera and a time its picture and clip come with it",
            access: .only(.monitor, .acceptor, .collector),
            body: .json("NewCase"),
            status: 201,
            content: .json("Case"),
            handle: report
        ),
        APIRoute(
            .get,
            "/api/v1/cases",
            "The cases, newest first; a unit's users see their own unit's only",
            access: .except(.viewer),
            parameters: filters + APIRoute.Parameter.page,
            content: .list("Case"),
            handle: list
        ),
        APIRoute(
            .get,
            "/api/v1/cases/map",
            "The newest cases of a part of the map as marks (bbox is needed); limit: 1 to 5000, 1000 unless given",
            access: .except(.viewer),
            parameters: filters + [
                .init(name: "limit", summary: "1 to 5000", schema: ["type": "integer", "minimum": 1, "maximum": 5000])
            ],
            content: .list("CasePlace"),
            handle: places
        ),
        APIRoute(
            .get,
            "/api/v1/cases/sums",
            "How many cases each unit has, those of everything below it with it, or each area",
            access: .except(.viewer),
            parameters: [
                .init(
                    name: "by",
                    summary: "unit or area",
                    isRequired: true,
                    schema: Schema.oneOf(CaseSums.Grouping.self)
                ),
                .init(name: "class", summary: "only of this class"),
                .init(name: "unit", summary: "only of this unit and those below it"),
                .init(name: "area", summary: "only in this area: its id, or the code of a cell"),
            ] + APIRoute.Parameter.range(required: false),
            content: .list("CaseSum"),
            handle: sums
        ),
        APIRoute(
            .get,
            "/api/v1/cases/{id}",
            "One case with all that its page shows: class, areas, log, alarms, curves, neighbours, related cases",
            access: .except(.viewer),
            content: .json("CaseDetail"),
            problems: [404: "notFound"],
            handle: { request in
                let actor = try request.user.actor
                let value = try await request.services.cases.get(request.parameter("id"), for: actor)
                return Answer.json(try await CaseDetailView.json(value, for: actor, request.services))
            }
        ),
        APIRoute(
            .post,
            "/api/v1/cases/verify",
            "Replay every case's log: whether each is whole and gives the case as it is shown",
            access: .only(.leader, .admin),
            content: .json("CaseLogReport"),
            handle: { request in
                let report = try await request.services.cases.verifyAll(workers: 1)
                return Answer.json(view(report))
            }
        ),
        APIRoute(
            .get,
            "/api/v1/cases/{id}/log",
            "The log of a case, oldest first",
            access: .except(.viewer),
            content: .list("CaseEntry"),
            problems: [404: "notFound"],
            handle: { request in
                let log = try await request.services.cases.log(request.parameter("id"), for: request.user.actor)
                return Answer.list(try log.map { try JSONValue(encoding: $0) })
            }
        ),
        APIRoute(
            .post,
            "/api/v1/cases/{id}/actions/{action}",
            "Take a case a step further",
            access: .roles(Set(CaseAction.allCases.map(\.role))),
            body: .json("CaseInput"),
            content: .json("Case"),
            problems: [404: "notFound", 409: "illegalAction"],
            handle: act
        ),
    ]

    private static func answer(
        _ value: Case,
        _ actor: CaseActor,
        _ request: APIRequest,
        created: Bool = false
    ) throws -> Response {
        let view = try JSONValue(encoding: request.services.cases.view(value, for: actor))
        return Answer.json(view, status: created ? .created : .ok)
    }

    /// Which open cases by the end of their limits.
    enum DueChoice: String, CaseIterable {
        case late, soon
    }

    /// What lists and the map can be narrowed down by.
    private static let filters: [APIRoute.Parameter] = [
        .init(
            name: "state",
            summary: "only in this state",
            schema: ["type": "string", "enum": .array(CaseState.allCases.map { .string($0.rawValue) })]
        ),
        .init(name: "class", summary: "only of this class"),
        .init(name: "unit", summary: "only of this unit"),
        .init(name: "below", summary: "of the units below it as well", schema: ["type": "boolean"]),
        .init(name: "area", summary: "only in this area: its id, or the code of a cell"),
        .init(name: "open", summary: "only open (or only ended) ones", schema: ["type": "boolean"]),
        .init(name: "channel", summary: "only reported through this channel"),
        .init(name: "holder", summary: "only with this holder: unit:ID, role:ROLE, person:NAME, …"),
        .init(
            name: "due",
            summary: "only open ones that are late, or will be within soonMinutes (60)",
            schema: Schema.oneOf(DueChoice.self)
        ),
        .init(name: "soonMinutes", summary: "1 to 10080", schema: Schema.integer),
        .init(name: "bbox", summary: "only with a position in west,south,east,north (degrees, WGS-84)"),
        .init(name: "q", summary: "part of the number, address or description"),
    ]

    private static func list(_ request: APIRequest) async throws -> Response {
        let actor = try request.user.actor
        let cases = request.services.cases
        let page = try await cases.list(filter(request), page: request.page(), for: actor)
        return Answer.list(
            try page.items.map { try JSONValue(encoding: cases.view($0, for: actor)) },
            next: page.next
        )
    }

    private static func places(_ request: APIRequest) async throws -> Response {
        guard request.query("bbox") != nil else {
            throw Problem.invalid(field: "bbox", "bbox is west,south,east,north in degrees")
        }
        let places = try await request.services.cases.places(
            filter(request),
            limit: request.queryInt("limit", in: 1...5000) ?? 1000,
            for: request.user.actor
        )
        return Answer.list(
            places.map { place in
                [
                    "id": .string(place.id), "class": .string(place.classCode), "state": .string(place.state.rawValue),
                    "position": JSONValue(place.position), "dueAt": JSONValue(place.dueAt),
                    "openedAt": JSONValue(place.openedAt),
                ]
            }
        )
    }

    private static func filter(_ request: APIRequest) throws -> CaseFilter {
        var plain = CaseFilter(
            state: try request.queryChoice("state", as: CaseState.self),
            classCode: request.query("class"),
            open: try request.queryBool("open"),
            query: request.query("q")
        )
        plain.channel = request.query("channel")
        plain.holder = try holder(request)
        plain.due = try due(request)
        plain.box = try box(request)
        return try narrowed(plain, below: try request.queryBool("below") ?? false, request)
    }

    private static func holder(_ request: APIRequest) throws(Problem) -> CaseHolder? {
        guard let text = request.query("holder") else { return nil }
        guard let holder = CaseHolder(text: text) else {
            throw Problem.invalid(field: "holder", "a holder is written like unit:drainage or role:acceptor")
        }
        return holder
    }

    private static func due(_ request: APIRequest) throws(Problem) -> CaseFilter.Due? {
        let minutes = try request.queryInt("soonMinutes", in: 1...10_080) ?? 60
        return switch try request.queryChoice("due", as: DueChoice.self) {
        case nil: nil
        case .late: CaseFilter.Due(from: nil, to: request.now)
        case .soon: CaseFilter.Due(from: request.now, to: request.now + .seconds(minutes * 60))
        }
    }

    private static func box(_ request: APIRequest) throws(Problem) -> CaseFilter.Box? {
        guard let text = request.query("bbox") else { return nil }
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).compactMap { Double($0) }
        guard numbers.count == 4, GeoPoint(lat: numbers[1], lon: numbers[0]).isValid,
            GeoPoint(lat: numbers[3], lon: numbers[2]).isValid, numbers[0] <= numbers[2], numbers[1] <= numbers[3]
        else { throw Problem.invalid(field: "bbox", "bbox is west,south,east,north in degrees") }
        return CaseFilter.Box(lat: numbers[1]...numbers[3], lon: numbers[0]...numbers[2])
    }

    /// A filter with the unit and the area that are asked for.
    private static func narrowed(_ filter: CaseFilter, below: Bool, _ request: APIRequest) throws -> CaseFilter {
        var filter = filter
        let base = request.services.cases.base
        if let unit = request.query("unit") {
            if below { filter.units = base.unitsWithin(unit) } else { filter.unit = unit }
        }
        if let area = request.query("area") {
            guard let cells = base.cells(ofArea: area) else {
                throw Problem.invalid(field: "area", "there is no area \(area.prefix(40))")
            }
            filter.cells = cells
        }
        return filter
    }

    private static func sums(_ request: APIRequest) async throws -> Response {
        let grouping = try request.queryChoice("by", as: CaseSums.Grouping.self)
        guard let grouping else { throw Problem.invalid(field: "by", "by is unit or area") }
        let filter = try narrowed(CaseFilter(classCode: request.query("class")), below: true, request)
        let (from, to) = (try request.queryTime("from"), try request.queryTime("to"))
        let first = from ?? WallTime(microseconds: 0)
        let last = to ?? request.now + .seconds(86_400)
        guard first < last else { throw Problem.invalid(field: "to", "to must be after from") }
        let sums = try await request.services.cases.sums(
            by: grouping,
            filter,
            opened: from == nil && to == nil ? nil : first..<last,
            for: try request.user.actor
        )
        return Answer.list(sums.lines.map(view))
    }

    private static func view(_ line: CaseSums.Line) -> JSONValue {
        func counts(_ counts: CaseCounts) -> JSONValue {
            [
                "open": JSONValue(counts.open), "overdue": JSONValue(counts.overdue),
                "closed": JSONValue(counts.closed), "invalid": JSONValue(counts.invalid),
                "total": JSONValue(counts.total),
            ]
        }
        return [
            "id": JSONValue(line.id), "kind": JSONValue(line.kind), "name": JSONValue(line.name),
            "nameEn": JSONValue(line.nameEn), "depth": JSONValue(line.depth), "own": counts(line.own),
            "all": counts(line.all),
        ]
    }

    private static func view(_ report: CaseLogReport) -> JSONValue {
        [
            "cases": JSONValue(report.cases), "entries": JSONValue(report.entries), "faulty": JSONValue(report.faulty),
            "faults": .array(
                report.faults.map { fault in
                    var members: [String: JSONValue] = [
                        "caseId": .string(fault.caseId), "number": .string(fault.number), "seq": .null,
                    ]
                    // `differs`: the log is whole, the case isn't what it says; `broken`: from this entry on.
                    members["finding"] = "differs"
                    if case .broken(let seq) = fault.finding {
                        members["finding"] = "broken"
                        members["seq"] = JSONValue(seq)
                    }
                    return .object(members)
                }
            ),
        ]
    }

    private static func report(_ request: APIRequest) async throws -> Response {
        var object = try await request.object()
        let report = try CaseReport(&object, request)
        try object.finish()
        let actor = try request.user.actor
        let (value, created) = try await report.submit(by: actor, request)
        return try answer(value, actor, request, created: created)
    }

    private static func act(_ request: APIRequest) async throws -> Response {
        let name = try request.parameter("action")
        guard let action = CaseAction(rawValue: name) else {
            throw Problem.notFound("there is no action \(name.prefix(40))")
        }
        var object = try await request.object()
        let input = CaseInput(
            classCode: try object.optionalString("class"),
            level: try object.optionalInt("level", in: 1...99),
            position: try object.optionalPoint("position"),
            reason: try object.optionalString("reason", maximum: 2000),
            unit: try object.optionalString("unit"),
            note: try object.optionalString("note", maximum: 2000),
            photo: try object.optionalString("photo"),
            passed: try object.optionalBool("passed"),
            collector: try object.optionalString("collector"),
            into: try object.optionalString("into"),
            units: try object.optionalStrings("units", maximum: 20),
            owner: try object.optionalString("owner"),
            until: try object.optionalTime("until"),
            review: try object.optionalTime("review"),
            centre: try object.optionalString("centre"),
            committee: try object.optionalString("committee"),
            photoBefore: try object.optionalString("photoBefore")
        )
        let clientId = try object.optionalString("clientId", maximum: 100).flatMap { $0.isEmpty ? nil : $0 }
        let ifSeq = try object.optionalInt("ifSeq", in: 1...1_000_000)
        try object.finish()
        try await checkPeople(input, request)
        let actor = try request.user.actor
        let id = try request.parameter("id")
        var (photo, before): (Attachment?, Attachment?)
        if let id = input.photo { photo = try await AttachmentAccess.picture(id, field: "photo", request) }
        if let id = input.photoBefore { before = try await AttachmentAccess.picture(id, field: "photoBefore", request) }
        if action == .selfHandle, actor.role == .collector, let photo {
            try await checkTwoPictures(before, photo, ofCase: id, for: actor, request)
        }
        let cases = request.services.cases
        let value = try await cases.act(id, action, by: actor, input: input, clientId: clientId, ifSeq: ifSeq)
        return try answer(value, actor, request)
    }

    /// Whoever is asked, or keeps a case, has to be there: else it would lie with nobody.
    private static func checkPeople(_ input: CaseInput, _ request: APIRequest) async throws {
        let users = request.services.users
        if let name = input.collector, !name.isEmpty, try await users.role(of: name) != .collector {
            throw Problem.invalid(field: "collector", "there is no collector \(name.prefix(63))")
        }
        if let owner = input.owner, !owner.isEmpty, request.services.cases.base.responsibility[owner] == nil {
            guard try await users.exists(owner) else {
                throw Problem.invalid(field: "owner", "there is no unit and no user \(owner.prefix(63))")
            }
        }
    }

    /// Before and after have to be two pictures, whatever they are called: one shows nothing that was done.
    private static func checkTwoPictures(
        _ before: Attachment?,
        _ after: Attachment,
        ofCase id: String,
        for actor: CaseActor,
        _ request: APIRequest
    ) async throws {
        var before = before
        if before == nil, let first = try await request.services.cases.get(id, for: actor).snapshots.first {
            before = try await AttachmentAccess.picture(first, field: "photoBefore", request)
        }
        guard let before else { return }
        guard before.id != after.id, before.sha256 != after.sha256 else {
            throw Problem.invalid(
                field: "photo",
                "before and after are the same picture; two different ones are needed"
            )
        }
    }
}
