import Cases
import Domain
import Hummingbird
import Store

/// Which cases may be the same problem; a person decides.
enum DuplicateRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .get,
            "/api/v1/cases/{id}/duplicates",
            "Cases that may be the same problem, also closed ones; the likely ones first",
            access: .except(.viewer, .unit, .collector),
            content: .list("Duplicate"),
            problems: [404: "notFound"],
            handle: { request in
                let actor = try request.user.actor
                let found = try await request.services.cases.duplicates(of: request.parameter("id"), for: actor)
                return try answer(found, actor, request)
            }
        ),
        APIRoute(
            .get,
            "/api/v1/duplicates",
            "Cases that may be what somebody is telling just now",
            access: .except(.viewer, .unit, .collector),
            parameters: [
                .init(name: "class", summary: "the class of what is told", isRequired: true),
                .init(name: "lat", summary: "latitude, degrees", isRequired: true, schema: Schema.number),
                .init(name: "lon", summary: "longitude, degrees", isRequired: true, schema: Schema.number),
                .init(name: "at", summary: "when it happened; now where absent", schema: Schema.time),
            ],
            content: .list("Duplicate"),
            handle: { request in
                guard let code = request.query("class") else {
                    throw Problem.invalid(field: "class", "class is needed")
                }
                guard let lat = request.query("lat").flatMap(Double.init) else {
                    throw Problem.invalid(field: "lat", "lat must be a number of degrees")
                }
                guard let lon = request.query("lon").flatMap(Double.init) else {
                    throw Problem.invalid(field: "lon", "lon must be a number of degrees")
                }
                let point = GeoPoint(lat: lat, lon: lon)
                guard point.isValid else { throw Problem.invalid(field: "lat", "the position is not on the globe") }
                let actor = try request.user.actor
                let found = try await request.services.cases.duplicates(
                    ofClass: code,
                    at: point,
                    happened: try request.queryTime("at") ?? request.now,
                    except: "",
                    for: actor
                )
                return try answer(found, actor, request)
            }
        ),
    ]

    private static func answer(
        _ found: [DuplicateCandidate],
        _ actor: CaseActor,
        _ request: APIRequest
    ) throws -> Response {
        Answer.list(
            try found.map { candidate in
                [
                    "case": try JSONValue(encoding: request.services.cases.view(candidate.value, for: actor)),
                    "metres": JSONValue(candidate.metres), "secondsApart": JSONValue(candidate.secondsApart),
                    "likely": .bool(candidate.isLikely), "reports": JSONValue(candidate.reports),
                ]
            }
        )
    }
}
