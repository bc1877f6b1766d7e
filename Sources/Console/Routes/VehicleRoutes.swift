import Domain
import Hummingbird
import Store
import Telemetry

/// Vehicles, their tracks, and what is swept and collected.
enum VehicleRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .get,
            "/api/v1/vehicles",
            "The vehicles with their last positions, in the site's order",
            access: .except(.viewer),
            content: .list("Vehicle"),
            handle: { request in
                Answer.list(try request.services.telemetry.vehicles().map { try JSONValue(encoding: $0) })
            }
        ),
        APIRoute(
            .get,
            "/api/v1/vehicles/{id}/track",
            "A vehicle's positions, oldest first",
            access: .except(.viewer),
            parameters: APIRoute.Parameter.range() + APIRoute.Parameter.page + [
                .init(
                    name: "simplify",
                    summary: "for drawing: leaves out what is within so many metres of the line",
                    schema: ["type": "integer", "minimum": 1, "maximum": 1000]
                )
            ],
            content: .list("Position"),
            problems: [404: "notFound"],
            handle: track
        ),
        APIRoute(
            .get,
            "/api/v1/vehicles/{id}/track.csv",
            "A vehicle's positions as a table, oldest first; at most 31 days and 200,000 rows",
            access: .except(.viewer),
            parameters: APIRoute.Parameter.range(),
            content: .binary("text/csv"),
            problems: [404: "notFound"],
            handle: table
        ),
        APIRoute(
            .get,
            "/api/v1/plans",
            "What is to be swept and collected, in the site's order",
            access: .except(.viewer),
            content: .list("Plan"),
            handle: { request in
                Answer.list(
                    request.services.telemetry.plans.map { plan in
                        [
                            "id": .string(plan.id), "name": .string(plan.name ?? plan.id),
                            "vehicles": .array(plan.vehicles.map { .string($0) }),
                            "sections": JSONValue(plan.sections.count), "bins": JSONValue(plan.bins.count),
                        ]
                    }
                )
            }
        ),
        APIRoute(
            .get,
            "/api/v1/plans/{id}/coverage",
            "Which street sections were swept and which bins emptied, with the stretches of track that prove it",
            access: .except(.viewer),
            parameters: APIRoute.Parameter.range(),
            content: .json("Coverage"),
            problems: [404: "notFound"],
            handle: coverage
        ),
    ]

    private static func coverage(_ request: APIRequest) async throws -> Response {
        let id = try request.parameter("id")
        guard let plan = request.services.telemetry.plans.first(where: { $0.id == id }) else {
            throw Problem.notFound("there is no plan \(id.prefix(63))")
        }
        let range = try request.range(maximum: .seconds(7 * 86_400))
        let coverage = try await request.services.telemetry.coverage(
            of: plan,
            from: range.lowerBound,
            to: range.upperBound
        )
        return Answer.json(try JSONValue(encoding: coverage))
    }

    private static func table(_ request: APIRequest) async throws -> Response {
        let id = try request.parameter("id")
        guard request.services.telemetry.vehicle(id) != nil else {
            throw Problem.notFound("there is no vehicle \(id.prefix(63))")
        }
        let range = try request.range()
        let table = try await request.services.telemetry.table(
            vehicleId: id,
            from: range.lowerBound,
            to: range.upperBound
        )
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/csv; charset=utf-8",
                .contentDisposition: "attachment; filename=\"\(id).csv\"",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: table))
        )
    }

    private static func track(_ request: APIRequest) async throws -> Response {
        let id = try request.parameter("id")
        guard request.services.telemetry.vehicle(id) != nil else {
            throw Problem.notFound("there is no vehicle \(id.prefix(63))")
        }
        let range = try request.range()
        if let metres = try request.queryInt("simplify", in: 1...1000) {
            let line = try await request.services.telemetry.simplifiedTrack(
                vehicleId: id,
                from: range.lowerBound,
                to: range.upperBound,
                within: Double(metres)
            )
            return Answer.list(try line.map { try JSONValue(encoding: $0) })
        }
        let page = try await request.services.telemetry.track(
            vehicleId: id,
            from: range.lowerBound,
            to: range.upperBound,
            page: request.page(defaultLimit: 1000)
        )
        return Answer.list(try page.items.map { try JSONValue(encoding: $0) }, next: page.next)
    }
}
