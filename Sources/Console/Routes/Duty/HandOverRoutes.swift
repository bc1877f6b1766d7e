import Alarms
import Cases
import Crypto
import Domain
import Foundation
import Hummingbird
import Store

/// Shift hand-over (交接班): what is open, put together by the service and signed by both.
enum HandOverRoutes {
    private static let office = APIRoute.Access.except(.viewer, .unit, .collector)
    /// Of each kind, so many are named; the counts are whole.
    private static let named = 50

    static let routes: [APIRoute] = [
        APIRoute(
            .get,
            "/api/v1/duty/handovers",
            "The hand-overs, newest first",
            access: office,
            parameters: APIRoute.Parameter.page,
            content: .list("HandOver"),
            handle: { request in
                let page = try await DutyRoutes.service(request).repository.handOvers(page: request.page())
                return Answer.list(page.items.map(json), next: page.next)
            }
        ),
        APIRoute(
            .post,
            "/api/v1/duty/handovers",
            "Hand over what is open to the next shift; whoever does has signed",
            access: office,
            body: .json("NewHandOver"),
            status: 201,
            content: .json("HandOver"),
            handle: add
        ),
        APIRoute(
            .post,
            "/api/v1/duty/handovers/{id}/sign",
            "Sign for what one takes over",
            access: office,
            body: .json("Note"),
            content: .json("HandOver"),
            problems: [404: "notFound", 409: "alreadySigned"],
            handle: sign
        ),
    ]

    private static func add(_ request: APIRequest) async throws -> Response {
        var object = try await request.object()
        let to = try object.string("to", maximum: 64)
        let note = try object.optionalString("note", maximum: 4000)
        try object.finish()
        let from = try request.user.name
        let role = to == from ? nil : try await request.services.users.role(of: to)
        guard let role, office.allows(role) else {
            throw Problem.invalid(field: "to", "name somebody else of the office who takes over")
        }
        let content = String(decoding: try await content(request).encoded, as: UTF8.self)
        let now = request.now
        let handOver = HandOver(
            id: UUIDv7.make(at: now),
            from: from,
            to: to,
            at: now,
            content: content,
            note: note,
            hash: hash(from: from, to: to, at: now, content: content, note: note)
        )
        try await DutyRoutes.service(request).repository.insert(handOver)
        return Answer.json(json(handOver), status: .created)
    }

    private static func sign(_ request: APIRequest) async throws -> Response {
        var object = try await request.object()
        let reply = try object.optionalString("note", maximum: 4000)
        try object.finish()
        let id = try request.parameter("id")
        let repository = try DutyRoutes.service(request).repository
        guard let known = try await repository.handOver(id) else {
            throw Problem.notFound("there is no hand-over \(id.prefix(63))")
        }
        guard known.to == (try request.user.name) else {
            throw Problem.forbidden("\(known.to) takes over and signs")
        }
        guard try await repository.sign(handOver: id, at: request.now, reply: reply),
            let signed = try await repository.handOver(id)
        else {
            throw Problem.conflict("alreadySigned", "the hand-over was signed at \(known.signedAt?.rfc3339 ?? "-")")
        }
        return Answer.json(json(signed))
    }

    /// What is open now: alarms to judge, reports to accept, the lists of supervision, orders, call-backs.
    private static func content(_ request: APIRequest) async throws -> JSONValue {
        let services = request.services
        let cases = services.cases
        let actor = try request.user.actor
        let page = try PageRequest(limit: named)
        let toJudge = AlarmFilter(state: .open, unjudged: true)
        let alarms = try await services.alarms.list(toJudge, page: page).items
        var members: [String: JSONValue] = [
            "alarms": list(
                alarms.map {
                    [
                        "id": .string($0.id), "source": .string($0.source), "kind": .string($0.kind),
                        "at": JSONValue($0.openedAt),
                    ]
                },
                of: try await services.alarms.count(toJudge)
            )
        ]
        let toAccept = CaseFilter(state: .reported)
        let reported = try await cases.list(toAccept, page: page, for: actor).items
        members["toAccept"] = list(reported.map(named), of: try await cases.count(toAccept, for: actor))
        let counts = try await cases.supervisionCounts()
        for one in SupervisionList.allCases {
            let found = try await cases.supervised(one, page: page).items
            members[one.rawValue] = list(found.map(named), of: counts.lists[one] ?? found.count)
        }
        let orders = try await cases.orders(caseId: nil, state: .open, overdue: false, page: page, for: actor).items
        members["orders"] = list(
            orders.map {
                [
                    "id": .string($0.order.id), "number": .string($0.value.number),
                    "dueAt": JSONValue($0.order.dueAt), "text": .string($0.order.text),
                ]
            },
            of: try await cases.openOrders()
        )
        let due = try await cases.callBackSums(from: request.now, to: request.now + .seconds(1)).due
        members["callBacks"] = list([], of: due)
        return .object(members)
    }

    private static func list(_ items: some Sequence<JSONValue>, of count: Int) -> JSONValue {
        ["count": JSONValue(count), "items": .array(Array(items))]
    }

    private static func named(_ value: Case) -> JSONValue {
        [
            "id": .string(value.id), "number": .string(value.number), "class": .string(value.classCode),
            "state": .string(value.state.rawValue), "unit": JSONValue(value.unit), "dueAt": JSONValue(value.dueAt),
        ]
    }

    /// What both sign: everything that the sheet says, each part on lines of its own length.
    private static func hash(from: String, to: String, at: WallTime, content: String, note: String?) -> String {
        let text = [from, to, at.rfc3339, content, note ?? ""].map { "\($0.utf8.count)\n\($0)\n" }.joined()
        return SHA256.hash(data: Data(text.utf8)).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    private static func json(_ handOver: HandOver) -> JSONValue {
        [
            "id": .string(handOver.id), "from": .string(handOver.from), "to": .string(handOver.to),
            "at": JSONValue(handOver.at), "content": JSONValue(parsing: Array(handOver.content.utf8)) ?? .object([:]),
            "note": JSONValue(handOver.note), "hash": .string(handOver.hash),
            "signedAt": JSONValue(handOver.signedAt), "reply": JSONValue(handOver.reply),
        ]
    }
}
