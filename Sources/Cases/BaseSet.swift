import Domain

/// One kind of base data: kept, dated and rolled back apart from the others, so that a change of limits leaves codes
/// and scores untouched.
package enum BaseSet: String, Sendable, Hashable, Codable, CaseIterable {
    /// Code systems (GB/T 30428.2, GB/T 47678.5, a city's own), side by side, each with its dates.
    case systems
    case classes, limits, scores
    /// Which steps the cases of a class take.
    case flows
    /// Which class of one system means which of another.
    case mapping
    case calendar
    /// The unit grid; the only set that is GeoJSON and not CSV.
    case grid
    /// What lies above cells: duty grids, communities, streets, districts, centres, key areas.
    case areas
    case units, responsibility
    /// Roads, addresses, junctions, points of interest.
    case places
    /// On which ways reports come in.
    case channels
    /// What alarms lead to, by class, source and hours.
    case policies

    package var isGeoJSON: Bool { self == .grid }

    /// `classes.csv`, `grid.geojson`.
    package var fileName: String { rawValue + (isGeoJSON ? ".geojson" : ".csv") }

    /// What a column holds.
    package struct Column: Sendable, Hashable {
        package enum Kind: Sendable, Hashable {
            case text
            case choice([String])
            case number
            /// `2026-11-23`.
            case date
            case flag
        }

        package var name: String
        package var kind: Kind
        /// Whether it must be there in every row.
        package var isRequired: Bool
        /// Whether rows are told apart by it.
        package var isKey: Bool

        static func key(_ name: String, _ kind: Kind = .text, required: Bool = true) -> Column {
            Column(name: name, kind: kind, isRequired: required, isKey: true)
        }

        static func must(_ name: String, _ kind: Kind = .text) -> Column {
            Column(name: name, kind: kind, isRequired: true, isKey: false)
        }

        static func may(_ name: String, _ kind: Kind = .text) -> Column {
            Column(name: name, kind: kind, isRequired: false, isKey: false)
        }
    }
}

extension BaseSet {
    /// The columns of its CSV, in order; none for the grid.
    package var columns: [Column] {
        switch self {
        case .systems: [.key("id"), .must("name"), .may("nameEn"), .may("from", .date), .may("to", .date)]
        case .classes:
            [
                .may("system"), .key("code"), .must("kind", .of(CaseClass.Kind.self)), .may("major"),
                .may("majorEn"), .must("name"), .may("nameEn"), .may("detection"), .may("checkList"),
                .may("professional", .flag), .may("unit"), .may("duplicateRadiusM", .number),
                .may("duplicateMinutes", .number), .may("flow"), .may("policy", .of(AlarmPolicy.self)),
            ]
        case .limits:
            [
                .key("code"), .key("level", .number), .must("condition"), .key("phase", .of(TimedPhase.Phase.self)),
                .must("limit", .number), .must("limitUnit", .of(TimeLimit.Unit.self)),
                .may("start", .of(TimedPhase.Start.self)), .may("basis", .of(CaseClass.Level.Basis.self)),
            ]
        case .scores: [.key("code"), .key("level", .number), .must("points", .number)]
        case .flows: [.key("id"), .must("name"), .may("nameEn")] + FlowTable.steps
        case .mapping: [.key("from"), .key("to", required: false), .may("note")]
        case .calendar:
            [
                .key("kind", .of(CalendarTable.Kind.self)), .key("from"), .key("to", required: false), .may("name"),
            ]
        case .grid: []
        case .areas:
            [
                .key("id"), .must("kind", .of(Area.Kind.self)), .must("name"), .may("nameEn"), .may("parent"),
                .may("cells"),
            ]
        case .units:
            [.key("id"), .must("name"), .may("nameEn"), .must("kind", .of(CaseUnit.Kind.self)), .may("parent")]
        case .responsibility:
            [
                .key("classes"), .key("area", required: false), .key("owner", required: false), .must("unit"),
                .key("from", .date, required: false), .may("to", .date), .may("basis"),
            ]
        case .places:
            [
                .must("kind", .of(Place.Kind.self)), .key("name"), .key("number", required: false),
                .may("lat", .number),
                .may("lon", .number), .may("line"), .may("other"), .may("category"),
            ]
        case .channels:
            [
                .key("id"), .must("name"), .may("nameEn"), .must("group", .of(ReportChannel.Group.self)),
                .may("callBack", .flag),
            ]
        case .policies:
            [
                .key("classes"), .key("sourceKind", .of(AlarmSignal.SourceKind.self), required: false),
                .key("source", required: false), .key("days", .of(PolicyRule.Days.self), required: false),
                .key("from", required: false), .key("to", required: false), .must("policy", .of(AlarmPolicy.self)),
                .may("note"),
            ]
        }
    }
}

extension BaseSet.Column.Kind {
    fileprivate static func of<Value: RawRepresentable & CaseIterable>(_ type: Value.Type) -> Self
    where Value.RawValue == String {
        .choice(Value.allCases.map(\.rawValue))
    }
}
