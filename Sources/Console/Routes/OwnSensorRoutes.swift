import Archive
import Cases
import Domain
import HTTPTypes
import Hummingbird
import SiteFile
import Store
import Telemetry

/// Sensors that were accepted in the console: how they are defined, and how that is changed.
enum OwnSensorRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .get,
            "/api/v1/sensors/{id}/definition",
            "How an accepted sensor is defined, as the site file would write it",
            access: .only(.admin),
            content: .json("SensorDefinition"),
            problems: [404: "notFound", 409: "notOwn"],
            handle: show
        ),
        APIRoute(
            .post,
            "/api/v1/sensors/{id}/definition",
            "Define an accepted sensor anew: name, profile, place, group, part and rules; it holds from now on",
            access: .only(.admin),
            body: .json("NewSensorDefinition"),
            content: .json("Sensor"),
            problems: [404: "notFound", 409: "notOwn", 422: "invalidSensor"],
            handle: change
        ),
    ]

    private static func own(_ request: APIRequest) throws -> Sensor {
        let id = try request.parameter("id")
        guard let sensor = request.services.telemetry.ownSensor(id) else {
            guard request.services.telemetry.sensor(id) == nil else { throw SourceRoutes.problem(.notOwn, id) }
            throw Problem.notFound("there is no sensor \(id.prefix(63))")
        }
        return sensor
    }

    private static func show(_ request: APIRequest) async throws -> Response {
        let sensor = try own(request)
        guard case .object(var members) = try JSONValue(encoding: SensorForm(sensor)) else {
            throw Problem.internalError
        }
        members["part"] = JSONValue(try await part(of: sensor.id, request))
        return Answer.json(.object(members))
    }

    /// The code of the part that a device is bound to; nil for none, and where there is no register.
    private static func part(of device: String, _ request: APIRequest) async throws -> String? {
        guard let parts = request.services.parts else { return nil }
        return try await parts.repository.bindings()[device]
    }

    private static func change(_ request: APIRequest) async throws -> Response {
        let id = try own(request).id
        let bytes = try await request.bytes(upTo: 64 << 10, within: .seconds(20))
        guard case .object(var members) = JSONValue(parsing: bytes) else {
            throw Problem.badRequest("a JSON object is needed")
        }
        let part = members.removeValue(forKey: "part")
        let telemetry = request.services.telemetry
        let catalogue = request.services.cases.catalogue
        let surroundings = SensorForm.Surroundings(
            profiles: Dictionary(telemetry.profiles().map { ($0.profile.name, $0.profile) }) { first, _ in first },
            groups: telemetry.groupIds,
            isClass: { catalogue[$0] != nil }
        )
        let json = String(decoding: JSONValue.object(members).encoded, as: UTF8.self)
        var (sensor, mistakes) = SensorForm.read(json, id: id, in: surroundings)
        if let mistake = try await partMistake(part, request) { mistakes.append(mistake) }
        guard let sensor, mistakes.isEmpty else { throw invalid(mistakes) }
        do {
            try await telemetry.changeOwnSensor(sensor, by: request.user.name)
        } catch let failure as OwnSourceFailure {
            throw SourceRoutes.problem(failure, id)
        }
        if let part { try await bind(id, to: part.text, request) }
        var data = ["profile": sensor.profile, "count": String(sensor.rules.count)]
        if let group = sensor.group { data["group"] = group }
        await request.audit(.changeSensor, .sensor, id, data: data)
        guard let status = telemetry.sensor(id) else { throw Problem.internalError }
        return Answer.json(try JSONValue(encoding: status))
    }

    /// What is wrong with the part to bind to: absent says nothing of it, null takes it off.
    private static func partMistake(_ part: JSONValue?, _ request: APIRequest) async throws -> SiteDiagnostic? {
        guard let part, part != .null else { return nil }
        if let code = part.text, try await request.parts.repository.find(code) != nil { return nil }
        return SiteDiagnostic(
            severity: .error,
            line: 1,
            column: 1,
            field: "part",
            value: part.text.map { String($0.prefix(60)) },
            problem: "is no part of the register",
            remedy: "write the code of one, or leave it empty"
        )
    }

    private static func bind(_ device: String, to code: String?, _ request: APIRequest) async throws {
        let before = try await part(of: device, request)
        guard before != code else { return }
        try await request.parts.repository.bind(device: device, to: code, by: request.user.name, at: request.now)
        let data = ["code": code ?? before ?? "", "device": device]
        await request.audit(.changeBaseData, .baseData, "parts", data: data)
    }

    private static func invalid(_ mistakes: [SiteDiagnostic]) -> Problem {
        Problem(
            status: .unprocessableContent,
            code: "invalidSensor",
            detail: mistakes.map { "\($0.field): \($0.problem); \($0.remedy)" }.joined(separator: "\n"),
            params: [
                "field": .string(mistakes.first?.field ?? ""),
                "mistakes": .array(
                    mistakes.map {
                        [
                            "field": .string($0.field), "value": JSONValue($0.value), "problem": .string($0.problem),
                            "remedy": .string($0.remedy),
                        ]
                    }
                ),
            ]
        )
    }
}
