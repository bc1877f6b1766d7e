import Domain
internal import Yams

/// The areas and routes that rules of vehicles may name.
struct VehiclePlaces {
    var areas: Set<String>
    var routes: Set<String>
}

/// Areas, routes, plans, and the rules of vehicles.
extension SiteFile {
    static func readArea(_ reader: FieldReader) -> GeoArea? {
        defer { reader.finish() }
        let id = reader.slug("id")
        let name = reader.text("name")
        let corners = points(reader, "polygon")
        var shape: GeoArea.Shape?
        if reader.node("polygon") != nil {
            if corners.count < 3 {
                let remedy = "write three corners or more, like [[32.49, 119.92], …]"
                reader.fail("polygon", nil, "is no polygon", remedy)
            }
            shape = .polygon(corners)
        }
        let centre = reader.position("centre")
        let metres = reader.number("metres", in: 1...100_000)
        if let centre, let metres, shape == nil { shape = .circle(centre: centre, metres: metres) }
        if reader.node("polygon") == nil, reader.node("centre") == nil || reader.node("metres") == nil {
            reader.fail("polygon", nil, "is missing", "write `polygon`, or `centre` and `metres`")
        }
        guard let id, let shape else { return nil }
        return GeoArea(id: id, name: name, shape: shape)
    }

    static func readRoute(_ reader: FieldReader) -> GeoRoute? {
        defer { reader.finish() }
        let id = reader.slug("id")
        let name = reader.text("name")
        let line = line(reader, "line")
        guard let id else { return nil }
        return GeoRoute(id: id, name: name, line: line)
    }

    static func readPlan(_ reader: FieldReader, vehicles: Set<String>, areas: [GeoArea]) -> CoveragePlan? {
        defer { reader.finish() }
        let id = reader.slug("id")
        let name = reader.text("name")
        let own = reader.texts("vehicles") ?? []
        for vehicle in own where !vehicles.contains(vehicle) {
            reader.fail("vehicles", vehicle, "is no vehicle of this file", "write ids of `vehicles`")
        }
        if own.isEmpty { reader.fail("vehicles", nil, "is missing", "say whose tracks count") }
        let sections = reader.list("sections").compactMap { section -> CoveragePlan.Section? in
            defer { section.finish() }
            let name = section.text("name", required: true)
            let line = line(section, "line")
            return name.map { CoveragePlan.Section(name: $0, line: line) }
        }
        let bins = reader.list("bins").compactMap { bin -> CoveragePlan.Bin? in
            defer { bin.finish() }
            let id = bin.slug("id")
            let position = bin.position("position")
            guard let id, let position else { return nil }
            return CoveragePlan.Bin(id: id, position: position)
        }
        var plan = CoveragePlan(id: id ?? "", name: name, vehicles: own, sections: sections, bins: bins)
        plan.withinMetres = reader.number("within", in: 1...500) ?? plan.withinMetres
        plan.maximumKmh = reader.number("maximumKmh", in: 1...200) ?? plan.maximumKmh
        plan.share = reader.number("share", in: 0.01...1) ?? plan.share
        if let area = reader.text("area") {
            plan.area = areas.first { $0.id == area }
            if plan.area == nil { reader.fail("area", area, "is no area of this file", "write an id of `areas`") }
        }
        plan.cellMetres = reader.number("cell", in: 20...1000) ?? plan.cellMetres
        plan.schedule = readSchedule(reader, "schedule")
        plan.classCode = reader.classCode("class")
        return id == nil ? nil : plan
    }

    static func readVehicleRule(_ reader: FieldReader, _ places: VehiclePlaces) -> VehicleRule? {
        defer { reader.finish() }
        let kind: VehicleRule.Kind? = reader.choice("kind", required: true)
        var rule = VehicleRule(kind: kind ?? .overspeed)
        if reader.node("id") != nil { rule.id = reader.slug("id") }
        let value = reader.number("value", in: 0.1...100_000)
        let distances: Set<VehicleRule.Kind> = [.offRoute, .licence]
        // 50 m is what the trade uses for muck trucks.
        rule.value = value ?? (kind.map(distances.contains) == true ? 50 : 0)
        rule.areas = reader.texts("areas") ?? []
        for area in rule.areas where !places.areas.contains(area) {
            reader.fail("areas", area, "is no area of this file", "write ids of `areas`")
        }
        rule.route = reader.text("route")
        if let route = rule.route, !places.routes.contains(route) {
            reader.fail("route", route, "is no route of this file", "write an id of `routes`")
        }
        let duration = reader.seconds("for", in: 0...2_592_000)
        rule.forSeconds = duration ?? 0
        rule.clearForSeconds = reader.seconds("clearFor", in: 0...2_592_000)
        rule.schedule = readSchedule(reader, "schedule")
        rule.severity = reader.choice("severity")
        rule.classCode = reader.classCode("class")
        guard let kind else { return nil }
        checkNeeds(reader, kind, rule)
        return rule
    }

    private static func checkNeeds(_ reader: FieldReader, _ kind: VehicleRule.Kind, _ rule: VehicleRule) {
        switch kind {
        case .overspeed where reader.node("value") == nil:
            reader.fail("value", nil, "is missing", "write the speed in km/h, like `value: 60`")
        case .inArea where rule.areas.isEmpty, .outOfArea where rule.areas.isEmpty:
            if reader.node("areas") == nil { reader.fail("areas", nil, "is missing", "write `areas: [ID]`") }
        case .offRoute where reader.node("route") == nil:
            reader.fail("route", nil, "is missing", "write `route: ID`")
        case .licence where rule.areas.isEmpty && reader.node("route") == nil:
            reader.fail("areas", nil, "is missing", "say where it may be: `areas`, `route`, or both")
        case .longStop where rule.forSeconds == 0, .idle where rule.forSeconds == 0, .silent where rule.forSeconds == 0,
            .absent where rule.forSeconds == 0:
            if reader.node("for") == nil { reader.fail("for", nil, "is missing", "say how long, like `for: 10m`") }
        default: break
        }
    }

    private static func line(_ reader: FieldReader, _ key: String) -> [GeoPoint] {
        let line = points(reader, key)
        if line.count < 2 {
            reader.fail(key, nil, "is no line", "write two points or more, like [[32.49, 119.92], [32.50, 119.92]]")
        }
        return line
    }

    /// A list of `[lat, lon]`.
    private static func points(_ reader: FieldReader, _ key: String) -> [GeoPoint] {
        reader.nodes(key).compactMap { node in
            let numbers = node.sequence?.compactMap { $0.float } ?? []
            let point = GeoPoint(lat: numbers.first ?? .nan, lon: numbers.last ?? .nan)
            guard numbers.count == 2, node.sequence?.count == 2, point.isValid else {
                reader.fail(at: node.mark, field: reader.join(key), value: "", "is no point", "write [lat, lon]")
                return nil
            }
            return point
        }
    }
}
