import Cases
import Domain
import Hummingbird

/// The grid, areas and addresses: where something is.
enum PlaceRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .get,
            "/api/v1/base/locate",
            "Cell, areas and words for a position",
            access: .signedIn,
            parameters: [
                .init(name: "lat", summary: "degrees", isRequired: true, schema: Schema.number),
                .init(name: "lon", summary: "degrees", isRequired: true, schema: Schema.number), BaseSetRoutes.datum,
            ],
            content: .json("Locality"),
            handle: locate
        ),
        APIRoute(
            .get,
            "/api/v1/base/geocode",
            "Positions for an address, a junction, a road or a name; pinyin and mistakes are forgiven",
            access: .signedIn,
            parameters: [
                .init(name: "q", summary: "what is looked for", isRequired: true),
                .init(
                    name: "limit",
                    summary: "how many at most",
                    schema: ["type": "integer", "minimum": 1, "maximum": 50]
                ),
            ],
            content: .list("PlaceHit"),
            handle: geocode
        ),
        APIRoute(
            .get,
            "/api/v1/base/cells",
            "The cells of the loaded grid within a box or an area, as GeoJSON; at most 12,000",
            access: .except(.viewer, .unit),
            parameters: [
                .init(name: "box", summary: "west,south,east,north in degrees; needed where area is absent"),
                .init(name: "area", summary: "ids of areas, with commas: only their cells"), BaseSetRoutes.datum,
            ],
            content: .binary("application/geo+json"),
            handle: cells
        ),
        APIRoute(
            .get,
            "/api/v1/base/grid/faults",
            "What is wrong with the grid: gaps, overlaps, crossed outlines, odd codes, cells without a duty grid",
            access: .except(.viewer, .unit),
            content: .list("GridFault"),
            handle: { request in
                let base = request.services.cases.base
                guard case .loaded(let index) = base.grid else { return Answer.list([]) }
                return Answer.list(GridAudit(cells: index.cells, areas: base.areas).faults.map(BaseView.fault))
            }
        ),
        APIRoute(
            .post,
            "/api/v1/base/grid/generate",
            "Lay a regular grid over boundaries; the answer is a GeoJSON that can be imported",
            access: .only(.admin),
            body: .json("GridOrder"),
            content: .binary("application/geo+json"),
            handle: generate
        ),
    ]

    private static func degrees(_ name: String, _ request: APIRequest) throws(Problem) -> Double {
        guard let value = request.query(name).flatMap(Double.init), value.isFinite else {
            throw .invalid(field: name, "\(name) must be a number of degrees")
        }
        return value
    }

    private static func locate(_ request: APIRequest) async throws -> Response {
        let lat = try degrees("lat", request)
        let lon = try degrees("lon", request)
        let datum = try request.queryChoice("datum", as: GeoDatum.self) ?? .wgs84
        guard GeoPoint(lat: lat, lon: lon).isValid else {
            throw Problem.invalid(field: "lat", "this is not on the globe")
        }
        let point = DatumPoint(lat: lat, lon: lon, datum: datum).point
        let found = request.services.cases.base.locality(of: point)
        return Answer.json([
            "position": JSONValue(point), "cell": JSONValue(found.cell), "address": JSONValue(found.address),
            "areas": .array(found.areas.map(BaseView.area)),
        ])
    }

    private static func geocode(_ request: APIRequest) async throws -> Response {
        guard let text = request.query("q") else { throw Problem.invalid(field: "q", "q is needed") }
        let limit = try request.queryInt("limit", in: 1...50) ?? 10
        let hits = request.services.cases.base.places.search(String(text.prefix(100)), most: limit)
        return Answer.list(
            hits.map {
                [
                    "title": .string($0.title), "kind": .string($0.kind.rawValue), "position": JSONValue($0.point),
                    "score": .number($0.score),
                ]
            }
        )
    }

    private static func cells(_ request: APIRequest) async throws -> Response {
        let area = request.query("area")
        var box: GeoBox?
        if area == nil || request.query("box") != nil {
            let numbers = (request.query("box") ?? "").split(separator: ",").compactMap { Double($0) }
            guard numbers.count == 4, numbers.allSatisfy(\.isFinite) else {
                throw Problem.invalid(field: "box", "box is west,south,east,north in degrees")
            }
            box = GeoBox(south: numbers[1], north: numbers[3], west: numbers[0], east: numbers[2])
        }
        let datum = try request.queryChoice("datum", as: GeoDatum.self) ?? .wgs84
        let base = request.services.cases.base
        guard case .loaded(let index) = base.grid else {
            return Answer.bytes(CellIndex(cells: []).geoJSON(), type: "application/geo+json")
        }
        let codes = area.map { base.cells(ofAreas: $0.split(separator: ",").map(String.init)) }
        return Answer.bytes(
            index.geoJSON(in: datum, within: box, of: codes, most: mostCells),
            type: "application/geo+json"
        )
    }

    /// A city's grid and half as much again.
    private static let mostCells = 12_000

    private static func generate(_ request: APIRequest) async throws -> Response {
        var object = try await request.object()
        let side = object.value("sideM")?.double ?? 100
        guard (20...1000).contains(side) else { throw Problem.invalid(field: "sideM", "sideM is 20 to 1000 metres") }
        let boundaries = try (object.value("boundaries")?.elements ?? []).map {
            value throws(Problem) -> GridGenerator.Boundary in
            var boundary = try RequestObject(value, prefix: "boundaries")
            let code = try boundary.string("code", maximum: 12)
            let corners = try (boundary.value("outline")?.elements ?? []).map { corner throws(Problem) -> GeoPoint in
                guard let lat = corner["lat"]?.double, let lon = corner["lon"]?.double,
                    GeoPoint(lat: lat, lon: lon).isValid
                else { throw .invalid(field: "boundaries.outline", "each corner needs lat and lon") }
                return GeoPoint(lat: lat, lon: lon)
            }
            try boundary.finish()
            guard corners.count >= 3 else {
                throw .invalid(field: "boundaries.outline", "an outline has three corners or more")
            }
            let ring = corners.first == corners.last ? corners : corners + corners.prefix(1)
            return GridGenerator.Boundary(code: code, polygons: [[ring]])
        }
        try object.finish()
        guard !boundaries.isEmpty else { throw Problem.invalid(field: "boundaries", "boundaries is needed") }
        do throws(BaseDataError) {
            let cells = try GridGenerator(side: side).cells(over: boundaries)
            return Answer.bytes(CellIndex(cells: cells).geoJSON(), type: "application/geo+json")
        } catch {
            throw Problem.invalid(field: "boundaries", error.description)
        }
    }
}
