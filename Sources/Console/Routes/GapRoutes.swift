import Archive
import Domain
import HTTPTypes
import Hummingbird
import Store

/// What is not recorded, and whether recorded and missing time add up.
enum GapRoutes {
    /// The longest window over all cameras.
    private static let maximumWindow = Duration.seconds(31 * 86_400)

    static let routes: [APIRoute] = [
        APIRoute(
            .get,
            "/api/v1/gaps",
            "What is not recorded in a window, clipped to it, newest first",
            access: .except(.viewer),
            parameters: [.init(name: "cameraId", summary: "only of this camera")] + APIRoute.Parameter.range() + [
                .init(name: "reason", summary: "only gaps that this started", schema: Schema.oneOf(StateReason.self)),
                .init(
                    name: "minSeconds",
                    summary: "only gaps of at least this length",
                    schema: ["type": "integer", "minimum": 0]
                ),
            ] + APIRoute.Parameter.page,
            content: .list("Gap"),
            handle: { request in
                let range = try request.range(maximum: maximumWindow)
                let page = try await request.services.archive.gaps(
                    cameraIds: cameras(request),
                    from: range.lowerBound,
                    to: range.upperBound,
                    reason: request.queryChoice("reason", as: StateReason.self),
                    minimum: .seconds(request.queryInt("minSeconds", in: 0...86_400_000) ?? 0),
                    page: request.page()
                )
                return Answer.list(page.items.map(\.view), next: page.next)
            }
        ),
        APIRoute(
            .get,
            "/api/v1/accounting",
            "For each camera: recorded and missing time of a window, by reason; together they are the window",
            access: .except(.viewer),
            parameters: [.init(name: "cameraId", summary: "only of this camera")] + APIRoute.Parameter.range(),
            content: .list("Accounting"),
            handle: { request in
                let range = try request.range(maximum: maximumWindow)
                let found = try await request.services.archive.accounting(
                    cameraIds: cameras(request),
                    from: range.lowerBound,
                    to: range.upperBound
                )
                return Answer.list(found.map(\.view), next: nil)
            }
        ),
    ]

    private static func cameras(_ request: APIRequest) throws -> [String] {
        let all = request.services.site.cameras.map(\.id)
        guard let id = request.query("cameraId") else { return all }
        guard all.contains(id) else { throw Problem.invalid(field: "cameraId", "there is no camera \(id.prefix(63))") }
        return [id]
    }
}
