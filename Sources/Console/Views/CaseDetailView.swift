import Alarms
import Cases
import Domain
import Store
import Telemetry

/// All that the page of one case shows, in one answer: besides the case itself its class, places, log, alarms, curves,
/// and what is near and related.
enum CaseDetailView {
    private static let mostAlarms = 20
    private static let mostNeighbours = 12
    /// Metres within which cases, cameras and sensors are neighbours.
    private static let radius = 150.0

    static func json(_ value: Case, for actor: CaseActor, _ services: ConsoleServices) async throws -> JSONValue {
        let cases = services.cases
        let base = cases.base
        let alarms = await alarms(of: value, services)
        var view = try JSONValue(encoding: cases.view(value, for: actor))
        guard case .object(var members) = view else { return view }
        members["log"] = .array(try await cases.log(value.id, for: actor).map { try JSONValue(encoding: $0) })
        members["alarms"] = .array(try alarms.map { try JSONValue(encoding: services.alarms.view($0)) })
        members["curves"] = .array(try await curves(of: alarms, services))
        members["classFacts"] = classFacts(value, base)
        members["areas"] = .array(value.position.map { base.locality(of: $0).areas.map(area) } ?? [])
        members["related"] = .array(try await related(value, actor, cases))
        members["neighbours"] = .array(try await neighbours(value, actor, cases))
        members["cameras"] = .array(cameras(value, services))
        // Of all reports and of the cases that were joined to it, not of the first picture only.
        let evidence = try await cases.evidence(of: value.id, for: actor)
        members["pictures"] = attachments(evidence.pictures)
        members["voices"] = attachments(evidence.voices)
        let reports = try await cases.reports(ReportFilter(caseId: value.id), page: PageRequest(), for: actor)
        members["reports"] = .array(reports.items.map(ReportJSON.report))
        view = .object(members)
        return view
    }

    private static func attachments(_ ids: [String]) -> JSONValue {
        .array(ids.map { .string("/api/v1/attachments/\($0)") })
    }

    private static func alarms(of value: Case, _ services: ConsoleServices) async -> [Alarm] {
        var found: [Alarm] = []
        for id in value.alarmIds.prefix(mostAlarms) {
            // One that retention has taken is no reason to show nothing.
            if let alarm = try? await services.alarms.get(id) { found.append(alarm) }
        }
        return found
    }

    /// The curves of the sensors whose alarms belong to it, from half an hour before to half an hour after.
    private static func curves(of alarms: [Alarm], _ services: ConsoleServices) async throws -> [JSONValue] {
        var found: [JSONValue] = []
        var known: Set<String> = []
        for alarm in alarms {
            guard let sensor = services.telemetry.sensor(alarm.source), known.insert(sensor.id).inserted else {
                continue
            }
            let from = alarm.openedAt - .seconds(1800)
            let to = (alarm.clearedAt ?? alarm.lastAt) + .seconds(1800)
            let fields = try await services.telemetry.curve(sensorId: sensor.id, from: from, to: to, points: 200)
            found.append([
                "sensorId": .string(sensor.id), "name": .string(sensor.name ?? sensor.id),
                "alarmId": .string(alarm.id), "from": JSONValue(from), "to": JSONValue(to),
                "fields": try JSONValue(encoding: fields),
            ])
        }
        return found
    }

    private static func classFacts(_ value: Case, _ base: BaseData) -> JSONValue {
        let entry = base.catalogue[value.classCode]
        let flow = value.course.flow.flatMap { base.flows[$0.id] }
        return [
            "condition": JSONValue(entry?.levels.first { $0.level == value.level }?.name),
            "checkList": .array((entry?.checkList ?? []).map { .string($0) }),
            "professional": .bool(value.course.flowOrUsual[.inspect] == .required),
            "flowName": JSONValue(flow?.name), "flowNameEn": JSONValue(flow?.nameEn),
            "steps": .object(
                Dictionary(
                    uniqueKeysWithValues: CaseFlow.Step.allCases.map {
                        ($0.rawValue, .string(value.course.flowOrUsual[$0].rawValue))
                    }
                )
            ),
        ]
    }

    private static func area(_ area: Area) -> JSONValue {
        [
            "id": .string(area.id), "kind": .string(area.kind.rawValue), "name": .string(area.name),
            "nameEn": .string(area.nameEn),
        ]
    }

    /// The case that it was joined to, and those joined to it.
    private static func related(_ value: Case, _ actor: CaseActor, _ cases: CaseService) async throws -> [JSONValue] {
        var found: [JSONValue] = []
        let ids =
            [value.course.mergedInto].compactMap(\.self).map { ($0, "mergedInto") }
            + value.course.merged.map { ($0, "merged") }
        for (id, relation) in ids {
            guard let other = try? await cases.get(id, for: actor) else { continue }
            found.append(brief(other, cases, ["relation": .string(relation)]))
        }
        return found
    }

    /// The newest cases around it.
    private static func neighbours(_ value: Case, _ actor: CaseActor, _ cases: CaseService) async throws -> [JSONValue]
    {
        guard let here = value.position else { return [] }
        // A degree of latitude is 111 km; one of longitude gets narrower with the latitude.
        let lat = radius / 111_000
        let lon =
            lat / max(0.05, GeoPoint(lat: here.lat, lon: 0).distance(to: GeoPoint(lat: here.lat, lon: 1)) / 111_000)
        var filter = CaseFilter()
        filter.box = CaseFilter.Box(lat: (here.lat - lat)...(here.lat + lat), lon: (here.lon - lon)...(here.lon + lon))
        let page = try await cases.list(filter, page: PageRequest(limit: 50), for: actor)
        return page.items.compactMap { other -> JSONValue? in
            guard other.id != value.id, let there = other.position else { return nil }
            let metres = here.distance(to: there)
            return metres <= radius ? brief(other, cases, ["metres": .number(metres.rounded())]) : nil
        }.prefix(mostNeighbours).map(\.self)
    }

    private static func brief(_ other: Case, _ cases: CaseService, _ more: [String: JSONValue]) -> JSONValue {
        let entry = cases.base.catalogue[other.classCode]
        let members: [String: JSONValue] = [
            "id": .string(other.id), "number": .string(other.number), "class": .string(other.classCode),
            "className": .string(entry?.name ?? other.classCode), "state": .string(other.state.rawValue),
            "address": JSONValue(other.address), "position": JSONValue(other.position),
            "openedAt": JSONValue(other.openedAt),
            "snapshot": JSONValue(other.snapshots.first.map { "/api/v1/attachments/\($0)" }),
        ]
        return .object(members.merging(more) { first, _ in first })
    }

    /// The cameras that may see the place.
    private static func cameras(_ value: Case, _ services: ConsoleServices) -> [JSONValue] {
        guard let here = value.position else { return [] }
        return services.site.cameras.compactMap { camera -> (metres: Double, view: JSONValue)? in
            guard let there = camera.position else { return nil }
            let metres = here.distance(to: there)
            guard metres <= radius else { return nil }
            return (
                metres,
                ["id": .string(camera.id), "name": .string(camera.name), "metres": .number(metres.rounded())]
            )
        }.sorted { $0.metres < $1.metres }.prefix(mostNeighbours).map(\.view)
    }
}
