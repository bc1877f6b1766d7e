import Domain
import Foundation
import SiteFile
import Testing

@Suite("A sensor that is defined outside of the site file")
struct SensorFormTests {
    private static let surroundings = SensorForm.Surroundings(
        profiles: PayloadProfile.builtIn,
        groups: ["row"],
        isClass: { $0 == "E-05-06" || $0 == "09009" }
    )

    private static let rules = """
        [{"kind": "above", "value": 150, "clearBelow": 120, "for": "10s", "class": "09009", "severity": "critical"},
         {"kind": "below", "value": -3.5, "clearAbove": 0, "clearFor": "1500ms"},
         {"kind": "between", "from": 6, "to": 9, "clearMargin": 0.5, "id": "sour"},
         {"kind": "outside", "from": 6, "to": 9, "field": "ph"},
         {"kind": "rate", "value": -20, "per": "10m", "clearAbove": -5},
         {"kind": "stuck", "value": 0.1, "for": "2h", "schedule": {"days": ["mon", "fri"], "hours": ["18:00-06:00"]}},
         {"kind": "noData", "for": "1d"},
         {"kind": "state", "isNot": ["1", 0.5]},
         {"kind": "all", "of": [{"kind": "above", "value": 3},
                               {"kind": "not", "of": [{"kind": "any", "of": [{"kind": "below", "field": "battery", "value": 3},
                                                                              {"kind": "stuck", "for": "1m"}]}]}]}]
        """

    private static func read(_ json: String) -> (sensor: Sensor?, mistakes: [SiteDiagnostic]) {
        SensorForm.read(json, id: "well-7", in: surroundings)
    }

    @Test("takes every kind of rule of one sensor, and what is written of it reads as the same again")
    func roundTrip() throws {
        let (read, mistakes) = Self.read(
            #"{"name": "井 7 \"新\"", "profile": "streetlight", "position": {"lat": 32.5, "lon": 119.9}, "address": "路\n1", "group": "row", "rules": \#(Self.rules)}"#
        )
        let sensor = try #require(read, "\(mistakes)")
        #expect(sensor.name == "井 7 \"新\"" && sensor.address == "路\n1" && sensor.group == "row")
        #expect(sensor.rules.map(\.kind) == [.above, .below, .between, .outside, .rate, .stuck, .noData, .state, .all])
        #expect(sensor.rules[1].clearForSeconds == 1.5 && sensor.rules[7].states == [1, 0.5])
        #expect(sensor.rules[8].of?.last?.of?.first?.of?.first?.field == "battery")
        let written = String(decoding: try JSONEncoder().encode(SensorForm(sensor)), as: UTF8.self)
        let again = Self.read(written)
        #expect(again.sensor == sensor, "\(again.mistakes) \(written)")
    }

    @Test("means the same as the site file's entry")
    func sameAsFile() throws {
        let file = """
            site: { name: A }
            sensors:
              - { id: well-7, profile: streetlight, rules: [ { kind: state, is: [off, fault], for: 5m }, { kind: above, value: 2 } ] }
            """
        let declared = try SiteFile(text: file, file: "site.yaml").site.sensors[0]
        let form =
            #"{"profile": "streetlight", "rules": [{"kind": "state", "is": ["off", "fault"], "for": "5m"}, {"kind": "above", "value": 2}]}"#
        #expect(Self.read(form).sensor == declared)
    }

    @Test(
        "is refused with every mistake by field and remedy",
        arguments: [
            (
                #"{"profile": "waterLevel", "rules": [{"kind": "above"}, {"kind": "noData"}]}"#,
                ["rules[0].value", "rules[1].for"]
            ),
            (
                #"{"profile": "waterLevel", "rules": [{"kind": "above", "value": 1, "clearBelow": 2}]}"#,
                ["rules[0].clearBelow"]
            ),
            (
                #"{"profile": "waterLevel", "rules": [{"kind": "count", "atLeast": 2, "of": [{"kind": "above", "value": 1}]}]}"#,
                ["rules[0].kind"]
            ),
            (
                #"{"profile": "waterLevel", "rules": [{"kind": "any", "of": [{"kind": "above", "value": 1}]}]}"#,
                ["rules[0].of"]
            ),
            (
                #"{"profile": "waterLevel", "rules": [{"kind": "not", "of": [{"kind": "below"}]}]}"#,
                ["rules[0].of[0].value"]
            ),
            (
                #"{"profile": "waterLevel", "rules": [{"kind": "above", "value": 1, "class": "E-99-99"}]}"#,
                ["rules[0].class"]
            ),
            (
                #"{"profile": "waterLevel", "rules": [{"kind": "above", "value": 1, "color": "red"}]}"#,
                ["rules[0].color"]
            ),
            (
                #"{"profile": "waterLevel", "rules": [{"kind": "above", "value": 1}, {"kind": "above", "value": 1}]}"#,
                ["rules[1]"]
            ),
            (#"{"profile": "waterLevel", "rules": [{"kind": "above", "value": 1, "for": 10}]}"#, ["rules[0].for"]),
            (#"{"profile": "nothing", "group": "other"}"#, ["group", "profile"]),
            (#"{"name": "x"}"#, ["profile"]),
            (#"{"profile": "waterLevel", "position": {"lat": 132.5, "lon": 119.9}}"#, ["position.lat"]),
            (#"{"profile": "waterLevel", "position": {"lat": 32.5}}"#, ["position.lon"]),
            (#"{"profile": "waterLevel", "id": "well-8"}"#, ["id"]),
            (#"{"profile": "waterLevel", "topic": "x"}"#, ["topic"]),
            ("[]", [""]), ("", [""]), (String(repeating: "[", count: 500), [""]),
        ]
    )
    func mistakes(json: String, fields: [String]) {
        let (sensor, mistakes) = Self.read(json)
        #expect(sensor == nil)
        #expect(mistakes.map(\.field).sorted() == fields.sorted(), "\(mistakes)")
        #expect(mistakes.allSatisfy { !$0.problem.isEmpty && !$0.remedy.isEmpty })
    }

    @Test("says what it says: nothing in it stands for the environment's secrets")
    func literal() throws {
        let read = Self.read(#"{"profile": "waterLevel", "name": "${HOME} & *x !!str", "address": "~"}"#)
        let sensor = try #require(read.sensor, "\(read.mistakes)")
        #expect(sensor.name == "${HOME} & *x !!str" && sensor.address == "~")
    }
}
