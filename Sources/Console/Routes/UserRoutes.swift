import Archive
import Domain
import Hummingbird
import Store

/// Who may sign in.
enum UserRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .get,
            "/api/v1/users",
            "The users, in order of their names",
            access: .only(.admin),
            parameters: APIRoute.Parameter.page,
            content: .list("User"),
            handle: list
        ),
        APIRoute(
            .post,
            "/api/v1/users",
            "Add a user",
            access: .only(.admin),
            body: .json("NewUser"),
            status: 201,
            content: .json("User"),
            problems: [409: "nameTaken"],
            handle: add
        ),
        APIRoute(
            .delete,
            "/api/v1/users/{name}",
            "Delete a user and end its sessions",
            access: .only(.admin),
            status: 204,
            problems: [404: "notFound", 409: "lastAdmin"],
            handle: { request in
                let name = try request.parameter("name")
                try await request.services.users.delete(name)
                await request.audit(.deleteUser, .user, name)
                return Answer.noContent
            }
        ),
        APIRoute(
            .post,
            "/api/v1/users/{name}/password",
            "Set a user's password and end its sessions",
            access: .only(.admin),
            body: .json("NewPassword"),
            status: 204,
            problems: [404: "notFound"],
            handle: { request in
                var object = try await request.object()
                let password = try object.string("password", maximum: 1024)
                try object.finish()
                let name = try request.parameter("name")
                try await request.services.users.setPassword(name, password: password)
                await request.audit(.setPassword, .user, name)
                return Answer.noContent
            }
        ),
    ]

    private static func list(_ request: APIRequest) async throws -> Response {
        let limit = try request.queryInt("limit", in: 1...1000) ?? 100
        let users = try await request.services.users.list(after: request.query("cursor"), limit: limit + 1)
        let shown = users.prefix(limit)
        return Answer.list(shown.map(\.view), next: users.count > limit ? shown.last?.name : nil)
    }

    private static func add(_ request: APIRequest) async throws -> Response {
        var object = try await request.object()
        let name = try object.string("name")
        let password = try object.string("password", maximum: 1024)
        let role = try object.choice("role", as: Role.self)
        let displayName = try object.optionalString("displayName")
        let unit = try object.optionalString("unit")
        let language = try object.optionalString("language")
        try object.finish()
        let user = try await request.services.users.add(
            name: name,
            role: role,
            password: password,
            displayName: displayName,
            unit: unit,
            language: language
        )
        await request.audit(.addUser, .user, user.name, data: ["role": role.rawValue])
        return Answer.json(user.view, status: .created)
    }
}
