import Domain

/// Classes and cells put together by which rules can concern them, and who decides for each pair of such groups.
struct ResponsibilityGroups: Sendable {
    /// By class of the catalogue.
    let groupOfClass: [Int32]
    /// By group: the rules whose pattern matches, the most particular first.
    let rulesOfGroup: [[Int32]]
    /// By cell of the grid.
    let zoneOfCell: [Int32]
    /// By zone: its cells.
    let zones: [[Int]]
    let indexOfCell: [String: Int32]
    /// By zone: a bit for each place that holds it.
    private let placesOfZone: [[UInt64]]
    private let placeOfRule: [Int32]
    private let placesOfPattern: [CodePattern: [Int32]]
    private let groupOfPatterns: CodePatterns

    /// Code patterns that are found by code and not by trying each.
    private struct CodePatterns: Sendable {
        var ids: [CodePattern: Int32] = [:]
        var lengths: Set<Int> = []

        mutating func id(_ pattern: CodePattern) -> Int32 {
            if let known = ids[pattern] { return known }
            let id = Int32(ids.count)
            ids[pattern] = id
            if pattern.isPrefix { lengths.insert(pattern.text.utf8.count) }
            return id
        }

        func matching(_ code: String) -> [Int32] {
            var found = lengths.sorted().compactMap { length -> Int32? in
                guard length <= code.utf8.count else { return nil }
                return ids[CodePattern(String(code.prefix(length)) + "*")]
            }
            if let exact = ids[CodePattern(code)] { found.append(exact) }
            return found
        }
    }

    init(rules: [ResponsibilityRule], areas: AreaTable, classes: [CaseClass], cells: [String]) {
        var patterns = CodePatterns()
        let patternOfRule = rules.map { patterns.id($0.classes) }
        groupOfPatterns = patterns
        var rulesOfPattern: [Int32: [Int32]] = [:]
        for (index, pattern) in patternOfRule.enumerated() { rulesOfPattern[pattern, default: []].append(Int32(index)) }

        var groups: [[Int32]: Int32] = [:]
        var rulesOfGroup: [[Int32]] = []
        groupOfClass = classes.map { entry in
            let matching = patterns.matching(entry.code)
            if let known = groups[matching] { return known }
            let id = Int32(rulesOfGroup.count)
            groups[matching] = id
            rulesOfGroup.append(matching.flatMap { rulesOfPattern[$0] ?? [] }.sorted())
            return id
        }
        self.rulesOfGroup = rulesOfGroup

        var placeIds: [ResponsibilityRule.Place: Int32] = [:]
        var placesOfPattern: [CodePattern: [Int32]] = [:]
        placeOfRule = rules.map { rule in
            if let known = placeIds[rule.place] { return known }
            let id = Int32(placeIds.count)
            placeIds[rule.place] = id
            for pattern in Self.cellPatterns(of: rule.place, areas) { placesOfPattern[pattern, default: []].append(id) }
            return id
        }
        self.placesOfPattern = placesOfPattern

        let words = (placeIds.count + 63) / 64
        var zoneIds: [[UInt64]: Int32] = [:]
        var zones: [[Int]] = []
        var placesOfZone: [[UInt64]] = []
        var indexOfCell: [String: Int32] = [:]
        indexOfCell.reserveCapacity(cells.count)
        zoneOfCell = cells.enumerated().map { index, cell in
            indexOfCell[cell] = Int32(index)
            let bits = Self.bits(Self.places(of: cell, placesOfPattern), words)
            if let known = zoneIds[bits] {
                zones[Int(known)].append(index)
                return known
            }
            let id = Int32(zones.count)
            zoneIds[bits] = id
            zones.append([index])
            placesOfZone.append(bits)
            return id
        }
        self.zones = zones
        self.placesOfZone = placesOfZone
        self.indexOfCell = indexOfCell
    }

    private static func cellPatterns(of place: ResponsibilityRule.Place, _ areas: AreaTable) -> [CodePattern] {
        switch place {
        case .everywhere: return [.all]
        case .cells(let pattern): return [pattern]
        case .area(let id):
            guard let area = areas[id] else { return [] }
            return area.kind.digits == nil ? area.cells : [CodePattern(area.id + "*")]
        }
    }

    /// The places that hold a cell; only what holds everywhere for an unknown one.
    private static func places(of cell: String?, _ placesOfPattern: [CodePattern: [Int32]]) -> [Int32] {
        var found = placesOfPattern[.all] ?? []
        guard let cell else { return found }
        var beginning = ""
        for digit in cell {
            beginning.append(digit)
            found += placesOfPattern[CodePattern(beginning + "*")] ?? []
        }
        return found + (placesOfPattern[CodePattern(cell)] ?? [])
    }

    private static func bits(_ places: [Int32], _ words: Int) -> [UInt64] {
        var bits = Array(repeating: UInt64(0), count: words)
        for place in places { bits[Int(place) / 64] |= 1 << UInt64(place % 64) }
        return bits
    }

    /// The rules whose pattern matches a class that the catalogue doesn't have.
    func rules(forClass code: String, among rules: [ResponsibilityRule]) -> [Int32] {
        rules.indices.filter { rules[$0].classes.matches(code) }.map { Int32($0) }
    }

    /// The places of a cell: bits to ask `isHeld` with.
    func places(of cell: String?) -> [UInt64] {
        if let cell, let index = indexOfCell[cell] { return placesOfZone[Int(zoneOfCell[Int(index)])] }
        return Self.bits(Self.places(of: cell, placesOfPattern), placesOfZone.first?.count ?? wordCount)
    }

    func places(ofZone zone: Int) -> [UInt64] { placesOfZone[zone] }

    private var wordCount: Int { (Int(placeOfRule.max() ?? -1) + 64) / 64 }

    /// Whether a rule's place is among places.
    func holds(_ rule: Int, in places: [UInt64]) -> Bool {
        let place = Int(placeOfRule[rule])
        return places[place / 64] & (1 << UInt64(place % 64)) != 0
    }
}
