import Cases
import Domain
import Foundation
import Testing

@Suite("Responsibility")
struct ResponsibilityTests {
    private static func grid(_ count: Int) -> [String] {
        (0..<count).map { (index: Int) -> String in
            let community = 321_202_001_000 + index / 300
            let serial = String(index % 300 + 1)
            let zeros = String(repeating: "0", count: 3 - serial.count)
            return "\(community)\(zeros)\(serial)"
        }
    }

    private static func classes(_ count: Int) -> [CaseClass] {
        (0..<count).map { (index: Int) -> CaseClass in
            CaseClass(
                code: "E-\(index / 100)-\(index)",
                kind: .event,
                name: "类\(index)",
                nameEn: "class \(index)",
                levels: [CaseClass.Level(level: 1, name: "c", limit: TimeLimit(value: 1, unit: .workDay))],
                unit: index % 7 == 0 ? "u1" : nil
            )
        }
    }

    private static let tree = UnitTree(
        units: (0..<40).map { (number: Int) -> CaseUnit in CaseUnit(id: "u\(number)", name: "单位\(number)", nameEn: "u")
        }
    )

    private static func catalogue(_ count: Int) throws -> Catalogue {
        var base = BaseData(timeZone: .gmt)
        base.take(
            catalogue: try Catalogue(csv: "code,kind,name,level,limit,limitUnit\nX,event,x,1,1,workDay"),
            origin: .builtIn
        )
        let classes = classes(count)
        try base.take(.classes, ClassTable.table(of: classes).csv, origin: .builtIn)
        try base.take(.limits, LimitTable.table(of: classes).csv, origin: .builtIn)
        base.link(day: 0)
        return base.catalogue
    }

    private static func randomRules(_ count: Int, areas: [String], using random: inout SeededRandom) throws
        -> [ResponsibilityRule]
    {
        var lines: [String: String] = [:]
        for _ in 0..<count {
            let code = ["*", "E-1*", "E-12*", "E-2-203", "E-5-5*", "E-30*"].randomElement(using: &random) ?? "*"
            let area = areas.randomElement(using: &random) ?? "*"
            let owner = Int.random(in: 0..<6, using: &random) == 0 ? "gas" : ""
            lines["\(code),\(area),\(owner)"] = "u\(Int.random(in: 0..<40, using: &random))"
        }
        let text = lines.sorted { $0.key < $1.key }.map { "\($0.key),\($0.value)\n" }.joined()
        return try ResponsibilityRule.read("classes,area,owner,unit\n" + text)
    }

    private static let areaText = """
        id,kind,name,cells
        321202,district,海陵区,
        321202001,street,城中街道,
        321202001003,community,三社区,
        duty-1,dutyGrid,一格,321202001000* 321202001001*
        duty-2,dutyGrid,二格,321202001002* 321202001003*
        key-1,keyArea,车站,321202001001007 321202001001008
        key-2,keyArea,广场,321202001001008 321202001002*
        """

    @Test("every class and cell has exactly one unit or is unclear, as going through all rules says")
    func property() throws {
        var random = SeededRandom(seed: 71)
        let areas = try AreaTable.read(Self.areaText)
        let cells = Self.grid(1500)
        let catalogue = try Self.catalogue(60)
        let places =
            areas.areas.map(\.id) + ["*", "3212020010*", "321202001001*", "321202001001007", "321202001004299"]
        for _ in 0..<40 {
            let rules = try Self.randomRules(30, areas: places, using: &random)
            let found = Responsibility(tree: Self.tree, rules: rules, areas: areas, catalogue: catalogue, cells: cells)
            for _ in 0..<300 {
                let classIndex = Int.random(in: 0..<catalogue.classes.count, using: &random)
                let cellIndex = Int.random(in: 0..<cells.count, using: &random)
                let entry = catalogue.classes[classIndex]
                let cell = cells[cellIndex]
                let expected = Self.slow(entry, cell, nil, rules, areas)
                #expect(found.answer(classIndex: classIndex, cellIndex: cellIndex).unit == expected)
                #expect(found.answer(for: entry, cell: cell).unit == expected)
                #expect(found.unit(for: entry, cell: cell, owner: "gas") == Self.slow(entry, cell, "gas", rules, areas))
                #expect(found.unit(for: entry, cell: nil) == Self.slow(entry, nil, nil, rules, areas))
            }
        }
    }

    /// All rules that match, ranked; what the highest rank says.
    private static func slow(
        _ entry: CaseClass,
        _ cell: String?,
        _ owner: String?,
        _ rules: [ResponsibilityRule],
        _ areas: AreaTable
    ) -> String? {
        func rank(_ rule: ResponsibilityRule) -> [Int]? {
            guard rule.classes.matches(entry.code), rule.owner == nil || rule.owner == owner else { return nil }
            let place: Int
            switch rule.place {
            case .everywhere: place = 0
            case .cells(let pattern):
                guard let cell, pattern.matches(cell) else { return nil }
                place = pattern.isPrefix ? pattern.text.count : 30
            case .area(let id):
                guard let cell, let area = areas[id], area.holds(cell) else { return nil }
                place = area.kind.rank
            }
            return [rule.classes.rank, rule.owner == nil ? 0 : 1, place]
        }
        let ranked = rules.compactMap { rule in rank(rule).map { (rule, $0) } }
        guard let best = ranked.map(\.1).max(by: { $0.lexicographicallyPrecedes($1) }) else { return entry.unit }
        let deciding = ranked.filter { $0.1 == best }.map(\.0)
        if best == [0, 0, 0], let own = entry.unit { return own }
        let units = Set(deciding.map(\.unit))
        return units.count == 1 ? units.first : nil
    }

