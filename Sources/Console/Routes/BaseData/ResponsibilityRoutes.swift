import Cases
import Domain
import Hummingbird

/// Who answers for what, and until when.
enum ResponsibilityRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .get,
            "/api/v1/base/responsible",
            "Who answers for a class at a place",
            access: .except(.viewer),
            parameters: [
                .init(name: "class", summary: "class code", isRequired: true),
                .init(name: "cell", summary: "15 digits; absent: an unknown place"),
                .init(name: "owner", summary: "owner of the part"), BaseSetRoutes.at,
            ],
            content: .json("Responsible"),
            problems: [404: "notFound"],
            handle: responsible
        ),
        APIRoute(
            .get,
            "/api/v1/base/atlas",
            "The responsibility atlas: for each class and each group of cells that are treated alike who answers",
            access: .except(.viewer, .unit),
            parameters: atlasParameters + APIRoute.Parameter.page,
            content: .list("AtlasEntry"),
            handle: atlas
        ),
        APIRoute(
            .get,
            "/api/v1/base/atlas.csv",
            "The responsibility atlas as CSV",
            access: .except(.viewer, .unit),
            parameters: atlasParameters,
            content: .binary("text/csv; charset=utf-8"),
            handle: atlasFile
        ),
        APIRoute(
            .get,
            "/api/v1/base/deadline",
            "When the limits of a class would end, phase by phase",
            access: .except(.viewer),
            parameters: [
                .init(name: "class", summary: "class code", isRequired: true),
                .init(name: "level", summary: "absent: the first", schema: Schema.integer),
                .init(name: "from", summary: "when it is filed; absent: now", schema: Schema.time),
            ],
            content: .list("CaseTimer"),
            problems: [404: "notFound"],
            handle: deadline
        ),
    ]

    private static let atlasParameters: [APIRoute.Parameter] = [
        .init(name: "class", summary: "only this class, or those that begin so with a *"),
        .init(name: "unit", summary: "only what this unit answers for"),
        .init(name: "unclear", summary: "only what nobody or more than one answers for", schema: ["type": "boolean"]),
        BaseSetRoutes.at,
    ]

    private static func entry(_ request: APIRequest, _ base: BaseData) throws -> CaseClass {
        guard let code = request.query("class") else { throw Problem.invalid(field: "class", "class is needed") }
        guard let entry = base.catalogue[code] else {
            throw Problem.notFound("the catalogue has no class \(code.prefix(40))")
        }
        return entry
    }

    private static func responsible(_ request: APIRequest) async throws -> Response {
        let base = try BaseSetRoutes.base(request)
        let found = base.responsibility.answer(
            for: try entry(request, base),
            cell: request.query("cell"),
            owner: request.query("owner")
        )
        return Answer.json(BaseView.answer(found, base.responsibility))
    }

    private static func deadline(_ request: APIRequest) async throws -> Response {
        let base = request.services.cases.base
        let entry = try entry(request, base)
        let number = try request.queryInt("level", in: 1...99) ?? entry.levels[0].level
        guard let level = entry.levels.first(where: { $0.level == number }) else {
            throw Problem.notFound("class \(entry.code) has no level \(number)")
        }
        let from = try request.queryTime("from") ?? request.now
        var timers = level.timers
        for index in timers.indices {
            for event in [TimedPhase.Start.filed, timers[index].start] where event != .plantingSeason {
                timers[index].begin(with: event, at: from, clock: base.deadlines)
            }
        }
        return Answer.list(try timers.map { try JSONValue(encoding: $0) })
    }

    private static func pages(_ request: APIRequest) throws -> ResponsibilityAtlas {
        ResponsibilityAtlas(
            base: try BaseSetRoutes.base(request),
            classes: request.query("class").map { CodePattern($0) },
            unit: request.query("unit"),
            unclearOnly: try request.queryBool("unclear") ?? false
        )
    }

    private static func atlas(_ request: APIRequest) async throws -> Response {
        let limit = try request.queryInt("limit", in: 1...1000) ?? 100
        let start = request.query("cursor").flatMap { Int($0) } ?? 0
        let atlas = try pages(request)
        let entries = atlas.entries(from: max(0, start), most: limit + 1)
        return Answer.list(
            entries.prefix(limit).map { view($0, atlas) },
            next: entries.count > limit ? String(start + limit) : nil
        )
    }

    private static func view(_ entry: ResponsibilityAtlas.Entry, _ atlas: ResponsibilityAtlas) -> JSONValue {
        [
            "class": .string(entry.classCode), "className": .string(entry.className),
            "places": .array(entry.places.map { .string($0) }), "cells": JSONValue(entry.cells),
            "example": JSONValue(entry.example), "answer": BaseView.answer(entry.answer, atlas.base.responsibility),
        ]
    }

    private static func atlasFile(_ request: APIRequest) async throws -> Response {
        Answer.bytes(Array(("\u{FEFF}" + (try pages(request)).csv()).utf8), type: "text/csv; charset=utf-8")
    }
}
