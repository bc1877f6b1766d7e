import Cases
import Domain
import HTTPTypes
import Hummingbird

/// What changes, as it changes.
enum StreamRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .get,
            "/api/v1/stream",
            "Server-sent events: alarm, case, camera, sensor, vehicle, bookmark, export, health, base, order, duty; hello first, reset after a loss",
            access: .signedIn,
            content: .binary("text/event-stream"),
            handle: stream
        )
    ]

    private static func stream(_ request: APIRequest) async throws -> Response {
        let user = try request.user
        let services = request.services
        let runtime = request.runtime
        let cases = services.cases
        let changes = services.feed.listen()
        let last = services.feed.lastNumber
        let hello: JSONValue = ["serverTime": JSONValue(request.now), "number": .integer(Int64(clamping: last))]
        var first = [EventStream.event("hello", id: last, data: hello.encoded)]
        // What a listener missed while it was away is not kept: it loads its lists anew.
        if let seen = request.request.headers[.lastEvent], seen != String(last) {
            first.append(EventStream.event("reset", id: last, data: Array("{}".utf8)))
        }
        return try EndlessResponse.make(
            for: request,
            headers: [.contentType: "text/event-stream"],
            first: first,
            producers: [
                { sink in
                    await EventStream.forward(
                        changes,
                        after: last,
                        to: user,
                        isWithin: { cases.base.responsibility.tree.isWithin($0, $1) },
                        into: sink
                    )
                },
                { sink in
                    runtime.metrics.eventListeners(by: 1)
                    defer { runtime.metrics.eventListeners(by: -1) }
                    while (try? await Task.sleep(for: runtime.settings.eventPing)) != nil {
                        guard await request.isStillSignedIn, await sink.send(EventStream.ping) else { break }
                    }
                    sink.finish()
                },
            ]
        )
    }
}

extension APIRequest {
    /// Whether the session that began a stream is still good; asked now and then while the stream goes on.
    var isStillSignedIn: Bool {
        get async {
            guard let session else { return false }
            // A database that can't be read for a moment is no reason to end a picture.
            return (try? await services.users.isValid(session)) ?? true
        }
    }
}
