import Cases
import Domain
import Foundation
import Testing

@Suite("Alarm policies")
struct PolicyTableTests {
    private static let text = """
        classes,sourceKind,source,days,from,to,policy,note
        E-05-06,,,,,,ask,
        E-05-06,,,,22:00,06:00,open,nobody to ask at night
        E-05-06,,,dayOff,,,record,
        E-05*,camera,,,,,record,
        *,,culvert-*,,,,open,
        E-05-06,,culvert-07,,,,record,under repair

        """

    /// A Monday, 2026-11-23, and the Sunday before it, in a zone of UTC + 8.
    private static func at(_ day: Int, _ hour: Int, _ minute: Int = 0) -> WallTime {
        let seconds = WallTime.days(year: 2026, month: 11, day: day) * 86_400 + Int64(hour * 3600 + minute * 60)
        return WallTime(microseconds: (seconds - 8 * 3600) * 1_000_000)
    }

    private static func base(_ text: String = text, policy: [String: AlarmPolicy] = [:]) throws -> BaseData {
        var base = BaseData(policies: policy, timeZone: TimeZone(secondsFromGMT: 8 * 3600) ?? .gmt)
        try base.take(.policies, text, origin: .edition(1))
        base.link(day: 0)
        return base
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let source: String
        let kind: AlarmSignal.SourceKind
        let code: String
        let at: WallTime
        let policy: AlarmPolicy
        var testDescription: String { "\(source) \(code) → \(policy)" }

        init(
            _ source: String,
            _ kind: AlarmSignal.SourceKind,
            _ code: String,
            _ at: WallTime,
            _ policy: AlarmPolicy
        ) {
            self.source = source
            self.kind = kind
            self.code = code
            self.at = at
            self.policy = policy
        }
    }

    @Test(
        "the most particular line decides: source, kind of source, class, hours",
        arguments: [
            Case("level-1", .sensor, "E-05-06", at(23, 10), .ask),
            Case("level-1", .sensor, "E-05-06", at(23, 22), .open),
            Case("level-1", .sensor, "E-05-06", at(23, 5, 59), .open),
            Case("level-1", .sensor, "E-05-06", at(23, 6), .ask),
            // A Sunday: by day nobody is there, at night the hours are the more particular ones.
            Case("level-1", .sensor, "E-05-06", at(22, 10), .record),
            Case("level-1", .sensor, "E-05-06", at(22, 23), .open),
            Case("cam-1", .camera, "E-05-06", at(23, 10), .record),
            Case("culvert-01", .sensor, "E-05-06", at(23, 10), .open),
            Case("culvert-07", .sensor, "E-05-06", at(23, 23), .record),
            Case("culvert-01", .sensor, "09009", at(23, 10), .open),
            Case("level-1", .sensor, "09009", at(23, 10), .ask),
            Case("culvert-01", .sensor, "no-such", at(23, 10), .record),
        ]
    )
    func decides(_ one: Case) throws {
        let base = try Self.base()
        let origin = AlarmOrigin(classCode: one.code, source: one.source, sourceKind: one.kind, at: one.at)
        #expect(base.policy(for: origin) == one.policy)
    }

    @Test("hours over midnight belong to the day they begin on; a shifted work day (调休) is one")
    func overnight() throws {
        // The night that begins on Friday is a work day's, the one that begins on Saturday isn't.
        let text = "classes,days,from,to,policy\n09009,workDay,20:00,08:00,record\n"
        let base = try Self.base(text)
        func policy(_ time: WallTime) -> AlarmPolicy {
            base.policy(for: AlarmOrigin(classCode: "09009", source: "c", sourceKind: .camera, at: time))
        }
        #expect(policy(Self.at(27, 21)) == .record)
        #expect(policy(Self.at(28, 7, 59)) == .record)
        #expect(policy(Self.at(28, 8)) == .ask)
        #expect(policy(Self.at(28, 21)) == .ask)
        #expect(policy(Self.at(29, 7)) == .ask)
        // 2026-10-10, a Saturday, is worked for the National Day holidays.
        let shifted = (WallTime.days(year: 2026, month: 10, day: 10) * 86_400 + 21 * 3600 - 8 * 3600) * 1_000_000
        #expect(policy(WallTime(microseconds: shifted)) == .record)
    }

    @Test("a line wins over the site file's word, which wins over the catalogue's")
    func order() throws {
        let origin = AlarmOrigin(classCode: "E-05-06", source: "s", sourceKind: .sensor, at: Self.at(23, 10))
        #expect(try Self.base("", policy: [:]).policy(for: origin) == .open)
        #expect(try Self.base("", policy: ["E-05-06": .record]).policy(for: origin) == .record)
        #expect(try Self.base(policy: ["E-05-06": .record]).policy(for: origin) == .ask)
    }

    @Test("what was read is written, and read again is the same")
    func again() throws {
        let table = try PolicyTable.read(Self.text)
        #expect(table.rules.count == 6)
        #expect(try PolicyTable.read(table.table.csv) == table)
    }

    @Test("every mistake is named by line and column, and nothing is taken")
    func mistakes() throws {
        let text = """
            classes,sourceKind,source,days,from,to,policy,note
            ,,,,,,ask,
            09009,drone,,,,,ask,
            09009,,,sometimes,,,ask,
            09009,,,,24:00,06:00,ask,
            09009,,,,22:00,,ask,
            09009,,,,,,perhaps,
            09009,,lamp-1,,,,ask,
            09009,,lamp-1,,,,open,again

            """
        let error = try #require(throws: BaseDataError.self) { try PolicyTable.read(text) }
        let places = error.findings.map { "\($0.line ?? 0) \($0.column ?? "")" }
        #expect(
            places == [
                "2 classes", "3 sourceKind", "4 days", "5 from", "6 to", "7 policy", "9 classes",
            ]
        )
    }

    @Test("a line for a class that doesn't exist is a contradiction; a change says how many classes it concerns")
    func effect() throws {
        let before = try Self.base("")
        let after = try Self.base("classes,policy\nE-05-06,ask\nX-99*,open\n")
        #expect(after.contradictions().contains { $0.file == "policies.csv" && $0.value == "X-99*" })
        #expect(!before.contradictions().contains { $0.file == "policies.csv" })
        let effect = BaseDataEffect(from: before, to: after, at: Self.at(23, 10))
        #expect(effect.classesAlarmedOtherwise == 1)
        #expect(BaseDataEffect(from: after, to: after, at: Self.at(23, 10)).classesAlarmedOtherwise == 0)
    }
}
