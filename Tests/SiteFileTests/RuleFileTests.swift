import Domain
import SiteFile
import Testing

@Suite("Rules in a site file")
struct RuleFileTests {
    private static let head = """
        site: { name: A }
        sensors:
          - { id: lamp-1, profile: streetlight }
          - { id: lamp-2, profile: streetlight }
          - { id: water-1, profile: waterLevel }

        """

    @Test("of every kind are read, of sensors and of groups")
    func everyKind() throws {
        let text = """
            site: { name: A }
            sensors:
              - { id: lamp-1, profile: streetlight }
              - id: water-1
                profile: waterLevel
                rules:
                  - { kind: between, from: 6, to: 9, clearMargin: 0.5, clearFor: 30s }
                  - { kind: outside, from: 6, to: 9 }
                  - { kind: rate, value: 20, per: 10m, clearBelow: 5, severity: critical }
                  - { kind: rate, value: -20, per: 10m, clearAbove: -5 }
                  - { kind: stuck, for: 2h, value: 0.1, schedule: { days: [mon, fri], hours: ["18:00-06:00"] } }
                  - { id: wet-and-weak, kind: all, of: [ { kind: above, value: 3 }, { kind: not, of: [ { kind: above, field: battery, value: 3 } ] } ] }
            groups:
              - id: row
                name: 鼓楼路
                sensors: [lamp-*, water-1]
                storm: { atLeast: 5, within: 2m }
                rules:
                  - { kind: count, atLeast: 3, adjacent: true, of: [ { kind: state, isNot: [on, low] } ], for: 10s, class: "P-01-37" }
                  - { kind: noData, for: 5m }
                  - { kind: any, of: [ { sensor: lamp-1, kind: state, is: off }, { sensor: water-1, kind: above, value: 2 } ] }
            """
        let site = try SiteFile(text: text, file: "site.yaml").site
        let rules = site.sensors[1].rules
        #expect(rules.map(\.kind) == [.between, .outside, .rate, .rate, .stuck, .all])
        #expect(rules[0].value == 6 && rules[0].upper == 9 && rules[0].clearForSeconds == 30)
        #expect(rules[2].perSeconds == 600 && rules[2].severity == .critical)
        #expect(rules[4].schedule?.windows == [.init(days: [0, 4], fromMinute: 1080, toMinute: 360)])
        #expect(rules[5].part == "wet-and-weak" && rules[5].of?.last?.of?.first?.field == "battery")
        let group = try #require(site.groups.first)
        #expect(group.sensors == ["lamp-1", "water-1"] && group.storm?.withinSeconds == 120)
        #expect(group.rules.map(\.isJoint) == [true, false, true])
        #expect(group.rules[0].of?.first?.states == [1, 0.5] && group.rules[0].of?.first?.negated == true)
    }

    @Test(
        "that can't mean anything are named by line and field",
        arguments: [
            ("{ kind: between, from: 9, to: 6 }", "to"), ("{ kind: between, from: 9 }", "to"),
            ("{ kind: above, value: 1, from: 2 }", "from"), ("{ kind: rate, value: 3 }", "per"),
            ("{ kind: rate, value: 0, per: 1m }", "value"),
            ("{ kind: rate, value: 3, per: 1m, clearAbove: 2 }", "clearAbove"),
            ("{ kind: stuck }", "for"), ("{ kind: state }", "is"), ("{ kind: state, is: dark }", "is"),
            ("{ kind: above, value: 1, is: on }", "is"), ("{ kind: all, of: [ { kind: above, value: 1 } ] }", "of"),
            ("{ kind: count, atLeast: 2, of: [ { kind: state, is: off } ] }", "kind"),
            ("{ kind: not, of: [ { kind: noData, for: 1m } ] }", "of[0].kind"),
            ("{ kind: all, of: [ { kind: above, value: 1, class: x }, { kind: below, value: 0 } ] }", "of[0].class"),
            ("{ kind: above, value: 1, schedule: { hours: [18-6] } }", "schedule.hours"),
            ("{ kind: above, value: 1, schedule: { days: [monday] } }", "schedule.days"),
            ("{ kind: above, value: 1, severity: red }", "severity"),
        ]
    )
    func mistakes(_ rule: String, _ field: String) {
        let head = "site: { name: A }\nsensors:\n  - id: lamp-1\n    profile: streetlight\n    rules:\n"
        let text = head + "      - \(rule)\n"
        let error = #expect(throws: SiteFileError.self) { try SiteFile(text: text, file: "site.yaml") }
        #expect(error?.diagnostics.first?.line == 6, "\(String(describing: error))")
        let fields = error?.diagnostics.map(\.field) ?? []
        #expect(fields.contains("sensors[0].rules[0].\(field)"), "\(String(describing: error))")
    }

    @Test(
        "of groups name members and mistakes",
        arguments: [
            ("sensors: [lamp-9]", "sensors"), ("name: x", "sensors"),
            ("sensors: [lamp-1], rules: [ { kind: count, of: [ { kind: state, is: off } ] } ]", "rules[0].atLeast"),
            (
                "sensors: [lamp-1], rules: [ { kind: all, of: [ { kind: above, value: 1, sensor: water-1 }, { kind: above, value: 2 } ] } ]",
                "rules[0].of[0].sensor"
            ),
            (
                "sensors: [lamp-1], rules: [ { kind: all, of: [ { kind: above, value: 1, sensor: lamp-1 }, { kind: above, value: 2 } ] } ]",
                "rules[0].of"
            ),
        ]
    )
    func groupMistakes(_ rest: String, _ field: String) {
        let text = Self.head + "groups:\n  - { id: row, \(rest) }\n"
        let error = #expect(throws: SiteFileError.self) { try SiteFile(text: text, file: "site.yaml") }
        #expect(error?.diagnostics.map(\.field).contains("groups[0].\(field)") == true, "\(String(describing: error))")
    }
}
