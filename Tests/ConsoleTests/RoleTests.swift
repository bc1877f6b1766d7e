import Alarms
import Cases
import Domain
import HTTPTypes
import Store
import Testing

@testable import Console

/// Who may do what, written down once more and not taken from the route table.
private struct Expectation: Sendable, CustomTestStringConvertible {
    var method: HTTPRequest.Method
    /// As in the route table.
    var path: String
    /// `*`: signed in; `-`: everyone.
    var allowed: String
    /// What an allowed request is answered with.
    var status: Int
    var body: String?

    init(_ method: HTTPRequest.Method, _ path: String, _ allowed: String, _ status: Int = 200, _ body: String? = nil) {
        self.method = method
        self.path = path
        self.allowed = allowed
        self.status = status
        self.body = body
    }

    var testDescription: String { "\(method) \(path)" }

    func allows(_ role: Role?) -> Bool {
        guard let role else { return allowed == "-" }
        return allowed == "-" || allowed == "*" || allowed.split(separator: " ").contains { $0 == role.rawValue }
    }
}

private let notViewer = "monitor acceptor dispatcher unit collector leader admin"
private let desks = "monitor acceptor dispatcher leader admin"
private let office = "monitor acceptor dispatcher collector leader admin"
private let range = "from=2026-11-23T08:00:00Z&to=2026-11-23T09:00:00Z"

