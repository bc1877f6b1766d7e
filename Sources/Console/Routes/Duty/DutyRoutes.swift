import Alarms
import Domain
import Hummingbird
import Store

/// The duty roster and its calls.
enum DutyRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .get,
            "/api/v1/duty/shifts",
            "Who is on duty in a range; where it is absent, from now on for a week",
            access: .except(.viewer),
            parameters: APIRoute.Parameter.range(required: false),
            content: .list("DutyShift"),
            handle: { request in
                let from = try request.queryTime("from") ?? request.now
                let to = try request.queryTime("to") ?? request.now + .seconds(7 * 86_400)
                guard from < to else { throw Problem.invalid(field: "to", "to must be after from") }
                return Answer.list(try await service(request).repository.shifts(from: from, to: to).map(shift))
            }
        ),
        APIRoute(
            .post,
            "/api/v1/duty/shifts",
            "Put somebody on duty",
            access: .only(.leader, .admin),
            body: .json("NewShift"),
            status: 201,
            content: .json("DutyShift"),
            handle: add
        ),
        APIRoute(
            .delete,
            "/api/v1/duty/shifts/{id}",
            "Take a shift back",
            access: .only(.leader, .admin),
            status: 204,
            problems: [404: "notFound"],
            handle: { request in
                let id = try request.parameter("id")
                let repository = try service(request).repository
                guard try await repository.cancel(shift: id, by: request.user.name, at: request.now) else {
                    throw Problem.notFound("there is no shift \(id.prefix(63))")
                }
                return Answer.noContent
            }
        ),
        APIRoute(
            .get,
            "/api/v1/duty/now",
            "Who is on duty, in the order in which they are called",
            access: .except(.viewer),
            content: .list("DutyShift"),
            handle: { request in
                Answer.list(try await service(request).repository.onDuty(at: request.now).map(shift))
            }
        ),
        APIRoute(
            .get,
            "/api/v1/duty/calls",
            "Who was called about which unattended alarm, newest first",
            access: .except(.viewer),
            parameters: APIRoute.Parameter.page,
            content: .list("DutyCall"),
            handle: { request in
                let page = try await service(request).repository.calls(page: request.page())
                return Answer.list(page.items.map(call), next: page.next)
            }
        ),
        APIRoute(
            .post,
            "/api/v1/duty/calls/{id}/answer",
            "Say that one looks after it; nobody else is called",
            access: .except(.viewer),
            content: .json("DutyCall"),
            problems: [404: "notFound"],
            handle: { request in
                let answered = try await service(request).answer(request.parameter("id"), by: request.user.name)
                return Answer.json(call(answered))
            }
        ),
    ]

    static func service(_ request: APIRequest) throws(Problem) -> DutyService {
        guard let duty = request.services.duty else { throw .notFound("no duty roster is kept here") }
        return duty
    }

    private static func add(_ request: APIRequest) async throws -> Response {
        var object = try await request.object()
        let user = try object.string("user", maximum: 64)
        let post = try object.string("post", maximum: 100)
        let from = try object.time("from")
        let to = try object.time("to")
        let rank = try object.optionalInt("rank", in: 1...99) ?? 1
        let note = try object.optionalString("note", maximum: 500)
        try object.finish()
        let range = try TimeRange.checked(from: from, to: to, maximum: .seconds(7 * 86_400))
        guard try await request.services.users.exists(user) else {
            throw Problem.invalid(field: "user", "there is no user \(user.prefix(64))")
        }
        let planned = DutyShift(
            id: UUIDv7.make(at: request.now),
            user: user,
            post: post,
            from: range.lowerBound,
            to: range.upperBound,
            rank: rank,
            note: note,
            by: try request.user.name,
            at: request.now
        )
        try await service(request).repository.insert(planned)
        return Answer.json(shift(planned), status: .created)
    }

    private static func shift(_ shift: DutyShift) -> JSONValue {
        [
            "id": .string(shift.id), "user": .string(shift.user), "post": .string(shift.post),
            "from": JSONValue(shift.from), "to": JSONValue(shift.to), "rank": JSONValue(shift.rank),
            "note": JSONValue(shift.note), "by": .string(shift.by),
        ]
    }

    private static func call(_ call: DutyCall) -> JSONValue {
        [
            "id": .string(call.id), "alarmId": .string(call.alarmId), "user": JSONValue(call.user),
            "step": JSONValue(call.step), "at": JSONValue(call.at), "answeredAt": JSONValue(call.answeredAt),
            "answeredBy": JSONValue(call.answeredBy),
        ]
    }
}
