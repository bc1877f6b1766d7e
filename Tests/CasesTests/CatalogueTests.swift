import Cases
import Domain
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
        for entry in Catalogue.builtIn.classes {
            let unit = try #require(entry.unit)
            #expect(Responsibility.builtIn[unit] != nil, "\(entry.code)")
            #expect(Responsibility.builtIn.unit(for: entry, cell: nil) == unit)
            #expect(entry.name != entry.nameEn)
        }
    }

    @Test("a catalogue written as CSV is read back the same")
    func roundTrip() throws {
        let again = try Catalogue(csv: Catalogue.builtIn.csv)
        #expect(again.classes == Catalogue.builtIn.classes)
        let odd = try Catalogue(
            csv: "\u{FEFF}" + Self.header + "X-1,event,\"a, \"\"b\"\"\nc\",,1,,2,workDay,,,\r\n\r\n"
        )
        #expect(odd.classes[0].name == "a, \"b\"\nc")
        #expect(odd.classes[0].duplicateRadius == 20)
        #expect(odd.classes[0].policy == nil)
        #expect(try Catalogue(csv: odd.csv).classes == odd.classes)
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
        let original = Array(Catalogue.builtIn.csv.utf8)
        for _ in 0..<2000 {
            var bytes = Array(original.prefix(1200))
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

    @Test("the most particular claim decides; without one, the class's own unit, then the general one")
    func precedence() throws {
        let units = try Responsibility(
            csv: """
                id,name,nameEn,classes,cells
                street,街道,Street,*,321202001001*
                water,供水,Water,P-01-01;E-05-01,
                town,镇,Town,E-05*,
                special,专班,Special,E-05*,321202001001007
                rest,其他,Rest,*,
                drainage,排水,Drainage,,
                """
        )
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
            _ = try Responsibility(csv: "id,name,nameEn,classes,cells\n" + rows)
        }
        #expect(error.findings.map(\.line) == [line])
    }
}
