import Archive
import Cases
import Domain
import Hummingbird
import Store
import Telemetry

/// The register of parts.
enum PartRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .get,
            "/api/v1/parts",
            "Parts by code",
            access: .except(.viewer),
            parameters: [
                .init(name: "class", summary: "only of this class"), .init(name: "cell", summary: "only in this cell"),
                .init(name: "state", summary: "only in this state", schema: Schema.oneOf(Part.State.self)),
                .init(name: "q", summary: "the beginning of the code, or text in name, owner or maintainer"),
            ] + APIRoute.Parameter.page,
            content: .list("Part"),
            handle: list
        ),
        APIRoute(
            .get,
            "/api/v1/parts/nearest",
            "The nearest parts, of a class where one is given",
            access: .except(.viewer),
            parameters: [
                .init(name: "lat", summary: "degrees", isRequired: true, schema: Schema.number),
                .init(name: "lon", summary: "degrees", isRequired: true, schema: Schema.number),
                .init(name: "class", summary: "only of this class"),
                .init(name: "within", summary: "metres; absent: 500", schema: Schema.number),
                .init(
                    name: "limit",
                    summary: "how many at most",
                    schema: ["type": "integer", "minimum": 1, "maximum": 500]
                ),
            ],
            content: .list("NearPart"),
            handle: nearest
        ),
        APIRoute(
            .get,
            "/api/v1/parts/{code}",
            "One part, now or on a day, with what it was",
            access: .except(.viewer),
            parameters: [
                .init(name: "on", summary: "a local day, 2026-11-23", schema: ["type": "string", "format": "date"])
            ],
            content: .json("PartHistory"),
            problems: [404: "notFound"],
            handle: one
        ),
        APIRoute(
            .post,
            "/api/v1/parts",
            "Put a part in the place of what it was, from a day on",
            access: .only(.admin),
            body: .json("NewPart"),
            content: .json("Part"),
            handle: put
        ),
        APIRoute(
            .post,
            "/api/v1/parts/import",
            "Take a CSV of parts: all of it, or with any mistake nothing; a trial says what it would do",
            access: .only(.admin),
            parameters: [
                .init(name: "trial", summary: "1: nothing is kept", schema: ["type": "string", "enum": ["0", "1"]]),
                BaseSetRoutes.datum,
            ],
            body: .binary(["text/csv"]),
            content: .json("PartReport"),
            problems: [413: "tooLarge"],
            handle: take
        ),
        APIRoute(
            .post,
            "/api/v1/parts/{code}/bindings",
            "Bind a camera or sensor to a part, or take it off",
            access: .only(.admin),
            body: .json("PartBinding"),
            status: 204,
            problems: [404: "notFound"],
            handle: bind
        ),
    ]

    private static func list(_ request: APIRequest) async throws -> Response {
        let limit = try request.queryInt("limit", in: 1...1000) ?? 100
        let filter = PartFilter(
            classCode: request.query("class"),
            cell: request.query("cell"),
            state: try request.queryChoice("state", as: Part.State.self),
            query: request.query("q")
        )
        let parts = try await request.parts.repository.list(filter, after: request.query("cursor"), limit: limit + 1)
        let page = parts.prefix(limit)
        return Answer.list(page.map(BaseView.part), next: parts.count > limit ? page.last?.code : nil)
    }

    private static func nearest(_ request: APIRequest) async throws -> Response {
        guard let lat = request.query("lat").flatMap(Double.init), let lon = request.query("lon").flatMap(Double.init),
            GeoPoint(lat: lat, lon: lon).isValid
        else { throw Problem.invalid(field: "lat", "lat and lon must be degrees") }
        let within = request.query("within").flatMap(Double.init) ?? 500
        guard (0...50_000).contains(within) else {
            throw Problem.invalid(field: "within", "within is 0 to 50000 metres")
        }
        let found = try await request.parts.nearest(
            to: GeoPoint(lat: lat, lon: lon),
            classCode: request.query("class"),
            most: try request.queryInt("limit", in: 1...500) ?? 10,
            within: within
        )
        var items: [JSONValue] = []
        for hit in found {
            guard let part = try await request.parts.repository.find(hit.code) else { continue }
            items.append(["part": BaseView.part(part), "metres": .number(hit.metres)])
        }
        return Answer.list(items)
    }

    private static func one(_ request: APIRequest) async throws -> Response {
        let code = try request.parameter("code")
        let repository = try request.parts.repository
        let found: Part?
        if let day = request.query("on") {
            guard LocalDay.parse(day) != nil else { throw Problem.invalid(field: "on", "on is a day like 2026-11-23") }
            found = try await repository.part(code, on: day)
        } else {
            found = try await repository.find(code)
        }
        guard let found else { throw Problem.notFound("there is no part \(code.prefix(20))") }
        let history = try await repository.history(code)
        let bindings = try await repository.bindings(ofPart: code)
        return Answer.json([
            "part": BaseView.part(found),
            "history": .array(
                history.map {
                    [
                        "seq": JSONValue($0.seq), "recordedAt": JSONValue($0.recordedAt), "by": .string($0.by),
                        "part": BaseView.part($0.part),
                    ]
                }
            ),
            "devices": .array(bindings.keys.sorted().map { .string($0) }),
        ])
    }

    private static func put(_ request: APIRequest) async throws -> Response {
        var object = try await request.object()
        let code = try object.string("code", maximum: 17)
        guard let position = try object.optionalPoint("position") else {
            throw Problem.invalid(field: "position", "position is needed")
        }
        let state = try object.value("state")?.text.map { text throws(Problem) -> Part.State in
            guard let state = Part.State(rawValue: text) else {
                throw .invalid(field: "state", "there is no such state")
            }
            return state
        }
        let part = Part(
            code: code,
            classCode: try object.optionalString("class", maximum: 16) ?? Part.classCode(of: code) ?? "",
            name: try object.optionalString("name"),
            owner: try object.optionalString("owner"),
            maintainer: try object.optionalString("maintainer"),
            state: state ?? .intact,
            position: position,
            since: try object.optionalString("since", maximum: 10),
            note: try object.optionalString("note", maximum: 1000)
        )
        try object.finish()
        do {
            try await request.parts.put(part, by: request.user.name)
        } catch let error as BaseDataError {
            throw Problem.invalid(field: error.findings.first?.column ?? "code", error.description)
        }
        await request.audit(.changeBaseData, .baseData, "parts", data: ["code": code])
        let stored = try await request.parts.repository.find(code)
        return Answer.json(BaseView.part(stored ?? part))
    }

    private static func take(_ request: APIRequest) async throws -> Response {
        let isTrial = try request.queryFlag("trial") ?? false
        let datum = try request.queryChoice("datum", as: GeoDatum.self) ?? .wgs84
        let bytes = try await request.bytes(upTo: BaseSetRoutes.largestFile, within: .seconds(120))
        let report = try await request.parts.importFile(bytes, datum: datum, isTrial: isTrial, by: request.user.name)
        if !isTrial, report.content.mistakes == 0 {
            await request.audit(.changeBaseData, .baseData, "parts", data: ["added": String(report.counts.added)])
        }
        return Answer.json([
            "findings": .array(report.content.findings.map(BaseView.finding)),
            "mistakes": JSONValue(report.content.mistakes), "outside": JSONValue(report.content.outside),
            "moved": JSONValue(report.content.moved), "added": JSONValue(report.counts.added),
            "changed": JSONValue(report.counts.changed), "same": JSONValue(report.counts.same),
            "byClass": .object(report.byClass.mapValues { JSONValue($0) }),
        ])
    }

    private static func bind(_ request: APIRequest) async throws -> Response {
        let code = try request.parameter("code")
        var object = try await request.object()
        let device = try object.string("device", maximum: 63)
        let isBound = try object.optionalBool("bound") ?? true
        try object.finish()
        let repository = try request.parts.repository
        guard try await repository.find(code) != nil else {
            throw Problem.notFound("there is no part \(code.prefix(20))")
        }
        let isCamera = request.services.site.cameras.contains { $0.id == device }
        guard isCamera || request.services.telemetry.sensor(device) != nil else {
            throw Problem.invalid(field: "device", "there is no camera or sensor \(device)")
        }
        try await repository.bind(device: device, to: isBound ? code : nil, by: request.user.name, at: request.now)
        await request.audit(.changeBaseData, .baseData, "parts", data: ["code": code, "device": device])
        return Answer.noContent
    }
}

extension APIRequest {
    /// The register of parts.
    ///
    /// - Throws: 503 where the service has none.
    var parts: PartService {
        get throws(Problem) {
            guard let parts = services.parts else { throw .unavailable("there is no register of parts here") }
            return parts
        }
    }
}
