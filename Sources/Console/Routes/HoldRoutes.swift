import Archive
import Domain
import HTTPTypes
import Hummingbird
import Store

/// Evidence locks.
enum HoldRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .post,
            "/api/v1/holds",
            "Lock a range of the original recording of one camera or of several",
            access: .only(.monitor),
            body: .json("NewHold"),
            status: 201,
            content: .json("HoldOrHolds"),
            handle: add
        ),
        APIRoute(
            .get,
            "/api/v1/holds",
            "The holds, newest first, released ones too",
            access: .except(.viewer),
            parameters: [.init(name: "cameraId", summary: "only of this camera")] + APIRoute.Parameter.page,
            content: .list("Hold"),
            handle: { request in
                let archive = request.services.archive
                let page = try await archive.holds(cameraId: request.query("cameraId"), page: request.page())
                var items: [JSONValue] = []
                for hold in page.items { items.append(try await archive.detail(of: hold).view) }
                return Answer.list(items, next: page.next)
            }
        ),
        APIRoute(
            .get,
            "/api/v1/holds/{id}",
            "A hold, with what of its range is on disk",
            access: .except(.viewer),
            content: .json("Hold"),
            problems: [404: "notFound"],
            handle: { request in
                let archive = request.services.archive
                let hold = try await archive.hold(id: request.parameter("id"))
                return Answer.json(try await archive.detail(of: hold).view)
            }
        ),
        APIRoute(
            .post,
            "/api/v1/holds/{id}/extend",
            "Let a hold end later, or (until null) not by itself",
            access: .only(.monitor),
            body: .json("HoldExtension"),
            content: .json("Hold"),
            problems: [404: "notFound", 409: "alreadyReleased"],
            handle: extend
        ),
        APIRoute(
            .post,
            "/api/v1/holds/{id}/release",
            "End a hold; its record stays, and what it covered stays for a day",
            access: .only(.monitor),
            body: .json("Reason"),
            content: .json("Hold"),
            problems: [404: "notFound", 409: "alreadyReleased"],
            handle: release
        ),
    ]

    /// Ranges of several cameras are locked together or not at all.
    private static let maximumCameras = 64

    private static func add(_ request: APIRequest) async throws -> Response {
        var object = try await request.object()
        let (cameraIds, isList) = try cameras(&object, request)
        let from = try object.time("from")
        let to = try object.time("to")
        let range = try TimeRange.checked(from: from, to: to, maximum: .seconds(31 * 86_400))
        let reason = try object.string("reason", maximum: 500)
        let until = try object.optionalTime("until")
        try object.finish()
        try check(until, request)
        let archive = request.services.archive
        let holds = try await archive.createHolds(
            cameraIds: cameraIds,
            from: range.lowerBound,
            to: range.upperBound,
            reason: reason,
            by: request.user.name,
            until: until
        )
        var views: [JSONValue] = []
        for hold in holds {
            await request.audit(
                .hold,
                .hold,
                hold.id,
                data: [
                    "cameraId": hold.cameraId, "from": from.rfc3339, "to": to.rfc3339, "reason": reason,
                    "until": until?.rfc3339 ?? "-",
                ]
            )
            views.append(try await archive.detail(of: hold).view)
        }
        let answer: JSONValue = isList ? ["items": .array(views)] : views.first ?? .null
        return Answer.json(answer, status: .created)
    }

    private static func extend(_ request: APIRequest) async throws -> Response {
        var object = try await request.object()
        let until = try object.optionalTime("until")
        let reason = try object.optionalString("reason", maximum: 500)
        try object.finish()
        try check(until, request)
        let archive = request.services.archive
        let before = try await archive.hold(id: request.parameter("id"))
        if before.releasedAt == nil, let until, until < before.until ?? WallTime(microseconds: .max) {
            throw Problem.invalid(field: "until", "the hold would end earlier: release it instead")
        }
        let hold = try await archive.extendHold(id: before.id, until: until)
        await request.audit(
            .extendHold,
            .hold,
            hold.id,
            data: ["cameraId": hold.cameraId, "until": until?.rfc3339 ?? "-", "reason": reason ?? "-"]
        )
        return Answer.json(try await archive.detail(of: hold).view)
    }

    private static func release(_ request: APIRequest) async throws -> Response {
        var object = try await request.object()
        let reason = try object.string("reason", maximum: 500)
        try object.finish()
        let archive = request.services.archive
        let hold = try await archive.releaseHold(
            id: request.parameter("id"),
            by: request.user.name,
            reason: reason
        )
        await request.audit(.releaseHold, .hold, hold.id, data: ["cameraId": hold.cameraId, "reason": reason])
        return Answer.json(try await archive.detail(of: hold).view)
    }

    private static func check(_ until: WallTime?, _ request: APIRequest) throws(Problem) {
        guard let until, until <= request.services.clock.now() else { return }
        throw .invalid(field: "until", "until has passed: a hold ends in the future, or not by itself")
    }

    /// `cameraId`, or `cameraIds`: then the answer is a list.
    private static func cameras(
        _ object: inout RequestObject,
        _ request: APIRequest
    ) throws(Problem) -> (ids: [String], isList: Bool) {
        guard let list = object.value("cameraIds") else {
            let id = try object.string("cameraId")
            try checkCamera(id, "cameraId", request)
            return ([id], false)
        }
        guard object.value("cameraId") == nil else {
            throw .invalid(field: "cameraIds", "give cameraId or cameraIds, not both")
        }
        guard let elements = list.elements, (1...maximumCameras).contains(elements.count) else {
            throw .invalid(field: "cameraIds", "cameraIds is a list of 1 to \(maximumCameras) camera ids")
        }
        var ids: [String] = []
        for element in elements {
            guard let id = element.text else { throw .invalid(field: "cameraIds", "a camera's id is a text") }
            try checkCamera(id, "cameraIds", request)
            if !ids.contains(id) { ids.append(id) }
        }
        return (ids, true)
    }

    private static func checkCamera(_ id: String, _ field: String, _ request: APIRequest) throws(Problem) {
        guard request.services.site.cameras.contains(where: { $0.id == id }) else {
            throw .invalid(field: field, "there is no camera \(id.prefix(63))")
        }
    }
}
