import Domain
import HTTPTypes
import Hummingbird

/// The API's description (OpenAPI 3.1), made from the route table: what is not there is not served, and the other way
/// round.
enum OpenAPIDocument {
    static func bytes(version: String) -> [UInt8] { document(version: version).encoded }

    static func document(version: String) -> JSONValue {
        var paths: [String: [String: JSONValue]] = [:]
        for route in RouteTable.routes {
            paths[route.path, default: [:]][route.method.rawValue.lowercased()] = operation(route)
        }
        return [
            "openapi": "3.1.0",
            "info": ["title": "gridwatch", "version": .string(version)],
            "paths": .object(paths.mapValues { .object($0) }),
            "components": [
                "schemas": .object(Schemas.all),
                "securitySchemes": [
                    "cookie": ["type": "apiKey", "in": "cookie", "name": .string(SessionCookie.name)],
                    "bearer": ["type": "http", "scheme": "bearer"],
                ],
            ],
        ]
    }

    private static func operation(_ route: APIRoute) -> JSONValue {
        var members: [String: JSONValue] = [
            "summary": .string(route.summary),
            "operationId": .string(operationId(route)),
            "parameters": .array(pathParameters(route) + route.parameters.map(parameter)),
            "responses": .object(responses(route)),
        ]
        switch route.access {
        case .everyone: members["security"] = []
        case .signedIn: members["security"] = [["cookie": []], ["bearer": []]]
        case .roles(let roles):
            members["security"] = [["cookie": []], ["bearer": []]]
            members["x-roles"] = .array(roles.map(\.rawValue).sorted().map { .string($0) })
        }
        switch route.body {
        case .none: break
        case .json(let name):
            members["requestBody"] = [
                "required": true, "content": ["application/json": ["schema": Schema.reference(name)]],
            ]
        case .binary(let types):
            let content = types.map { ($0, ["schema": ["type": "string", "format": "binary"]] as JSONValue) }
            members["requestBody"] = ["required": true, "content": .object(Dictionary(content) { $1 })]
        }
        return .object(members)
    }

    /// `getCamerasIdTimeline`: unique, since path and method are.
    private static func operationId(_ route: APIRoute) -> String {
        let words = route.path.replacing("/api/v1", with: "").split { !$0.isLetter && !$0.isNumber }
        return route.method.rawValue.lowercased() + words.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    private static func pathParameters(_ route: APIRoute) -> [JSONValue] {
        route.path.split(separator: "/").filter { $0.hasPrefix("{") }.map { part in
            [
                "name": .string(String(part.dropFirst().dropLast())), "in": "path", "required": true,
                "schema": Schema.text,
            ]
        }
    }

    private static func parameter(_ parameter: APIRoute.Parameter) -> JSONValue {
        [
            "name": .string(parameter.name), "in": "query", "description": .string(parameter.summary),
            "required": .bool(parameter.isRequired), "schema": parameter.schema,
        ]
    }

    private static func responses(_ route: APIRoute) -> [String: JSONValue] {
        var found: [String: JSONValue] = [String(route.status): answer(route.content)]
        // A repeated report answers with the case that exists.
        if ["/api/v1/cases", "/api/v1/reports"].contains(route.path), route.method == .post {
            found["200"] = answer(route.content)
        }
        for (status, code) in route.problems { found[String(status)] = problem(code) }
        if route.access != .everyone, found["401"] == nil { found["401"] = problem("notSignedIn") }
        if case .roles = route.access { found["403"] = problem("forbidden") }
        if !route.parameters.isEmpty || route.body.isJSON { found["422"] = problem("invalidField") }
        if route.body.isJSON { found["400"] = problem("badRequest") }
        return found
    }

    private static func answer(_ content: APIRoute.Content) -> JSONValue {
        switch content {
        case .none: ["description": "done"]
        case .json(let name):
            ["description": "done", "content": ["application/json": ["schema": Schema.reference(name)]]]
        case .list(let name):
            [
                "description": "one page",
                "content": ["application/json": ["schema": list(of: name)]],
            ]
        case .binary(let type):
            ["description": "done", "content": .object([type: ["schema": ["type": "string", "format": "binary"]]])]
        }
    }

    static func list(of name: String) -> JSONValue {
        Schema.object(["items": Schema.list(Schema.reference(name)), "next": Schema.textOrNull])
    }

    private static func problem(_ code: String) -> JSONValue {
        [
            "description": .string("problem with the code \(code)"),
            "content": ["application/problem+json": ["schema": Schema.reference("Problem")]],
        ]
    }
}

extension APIRoute.Body {
    fileprivate var isJSON: Bool {
        if case .json = self { true } else { false }
    }
}
