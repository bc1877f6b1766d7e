import Cases
import Domain
import Foundation
import Testing

@Suite("Catalogue and units")
struct CatalogueTests {
    private static let header = "code,kind,name,nameEn,level,condition,limit,limitUnit,unit,duplicateRadiusM,policy\n"

    @Test("the built-in catalogue is there, and every class's unit too")
    func builtIn() throws {
        #expect(Catalogue.builtIn.classes.count >= 28)
        let parking = try #require(Catalogue.builtIn["09009"])
        #expect(parking.name == "机动车乱停放")
        #expect(parking.levels[0].limit == TimeLimit(value: 3, unit: .urgentHour))
        let ponding = try #require(Catalogue.builtIn["E-05-06"])
        #expect(ponding.levels[0].limit == TimeLimit(value: 2, unit: .urgentHour))
        #expect(Catalogue.builtIn["P-01-01"]?.kind == .part)
        #expect(Catalogue.builtIn.systems.map(\.id) == ["gb30428.2-2013", "gb47678.5-2026"])
        let sizes = Dictionary(grouping: Catalogue.builtIn.classes) { "\($0.system) \($0.kind)" }.mapValues(\.count)
        #expect(sizes["gb30428.2-2013 part"] == 92 && sizes["gb30428.2-2013 event"] == 98)
        #expect(sizes["gb47678.5-2026 part"] == 153 && sizes["gb47678.5-2026 event"] == 250)
        for entry in Catalogue.builtIn.classes {
            if let unit = entry.unit { #expect(Responsibility.builtIn[unit] != nil, "\(entry.code)") }
            #expect(Responsibility.builtIn.unit(for: entry, cell: nil) == entry.unit)
            #expect(entry.name != entry.nameEn && !entry.levels.isEmpty && !entry.detection.isEmpty)
        }
        let base = BaseData(timeZone: .gmt)
        #expect(base.mapping.pairs.count == 190 && base.mapping.pairs.count { $0.to == nil } == 34)
        #expect(base.mapping.counterparts(of: "01001").contains("P-01-01"))
        #expect(base.contradictions().isEmpty)
    }

    @Test("classes, limits, systems, mapping and calendar written as tables are read back the same")
    func tables() throws {
        let base = BaseData(timeZone: .gmt)
        var again = base
        for set in BaseSet.allCases where set != .grid {
            let text = try #require(base.text(of: set))
            if !base.table(of: set).rows.isEmpty { try again.take(set, text, origin: .edition(1)) }
        }
        again.link(day: 0)
        #expect(again.catalogue.classes == base.catalogue.classes)
        #expect(again.catalogue.systems == base.catalogue.systems)
        #expect(again.mapping == base.mapping)
        #expect(again.deadlines.calendar == base.deadlines.calendar)
        #expect(again.responsibility.units == base.responsibility.units)
    }

    @Test(
        "other cities' sets load beside each other without a change of code",
        arguments: [(97, 67), (99, 66), (60, 60)]
    )
    func otherCities(parts: Int, events: Int) throws {
        let codes = (1...parts).map { "part,K-\(($0 - 1) / 20 + 1)-\($0)" } + (1...events).map { "event,S-\($0)" }
        let lines = codes.map { code in
            let fields = code.split(separator: ",")
            return "kaifeng,\(fields[1]),\(fields[0]),大类,,小类\(fields[1])"
        }
        let classes = try ClassTable.read("system,code,kind,major,majorEn,name\n" + lines.joined(separator: "\n"))
        #expect(classes.count { $0.kind == .part } == parts && classes.count { $0.kind == .event } == events)
        var base = BaseData(timeZone: .gmt)
        var table = base.table(of: .classes)
        table.put(ClassTable.table(of: classes).rows)
        var limits = base.table(of: .limits)
        limits.put(classes.map { [$0.code, "1", "有问题", "finish", "4", "workHour", "filed", "published"] })
        try base.take(.classes, table.csv, origin: .edition(1))
        try base.take(.limits, limits.csv, origin: .edition(1))
        try base.take(.systems, "id,name\nkaifeng,开封\n" + "gb30428.2-2013,a\ngb47678.5-2026,b", origin: .edition(1))
        base.link(day: 0)
        #expect(base.catalogue.classes.count == 593 + parts + events)
        #expect(base.contradictions().isEmpty)
    }

    @Test("more than 3,000 classes load")
    func large() throws {
        let lines = (0..<3200).map { "s,C-\($0),event,,,类\($0)" }
        let limits = (0..<3200).map { "C-\($0),1,c,finish,\($0 % 9 + 1),workDay" }
        var base = BaseData(timeZone: .gmt)
        try base.take(
            .classes,
            "system,code,kind,major,majorEn,name\n" + lines.joined(separator: "\n"),
            origin: .edition(1)
        )
        let limitText = "code,level,condition,phase,limit,limitUnit\n" + limits.joined(separator: "\n")
        try base.take(.limits, limitText, origin: .edition(1))
        base.link(day: 0)
        #expect(base.catalogue.classes.count == 3200)
    }

    @Test(
        "doubtful limits are refused by line",
        arguments: [
            ("A,1,c,finish,2,workDay\nA,1,c,finish,3,workDay", 3), ("A,1,c,finish,2,workDay\nA,1,d,arrive,1,minute", 3),
            ("A,1,c,arrive,2,workDay", nil), ("A,1,c,later,2,workDay", 2), ("A,1,,finish,2,workDay", 2),
            ("A,1,c,finish,,workDay", 2),
        ] as [(String, Int?)]
    )
    func doubtfulLimits(rows: String, line: Int?) throws {
        let error = try #require(throws: BaseDataError.self) {
            _ = try LimitTable.read("code,level,condition,phase,limit,limitUnit\n" + rows)
        }
        #expect(error.findings.contains { $0.line == line }, "\(error)")
    }

