import Domain
import HTTPTypes
import Testing

@testable import Console

private struct Bad: Sendable {
    var method: HTTPRequest.Method
    var path: String
    var body: String?
    var status: Int
    var field: String?

    init(_ method: HTTPRequest.Method, _ path: String, _ body: String?, _ status: Int, _ field: String? = nil) {
        self.method = method
        self.path = path
        self.body = body
        self.status = status
        self.field = field
    }
}

private let mark = #""cameraId": "gate", "title": "t""#
private let times = "from=2026-11-23T08:00:00Z&to=2026-11-23T09:00:00Z"

private let bad: [Bad] = [
    Bad(.post, "/api/v1/cases", "{", 400),
    Bad(.post, "/api/v1/cases", "", 422, "class"),
    Bad(.post, "/api/v1/cases", "[]", 422, ""),
    Bad(.post, "/api/v1/cases", "{}", 422, "class"),
    Bad(.post, "/api/v1/cases", #"{"class": 9009}"#, 422, "class"),
    Bad(.post, "/api/v1/cases", #"{"class": "nothing"}"#, 422, "class"),
    Bad(.post, "/api/v1/cases", #"{"class": "09009", "klass": 1}"#, 422, "klass"),
    Bad(.post, "/api/v1/cases", #"{"class": "09009", "position": {"lat": 99, "lon": 0}}"#, 422, "position"),
    Bad(.post, "/api/v1/cases", #"{"class": "09009", "position": {"lat": "1", "lon": 0}}"#, 422, "position"),
    Bad(.post, "/api/v1/cases", #"{"class": "09009", "position": {"lat": 1, "lon": 0, "z": 1}}"#, 422, "position.z"),
    Bad(.post, "/api/v1/cases", #"{"class": "09009", "at": "yesterday"}"#, 422, "at"),
    Bad(.post, "/api/v1/cases", #"{"class": "09009", "cameraId": "none"}"#, 422, "cameraId"),
    Bad(.post, "/api/v1/cases", #"{"class": "09009", "photo": "none"}"#, 422, "photo"),
    Bad(.post, "/api/v1/bookmarks", "{\(mark)}", 422, "from"),
    Bad(.post, "/api/v1/bookmarks", "{\(mark), \"from\": \"2026-11-23T08:00:00Z\"}", 422, "to"),
    Bad(
        .post,
        "/api/v1/bookmarks",
        "{\(mark), \"from\": \"2026-11-23T08:00:00Z\", \"to\": \"2026-11-23T07:00:00Z\"}",
        422,
        "to"
    ),
    Bad(
        .post,
        "/api/v1/bookmarks",
        "{\(mark), \"from\": \"2026-11-23T08:00:00Z\", \"to\": \"2026-11-23T09:00:00Z\", \"hold\": 1}",
        422,
        "hold"
    ),
    Bad(.get, "/api/v1/cameras/gate/timeline", nil, 422, "from"),
    Bad(.get, "/api/v1/cameras/gate/timeline?from=2026-11-23T08:00:00Z", nil, 422, "to"),
    Bad(.get, "/api/v1/cameras/gate/timeline?from=x&to=y", nil, 422, "from"),
    Bad(.get, "/api/v1/cameras/gate/timeline?from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z", nil, 422, "to"),
    Bad(.get, "/api/v1/cameras/gate/timeline?from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z", nil, 422, "from"),
    Bad(.get, "/api/v1/cameras/none/timeline?\(times)", nil, 404),
    Bad(.get, "/api/v1/cameras/gate/clip.mp4?\(times)", nil, 404),
    Bad(.get, "/api/v1/cameras/gate/snapshot.jpg?width=99999", nil, 422, "width"),
    Bad(.get, "/api/v1/live", nil, 422, "cameras"),
    Bad(.get, "/api/v1/live?cameras=gate,none", nil, 422, "cameras"),
    Bad(.get, "/api/v1/alarms?state=odd", nil, 422, "state"),
    Bad(.get, "/api/v1/alarms?unjudged=perhaps", nil, 422, "unjudged"),
    Bad(.get, "/api/v1/alarms?limit=0", nil, 422, "limit"),
    Bad(.get, "/api/v1/alarms?limit=1e9", nil, 422, "limit"),
    Bad(.get, "/api/v1/alarms?cursor=%00%27;drop", nil, 422, "cursor"),
    Bad(.get, "/api/v1/cases?open=1", nil, 422, "open"),
    Bad(.get, "/api/v1/sensors?cursor=none", nil, 422, "cursor"),
    Bad(.get, "/api/v1/cameras/%FF%FE", nil, 400),
    Bad(.get, "/api/v1/nothing", nil, 404),
    Bad(.put, "/api/v1/cameras", nil, 405),
    Bad(.get, "/assets/app/../../Package.swift", nil, 404),
    Bad(.get, "/assets/app/%2e%2e/%2e%2e/etc/passwd", nil, 404),
    Bad(.get, "/assets/leaflet/..%2f..%2f..%2fetc/passwd", nil, 404),
    Bad(.get, "//etc/passwd", nil, 404),
]

@Suite("bad input")
struct StrictnessTests {
    @Test("what is wrong is answered with its status, its field and a problem, never with 500")
    func table() async throws {
        let world = try await ConsoleWorld()
        for bad in bad {
            let reply = try await world.ask(bad.method, bad.path, as: "monitor", bad.body)
            #expect(reply.status == bad.status, "\(bad.method) \(bad.path) \(bad.body ?? ""): \(reply.text)")
            #expect(reply.headers[.contentType] == "application/problem+json", "\(bad.path)")
            if bad.status == 422 { #expect(reply.field == bad.field, "\(bad.path) \(bad.body ?? "")") }
        }
    }

    @Test("a body that is too large is refused")
    func tooLarge() async throws {
        let world = try await ConsoleWorld()
        let long = String(repeating: "a", count: 70_000)
        let reply = try await world.ask(.post, "/api/v1/cases", as: "monitor", "{\"class\": \"\(long)\"}")
        #expect(reply.status == 413)
        let picture = ConsoleWorld.jpeg + [UInt8](repeating: 0, count: 10 << 20)
        let attachment = try await world.ask(.post, "/api/v1/attachments", as: "monitor", bytes: picture)
        #expect(attachment.status == 413)
    }

    @Test("seeded garbage in every body and query never leads to 500")
    func garbage() async throws {
        let world = try await ConsoleWorld()
        var random = SeededRandom(seed: 20_261_123)
        let pieces = [
            "null", "true", "-1", "1e400", "\"\"", "\"\\u0000\"", "[]", "{}", "\"2026-11-23T08:00:00Z\"", "\"gate\"",
            "[[[[1]]]]", "{\"lat\": 1}", "99999999999999999999",
        ]
        let names = [
            "name", "password", "class", "cameraId", "from", "to", "title", "reason", "position", "at", "note",
        ]
        let routes = RouteTable.routes.filter { $0.method == .post }
        for _ in 0..<150 {
            let route = routes[Int(random.next() % UInt64(routes.count))]
            let members = (0..<3).map { _ in
                let name = names[Int(random.next() % UInt64(names.count))]
                return "\"\(name)\": \(pieces[Int(random.next() % UInt64(pieces.count))])"
            }
            let path = route.path.replacing("{id}", with: "x").replacing("{name}", with: "x")
                .replacing("{action}", with: "file")
            for who in ["monitor", "acceptor", "admin"] {
                let body = "{\(members.joined(separator: ", "))}"
                let reply = try await world.ask(.post, path, as: who, body)
                #expect(reply.status < 500, "\(path) \(body): \(reply.text)")
            }
        }
    }
}
