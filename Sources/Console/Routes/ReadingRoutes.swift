import Domain
import HTTPTypes
import Hummingbird
import Telemetry

/// Readings that gateways post.
enum ReadingRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .post,
            "/api/v1/readings",
            "Store readings and positions; for gateways, with a token of the site file (Authorization: Bearer TOKEN)",
            access: .everyone,
            body: .json("NewReadings"),
            content: .json("PostOutcome"),
            problems: [401: "badToken", 503: "busy"],
            handle: post
        )
    ]

    private static func post(_ request: APIRequest) async throws -> Response {
        guard let token = request.bearerToken, let gateway = request.services.telemetry.gateway(token: token) else {
            throw Problem(
                status: .unauthorized,
                code: "badToken",
                detail: "a gateway's token is needed: Authorization: Bearer TOKEN, as in `gateways` of the site file",
                headers: [.wwwAuthenticate: "Bearer"]
            )
        }
        let body = try await request.bytes(upTo: 1 << 20, within: .seconds(20))
        do {
            return Answer.json(try JSONValue(encoding: await request.services.telemetry.post(body, from: gateway)))
        } catch {
            switch error as? PostFailure {
            case .notJSON: throw Problem.badRequest("the body is not JSON")
            case .noItems: throw Problem.invalid(field: "items", "items holds nothing")
            case .tooMany: throw Problem.invalid(field: "items", "items holds more than 1000 readings")
            case .busy:
                throw Problem(
                    status: .serviceUnavailable,
                    code: "busy",
                    detail: "nothing was stored; try again",
                    headers: [.retryAfter: "5"]
                )
            case nil: throw error
            }
        }
    }
}

extension APIRequest {
    /// What follows `Bearer` in the header of that name.
    fileprivate var bearerToken: String? {
        let parts = request.headers[.authorization]?.split(separator: " ") ?? []
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }
}
