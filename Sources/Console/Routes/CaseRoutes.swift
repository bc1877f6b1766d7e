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
            parameters: [
                .init(
                    name: "state",
                    summary: "only in this state",
                    schema: ["type": "string", "enum": .array(CaseState.allCases.map { .string($0.rawValue) })]
                ),
                .init(name: "class", summary: "only of this class"),
                .init(name: "unit", summary: "only of this unit"),
                .init(name: "open", summary: "only open (or only ended) ones", schema: ["type": "boolean"]),
                .init(name: "q", summary: "part of the number, address or description"),
            ] + APIRoute.Parameter.page,
            content: .list("Case"),
            handle: list
        ),
        APIRoute(
            .get,
            "/api/v1/cases/{id}",
            "One case",
            access: .except(.viewer),
            content: .json("Case"),
            problems: [404: "notFound"],
            handle: { request in
                let actor = try request.user.actor
                let value = try await request.services.cases.get(request.parameter("id"), for: actor)
                return try answer(value, actor, request)
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

    private static func list(_ request: APIRequest) async throws -> Response {
        let filter = CaseFilter(
            state: try request.queryChoice("state", as: CaseState.self),
            classCode: request.query("class"),
            unit: request.query("unit"),
            open: try request.queryBool("open"),
            query: request.query("q")
        )
        let cases = request.services.cases
        let actor = try request.user.actor
        let page = try await cases.list(filter, page: request.page(), for: actor)
        return Answer.list(
            try page.items.map { try JSONValue(encoding: cases.view($0, for: actor)) },
            next: page.next
        )
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
            position: try object.optionalPoint("position"),
            reason: try object.optionalString("reason", maximum: 2000),
            unit: try object.optionalString("unit"),
            note: try object.optionalString("note", maximum: 2000),
            photo: try object.optionalString("photo"),
            passed: try object.optionalBool("passed")
        )
        try object.finish()
        if let photo = input.photo { try await CaseReport.checkAttachment(photo, field: "photo", request) }
        let actor = try request.user.actor
        let value = try await request.services.cases.act(request.parameter("id"), action, by: actor, input: input)
        return try answer(value, actor, request)
    }
}