    @Test("what doesn't fit together is found row by row: limits, mappings, systems, scores")
    func contradictions() throws {
        var base = BaseData(timeZone: .gmt)
        try base.take(
            .classes,
            "system,code,kind,name,unit\nx,A,event,甲,\ngb47678.5-2026,B,event,乙,nobody",
            origin: .edition(1)
        )
        try base.take(
            .limits,
            "code,level,condition,phase,limit,limitUnit\nB,1,c,finish,1,workDay\nC,1,c,finish,1,workDay",
            origin: .edition(1)
        )
        try base.take(.mapping, "from,to\nB,Z", origin: .edition(1))
        try base.take(.scores, "code,level,points\nB,2,1\nQ,1,1", origin: .edition(1))
        base.link(day: 0)
        let problems = base.contradictions().map { "\($0.file) \($0.value ?? "") \($0.problem)" }
        for part in [
            "class A 甲 has no limit", "class A is of an unknown system", "class B names a unit", "C limits of a class",
            "Z maps a class", "B 2 scores a level", "Q scores a class",
        ] {
            #expect(problems.contains { $0.contains(part) }, "\(part) in \(problems)")
        }
    }

    @Test("a catalogue of odd form is read as it is meant")
    func oddForm() throws {
        let odd = try Catalogue(
            csv: "\u{FEFF}" + Self.header + "X-1,event,\"a, \"\"b\"\"\nc\",,1,,2,workDay,,,\r\n\r\n"
        )
        #expect(odd.classes[0].name == "a, \"b\"\nc")
        #expect(odd.classes[0].duplicateRadius == 20)
        #expect(odd.classes[0].policy == nil)
    }

