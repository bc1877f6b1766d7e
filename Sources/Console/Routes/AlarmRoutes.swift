import Alarms
import Domain
import Hummingbird
import Store

/// Alarms and what monitors say of them.
enum AlarmRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .get,
            "/api/v1/alarms",
            "The alarms, newest first",
            access: .signedIn,
            parameters: [
                .init(
                    name: "state",
                    summary: "only in this state",
                    schema: ["type": "string", "enum": .array(Alarm.State.allCases.map { .string($0.rawValue) })]
                ),
                .init(name: "unjudged", summary: "only those nobody has judged", schema: ["type": "boolean"]),
                .init(name: "source", summary: "only of this camera, sensor or vehicle"),
                .init(name: "kind", summary: "only of this kind"),
                .init(name: "parent", summary: "only those that an alarm of this group or area stands for"),
            ] + APIRoute.Parameter.page,
            content: .list("Alarm"),
            handle: list
        ),
        APIRoute(
            .get,
            "/api/v1/alarms/{id}",
            "One alarm",
            access: .signedIn,
            content: .json("Alarm"),
            problems: [404: "notFound"],
            handle: { request in
                let alarms = request.services.alarms
                let alarm = try await alarms.get(request.parameter("id"))
                return Answer.json(try JSONValue(encoding: alarms.view(alarm)))
            }
        ),
        APIRoute(
            .post,
            "/api/v1/alarms/{id}/confirm",
            "Say that an alarm is true; opens its case where the policy asks",
            access: .only(.monitor),
            body: .json("Note"),
            content: .json("Alarm"),
            problems: [404: "notFound", 409: "alreadyDecided"],
            handle: { request in
                var object = try await request.object()
                let note = try object.optionalString("note", maximum: 2000)
                try object.finish()
                let alarms = request.services.alarms
                let alarm = try await alarms.confirm(request.parameter("id"), by: request.user.actor, note: note)
                return Answer.json(try JSONValue(encoding: alarms.view(alarm)))
            }
        ),
        APIRoute(
            .post,
            "/api/v1/alarms/{id}/reject",
            "Say that an alarm is false",
            access: .only(.monitor),
            body: .json("Reason"),
            content: .json("Alarm"),
            problems: [404: "notFound", 409: "alreadyDecided"],
            handle: { request in
                var object = try await request.object()
                let reason = try object.string("reason", maximum: 2000)
                try object.finish()
                let alarms = request.services.alarms
                let alarm = try await alarms.reject(request.parameter("id"), by: request.user.actor, reason: reason)
                return Answer.json(try JSONValue(encoding: alarms.view(alarm)))
            }
        ),
    ]

    private static func list(_ request: APIRequest) async throws -> Response {
        let filter = AlarmFilter(
            state: try request.queryChoice("state", as: Alarm.State.self),
            unjudged: try request.queryBool("unjudged") ?? false,
            source: request.query("source"),
            kind: request.query("kind"),
            parent: request.query("parent")
        )
        let alarms = request.services.alarms
        let page = try await alarms.list(filter, page: request.page())
        return Answer.list(try page.items.map { try JSONValue(encoding: alarms.view($0)) }, next: page.next)
    }
}

extension User {
    /// The user as the log of a case names it.
    var actor: CaseActor { CaseActor(name: name, role: role, unit: unit) }
}
