import Archive
import Cases
import Domain
import Hummingbird
import Store

/// Sets of base data: what they hold, their editions, imports, edits and ways back.
enum BaseSetRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .get,
            "/api/v1/base/sets",
            "The sets of base data with their columns, origins and editions in force; a unit's user has its own",
            access: .except(.viewer),
            content: .list("BaseSet"),
            handle: list
        ),
        APIRoute(
            .get,
            "/api/v1/base/sets/{set}/rows",
            "The rows of a set, in its order; `cursor` is the number of the row; a unit's user sees its units' rules",
            access: .except(.viewer),
            parameters: [.init(name: "q", summary: "text in any field"), at] + APIRoute.Parameter.page,
            content: .list("BaseRow"),
            problems: [404: "notFound"],
            handle: rows
        ),
        APIRoute(
            .get,
            "/api/v1/base/sets/{set}/file",
            "A set as CSV, the grid as GeoJSON",
            access: .except(.viewer),
            parameters: [at, datum],
            content: .binary("text/csv; charset=utf-8"),
            problems: [404: "notFound"],
            handle: file
        ),
        APIRoute(
            .get,
            "/api/v1/base/sets/{set}/editions",
            "The editions of a set, the newest first",
            access: .except(.viewer),
            content: .list("BaseEdition"),
            problems: [404: "notFound"],
            handle: { request in
                let set = try set(request)
                _ = try right(request, set)
                let editions = request.services.cases.book.editions.filter { $0.set == set.rawValue }
                return Answer.list(editions.map(BaseView.edition))
            }
        ),
        APIRoute(
            .post,
            "/api/v1/base/sets/{set}/import",
            "Take a file: all of it, or with any mistake nothing; a trial says what it would do",
            access: .only(.admin),
            parameters: [
                .init(name: "trial", summary: "1: nothing is kept", schema: ["type": "string", "enum": ["0", "1"]]),
                .init(
                    name: "mode",
                    summary: "replace: the file is the whole set; merge: its rows replace those with the same keys",
                    schema: Schema.oneOf(BaseDataService.Mode.self)
                ),
                datum, .init(name: "note", summary: "why"),
                .init(name: "validFrom", summary: "from when on it holds; absent: at once", schema: Schema.time),
            ],
            body: .binary(["text/csv", "application/geo+json"]),
            content: .json("BaseReport"),
            problems: [404: "notFound", 413: "tooLarge"],
            handle: take
        ),
        APIRoute(
            .post,
            "/api/v1/base/sets/{set}/edit",
            "Put rows and delete others; a trial says what that would do; a unit's user: its units' responsibility only",
            access: .only(.admin, .unit),
            body: .json("BaseEdit"),
            content: .json("BaseReport"),
            problems: [404: "notFound"],
            handle: edit
        ),
        APIRoute(
            .post,
            "/api/v1/base/sets/{set}/rollback",
            "Make what held at an instant hold again, as a new edition",
            access: .only(.admin),
            body: .json("BaseRollback"),
            content: .json("BaseReport"),
            problems: [404: "notFound"],
            handle: rollBack
        ),
    ]

    static let at = APIRoute.Parameter(
        name: "at",
        summary: "as it was (or will be) then; absent: now",
        schema: Schema.time
    )
    static let datum = APIRoute.Parameter(
        name: "datum",
        summary: "what the numbers are in; absent: wgs84",
        schema: Schema.oneOf(GeoDatum.self)
    )
    /// Bytes of an import.
    static let largestFile = 64 << 20

    static func set(_ request: APIRequest) throws(Problem) -> BaseSet {
        let name = try request.parameter("set")
        guard let set = BaseSet(rawValue: name) else { throw .notFound("there is no set \(name.prefix(40))") }
        return set
    }

    /// The base data at the time asked for.
    static func base(_ request: APIRequest) throws -> BaseData {
        guard let time = try request.queryTime("at") else { return request.services.cases.base }
        return try request.services.cases.book.base(at: time)
    }

    /// The unit whose own rows, and those of the units below it, are all that the asker sees and changes; nil for all.
    private static func right(_ request: APIRequest, _ set: BaseSet) throws(Problem) -> String? {
        let user = try request.user
        guard user.role == .unit else { return nil }
        guard set == .responsibility, let unit = user.unit else {
            throw .forbidden("a unit's user sees and keeps the responsibility of its own units, and no other base data")
        }
        return unit
    }

    /// The table of a set as far as the asker sees it.
    private static func table(_ request: APIRequest, _ set: BaseSet) throws -> BaseTable {
        let right = try right(request, set)
        let table = try base(request).table(of: set)
        guard let right else { return table }
        let tree = request.services.cases.base.responsibility.tree
        return BaseTable(set, rows: table.rows.filter { BaseDataService.isWithin(right, $0, set, tree) })
    }

    private static func list(_ request: APIRequest) async throws -> Response {
        let book = request.services.cases.book
        guard try request.user.role == .unit else {
            return Answer.list(BaseSet.allCases.map { BaseView.set($0, book) })
        }
        guard case .object(var own) = BaseView.set(.responsibility, book) else { throw Problem.internalError }
        own["count"] = JSONValue(try table(request, .responsibility).rows.count)
        return Answer.list([.object(own)])
    }

    private static func rows(_ request: APIRequest) async throws -> Response {
        let table = try table(request, set(request))
        let limit = try request.queryInt("limit", in: 1...1000) ?? 100
        let start =
            try request.query("cursor").map { text throws(Problem) -> Int in
                guard let number = Int(text), number >= 0 else {
                    throw .invalid(field: "cursor", "the cursor is not one that a list has given out")
                }
                return number
            } ?? 0
        let query = request.query("q")?.lowercased()
        let matching = table.rows.filter { row in
            guard let query else { return true }
            return row.contains { $0.lowercased().contains(query) }
        }
        let page = matching.dropFirst(start).prefix(limit)
        let next = start + page.count < matching.count ? String(start + page.count) : nil
        let names = table.set.columns.map(\.name)
        return Answer.list(
            page.map { row in .object(Dictionary(zip(names, row.map { JSONValue.string($0) })) { first, _ in first }) },
            next: next
        )
    }

    private static func file(_ request: APIRequest) async throws -> Response {
        let set = try set(request)
        if try right(request, set) != nil {
            return Answer.bytes(marked(try table(request, set).csv), type: "text/csv; charset=utf-8")
        }
        let base = try base(request)
        let datum = try request.queryChoice("datum", as: GeoDatum.self) ?? .wgs84
        if set == .grid, case .loaded(let index) = base.grid {
            return Answer.bytes(index.geoJSON(in: datum), type: "application/geo+json")
        }
        guard let text = base.text(of: set) else {
            throw Problem.notFound("the grid is computed; there is no file of it")
        }
        return Answer.bytes(marked(text), type: "text/csv; charset=utf-8")
    }

    /// With a byte order mark: spreadsheets then read Chinese rightly.
    private static func marked(_ text: String) -> [UInt8] { Array(("\u{FEFF}" + text).utf8) }

    private static func service(_ request: APIRequest) -> BaseDataService {
        BaseDataService(book: request.services.cases.book, clock: request.services.clock)
    }

    private static func take(_ request: APIRequest) async throws -> Response {
        let set = try set(request)
        let order = BaseDataService.Order(
            by: try request.user.name,
            note: request.query("note").map { String($0.prefix(500)) },
            validFrom: try request.queryTime("validFrom"),
            isTrial: try request.queryFlag("trial") ?? false
        )
        let mode = try request.queryChoice("mode", as: BaseDataService.Mode.self) ?? .replace
        let datum = try request.queryChoice("datum", as: GeoDatum.self) ?? .wgs84
        let bytes = try await request.bytes(upTo: largestFile, within: .seconds(120))
        let report = try await service(request).importFile(set, bytes, mode: mode, datum: datum, order: order)
        return try await answer(report, set, request)
    }

    private static func edit(_ request: APIRequest) async throws -> Response {
        let set = try set(request)
        let right = try right(request, set)
        guard !set.isGeoJSON else { throw Problem.invalid(field: "set", "the grid has no rows; import it as GeoJSON") }
        var object = try await request.object()
        let put = try (object.value("put")?.elements ?? []).map { try row($0, set.columns, "put") }
        let keys = set.columns.filter(\.isKey)
        let remove = try (object.value("remove")?.elements ?? []).map { try row($0, keys, "remove") }
        let order = try order(&object, request)
        try object.finish()
        let report = try await service(request).edit(
            set,
            put: put,
            remove: Set(remove),
            order: order,
            within: right
        )
        return try await answer(report, set, request)
    }

    private static func rollBack(_ request: APIRequest) async throws -> Response {
        let set = try set(request)
        var object = try await request.object()
        let time = try object.time("to")
        let order = try order(&object, request)
        try object.finish()
        return try await answer(try await service(request).rollBack(set, to: time, order: order), set, request)
    }

    private static func order(_ object: inout RequestObject, _ request: APIRequest) throws -> BaseDataService.Order {
        BaseDataService.Order(
            by: try request.user.name,
            note: try object.optionalString("note", maximum: 500),
            validFrom: try object.optionalTime("validFrom"),
            isTrial: try object.optionalBool("trial") ?? false
        )
    }

    /// The texts of a row's columns; absent ones are empty.
    private static func row(_ value: JSONValue, _ columns: [BaseSet.Column], _ field: String) throws(Problem)
        -> [String]
    {
        var object = try RequestObject(value, prefix: field)
        var texts: [String] = []
        for column in columns { texts.append(try object.optionalString(column.name, maximum: 100_000) ?? "") }
        try object.finish()
        return texts
    }

    private static func answer(
        _ report: BaseDataService.Report,
        _ set: BaseSet,
        _ request: APIRequest
    ) async throws -> Response {
        if let edition = report.editions.first(where: { $0.set == set.rawValue }) {
            var data = ["edition": String(edition.number), "note": edition.note ?? ""]
            if let unit = try request.user.unit { data["unit"] = unit }
            await request.audit(.changeBaseData, .baseData, set.rawValue, data: data)
        }
        if !report.editions.isEmpty {
            let sets = report.editions.map { JSONValue.string($0.set) }
            request.services.feed.publish(Change(topic: .base, json: JSONValue.object(["sets": .array(sets)]).encoded))
        }
        return Answer.json(BaseView.report(report))
    }
}
