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
            "/api/v1/sensors/{id}/curve",
            "A sensor's values for a screen: lows, highs and means of equal stretches; at most two years",
            access: .except(.viewer),
            parameters: APIRoute.Parameter.range() + [
                .init(
                    name: "points",
                    summary: "about how many points",
                    schema: ["type": "integer", "minimum": 10, "maximum": 5000]
                )
            ],
            content: .json("Curve"),
            problems: [404: "notFound"],
            handle: curve
        ),
        APIRoute(
            .get,
            "/api/v1/sensors/{id}/readings.csv",
            "A sensor's readings as a table, oldest first; at most 31 days and 200,000 rows",
            access: .except(.viewer),
            parameters: APIRoute.Parameter.range(),
            content: .binary("text/csv"),
            problems: [404: "notFound"],
            handle: table
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
            "/api/v1/brokers",
            "The brokers and whether they are connected",
            access: .except(.viewer),
            content: .list("Broker"),
            handle: { request in
                Answer.list(try request.services.telemetry.brokers().map { try JSONValue(encoding: $0) })
            }
        ),
        APIRoute(
            .get,
            "/api/v1/terminals",
            "Where JT/T 808 terminals report to, and how that goes; nothing where the site has none",
            access: .except(.viewer),
            content: .list("TerminalListener"),
            handle: { request in
                let status = request.services.telemetry.terminals()
                return Answer.list(try [status].compactMap(\.self).map { try JSONValue(encoding: $0) })
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

    private static func curve(_ request: APIRequest) async throws -> Response {
        let sensor = try request.sensor()
        let range = try request.range(maximum: .seconds(740 * 86_400))
        let curves = try await request.services.telemetry.curve(
            sensorId: sensor.id,
            from: range.lowerBound,
            to: range.upperBound,
            points: try request.queryInt("points", in: 10...5000) ?? 600
        )
        return Answer.json(["fields": try JSONValue(encoding: curves)])
    }

    private static func table(_ request: APIRequest) async throws -> Response {
        let sensor = try request.sensor()
        let range = try request.range()
        let table = try await request.services.telemetry.table(
            sensorId: sensor.id,
            from: range.lowerBound,
            to: range.upperBound
        )
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/csv; charset=utf-8",
                .contentDisposition: "attachment; filename=\"\(sensor.id).csv\"",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: table))
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
