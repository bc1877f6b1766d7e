import Alarms
import Cases
import Domain
import Hummingbird
import Store

/// The work of collectors on the street: tasks, own track, duty grid.
enum FieldRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .get,
            "/api/v1/field/tasks",
            "What a collector has to verify and check: what was given to it and its own duty grid first, by limit",
            access: .only(.collector),
            content: .list("FieldTask"),
            handle: tasks
        ),
        APIRoute(
            .get,
            "/api/v1/field/areas",
            "The areas that the asking collector looks after",
            access: .only(.collector),
            content: .list("Area"),
            handle: { request in
                let ids = try await DutyRoutes.service(request).repository.areas(of: request.user.name)
                return Answer.list(areas(ids, request.services.cases.base))
            }
        ),
        APIRoute(
            .post,
            "/api/v1/field/positions",
            "Where the asking collector was; what was sent before is passed over",
            access: .only(.collector),
            body: .json("NewPositions"),
            content: .json("PositionsTaken"),
            handle: positions
        ),
        APIRoute(
            .get,
            "/api/v1/field/track",
            "Where a collector was, oldest first, at most 5000; a collector asks for its own only",
            access: .only(.collector, .acceptor, .dispatcher, .leader, .admin),
            parameters: [.init(name: "user", summary: "the collector; whoever asks where absent")]
                + APIRoute.Parameter.range(),
            content: .list("FieldPosition"),
            handle: track
        ),
        APIRoute(
            .get,
            "/api/v1/collectors",
            "The collectors with their areas and where they were last",
            access: .only(.acceptor, .dispatcher, .leader, .admin),
            content: .list("Collector"),
            handle: collectors
        ),
        APIRoute(
            .get,
            "/api/v1/collectors/days",
            "What collectors' positions say of a day (today where absent): cells of the duty grid, metres, silences",
            access: .only(.acceptor, .dispatcher, .leader, .admin),
            parameters: [.init(name: "user", summary: "one collector, with the codes of its cells")]
                + APIRoute.Parameter.range(required: false),
            content: .list("CollectorDay"),
            problems: [404: "notFound"],
            handle: days
        ),
        APIRoute(
            .post,
            "/api/v1/collectors/{name}/areas",
            "Say which areas a collector looks after",
            access: .only(.leader, .admin),
            body: .json("CollectorAreas"),
            content: .list("Area"),
            problems: [404: "notFound"],
            handle: setAreas
        ),
    ]

    /// Of each kind (given to oneself, in the own duty grid, anybody's) at most so many.
    private static let mostTasks = 200

    private static func tasks(_ request: APIRequest) async throws -> Response {
        let actor = try request.user.actor
        let cases = request.services.cases
        let base = cases.base
        let own = Set(try await DutyRoutes.service(request).repository.areas(of: actor.name))
        // By who has it and what ends first, so that of many nothing urgent and nothing of one's own is cut off.
        let waiting = try await cases.waiting(for: actor, in: base.cells(ofAreas: own), limit: mostTasks)
        var found: [(view: CaseView, value: Case, seq: Int, isOwn: Bool, isAsked: Bool)] = []
        for (value, seq) in waiting {
            let view = cases.view(value, for: actor)
            guard view.actions?.isEmpty == false else { continue }
            let areas = value.cell.map { base.areas.areas(of: $0).map(\.id) } ?? []
            let isAsked = value.holder == CaseHolder(.person, actor.name)
            found.append((view, value, seq, !own.isDisjoint(with: areas), isAsked))
        }
        let late = WallTime(microseconds: .max)
        found.sort {
            ($0.isOwn || $0.isAsked ? 0 : 1, $0.value.dueAt ?? late, $0.value.id) < (
                $1.isOwn || $1.isAsked ? 0 : 1, $1.value.dueAt ?? late, $1.value.id
            )
        }
        return Answer.list(
            try found.map { task in
                [
                    "case": try JSONValue(encoding: task.view), "own": .bool(task.isOwn), "asked": .bool(task.isAsked),
                    "checkList": .array((base.catalogue[task.value.classCode]?.checkList ?? []).map { .string($0) }),
                    "kind": JSONValue(task.view.actions?.first?.rawValue), "seq": JSONValue(task.seq),
                ]
            }
        )
    }

    private static func positions(_ request: APIRequest) async throws -> Response {
        var object = try await request.object()
        guard let values = object.value("positions")?.elements, (1...500).contains(values.count) else {
            throw Problem.invalid(field: "positions", "positions holds 1 to 500 positions")
        }
        try object.finish()
        let now = request.now
        var positions: [FieldPosition] = []
        var refused: [JSONValue] = []
        for (index, value) in values.enumerated() {
            var item = try RequestObject(value, prefix: "positions.\(index)")
            let at = try item.time("at")
            guard let point = try item.optionalPoint("position") else {
                throw Problem.invalid(field: "positions.\(index).position", "a position is needed")
            }
            let accuracy = try item.optionalNumber("accuracyMetres")
            try item.finish()
            // One that a wrong clock has written must not keep back those behind it.
            if at - now > ahead {
                refused.append(["index": JSONValue(index), "reason": "future"])
            } else if now - at > FieldTrackRepository.kept {
                refused.append(["index": JSONValue(index), "reason": "tooOld"])
            } else {
                positions.append(FieldPosition(at: at, point: point, accuracyMetres: accuracy))
            }
        }
        let stored = try await tracks(request).store(positions, of: request.user.name, at: now)
        return Answer.json([
            "stored": JSONValue(stored), "known": JSONValue(positions.count - stored), "refused": .array(refused),
        ])
    }

    /// So far a phone's clock may be ahead.
    private static let ahead = Duration.seconds(300)

    private static func track(_ request: APIRequest) async throws -> Response {
        let user = try request.user
        let name = request.query("user") ?? user.name
        guard user.role != .collector || name == user.name else {
            throw Problem.forbidden("a collector sees its own track only")
        }
        let range = try request.range()
        let track = try await tracks(request).track(of: name, from: range.lowerBound, to: range.upperBound)
        return Answer.list(track.map(position))
    }

    private static func collectors(_ request: APIRequest) async throws -> Response {
        let base = request.services.cases.base
        let byUser = try await DutyRoutes.service(request).repository.areas()
        let names = try await request.services.users.everybody().filter { $0.role == .collector }
        let last = try await tracks(request).last(of: names.map(\.name))
        return Answer.list(
            names.map { user in
                [
                    "name": .string(user.name), "displayName": .string(user.displayName),
                    "areas": .array(areas(byUser[user.name] ?? [], base)),
                    "last": last[user.name].map(position) ?? .null,
                ]
            }
        )
    }

    private static func days(_ request: APIRequest) async throws -> Response {
        let base = request.services.cases.base
        let now = request.now
        let from = try request.queryTime("from") ?? base.deadlines.begin(ofDay: base.deadlines.localDay(now))
        let to = try request.queryTime("to") ?? now
        // A day, also one of 25 hours: of longer ranges a track wouldn't be whole.
        let range = try TimeRange.checked(from: from, to: to, maximum: .seconds(25 * 3600))
        let duty = try DutyRoutes.service(request).repository
        let wanted = request.query("user")
        let people = try await request.services.users.everybody().filter {
            $0.role == .collector && (wanted == nil || $0.name == wanted)
        }
        if let wanted, people.isEmpty { throw Problem.notFound("there is no collector \(wanted.prefix(64))") }
        let areasOf = try await duty.areas()
        let shifts = Dictionary(grouping: try await duty.shifts(from: from, to: to), by: \.user)
        let soFar = range.lowerBound..<max(range.lowerBound, min(range.upperBound, now))
        let usual = soFar.isEmpty ? [] : base.deadlines.work(within: soFar)
        var items: [JSONValue] = []
        for person in people {
            let own = areasOf[person.name] ?? []
            let track = try await tracks(request).track(of: person.name, from: from, to: to)
            // Whoever stands on the roster works by it, everybody else by the calendar.
            let work = shifts[person.name].map { shifts in
                shifts.map { ($0.from..<$0.to).clamped(to: soFar) }.filter { !$0.isEmpty }
            }
            let day = CollectorDay(track: track, work: work ?? usual, cell: base.grid.cell)
            let cells = base.cells(ofAreas: own)
            let walked = day.cells.intersection(cells)
            var item: [String: JSONValue] = [
                "name": .string(person.name), "displayName": .string(person.displayName),
                "areas": .array(areas(own, base)), "positions": JSONValue(day.positions),
                "metres": JSONValue(day.metres.rounded()), "cells": JSONValue(cells.count),
                "walked": JSONValue(walked.count),
                "share": cells.isEmpty ? .null : JSONValue(Double(walked.count) / Double(cells.count)),
                "silences": .array(
                    day.silences.map { ["from": JSONValue($0.lowerBound), "to": JSONValue($0.upperBound)] }
                ),
                "absent": .bool(day.silences.last.map { $0.upperBound == soFar.upperBound } ?? false),
                "last": track.last.map(position) ?? .null,
            ]
            if wanted != nil { item["walkedCells"] = .array(day.cells.sorted().map { .string($0) }) }
            items.append(.object(item))
        }
        return Answer.list(items)
    }

    private static func setAreas(_ request: APIRequest) async throws -> Response {
        let name = try request.parameter("name")
        var object = try await request.object()
        guard object.isPresent("areas") else { throw Problem.invalid(field: "areas", "areas is needed") }
        let ids = try object.texts("areas", most: 200)
        try object.finish()
        guard try await request.services.users.role(of: name) == .collector else {
            throw Problem.notFound("there is no collector \(name.prefix(64))")
        }
        let base = request.services.cases.base
        if let unknown = ids.first(where: { base.areas[$0] == nil }) {
            throw Problem.invalid(field: "areas", "there is no area \(unknown.prefix(63))")
        }
        let repository = try DutyRoutes.service(request).repository
        try await repository.setAreas(of: name, ids, by: request.user.name, at: request.now)
        return Answer.list(areas(ids, base))
    }

    private static func tracks(_ request: APIRequest) throws(Problem) -> FieldTrackRepository {
        guard let tracks = request.services.fieldTracks else { throw .notFound("no tracks are kept here") }
        return tracks
    }

    /// An area that has left the base data is shown by its id alone.
    private static func areas(_ ids: [String], _ base: BaseData) -> [JSONValue] {
        ids.map { id in
            let area = base.areas[id]
            return [
                "id": .string(id), "kind": .string(area?.kind.rawValue ?? Area.Kind.dutyGrid.rawValue),
                "name": .string(area?.name ?? id), "nameEn": .string(area?.nameEn ?? id),
                "parent": JSONValue(area?.parent),
            ]
        }
    }

    private static func position(_ position: FieldPosition) -> JSONValue {
        [
            "at": JSONValue(position.at), "position": JSONValue(position.point),
            "accuracyMetres": JSONValue(position.accuracyMetres),
        ]
    }
}
