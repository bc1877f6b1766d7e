import Domain
import HTTPTypes
import Hummingbird
import Logging
import Store

/// What stands before every handler: origin, session, role. What stands behind it: errors as problems.
struct RequestGate: Sendable {
    let services: ConsoleServices
    let runtime: ConsoleRuntime

    /// Runs a route's handler for a request.
    func respond(_ route: APIRoute, _ request: Request, _ context: ConsoleContext) async throws -> Response {
        try Self.checkOrigin(request)
        let session = try await session(of: request)
        switch route.access {
        case .everyone: break
        case .signedIn, .roles:
            guard let session else { throw Problem.unauthenticated }
            guard route.access.allows(session.user.role) else {
                throw Problem.forbidden("the role \(session.user.role.rawValue) may not do this")
            }
        }
        let asked = APIRequest(
            request: request,
            context: context,
            services: services,
            runtime: runtime,
            session: session
        )
        try asked.checkQuery()
        return try await route.handle(asked)
    }

    /// A page of another origin must not change anything with this browser's cookie; what is no browser sends no
    /// `Origin` and is let through.
    private static func checkOrigin(_ request: Request) throws(Problem) {
        guard ![.get, .head, .options].contains(request.method), let origin = request.headers[.origin] else { return }
        let host = origin.split(separator: "://", maxSplits: 1).last.map { $0.lowercased() }
        guard let host, origin.contains("://"), host == request.head.authority?.lowercased() else {
            throw Problem(
                status: .forbidden,
                code: "badOrigin",
                detail: "the request comes from a page of another origin"
            )
        }
    }

    private func session(of request: Request) async throws -> Session? {
        guard let token = Self.token(of: request) else { return nil }
        return try await services.users.session(token: token)
    }

    private static func token(of request: Request) -> String? {
        if let header = request.headers[.authorization] {
            let parts = header.split(separator: " ")
            guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
            return String(parts[1])
        }
        return request.cookies[SessionCookie.name]?.value
    }
}

/// Answers every error as a problem, counts answers, and sets the headers that every answer has.
struct ProblemMiddleware: RouterMiddleware {
    let metrics: MetricsRegistry
    let logger: Logger
    /// The server of the site's map pictures: the only other one that pages ask.
    let mapOrigin: String?
    /// Methods by path, for 405.
    let allowedMethods: @Sendable (_ path: String) -> [String]

    @concurrent func handle(
        _ input: Request,
        context: ConsoleContext,
        next: @concurrent (Request, ConsoleContext) async throws -> Response
    ) async throws -> Response {
        metrics.inFlight(by: 1)
        defer { metrics.inFlight(by: -1) }
        var response: Response
        do {
            response = try await next(input, context)
        } catch {
            response = problem(for: error, input).response
        }
        metrics.count(status: response.status.code)
        SecurityHeaders.add(to: &response, isAPI: input.uri.path.hasPrefix("/api/"), mapOrigin)
        return response
    }

    private func problem(for error: any Error, _ request: Request) -> Problem {
        if let error = error as? HTTPError {
            guard error.status == .notFound else {
                return Problem(
                    status: error.status,
                    code: "badRequest",
                    detail: error.body ?? error.status.reasonPhrase
                )
            }
            let allowed = allowedMethods(request.uri.path)
            return allowed.isEmpty ? .notFound("there is nothing at this path") : .methodNotAllowed(allowed)
        }
        if let problem = ProblemMapping.problem(for: error) { return problem }
        logger.error(
            "request failed",
            metadata: ["path": "\(request.uri.path)", "method": "\(request.method)", "error": "\(error)"]
        )
        return .internalError
    }
}

/// Headers that hold the pages together against others (CSP, sniffing, framing).
enum SecurityHeaders {
    private static func contentSecurityPolicy(_ mapOrigin: String?) -> String {
        """
        default-src 'self'; img-src 'self' data: blob:\(mapOrigin.map { " " + $0 } ?? ""); media-src 'self' blob:; worker-src 'self' blob:; \
        connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'
        """
    }

    static func add(to response: inout Response, isAPI: Bool, _ mapOrigin: String?) {
        response.headers[.contentSecurityPolicy] = contentSecurityPolicy(mapOrigin)
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[.frameOptions] = "DENY"
        response.headers[.referrerPolicy] = "no-referrer"
        response.headers[.resourcePolicy] = "same-origin"
        response.headers[.openerPolicy] = "same-origin"
        if isAPI, response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
    }
}
