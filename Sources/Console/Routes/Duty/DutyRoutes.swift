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
            .post,
            "/api/v1/duty/roster",
            "Plan shifts that follow each other round the clock, people in turn",
            access: .only(.leader, .admin),
            body: .json("NewRoster"),
            status: 201,
            content: .list("DutyShift"),
            handle: plan
        ),
        APIRoute(
            .put,
            "/api/v1/duty/shifts/{id}",
            "Change a shift; the one that was is kept as taken back",
            access: .only(.leader, .admin),
            body: .json("NewShift"),
            content: .json("DutyShift"),
            problems: [404: "notFound"],
            handle: { request in
                let id = try request.parameter("id")
                let changed = try await newShift(request)
                guard try await service(request).repository.replace(shift: id, with: changed) else {
                    throw Problem.notFound("there is no shift \(id.prefix(63))")
                }
                return Answer.json(shift(changed))
            }
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
            "/api/v1/duty/people",
            "Who can be put on duty or take over, with the names that they are known by",
            access: .except(.viewer),
            content: .list("DutyPerson"),
            handle: { request in
                Answer.list(
                    try await request.services.users.everybody().filter { $0.role != .viewer }.map {
                        [
                            "name": .string($0.name), "displayName": .string($0.displayName),
                            "role": .string($0.role.rawValue), "unit": JSONValue($0.unit),
                        ]
                    }
                )
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
            "Say that one looks after it; nobody else is called for ten minutes (whoever was called, is on duty or watches)",
            access: .except(.viewer),
            content: .json("DutyCall"),
            problems: [404: "notFound"],
            handle: { request in
                let answered = try await service(request).answer(request.parameter("id"), by: request.user.actor)
                return Answer.json(call(answered))
            }
        ),
    ]

    static func service(_ request: APIRequest) throws(Problem) -> DutyService {
        guard let duty = request.services.duty else { throw .notFound("no duty roster is kept here") }
        return duty
    }

    private static func add(_ request: APIRequest) async throws -> Response {
        let planned = try await newShift(request)
        try await service(request).repository.insert([planned])
        return Answer.json(shift(planned), status: .created)
    }

    private static func newShift(_ request: APIRequest) async throws -> DutyShift {
        var object = try await request.object()
        let user = try object.string("user", maximum: 64)
        let post = try object.string("post", maximum: 100)
        let from = try object.time("from")
        let to = try object.time("to")
        let rank = try object.optionalInt("rank", in: 1...99) ?? 1
        let note = try object.optionalString("note", maximum: 500)
        try object.finish()
        let range = try TimeRange.checked(from: from, to: to, maximum: .seconds(7 * 86_400))
        try await checkPerson(user, field: "user", request)
        return DutyShift(
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
    }

    private static func plan(_ request: APIRequest) async throws -> Response {
        var object = try await request.object()
        let users = try object.texts("users", most: 20)
        let post = try object.string("post", maximum: 100)
        let from = try object.time("from")
        let hours = try object.optionalInt("hours", in: 1...24) ?? 8
        let days = try object.optionalInt("days", in: 1...31) ?? 7
        let rank = try object.optionalInt("rank", in: 1...99) ?? 1
        let note = try object.optionalString("note", maximum: 500)
        try object.finish()
        guard !users.isEmpty else { throw Problem.invalid(field: "users", "name at least one person") }
        for user in Set(users) { try await checkPerson(user, field: "users", request) }
        let roster = DutyRoster(users: users, from: from, shift: .seconds(hours * 3600), total: .seconds(days * 86_400))
        let by = try request.user.name
        let planned = roster.turns.map { turn in
            DutyShift(
                id: UUIDv7.make(at: request.now),
                user: turn.user,
                post: post,
                from: turn.from,
                to: turn.to,
                rank: rank,
                note: note,
                by: by,
                at: request.now
            )
        }
        try await service(request).repository.insert(planned)
        return Answer.list(planned.map(shift), status: .created)
    }

    /// Viewers are called by nobody: they may not answer.
    private static func checkPerson(_ user: String, field: String, _ request: APIRequest) async throws {
        guard let role = try await request.services.users.role(of: user), role != .viewer else {
            throw Problem.invalid(field: field, "there is nobody \(user.prefix(64)) who can be on duty")
        }
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
