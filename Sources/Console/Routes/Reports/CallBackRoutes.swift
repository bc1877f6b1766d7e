import Cases
import Domain
import Hummingbird
import Store

/// Call-backs (回访): what reporters say of closed cases.
enum CallBackRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .post,
            "/api/v1/reports/{ticket}/callback",
            "Note what a reporter says of a closed case; an unsatisfied one opens it again",
            access: .only(.acceptor),
            body: .json("NewCallBack"),
            content: .json("Report"),
            problems: [404: "notFound", 409: "illegalAction"],
            handle: { request in
                var object = try await request.object()
                let result = try object.choice("result", as: CallBack.Result.self)
                let note = try object.optionalString("note", maximum: 2000)
                try object.finish()
                let view = try await request.services.cases.callBack(
                    request.parameter("ticket"),
                    result,
                    note: note,
                    by: request.user.actor
                )
                return Answer.json(ReportJSON.report(view))
            }
        ),
        APIRoute(
            .get,
            "/api/v1/callbacks/sums",
            "What call-backs have found, how many opened a case again, and how many are due",
            access: .except(.viewer, .unit, .collector),
            parameters: APIRoute.Parameter.range(required: false),
            content: .json("CallBackSums"),
            handle: { request in
                let (from, to) = try request.window()
                let sums = try await request.services.cases.callBackSums(from: from, to: to)
                let asked = sums.satisfied + sums.unsatisfied
                return Answer.json([
                    "due": JSONValue(sums.due), "done": JSONValue(sums.done), "satisfied": JSONValue(sums.satisfied),
                    "unsatisfied": JSONValue(sums.unsatisfied), "unreachable": JSONValue(sums.unreachable),
                    "reopened": JSONValue(sums.reopened),
                    "satisfiedRate": JSONValue(asked == 0 ? nil : Double(sums.satisfied) / Double(asked)),
                    "reopenRate": JSONValue(sums.done == 0 ? nil : Double(sums.reopened) / Double(sums.done)),
                ])
            }
        ),
    ]
}