private let expectations: [Expectation] = [
    Expectation(.post, "/api/v1/cases/verify", "leader admin"),
    Expectation(.get, "/api/v1/cases/map", notViewer),
    Expectation(.get, "/healthz", "-", 200),
    Expectation(.get, "/metrics", "-"),
    Expectation(.get, "/api/v1/openapi.json", "-"),
    Expectation(.get, "/api/v1/health", "*"),
    Expectation(.post, "/api/v1/session", "-", 200, #"{"name": "viewer", "password": "correct horse"}"#),
    Expectation(.get, "/api/v1/session", "*"),
    Expectation(.get, "/api/v1/users", "admin"),
    Expectation(.post, "/api/v1/users", "admin", 201, #"{"name": "NEW", "password": "long enough", "role": "viewer"}"#),
    Expectation(.delete, "/api/v1/users/{name}", "admin", 404),
    Expectation(.post, "/api/v1/users/{name}/password", "admin", 404, #"{"password": "long enough"}"#),
    Expectation(.get, "/api/v1/site", "*"),
    Expectation(.get, "/api/v1/config", "admin"),
    Expectation(.get, "/api/v1/cameras", "*"),
    Expectation(.get, "/api/v1/cameras/{id}", "*"),
    Expectation(.post, "/api/v1/cameras/probe", "admin", 200, #"{"url": "rtsp://user:geheim@camera/a"}"#),
    Expectation(.get, "/api/v1/outages", "*"),
    Expectation(.post, "/api/v1/site/reload", "admin", 409),
    Expectation(.get, "/api/v1/terminals", notViewer),
    Expectation(.get, "/api/v1/sensors/{id}/curve", notViewer),
    Expectation(.get, "/api/v1/sensors/{id}/readings.csv", notViewer),
    Expectation(.get, "/api/v1/vehicles/{id}/track.csv", notViewer),
    Expectation(.get, "/api/v1/plans", notViewer),
    Expectation(.get, "/api/v1/plans/{id}/coverage", notViewer, 404),
    // Gateways have tokens of their own; no role's session is one.
    Expectation(.post, "/api/v1/readings", "-", 401, "{}"),
    Expectation(.get, "/api/v1/cameras/{id}/snapshot.jpg", "*"),
    Expectation(.get, "/api/v1/cameras/{id}/timeline", "*"),
    Expectation(.get, "/api/v1/cameras/{id}/activity", "*"),
    Expectation(.get, "/api/v1/cameras/{id}/activity/map", "*"),
    Expectation(.post, "/api/v1/cameras/{id}/recording", "admin", 200, #"{"paused": true, "reason": "r"}"#),
    Expectation(.get, "/api/v1/cameras/{id}/clip.mp4", notViewer, 404),
    Expectation(.get, "/api/v1/cameras/{id}/playback", "*"),
    Expectation(.get, "/api/v1/cameras/{id}/recording.m3u8", "*", 404),
    Expectation(.get, "/api/v1/cameras/{id}/media/{name}", "*", 404),
    Expectation(.get, "/api/v1/cameras/{id}/thumbnails", "*"),
    Expectation(.get, "/api/v1/cameras/{id}/live.mp4", "*"),
    Expectation(.get, "/api/v1/live", "*"),
    Expectation(
        .post,
        "/api/v1/bookmarks",
        "monitor",
        201,
        #"{"cameraId": "gate", "from": "2026-11-23T08:00:00Z", "to": "2026-11-23T08:01:00Z", "title": "t"}"#
    ),
    Expectation(.get, "/api/v1/bookmarks", notViewer),
    Expectation(.delete, "/api/v1/bookmarks/{id}", "monitor admin", 404),
    Expectation(
        .post,
        "/api/v1/holds",
        "monitor",
        201,
        #"{"cameraId": "gate", "from": "2026-11-23T08:00:00Z", "to": "2026-11-23T08:01:00Z", "reason": "r"}"#
    ),
    Expectation(.get, "/api/v1/holds", notViewer),
    Expectation(.get, "/api/v1/holds/{id}", notViewer, 404),
    Expectation(.post, "/api/v1/holds/{id}/extend", "monitor", 404, #"{"until": null}"#),
    Expectation(.get, "/api/v1/gaps", notViewer),
    Expectation(.get, "/api/v1/accounting", notViewer),
    Expectation(.get, "/api/v1/storage", "monitor leader admin"),
    Expectation(.post, "/api/v1/holds/{id}/release", "monitor", 404, #"{"reason": "r"}"#),
    Expectation(.post, "/api/v1/attachments", "monitor acceptor unit collector", 201, nil),
    // Each by what it belongs to: AttachmentAccessTests.
    Expectation(.get, "/api/v1/attachments/{id}", "*", 404),
    Expectation(.get, "/api/v1/alarms", "*"),
    Expectation(.get, "/api/v1/alarms/{id}", "*"),
    Expectation(.post, "/api/v1/alarms/{id}/confirm", "monitor", 200, "{}"),
    Expectation(.post, "/api/v1/alarms/{id}/reject", "monitor", 200, #"{"reason": "rain"}"#),
    Expectation(.get, "/api/v1/sensors", notViewer),
    Expectation(.get, "/api/v1/sources/unknown", notViewer),
    Expectation(.post, "/api/v1/sources/unknown/{id}/accept", "admin", 422, "{}"),
    Expectation(.delete, "/api/v1/sensors/{id}", "admin", 409),
    Expectation(.get, "/api/v1/sensors/{id}/definition", "admin", 409),
    Expectation(.post, "/api/v1/sensors/{id}/definition", "admin", 409, #"{"profile": "rain"}"#),
    Expectation(.get, "/api/v1/rejected/{id}", notViewer),
    Expectation(.post, "/api/v1/rejected/{id}/reprocess", "admin"),
    Expectation(.get, "/api/v1/profiles", notViewer),
    Expectation(.post, "/api/v1/profiles", "admin", 200, #"{"name": "p"}"#),
    Expectation(.delete, "/api/v1/profiles/{name}", "admin", 409),
    Expectation(.post, "/api/v1/profiles/try", "admin", 200, #"{"profile": {"name": "p"}}"#),
    Expectation(.get, "/api/v1/sensors/{id}", notViewer),
    Expectation(.get, "/api/v1/sensors/{id}/readings", notViewer),
    Expectation(.get, "/api/v1/sensors/{id}/rejected", notViewer),
    Expectation(.get, "/api/v1/vehicles", notViewer),
    Expectation(.get, "/api/v1/vehicles/{id}/track", notViewer),
    Expectation(.get, "/api/v1/brokers", notViewer),
    Expectation(.post, "/api/v1/cases", "monitor acceptor collector", 201, #"{"class": "09009"}"#),
    Expectation(.get, "/api/v1/cases", notViewer),
    Expectation(.get, "/api/v1/cases/sums", notViewer),
    Expectation(.get, "/api/v1/cases/{id}", "monitor acceptor dispatcher collector leader admin unit"),
    Expectation(.get, "/api/v1/cases/{id}/log", "monitor acceptor dispatcher collector leader admin unit"),
    Expectation(.post, "/api/v1/cases/{id}/actions/{action}", "acceptor", 200, "{}"),
    Expectation(
        .post,
        "/api/v1/exports",
        "monitor",
        202,
        #"{"title": "t", "format": "clip", "items": [{"cameraId": "gate", "from": "2026-11-23T08:00:00Z", "to": "2026-11-23T08:01:00Z"}]}"#
    ),
    Expectation(.get, "/api/v1/exports", "monitor acceptor leader admin"),
    Expectation(.get, "/api/v1/exports/{id}", "monitor acceptor leader admin", 404),
    Expectation(.post, "/api/v1/exports/{id}/cancel", "monitor acceptor leader admin", 404),
    Expectation(.delete, "/api/v1/exports/{id}", "monitor acceptor leader admin", 404),
    Expectation(.get, "/api/v1/exports/{id}/file", "monitor acceptor leader admin", 404),
    Expectation(.get, "/api/v1/exports/{id}/files/{name}", "monitor acceptor leader admin", 404),
    Expectation(.post, "/api/v1/cases/{id}/dossier", "monitor acceptor leader admin", 202),
    Expectation(.get, "/api/v1/audit", "leader admin"),
    Expectation(.get, "/api/v1/audit/verify", "leader admin"),
    Expectation(.get, "/api/v1/evidence/key", "*"),
    Expectation(.get, "/api/v1/evidence/key.pem", "*"),
    Expectation(.post, "/api/v1/evidence/key/rotate", "admin"),
    Expectation(.get, "/api/v1/cameras/{id}/signatures", "*"),
    Expectation(.get, "/api/v1/stream", "*"),
    Expectation(.post, "/api/v1/reports", "monitor acceptor collector unit", 201, #"{"class": "09009"}"#),
    Expectation(.get, "/api/v1/reports", notViewer),
    Expectation(.get, "/api/v1/reports/sums", desks),
    // With a code also without a login; without one nobody learns whether there is such a ticket.
    Expectation(.get, "/api/v1/reports/{ticket}", "-", 404),
    Expectation(.post, "/api/v1/reports/{ticket}/callback", "acceptor", 404, #"{"result": "satisfied"}"#),
    Expectation(.get, "/api/v1/callbacks/sums", desks),
    Expectation(.get, "/api/v1/channels", "*"),
    Expectation(.get, "/api/v1/cases/{id}/duplicates", desks),
    Expectation(.get, "/api/v1/duplicates", desks),
    Expectation(.get, "/api/v1/supervision", desks),
    Expectation(.get, "/api/v1/supervision/{list}", desks),
    Expectation(
        .post,
        "/api/v1/cases/{id}/orders",
        "leader",
        201,
        #"{"text": "tonight", "dueAt": "2099-01-01T00:00:00Z"}"#
    ),
    Expectation(.get, "/api/v1/orders", "monitor acceptor dispatcher unit leader admin"),
    Expectation(.post, "/api/v1/orders/{id}/answer", "unit dispatcher acceptor", 404, #"{"note": "n"}"#),
    Expectation(.post, "/api/v1/orders/{id}/close", "leader", 404, #"{"note": "n"}"#),
    Expectation(.get, "/api/v1/duty/shifts", notViewer),
    Expectation(
        .post,
        "/api/v1/duty/shifts",
        "leader admin",
        201,
        #"{"user": "monitor", "post": "night", "from": "2026-11-23T08:00:00Z", "to": "2026-11-23T16:00:00Z"}"#
    ),
    Expectation(.delete, "/api/v1/duty/shifts/{id}", "leader admin", 404),
    Expectation(
        .put,
        "/api/v1/duty/shifts/{id}",
        "leader admin",
        404,
        #"{"user": "monitor", "post": "night", "from": "2026-11-23T08:00:00Z", "to": "2026-11-23T16:00:00Z"}"#
    ),
    Expectation(
        .post,
        "/api/v1/duty/roster",
        "leader admin",
        201,
        #"{"users": ["monitor"], "post": "night", "from": "2026-11-23T08:00:00Z", "days": 2, "hours": 12}"#
    ),
    Expectation(.get, "/api/v1/duty/people", notViewer),
    Expectation(.get, "/api/v1/duty/now", notViewer),
    Expectation(.get, "/api/v1/duty/calls", notViewer),
    // Of those whoever was called, is on duty or watches: DutyRouteTests.
    Expectation(.post, "/api/v1/duty/calls/{id}/answer", notViewer, 404),
    Expectation(.get, "/api/v1/duty/handovers", desks),
    Expectation(.post, "/api/v1/duty/handovers", desks, 201, #"{"to": "OTHER"}"#),
    Expectation(.post, "/api/v1/duty/handovers/{id}/sign", desks, 404, "{}"),
    Expectation(.get, "/api/v1/field/tasks", "collector"),
    Expectation(.get, "/api/v1/field/areas", "collector"),
    Expectation(
        .post,
        "/api/v1/field/positions",
        "collector",
        200,
        #"{"positions": [{"at": "2026-11-23T09:00:00Z", "position": {"lat": 32.4, "lon": 119.9}}]}"#
    ),
    Expectation(.get, "/api/v1/field/track", "collector acceptor dispatcher leader admin"),
    Expectation(.get, "/api/v1/collectors/days", "acceptor dispatcher leader admin"),
    Expectation(.get, "/api/v1/collectors", "acceptor dispatcher leader admin"),
    Expectation(.post, "/api/v1/collectors/{name}/areas", "leader admin", 404, #"{"areas": []}"#),
    Expectation(.get, "/api/v1/base/sets", notViewer),
    Expectation(.get, "/api/v1/base/sets/{set}/rows", notViewer),
    Expectation(.get, "/api/v1/base/sets/{set}/file", notViewer),
    Expectation(.get, "/api/v1/base/sets/{set}/editions", notViewer),
    Expectation(.post, "/api/v1/base/sets/{set}/import", "admin", 200, "code"),
    Expectation(.post, "/api/v1/base/sets/{set}/edit", "admin unit", 200, #"{"trial": true}"#),
    Expectation(
        .post,
        "/api/v1/base/sets/{set}/rollback",
        "admin",
        200,
        #"{"to": "2026-11-23T08:00:00Z", "trial": true}"#
    ),
    Expectation(.get, "/api/v1/base/locate", "*"),
    Expectation(.get, "/api/v1/base/geocode", "*"),
    Expectation(.get, "/api/v1/base/cells", office),
    Expectation(.get, "/api/v1/base/grid/faults", office),
    Expectation(
        .post,
        "/api/v1/base/grid/generate",
        "admin",
        200,
        #"{"boundaries": [{"code": "321202", "outline": [{"lat": 32, "lon": 119}, {"lat": 32, "lon": 119.01}, {"lat": 32.01, "lon": 119}]}]}"#
    ),
    Expectation(.get, "/api/v1/base/responsible", notViewer),
    Expectation(.get, "/api/v1/base/deadline", notViewer),
    Expectation(.get, "/api/v1/base/atlas", office),
    Expectation(.get, "/api/v1/base/atlas.csv", office),
    Expectation(.get, "/api/v1/parts", notViewer),
    Expectation(.get, "/api/v1/parts/nearest", notViewer),
    Expectation(.get, "/api/v1/parts/{code}", notViewer, 404),
    Expectation(
        .post,
        "/api/v1/parts",
        "admin",
        200,
        #"{"code": "3212020101000001", "position": {"lat": 32.4, "lon": 119.9}}"#
    ),
    Expectation(.post, "/api/v1/parts/import", "admin", 200, "code"),
    Expectation(.post, "/api/v1/parts/{code}/bindings", "admin", 404, #"{"device": "gate"}"#),
    Expectation(.delete, "/api/v1/session", "-", 204),
]

/// Those whose answer never ends: `HEAD` passes the same gate and ends.
private let endless = ["/api/v1/live", "/api/v1/stream", "/api/v1/cameras/{id}/live.mp4"]

/// What routes of base data need to be asked with.
private let asked = [
    "/api/v1/base/locate": "?lat=32.4&lon=119.9", "/api/v1/base/geocode": "?q=gulou",
    "/api/v1/cases/sums": "?by=unit", "/api/v1/cases/map": "?bbox=119,32,120,33",
    "/api/v1/base/cells": "?box=119,32,120,33",
    "/api/v1/base/responsible": "?class=09009",
    "/api/v1/base/deadline": "?class=09009", "/api/v1/parts/nearest": "?lat=32.4&lon=119.9",
    "/api/v1/reports/sums": "?by=channel", "/api/v1/duplicates": "?class=09009&lat=32.4&lon=119.9",
]

@Suite("roles")
struct RoleTests {
    @Test("the written table names every route and no other")
    func complete() {
        let known = Set(RouteTable.routes.map { "\($0.method) \($0.path)" })
        #expect(Set(expectations.map(\.testDescription)) == known)
    }

    @Test("each role and nobody gets 2xx, 403 or 401 on each route", arguments: expectations)
    private func matrix(_ expectation: Expectation) async throws {
        let world = try await ConsoleWorld()
        for role in [nil] + Role.allCases.map(Optional.some) {
            let reply = try await send(expectation, as: role, in: world)
            let who = role?.rawValue ?? "nobody"
            if !expectation.allows(role) {
                #expect(reply.status == (role == nil ? 401 : 403), "\(who)")
                #expect(reply.headers[.contentType] == "application/problem+json", "\(who)")
            } else {
                #expect(reply.status == expectation.status, "\(who): \(reply.text)")
            }
        }
    }

    private func send(_ expectation: Expectation, as role: Role?, in world: ConsoleWorld) async throws -> Reply {
        var path = expectation.path
        var method = expectation.method
        if endless.contains(path) { method = .head }
        if path.contains("/alarms/{id}") {
            path = path.replacing("{id}", with: try await world.raiseAlarm().id)
        } else if path.contains("/cases/{id}") {
            let value = try await world.reportCase()
            path = path.replacing("{id}", with: value.id).replacing("{action}", with: "file")
            // A unit sees its own unit's cases: this one's.
            if role == .unit, let unit = value.unit {
                return try await sendAsUnit(unit, method, path, expectation.body, world)
            }
        } else if path.contains("/cameras/") || path.contains("/sensors/") || path.contains("/vehicles/") {
            let id = path.contains("/cameras/") ? "gate" : path.contains("/sensors/") ? "culvert-01" : "su-1"
            path = path.replacing("{id}", with: id)
        }
        path = path.replacing("{id}", with: "none").replacing("{name}", with: "none")
        // Of base data a unit has its responsibility.
        path = path.replacing("{set}", with: role == .unit ? "responsibility" : "limits").replacing(
            "{code}",
            with: "none"
        )
        path = path.replacing("{ticket}", with: "none").replacing("{list}", with: "overdue")
        path += asked[expectation.path] ?? ""
        let ranged = [
            "timeline", "signatures", "clip.mp4", "playback", "readings", "track", "gaps", "accounting", "activity",
            "activity/map", "recording.m3u8", "thumbnails", "curve", "readings.csv", "track.csv",
        ]
        if ranged.contains(where: path.hasSuffix) {
            path += "?\(range)"
        }
        if expectation.path == "/api/v1/live" { path += "?cameras=gate" }
        if expectation.path == "/api/v1/attachments" {
            return try await world.ask(.post, path, as: role?.rawValue, bytes: ConsoleWorld.jpeg)
        }
        let body = expectation.body?.replacing("OTHER", with: role == .leader ? "admin" : "leader")
        return try await world.ask(method, path, as: role?.rawValue, body)
    }

    private func sendAsUnit(
        _ unit: String,
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: String?,
        _ world: ConsoleWorld
    ) async throws -> Reply {
        let name = "of-\(unit)"
        if try await world.users.list(after: nil, limit: 100).allSatisfy({ $0.name != name }) {
            try await world.users.add(name: name, role: .unit, password: ConsoleWorld.password, unit: unit)
        }
        guard
            case .signedIn(let session) = try await world.users.signIn(
                name: name,
                password: ConsoleWorld.password,
                address: nil
            )
        else { throw CancellationError() }
        return try await world.ask(method, path, as: nil, body, headers: [.authorization: "Bearer \(session.token)"])
    }
}
