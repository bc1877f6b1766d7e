import Archive
import Domain
import HTTPTypes
import Hummingbird
import Store

/// Signing in and out.
enum SessionRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .post,
            "/api/v1/session",
            "Sign in; the answer sets the cookie and holds the token",
            access: .everyone,
            body: .json("Credentials"),
            content: .json("Session"),
            problems: [401: "badCredentials", 429: "tooManyAttempts"],
            handle: signIn
        ),
        APIRoute(
            .get,
            "/api/v1/session",
            "Who is signed in",
            access: .signedIn,
            content: .json("Session"),
            handle: { request in
                let user = try request.user
                return Answer.json(["user": user.view, "serverTime": JSONValue(request.now)])
            }
        ),
        APIRoute(
            .delete,
            "/api/v1/session",
            "Sign out",
            access: .everyone,
            status: 204,
            handle: { request in
                if let session = request.session { try await request.services.users.signOut(session) }
                return Response(status: .noContent, headers: [.setCookie: SessionCookie.clear])
            }
        ),
    ]

    private static func signIn(_ request: APIRequest) async throws -> Response {
        var object = try await request.object()
        let name = try object.string("name")
        let password = try object.string("password", maximum: 1024)
        try object.finish()
        let users = request.services.users
        switch try await users.signIn(name: name, password: password, address: request.context.address) {
        case .refused:
            await request.audit(.signInFailed, .user, String(name.prefix(64)))
            throw Problem.badCredentials
        case .tooMany(let wait): throw Problem.tooMany("tooManyAttempts", retryAfter: wait)
        case .busy: throw Problem.tooMany("busy", retryAfter: .seconds(2), status: .serviceUnavailable)
        case .signedIn(let session):
            return Answer.json(
                [
                    "user": session.user.view, "serverTime": JSONValue(request.now),
                    "token": .string(session.token),
                ],
                headers: [.setCookie: SessionCookie.set(session.token)]
            )
        }
    }
}

extension User {
    /// As the API gives it.
    var view: JSONValue {
        [
            "name": .string(name), "role": .string(role.rawValue), "displayName": .string(displayName),
            "unit": JSONValue(unit), "language": JSONValue(language),
            "offices": .array(role.offices.map { .string($0.rawValue) }),
        ]
    }
}
