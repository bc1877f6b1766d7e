import Domain
import Hummingbird

/// One path and method of the API: who may use it, what it takes and answers, and what handles it. The only source of
/// the router, the role checks and the OpenAPI document.
struct APIRoute: Sendable {
    /// Who may use a route.
    enum Access: Sendable, Equatable {
        /// Also without login.
        case everyone
        case signedIn
        case roles(Set<Role>)

        /// All but these.
        static func except(_ roles: Role...) -> Access { .roles(Set(Role.allCases).subtracting(roles)) }

        static func only(_ roles: Role...) -> Access { .roles(Set(roles)) }

        func allows(_ role: Role) -> Bool {
            switch self {
            case .everyone, .signedIn: true
            case .roles(let roles): roles.contains(role)
            }
        }
    }

    /// A parameter of the query.
    struct Parameter: Sendable {
        var name: String
        var summary: String
        var isRequired = false
        var schema: JSONValue = ["type": "string"]
    }

    /// What the body has to be.
    enum Body: Sendable {
        case none
        /// A JSON object of a schema in `Schemas`.
        case json(String)
        /// Raw bytes of one of these media types.
        case binary([String])
    }

    /// What comes back when all is well.
    enum Content: Sendable {
        case none
        /// One object of a schema in `Schemas`.
        case json(String)
        /// `{"items": [...], "next": ...}` of a schema in `Schemas`.
        case list(String)
        case binary(String)
    }

    typealias Handler = @Sendable (APIRequest) async throws -> Response

    var method: HTTPRequest.Method
    /// With `{name}` for what varies.
    var path: String
    var summary: String
    var access: Access
    var parameters: [Parameter]
    var body: Body
    /// The status when all is well.
    var status: Int
    var content: Content
    /// Codes of the errors that only this route has, by status.
    var problems: [Int: String]
    var handle: Handler

    init(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ summary: String,
        access: Access,
        parameters: [Parameter] = [],
        body: Body = .none,
        status: Int = 200,
        content: Content = .none,
        problems: [Int: String] = [:],
        handle: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.summary = summary
        self.access = access
        self.parameters = parameters
        self.body = body
        self.status = status
        self.content = content
        self.problems = problems
        self.handle = handle
    }
}

extension APIRoute.Parameter {
    static let page: [APIRoute.Parameter] = [
        .init(
            name: "limit",
            summary: "how many items at most",
            schema: ["type": "integer", "minimum": 1, "maximum": 1000]
        ),
        .init(name: "cursor", summary: "`next` of the page before"),
    ]

    static func range(required: Bool = true) -> [APIRoute.Parameter] {
        [
            .init(
                name: "from",
                summary: "start of the range",
                isRequired: required,
                schema: ["type": "string", "format": "date-time"]
            ),
            .init(
                name: "to",
                summary: "end of the range",
                isRequired: required,
                schema: ["type": "string", "format": "date-time"]
            ),
        ]
    }
}