    @Test("nobody's and two units' are told apart, and both are unclear")
    func unclear() throws {
        let areas = try AreaTable.read(Self.areaText)
        let rules = try ResponsibilityRule.read("classes,area,owner,unit\nE-0*,key-1,,u2\nE-0*,key-2,,u3\n")
        let entry = Self.classes(9)[1]
        let found = Responsibility(tree: Self.tree, rules: rules, areas: areas)
        #expect(found.answer(for: entry, cell: "321202001001007").unit == "u2")
        #expect(found.answer(for: entry, cell: "321202001001008") == .unclear(.contested))
        #expect(found.answer(for: entry, cell: "321202001009008") == .unclear(.unclaimed))
    }

    @Test("a rule applies from its date only, and the one before it until then")
    func dated() throws {
        let rules = try ResponsibilityRule.read(
            "classes,area,unit,from,to\nE-0*,*,u2,,2026-12-01\nE-0*,*,u3,2026-12-01,\n"
        )
        let entry = Self.classes(9)[1]
        let day = WallTime.days(year: 2026, month: 12, day: 1)
        #expect(Responsibility(tree: Self.tree, rules: rules, day: day - 1).unit(for: entry, cell: nil) == "u2")
        #expect(Responsibility(tree: Self.tree, rules: rules, day: day).unit(for: entry, cell: nil) == "u3")
        let error = try #require(throws: BaseDataError.self) {
            _ = try ResponsibilityRule.read("classes,area,unit,from,to\nE-0*,*,u2,,2026-12-02\nE-0*,*,u3,2026-12-01,\n")
        }
        #expect(error.findings.map(\.line) == [3])
    }

    @Test("3,000 classes × 8,118 cells are looked up")
    func large() throws {
        var random = SeededRandom(seed: 72)
        let cells = Self.grid(8118)
        let catalogue = try Self.catalogue(3000)
        let areas = try AreaTable.read(Self.areaText)
        let rules = try Self.randomRules(60, areas: areas.areas.map(\.id) + ["*"], using: &random)
        let found = Responsibility(tree: Self.tree, rules: rules, areas: areas, catalogue: catalogue, cells: cells)
        var clear = 0
        for round in 0..<50_000 {
            let answer = found.answer(classIndex: round * 7 % 3000, cellIndex: round * 31 % 8118)
            if answer.unit != nil { clear += 1 }
        }
        #expect(clear > 0)
    }
}

@Suite("The tree of units")
struct UnitTreeTests {
    @Test("what is granted on a unit holds for everything below it and for nothing above or beside")
    func rights() {
        var random = SeededRandom(seed: 73)
        for _ in 0..<50 {
            let count = Int.random(in: 1...174, using: &random)
            let units = (0..<count).map { (index: Int) -> CaseUnit in
                let isRoot = index == 0 || Int.random(in: 0..<8, using: &random) == 0
                let parent: String? = isRoot ? nil : "u\(Int.random(in: 0..<index, using: &random))"
                return CaseUnit(id: "u\(index)", name: "u", nameEn: "u", parent: parent)
            }
            let tree = UnitTree(units: units)
            func above(_ index: Int) -> [Int] {
                var chain = [index]
                while let parent = units[chain[chain.count - 1]].parent { chain.append(Int(parent.dropFirst()) ?? 0) }
                return chain
            }
            for unit in 0..<count {
                let chain = above(unit)
                #expect(tree.depth(of: "u\(unit)") == chain.count - 1)
                let within = (0..<count).filter { tree.isWithin("u\(unit)", "u\($0)") }
                #expect(within == chain.sorted())
            }
            let below = (0..<count).filter { above($0).contains(0) }
            #expect(tree.subtree("u0").count == below.count)
        }
    }

    @Test("trees of depth 2, 3, 4 and 1,000 load; circles and lost parents are refused by line")
    func depth() throws {
        for depth in [2, 3, 4, 1000] {
            let lines = (0..<depth).map { (index: Int) -> String in
                let parent = index == 0 ? "" : "u\(index - 1)"
                return "u\(index),n,team,\(parent)\n"
            }
            let tree = try UnitTree.read("id,name,kind,parent\n" + lines.joined())
            #expect(tree.depth(of: "u\(depth - 1)") == depth - 1)
            #expect(tree.isWithin("u\(depth - 1)", "u0") && !tree.isWithin("u0", "u\(depth - 1)"))
        }
        let wrong: [(String, [Int])] = [
            ("a,n,team,b\nb,n,team,a", [2, 3]), ("a,n,team,a", [2]), ("a,n,team,z", [2]),
            ("a,n,team,\na,n,team,", [3]),
        ]
        for (rows, lines) in wrong {
            let error = try #require(throws: BaseDataError.self) {
                _ = try UnitTree.read("id,name,kind,parent\n" + rows)
            }
            #expect(error.findings.map(\.line) == lines)
        }
    }
}
