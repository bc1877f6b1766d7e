package import Domain
package import Foundation

/// What cases are judged by: classes, limits, grid, areas, units, responsibility, calendar, places, policies. A value:
/// what changes is another one.
package struct BaseData: Sendable {
    /// Where a set comes from.
    package enum Origin: Sendable, Hashable {
        case builtIn
        /// The site file names it: it is changed there and nowhere else.
        case declared(file: String)
        /// An edition that the console keeps.
        case edition(Int)

        package var edition: Int {
            if case .edition(let number) = self { number } else { 0 }
        }
    }

    package private(set) var catalogue: Catalogue
    /// Classes also without limits, which no case can have.
    package private(set) var listedClasses: [CaseClass]
    package private(set) var mapping: ClassMapping
    package private(set) var scores: [String: [Int: Double]] = [:]
    package private(set) var flows = FlowTable()
    package private(set) var grid: Grid
    package private(set) var areas = AreaTable()
    package private(set) var responsibility: Responsibility
    /// Of all days; `responsibility` is what holds on `day`.
    package private(set) var rules: [ResponsibilityRule] = []
    package private(set) var places = Gazetteer()
    package private(set) var channels = ChannelTable.builtIn
    package private(set) var policyRules = PolicyTable()
    package private(set) var deadlines: DeadlineClock
    package private(set) var origins: [BaseSet: Origin] = [:]
    /// The local day that dated rules are answered for.
    package private(set) var day: Int64
    /// The site's own policies by class code; they win over the catalogue's.
    package var policies: [String: AlarmPolicy]
    package let timeZone: TimeZone
    /// Of the cells of a loaded grid.
    private(set) var areasOfCells = AreasOfCells()
    private var limits: [String: [CaseClass.Level]]
    private var systems: [CodeSystem]

    /// The built-in sets.
    ///
    /// - Parameter day: the local day that dated rules are answered for.
    package init(policies: [String: AlarmPolicy] = [:], timeZone: TimeZone, day: Int64 = 0) {
        let builtIn = Catalogue.builtIn
        catalogue = builtIn
        listedClasses = builtIn.classes
        limits = Dictionary(builtIn.classes.map { ($0.code, $0.levels) }) { first, _ in first }
        systems = builtIn.systems
        mapping = Self.builtInMapping
        grid = .builtIn
        responsibility = .builtIn
        self.policies = policies
        self.timeZone = timeZone
        self.day = day
        deadlines = DeadlineClock(calendar: .china, zone: Self.offsets(of: timeZone))
    }

    private static let builtInMapping =
        (try? ClassMapping.read(BuiltInData.text(.mapping))) ?? ClassMapping(pairs: [])

    /// A zone's changes over the years that deadlines are counted for.
    private static func offsets(of zone: TimeZone) -> ZoneOffsets {
        let years = DeadlineClock.years
        let first = WallTime.days(year: years.lowerBound - 1, month: 1, day: 1) * 86_400
        let last = WallTime.days(year: years.upperBound + 2, month: 1, day: 1) * 86_400
        return ZoneOffsets(from: first, to: last) { seconds in
            Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))))
        }
    }

    /// Takes a set's text in the place of what was there. Sets that build on it are put together by `link`.
    ///
    /// - Throws: `BaseDataError` with every mistake of the text; then nothing is taken.
    package mutating func take(
        _ set: BaseSet,
        _ text: String,
        origin: Origin,
        file: String? = nil
    ) throws(BaseDataError) {
        let file = file ?? set.fileName
        switch set {
        case .systems: systems = try CodeSystem.read(text, file: file)
        case .classes: listedClasses = try ClassTable.read(text, file: file)
        case .limits: limits = try LimitTable.read(text, file: file)
        case .scores: scores = try ScoreTable.read(text, file: file)
        case .flows: flows = try FlowTable.read(text, file: file)
        case .mapping: mapping = try ClassMapping.read(text, file: file)
        case .calendar:
            deadlines = DeadlineClock(calendar: try CalendarTable.read(text, file: file), zone: deadlines.zone)
        case .grid: grid = .loaded(try CellIndex(geoJSON: Data(text.utf8), file: file))
        case .areas: areas = try AreaTable.read(text, file: file)
        case .units:
            if ClaimTable.isMeant(by: text) {
                let (tree, claims) = try ClaimTable.read(text, file: file)
                responsibility = Responsibility(tree: tree, rules: claims)
                rules = claims
                origins[.responsibility] = origin
            } else {
                responsibility = Responsibility(tree: try UnitTree.read(text, file: file), rules: rules)
            }
        case .responsibility: rules = try ResponsibilityRule.read(text, file: file)
        case .places: places = Gazetteer(try Place.read(text, file: file))
        case .channels: channels = try ChannelTable.read(text, file: file)
        case .policies: policyRules = try PolicyTable.read(text, file: file)
        }
        origins[set] = origin
    }

    /// Takes a whole catalogue, classes and limits in one.
    package mutating func take(catalogue: Catalogue, origin: Origin) {
        listedClasses = catalogue.classes
        limits = Dictionary(catalogue.classes.map { ($0.code, $0.levels) }) { first, _ in first }
        origins[.classes] = origin
        origins[.limits] = origin
    }

    /// Puts together what builds on several sets, for a local day.
    package mutating func link(day: Int64) {
        self.day = day
        catalogue = Catalogue(
            classes: listedClasses.map {
                var entry = $0
                entry.levels = []
                return entry
            },
            limits: limits,
            systems: systems
        )
        areasOfCells = AreasOfCells(areas, cells: grid.codes)
        responsibility = Responsibility(
            tree: responsibility.tree,
            rules: rules,
            areas: areas,
            catalogue: catalogue,
            cells: grid.codes,
            day: day
        )
    }

    /// The classes that limits are known of.
    var limitCodes: Set<String> { Set(limits.keys) }

    /// The editions that a case is judged by now, by set; a set that no edition was made of is left out.
    package var versions: [String: Int] {
        origins.reduce(into: [:]) { if $1.value.edition > 0 { $0[$1.key.rawValue] = $1.value.edition } }
    }

    /// The first local day after `day` on which a dated rule begins or ends; nil when none does.
    package var nextChange: Int64? {
        rules.flatMap { [$0.from, $0.to].compactMap { $0 } }.filter { $0 > day }.min()
    }

    /// The text of a set as it is now; reading it gives the same set. Nil for a grid that is computed.
    package func text(of set: BaseSet) -> String? {
        switch set {
        case .grid:
            guard case .loaded(let index) = grid else { return nil }
            return String(decoding: index.geoJSON(), as: UTF8.self)
        default: return table(of: set).csv
        }
    }

    /// The rows of a set as it is now; none for the grid.
    package func table(of set: BaseSet) -> BaseTable {
        switch set {
        case .systems:
            BaseTable(
                .systems,
                rows: systems.map {
                    [$0.id, $0.name, $0.nameEn, $0.from.map(LocalDay.text) ?? "", $0.to.map(LocalDay.text) ?? ""]
                }
            )
        case .classes: ClassTable.table(of: listedClasses)
        case .limits: LimitTable.table(of: catalogue.classes)
        case .scores:
            BaseTable(
                .scores,
                rows: scores.sorted { $0.key < $1.key }.flatMap { code, levels in
                    levels.sorted { $0.key < $1.key }.map { [code, String($0.key), CSVText.number($0.value)] }
                }
            )
        case .flows: flows.table
        case .mapping: BaseTable(.mapping, rows: mapping.pairs.map { [$0.from, $0.to ?? "", $0.note ?? ""] })
        case .calendar: CalendarTable.table(of: deadlines.calendar)
        case .grid: BaseTable(.grid)
        case .areas:
            BaseTable(
                .areas,
                rows: areas.areas.map {
                    let cells = $0.cells.map(\.description).joined(separator: " ")
                    return [$0.id, $0.kind.rawValue, $0.name, $0.nameEn, $0.parent ?? "", cells]
                }
            )
        case .units: responsibility.tree.table
        case .responsibility: ResponsibilityRule.table(of: rules)
        case .places: BaseTable(.places, rows: places.places.map(\.row))
        case .channels: channels.table
        case .policies: policyRules.table
        }
    }

    /// The most particular rule that matches, over the site file's, over the catalogue's, over `ask`; no class or an
    /// unknown one: `record`, for no case can come of it.
    package func policy(for origin: AlarmOrigin) -> AlarmPolicy {
        guard let code = origin.classCode, let entry = catalogue[code] else { return .record }
        let rule = policyRules.rule(for: origin, classCode: code, clock: deadlines)
        return rule?.policy ?? policies[code] ?? entry.policy ?? .ask
    }

    /// The cells of areas: of a loaded grid, or, without one, those that the areas name one by one.
    package func cells(ofAreas ids: some Collection<String>) -> Set<String> {
        let found = ids.compactMap { areas[$0] }
        guard case .loaded(let index) = grid else {
            return Set(found.flatMap(\.cells).filter { !$0.isPrefix }.map(\.text))
        }
        return Set(index.cells.map(\.code).filter { code in found.contains { $0.holds(code) } })
    }

    /// The flow that new cases of a class follow; nil for the usual one.
    package func flow(of entry: CaseClass) -> CaseFlow? {
        var flow = entry.flow.flatMap { flows[$0]?.flow } ?? .usual
        if entry.isProfessional { flow[.inspect] = .required }
        return flow == .usual ? nil : flow
    }

    /// The day of case numbers: `20261123` in the site's zone.
    func numberDay(_ time: WallTime) -> String {
        let (year, month, day) = WallTime.civil(fromDays: deadlines.localDay(time))
        return String(year * 10_000 + Int64(month) * 100 + Int64(day))
    }
}