    @Test(
        "a mistake is named by line, column and value, and nothing is loaded",
        arguments: [
            ("X 1,event,a,,1,,2,workDay,,,", 2, "code"),
            (",event,a,,1,,2,workDay,,,", 2, "code"),
            ("X1,thing,a,,1,,2,workDay,,,", 2, "kind"),
            ("X1,event,,,1,,2,workDay,,,", 2, "name"),
            ("X1,event,a,,0,,2,workDay,,,", 2, "level"),
            ("X1,event,a,,1,,,workDay,,,", 2, "limit"),
            ("X1,event,a,,1,,2.5,workDay,,,", 2, "limit"),
            ("X1,event,a,,1,,2,days,,,", 2, "limitUnit"),
            ("X1,event,a,,1,,2,workDay,a b,,", 2, "unit"),
            ("X1,event,a,,1,,2,workDay,,nan,", 2, "duplicateRadiusM"),
            ("X1,event,a,,1,,2,workDay,,,maybe", 2, "policy"),
            ("X1,event,a,,1,,2,workDay,,,\nX1,event,a,,1,,3,workDay,,,", 3, "level"),
            ("X1,event,a,,1,,2,workDay,,,\nX1,event,b,,2,,3,workDay,,,", 3, "name"),
        ]
    )
    func mistakes(rows: String, line: Int, column: String) throws {
        let error = try #require(throws: BaseDataError.self) { _ = try Catalogue(csv: Self.header + rows) }
        #expect(error.findings.contains { $0.line == line && $0.column == column }, "\(error)")
        #expect(error.findings.allSatisfy { !$0.remedy.isEmpty && !$0.problem.isEmpty })
    }

    @Test("every mistake of a file is reported, not the first alone")
    func all() throws {
        let error = try #require(throws: BaseDataError.self) {
            _ = try Catalogue(csv: Self.header + "a b,event,a,,1,,2,workDay,,,\nX2,event,,,x,,2,workDay,,,")
        }
        #expect(error.findings.map(\.line) == [2, 3, 3])
        for text in ["", "code,kind\n", Self.header, Self.header + "\"X1,event", "foo,code,kind,name,level,limit\n1"] {
            #expect(throws: BaseDataError.self) { _ = try Catalogue(csv: text) }
        }
    }

    @Test("2,000 mangled files are read or refused, never half of them")
    func mangled() {
        var random = SeededRandom(seed: 5)
        let lines = (1...30).map { "E-\($0),event,\"类, \($0)\",class \($0),1,条件,2,workDay,unit-\($0),20,ask\n" }
        let original = Array((Self.header + lines.joined()).utf8)
        for _ in 0..<2000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[at] = .random(in: 0...255, using: &random)
                case 1: bytes.remove(at: at)
                default: bytes.insert([10, 13, 34, 44, 0][Int.random(in: 0..<5, using: &random)], at: at)
                }
            }
            if let read = try? Catalogue(csv: String(decoding: bytes, as: UTF8.self)) {
                #expect(read.classes.allSatisfy { !$0.levels.isEmpty && !$0.code.isEmpty })
            }
        }
    }

    @Test("the most particular claim decides; without one, the class's own unit, then the claim of everything")
    func precedence() throws {
        let claims = try ClaimTable.read(
            """
            id,name,nameEn,classes,cells
            street,街道,Street,*,321202001001*
            water,供水,Water,P-01-01;E-05-01,
            town,镇,Town,E-05*,
            special,专班,Special,E-05*,321202001001007
            rest,其他,Rest,*,
            drainage,排水,Drainage,,
            """
        )
        let units = Responsibility(tree: claims.tree, rules: claims.rules)
        let table: [(String, String?, String)] = [
            ("E-05-01", "321202001001007", "water"), ("E-05-06", "321202001001007", "special"),
            ("E-05-06", "321202001001008", "town"), ("09009", "321202001001008", "street"),
            ("09009", "321299001001008", "rest"), ("P-01-02", nil, "drainage"), ("P-01-01", nil, "water"),
        ]
        for (code, cell, unit) in table {
            let entry = try #require(Catalogue.builtIn[code])
            #expect(units.unit(for: entry, cell: cell) == unit, "\(code) \(cell ?? "nowhere")")
        }
    }

    @Test(
        "a units file with a doubt in it is refused by line",
        arguments: [
            ("a,A,,E-05*,\nb,B,,E-05*,", 3), ("a b,A,,,", 2), ("a,,,,", 2), ("a,A,,,\na,B,,,", 3),
            ("a,A,,*,12345", 2), ("a,A,,,123*", 2), ("a,A,,*,1234x*", 2),
        ]
    )
    func doubtful(rows: String, line: Int) throws {
        let error = try #require(throws: BaseDataError.self) {
            _ = try ClaimTable.read("id,name,nameEn,classes,cells\n" + rows)
        }
        #expect(error.findings.map(\.line) == [line])
    }
}
