import Cases
import Domain
import Hummingbird
import Store

/// Cases that don't move, and orders about them.
enum SupervisionRoutes {
    private static let office = APIRoute.Access.except(.viewer, .unit, .collector)
    private static let thresholds: [APIRoute.Parameter] = [
        .init(
            name: "soonMinutes",
            summary: "what counts as about to be late; 120 where absent",
            schema: ["type": "integer", "minimum": 1, "maximum": 43_200]
        ),
        .init(
            name: "silentHours",
            summary: "what counts as silent; 24 where absent",
            schema: ["type": "integer", "minimum": 1, "maximum": 8760]
        ),
    ]

    static let routes: [APIRoute] = [
        APIRoute(
            .get,
            "/api/v1/supervision",
            "How many cases are about to be late, late, bounced, silent or without holder, and late orders",
            access: office,
            parameters: thresholds,
            content: .json("SupervisionCounts"),
            handle: { request in
                let (soon, silence) = try limits(request)
                let cases = request.services.cases
                let found = try await cases.supervisionCounts(soon: soon, silence: silence)
                let due = try await cases.callBackSums(from: request.now, to: request.now + .seconds(1)).due
                return Answer.json([
                    "lists": .array(
                        SupervisionList.allCases.map {
                            ["list": .string($0.rawValue), "count": JSONValue(found.lists[$0] ?? 0)]
                        }
                    ),
                    "overdueOrders": JSONValue(found.overdueOrders), "callBacksDue": JSONValue(due),
                ])
            }
        ),
        APIRoute(
            .get,
            "/api/v1/supervision/{list}",
            "The cases of one of the lists, those first that are longest in it",
            access: office,
            parameters: thresholds + APIRoute.Parameter.page,
            content: .list("SupervisedCase"),
            problems: [404: "notFound"],
            handle: list
        ),
        APIRoute(
            .post,
            "/api/v1/cases/{id}/orders",
            "Order something about a case until a time (督办)",
            access: .only(.leader),
            body: .json("NewOrder"),
            status: 201,
            content: .json("SupervisionOrder"),
            problems: [404: "notFound", 409: "illegalAction"],
            handle: { request in
                var object = try await request.object()
                let text = try object.string("text", maximum: 2000)
                let dueAt = try object.time("dueAt")
                try object.finish()
                let view = try await request.services.cases.order(
                    text,
                    about: request.parameter("id"),
                    until: dueAt,
                    by: request.user.actor
                )
                return Answer.json(json(view), status: .created)
            }
        ),
        APIRoute(
            .get,
            "/api/v1/orders",
            "The orders, newest first; a unit's users see those about their cases",
            access: .except(.viewer, .collector),
            parameters: [
                .init(name: "caseId", summary: "only about this case"),
                .init(name: "state", summary: "only in this state", schema: Schema.oneOf(SupervisionOrder.State.self)),
                .init(
                    name: "overdue",
                    summary: "only those that nobody has answered in time",
                    schema: ["type": "boolean"]
                ),
            ] + APIRoute.Parameter.page,
            content: .list("SupervisionOrder"),
            handle: { request in
                let page = try await request.services.cases.orders(
                    caseId: request.query("caseId"),
                    state: request.queryChoice("state", as: SupervisionOrder.State.self),
                    overdue: request.queryBool("overdue") ?? false,
                    page: request.page(),
                    for: request.user.actor
                )
                return Answer.list(page.items.map(json), next: page.next)
            }
        ),
        APIRoute(
            .post,
            "/api/v1/orders/{id}/answer",
            "Say what was done about an order: the unit that has the case, or its desk",
            access: .only(.unit, .dispatcher, .acceptor),
            body: .json("Answer"),
            content: .json("SupervisionOrder"),
            problems: [404: "notFound", 409: "illegalAction"],
            handle: { request in
                let note = try await note(request)
                let cases = request.services.cases
                let view = try await cases.answer(request.parameter("id"), note: note, by: request.user.actor)
                return Answer.json(json(view))
            }
        ),
        APIRoute(
            .post,
            "/api/v1/orders/{id}/close",
            "Say that an order is done with",
            access: .only(.leader),
            body: .json("Answer"),
            content: .json("SupervisionOrder"),
            problems: [404: "notFound", 409: "illegalAction"],
            handle: { request in
                let note = try await note(request)
                let cases = request.services.cases
                let view = try await cases.closeOrder(request.parameter("id"), note: note, by: request.user.actor)
                return Answer.json(json(view))
            }
        ),
    ]

    private static func note(_ request: APIRequest) async throws -> String {
        var object = try await request.object()
        let note = try object.string("note", maximum: 2000)
        try object.finish()
        return note
    }

    private static func limits(_ request: APIRequest) throws(Problem) -> (soon: Duration, silence: Duration) {
        let soon = try request.queryInt("soonMinutes", in: 1...43_200).map { Duration.seconds($0 * 60) }
        let silence = try request.queryInt("silentHours", in: 1...8760).map { Duration.seconds($0 * 3600) }
        return (soon ?? CaseService.soon, silence ?? CaseService.silence)
    }

    private static func list(_ request: APIRequest) async throws -> Response {
        let name = try request.parameter("list")
        guard let list = SupervisionList(rawValue: name) else {
            throw Problem.notFound("there is no list \(name.prefix(40))")
        }
        let (soon, silence) = try limits(request)
        let cases = request.services.cases
        let actor = try request.user.actor
        let page = try await cases.supervised(list, soon: soon, silence: silence, page: request.page())
        return Answer.list(
            try page.items.map { found in
                [
                    "case": try JSONValue(encoding: cases.view(found, for: actor)),
                    "lastActionAt": JSONValue(found.course.last?.at ?? found.openedAt),
                    "returns": JSONValue(found.course.returns), "urges": JSONValue(found.course.urgings),
                ]
            },
            next: page.next
        )
    }

    static func json(_ view: OrderView) -> JSONValue {
        let order = view.order
        return [
            "id": .string(order.id), "caseId": .string(order.caseId), "caseNumber": .string(view.value.number),
            "unit": JSONValue(view.value.unit), "text": .string(order.text), "by": .string(order.by),
            "at": JSONValue(order.at), "dueAt": JSONValue(order.dueAt), "state": .string(order.state.rawValue),
            "overdue": .bool(view.isOverdue),
            "answers": .array(
                order.answers.map {
                    [
                        "to": .string($0.to.rawValue), "by": .string($0.by), "at": JSONValue($0.at),
                        "note": .string($0.note),
                    ]
                }
            ),
        ]
    }
}
