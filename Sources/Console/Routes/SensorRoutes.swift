import Domain
import Hummingbird
import Store
import Telemetry

/// Sensors, vehicles and the brokers they come through.
enum SensorRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .get,
            "/api/v1/sensors",
            "The sensors with their last readings, in the site's order",
            access: .except(.viewer),
            parameters: [.init(name: "profile", summary: "only of this profile")] + APIRoute.Parameter.page,
            content: .list("Sensor"),
            handle: list
        ),
        APIRoute(
            .get,
            "/api/v1/sources/unknown",
            "Who sends without being declared, the newest first: the 1000 that were heard last",
            access: .except(.viewer),
            content: .list("UnknownSource"),
            handle: { request in
                Answer.list(try request.services.telemetry.unknownSources().map { try JSONValue(encoding: $0) })
            }
        ),
        APIRoute(
            .get,
            "/api/v1/sensors/{id}",
            "One sensor",
            access: .except(.viewer),
            content: .json("Sensor"),
            problems: [404: "notFound"],
            handle: { request in Answer.json(try JSONValue(encoding: request.sensor())) }
        ),
        APIRoute(
            .get,
            "/api/v1/sensors/{id}/readings",
            "A sensor's readings, oldest first",
            access: .except(.viewer),
            parameters: APIRoute.Parameter.range() + APIRoute.Parameter.page,
            content: .list("Reading"),
            problems: [404: "notFound"],
            handle: readings
        ),
        APIRoute(
            .get,
            "/api/v1/sensors/{id}/rejected",
            "The last messages of a sensor that could not be used, newest first",
            access: .except(.viewer),
            content: .list("RejectedPayload"),
            problems: [404: "notFound"],
            handle: { request in
                let sensor = try request.sensor()
                let rejected = try await request.services.telemetry.rejected(source: sensor.id)
                return Answer.list(try rejected.map { try JSONValue(encoding: $0) })
            }
        ),
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
            parameters: APIRoute.Parameter.range() + APIRoute.Parameter.page,
            content: .list("Position"),
            problems: [404: "notFound"],
            handle: track
        ),
        APIRoute(
            .get,
            "/api/v1/brokers",
            "The brokers and whether they are connected",
            access: .except(.viewer),
            content: .list("Broker"),
            handle: { request in
                Answer.list(try request.services.telemetry.brokers().map { try JSONValue(encoding: $0) })
            }
        ),
    ]

    private static func list(_ request: APIRequest) async throws -> Response {
        let limit = try request.queryInt("limit", in: 1...1000) ?? 1000
        let profile = request.query("profile")
        let sensors = request.services.telemetry.sensors().filter { profile == nil || $0.profile == profile }
        var start = 0
        if let cursor = request.query("cursor") {
            guard let index = sensors.firstIndex(where: { $0.id == cursor }) else {
                throw Problem.invalid(field: "cursor", "the cursor is not one that a list has given out")
            }
            start = index + 1
        }
        let page = sensors[start...].prefix(limit)
        return Answer.list(
            try page.map { try JSONValue(encoding: $0) },
            next: page.endIndex < sensors.count ? page.last?.id : nil
        )
    }

    private static func readings(_ request: APIRequest) async throws -> Response {
        let sensor = try request.sensor()
        let range = try request.range()
        let page = try await request.services.telemetry.readings(
            sensorId: sensor.id,
            from: range.lowerBound,
            to: range.upperBound,
            page: request.page(defaultLimit: 1000)
        )
        return Answer.list(try page.items.map { try JSONValue(encoding: $0) }, next: page.next)
    }

    private static func track(_ request: APIRequest) async throws -> Response {
        let id = try request.parameter("id")
        guard request.services.telemetry.vehicle(id) != nil else {
            throw Problem.notFound("there is no vehicle \(id.prefix(63))")
        }
        let range = try request.range()
        let page = try await request.services.telemetry.track(
            vehicleId: id,
            from: range.lowerBound,
            to: range.upperBound,
            page: request.page(defaultLimit: 1000)
        )
        return Answer.list(try page.items.map { try JSONValue(encoding: $0) }, next: page.next)
    }
}

extension APIRequest {
    /// The sensor that the path names.
    fileprivate func sensor() throws(Problem) -> SensorStatus {
        let id = try parameter("id")
        guard let sensor = services.telemetry.sensor(id) else {
            throw .notFound("there is no sensor \(id.prefix(63))")
        }
        return sensor
    }
}
