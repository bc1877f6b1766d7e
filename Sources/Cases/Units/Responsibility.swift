package import Domain

/// Which unit answers for a class in a cell on one day: exactly one, or nobody knows ("unclear").
///
/// The rule that decides is the one with the most particular class pattern; among those the one for the part's owner
/// before those for any; among those the one for the most particular place (cell, key area, duty grid, community,
/// street, district, centre, everywhere). Rules for every class everywhere come after the class's own unit in the
/// catalogue. Two rules of one rank that name different units leave it unclear, and so does none.
///
/// Classes that all rules treat alike and cells that lie in the same places are put together beforehand, so that a
/// look-up is two steps in arrays.
package struct Responsibility: Sendable {
    package enum Answer: Sendable, Hashable {
        /// `rule` is nil where the catalogue names the unit.
        case unit(String, rule: Int?)
        case unclear(Reason)

        package enum Reason: String, Sendable, Hashable {
            /// No rule claims it.
            case unclaimed
            /// Several units claim it with the same right.
            case contested
        }

        package var unit: String? {
            if case .unit(let id, _) = self { id } else { nil }
        }
    }

    package let tree: UnitTree
    /// The rules that hold on the day, by rank of their classes and owner, the most particular first.
    package let rules: [ResponsibilityRule]
    private let areas: AreaTable
    private let placeRanks: [Int]
    private let catalogue: Catalogue
    private let groups: ResponsibilityGroups
    /// The verdict of each class group (row) and zone (column), where there are not too many of them.
    private var verdicts: [Verdict] = []

    /// What the rules alone say.
    private enum Verdict: Sendable, Hashable {
        case rule(Int32)
        /// A rule for everything: the catalogue's unit comes first.
        case last(Int32)
        case none, contested
    }

    private static let mostVerdicts = 4_000_000

    /// - Parameters:
    ///   - cells: the codes of the grid's cells, in its order.
    ///   - day: the local day that the answers are for.
    package init(
        tree: UnitTree,
        rules: [ResponsibilityRule],
        areas: AreaTable = AreaTable(),
        catalogue: Catalogue = Catalogue(classes: []),
        cells: [String] = [],
        day: Int64 = 0
    ) {
        self.tree = tree
        self.areas = areas
        self.catalogue = catalogue
        let held = rules.filter { $0.holds(on: day) }.enumerated().sorted {
            let left = ($0.element.classes.rank, $0.element.owner == nil ? 0 : 1)
            let right = ($1.element.classes.rank, $1.element.owner == nil ? 0 : 1)
            return left == right ? $0.offset < $1.offset : left > right
        }.map(\.element)
        self.rules = held
        placeRanks = held.map { rule in
            switch rule.place {
            case .everywhere: 0
            case .cells(let pattern): pattern.isPrefix ? min(pattern.text.utf8.count, 15) : 30
            case .area(let id): areas[id]?.kind.rank ?? 0
            }
        }
        groups = ResponsibilityGroups(rules: held, areas: areas, classes: catalogue.classes, cells: cells)
        let zoneCount = groups.zones.count
        guard groups.rulesOfGroup.count * zoneCount <= Self.mostVerdicts else { return }
        var verdicts: [Verdict] = []
        verdicts.reserveCapacity(groups.rulesOfGroup.count * zoneCount)
        for rules in groups.rulesOfGroup {
            for zone in 0..<zoneCount { verdicts.append(verdict(rules, in: groups.places(ofZone: zone), owner: nil)) }
        }
        self.verdicts = verdicts
    }

    /// In the order of the file.
    package var units: [CaseUnit] { tree.units }

    package subscript(_ id: String) -> CaseUnit? { tree[id] }

    /// Who answers for a class of the catalogue in a cell of the grid, both by their places in these: for any owner.
    package func answer(classIndex: Int, cellIndex: Int) -> Answer {
        let group = Int(groups.groupOfClass[classIndex])
        let zone = Int(groups.zoneOfCell[cellIndex])
        let own = catalogue.classes[classIndex].unit
        if verdicts.isEmpty {
            return answer(verdict(groups.rulesOfGroup[group], in: groups.places(ofZone: zone), owner: nil), own: own)
        }
        return answer(verdicts[group * groups.zones.count + zone], own: own)
    }

    /// Who answers for a class in any cell (nil for an unknown place), for a part of an owner.
    package func answer(for entry: CaseClass, cell: String?, owner: String? = nil) -> Answer {
        let matching =
            if let index = catalogue.index(of: entry.code) {
                groups.rulesOfGroup[Int(groups.groupOfClass[index])]
            } else {
                groups.rules(forClass: entry.code, among: rules)
            }
        return answer(verdict(matching, in: groups.places(of: cell), owner: owner), own: entry.unit)
    }

    /// The id of the unit responsible; nil where it is unclear.
    package func unit(for entry: CaseClass, cell: String?, owner: String? = nil) -> String? {
        answer(for: entry, cell: cell, owner: owner).unit
    }

    /// Cells that lie in the same places, by their places in the grid: what holds for one holds for all of them.
    package var zones: [[Int]] { groups.zones }

    private func answer(_ verdict: Verdict, own: String?) -> Answer {
        switch verdict {
        case .rule(let index): return .unit(rules[Int(index)].unit, rule: Int(index))
        case .contested: return .unclear(.contested)
        case .none, .last:
            if let own, tree.index(of: own) != nil { return .unit(own, rule: nil) }
            guard case .last(let index) = verdict else { return .unclear(.unclaimed) }
            return .unit(rules[Int(index)].unit, rule: Int(index))
        }
    }

    /// Goes through rules from the most particular on; those of one class pattern and owner are weighed by their places.
    private func verdict(_ matching: [Int32], in places: [UInt64], owner: String?) -> Verdict {
        var best: (classes: Int, owned: Bool, place: Int, rule: Int32)?
        var isContested = false
        for index in matching {
            let rule = rules[Int(index)]
            if let best, rule.classes.rank < best.classes || (best.owned && rule.owner == nil) { break }
            guard rule.owner == nil || rule.owner == owner, groups.holds(Int(index), in: places) else { continue }
            let place = placeRanks[Int(index)]
            if let known = best {
                if place < known.place { continue }
                if place == known.place {
                    if rules[Int(known.rule)].unit != rule.unit { isContested = true }
                    continue
                }
            }
            best = (rule.classes.rank, rule.owner != nil, place, index)
            isContested = false
        }
        guard let best else { return .none }
        if isContested { return .contested }
        let rule = rules[Int(best.rule)]
        let isForEverything = rule.classes == .all && rule.place == .everywhere && rule.owner == nil
        return isForEverything ? .last(best.rule) : .rule(best.rule)
    }
}

extension Responsibility {
    /// The units of a centre that loads none; which of them is responsible stands in the built-in catalogue.
    package static let builtIn = Responsibility(
        tree: UnitTree(units: [
            CaseUnit(id: "enforcement", name: "城管执法中队", nameEn: "Urban Enforcement Squadron"),
            CaseUnit(id: "municipal", name: "市政养护处", nameEn: "Municipal Works"),
            CaseUnit(id: "sanitation", name: "环卫所", nameEn: "Sanitation Office"),
            CaseUnit(id: "parks", name: "园林处", nameEn: "Parks Office"),
            CaseUnit(id: "water", name: "供水公司", nameEn: "Water Company"),
            CaseUnit(id: "drainage", name: "排水处", nameEn: "Drainage Office"),
            CaseUnit(id: "lighting", name: "路灯管理处", nameEn: "Street Lighting Office"),
            CaseUnit(id: "gas", name: "燃气公司", nameEn: "Gas Company"),
        ]),
        rules: []
    )
}
