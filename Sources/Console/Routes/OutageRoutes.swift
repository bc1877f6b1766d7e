import Domain
import HTTPTypes
import Hummingbird

/// Whose outage it is when cameras fail.
enum OutageRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .get,
            "/api/v1/outages",
            "What is without pictures now and whose outage that is: the own link, a platform or one device; widest first",
            access: .signedIn,
            content: .list("Outage"),
            handle: { request in
                let platforms = request.services.site.platforms
                return Answer.list(request.services.outages().map { $0.view(platforms) }, next: nil)
            }
        )
    ]
}

extension OutageJudge.Outage {
    /// As the API gives it.
    func view(_ platforms: [Platform]) -> JSONValue {
        let host = group.flatMap { $0.hasPrefix("host:") ? String($0.dropFirst(5)) : nil }
        let platform = host == nil ? group : nil
        return [
            "scope": .string(scope.rawValue), "platform": JSONValue(platform),
            "name": JSONValue(platform.flatMap { id in platforms.first { $0.id == id }?.name } ?? platform ?? host),
            "cameras": .array(cameras.map { .string($0) }), "total": JSONValue(total), "since": JSONValue(since),
            "reason": .string(reason.rawValue),
        ]
    }
}
