import Domain
import SiteFile
import Testing

@Suite("A site file")
struct SiteFileTests {
    private static let whole = """
        site: { name: 示范区监督指挥中心, timeZone: Asia/Shanghai, language: zh-CN }
        cameras:
          - id: hailing-gulou
            name: 海陵路鼓楼路口
            source: rtsp://${CAM_USER}:${CAM_PASSWORD}@127.0.0.1:8554/a
            sub: rtsp://127.0.0.1:8554/a-sub
            position: { lat: 32.4912, lon: 119.9234 }
            record: { keepDays: 30 }
            zones:
              - id: kerb
                polygon: [[0.05, 0.55], [0.95, 0.55], [0.95, 0.98], [0.05, 0.98]]
                rules:
                  - { kind: stationary, after: 60s, class: "09009" }
        mqtt:
          - url: mqtt://127.0.0.1:1883
            subscribe:
              - { topic: "city/lamp/+/state", profile: streetlight }
        sensors:
          - id: culvert-01
            profile: waterLevel
            position: { lat: 32.4921, lon: 119.9301 }
            rules:
              - { kind: above, value: 150, clearBelow: 120, for: 10s, class: "E-05-06" }
        vehicles:
          - { id: su-m12345, kind: sanitation, topic: "city/truck/su-m12345/position" }
        cases:
          policy: { "09009": ask, "E-05-06": open }
        """

    @Test("of every section is read with its secrets from the environment")
    func everySection() throws {
        let file = try SiteFile(
            text: Self.whole,
            file: "site.yaml",
            environment: ["CAM_USER": "gw", "CAM_PASSWORD": "s3cret"]
        )
        let site = file.site
        #expect(file.warnings.isEmpty)
        #expect(site.name == "示范区监督指挥中心")
        let camera = try #require(site.cameras.first)
        #expect(camera.source == "rtsp://gw:s3cret@127.0.0.1:8554/a")
        #expect(camera.zones.first?.rules == [ZoneRule(kind: .stationary, afterSeconds: 60, classCode: "09009")])
        #expect(camera.zones.first?.polygon.corners.count == 4)
        #expect(site.brokers.first?.port == 1883)
        #expect(site.sensors.first?.rules.first?.clearBelow == 120)
        #expect(site.sensors.first?.rules.first?.forSeconds == 10)
        #expect(site.vehicles.first?.kind == .sanitation)
        #expect(site.cases.policy == ["09009": .ask, "E-05-06": .open])
    }

    @Test("names a file for each set of base data, and a map to draw under everything")
    func baseData() throws {
        let names = [
            "catalogue", "limits", "scores", "mapping", "calendar", "areas", "units", "responsibility", "places",
        ]
        let text =
            "site: { name: A }\ncases:\n  grid: g.geojson\n" + names.map { "  \($0): \($0).csv\n" }.joined()
            + "map: { tiles: \"http://maps.local:81/{z}/{x}/{y}.png\", datum: gcj02, maxZoom: 17 }\n"
        let reading = SiteFile.read(text: text, environment: [:])
        #expect(reading.diagnostics.isEmpty, "\(reading.diagnostics)")
        let cases = try #require(reading.site?.cases)
        let expected = CaseSettings(
            catalogue: "catalogue.csv",
            limits: "limits.csv",
            scores: "scores.csv",
            mapping: "mapping.csv",
            calendar: "calendar.csv",
            grid: "g.geojson",
            areas: "areas.csv",
            units: "units.csv",
            responsibility: "responsibility.csv",
            places: "places.csv"
        )
        #expect(cases == expected)
        #expect(reading.references.count { $0.kind == .baseData } == 10)
        let map = try #require(reading.site?.map)
        #expect(map.datum == .gcj02 && map.maxZoom == 17 && map.origin == "http://maps.local:81")
    }

    @Test(
        "refuses a map whose pictures no page could ask for, by its field",
        arguments: [
            ("{ datum: wgs84 }", "map.tiles"), ("{ tiles: \"/local/{z}/{x}/{y}.png\" }", "map.tiles"),
            ("{ tiles: \"http://h/{z}/{x}.png\" }", "map.tiles"),
            ("{ tiles: \"http://h; script-src *//{z}/{x}/{y}\" }", "map.tiles"),
            ("{ tiles: \"http://h/{z}/{x}/{y}.png\", datum: bd09 }", "map.datum"),
            ("{ tiles: \"http://h/{z}/{x}/{y}.png\", maxZoom: 40 }", "map.maxZoom"),
            ("{ tiles: \"http://h/{z}/{x}/{y}.png\", zoom: 4 }", "map.zoom"),
        ]
    )
    func wrongMap(map: String, field: String) {
        let reading = SiteFile.read(text: "site: { name: A }\nmap: \(map)\n", environment: [:])
        #expect(reading.diagnostics.contains { $0.severity == .error && $0.field == field }, "\(reading.diagnostics)")
    }

    @Test("says for each camera how long it is kept: its own days, its priority's, the usual ones")
    func retention() throws {
        let text = """
            site: { name: A }
            recording:
              freeSpaceFloor: 20GB
              keepBytes: 8TB
              volumes:
                - { id: b, path: /mnt/b/, sameDevice: true }
                - { id: c, path: /mnt/c, freeSpaceFloor: 5GB }
              priorities:
                "0-3": { keepDays: 7, keepBytes: 500GB }
                9: { keepDays: 90 }
            cameras:
              - { id: own, source: "rtsp://h/a", record: { keepDays: 3, keepBytes: 100GB, priority: 9 } }
              - { id: low, source: "rtsp://h/b", record: { priority: 2, gapAlarm: 10s, volume: c } }
              - { id: usual, source: "rtsp://h/c" }
              - { id: off, source: "rtsp://h/d", record: { paused: true, activity: false, audio: false } }
            """
        let site = try SiteFile(text: text, file: "site.yaml").site
        #expect(
            site.recording.volumes == [
                VolumeDeclaration(id: "b", path: "/mnt/b", sameDevice: true),
                VolumeDeclaration(id: "c", path: "/mnt/c", freeSpaceFloorBytes: 5_000_000_000),
            ]
        )
        #expect(site.recording.keepBytes == 8_000_000_000_000)
        #expect(site.recording.floorBytes(ofVolume: "main") == 20_000_000_000)
        #expect(site.recording.floorBytes(ofVolume: "c") == 5_000_000_000)
        #expect(site.recording.priorities.keys.sorted() == [0, 1, 2, 3, 9])
        #expect(site.recording.priorities[3] == PriorityPolicy(keepDays: 7, keepBytes: 500_000_000_000))
        #expect(
            site.cameras.map(\.record) == [
                RecordPolicy(keepDays: 3, keepBytes: 100_000_000_000, priority: 9),
                RecordPolicy(keepDays: 7, priority: 2, gapAlarmSeconds: 10, volume: "c"),
                RecordPolicy(),
                RecordPolicy(paused: true, activity: false, audio: false),
            ]
        )
    }

    @Test("with nothing but a name is enough")
    func smallest() throws {
        let site = try SiteFile(text: "site: { name: A }", file: "site.yaml").site
        #expect(site.cameras.isEmpty)
        #expect(site.timeZone == "Asia/Shanghai")
    }

    struct Mistake: Sendable, CustomTestStringConvertible {
        var text: String
        var line: Int
        var field: String
        var remedy: String
        var testDescription: String { field }
    }

    private static func recording(_ text: String, _ field: String, _ remedy: String) -> Mistake {
        Mistake(
            text: "site: { name: A }\nrecording:\n  \(text)",
            line: 3,
            field: "recording.\(field)",
            remedy: remedy
        )
    }

    private static func record(_ text: String, _ field: String, _ remedy: String) -> Mistake {
        Mistake(
            text: "site: { name: A }\nrecording: { volumes: [{ id: b, path: /b }] }\ncameras:\n"
                + "  - { id: a, source: \"rtsp://h/a\", record: { \(text) } }",
            line: 4,
            field: "cameras[0].record.\(field)",
            remedy: remedy
        )
    }

    private static func polygon(_ corners: String) -> Mistake {
        Mistake(
            text: "site: { name: A }\ncameras:\n  - id: a\n    source: rtsp://h/a\n    zones:\n"
                + "      - { id: z, polygon: [\(corners)], rules: [] }",
            line: 6,
            field: "cameras[0].zones[0].polygon",
            remedy: "outline"
        )
    }

    @Test("platforms with their limits and hours, cameras that name one, and how sources are opened")
    func platforms() throws {
        let text = """
            site: { name: A }
            platforms:
              - id: police
                name: 公安视频平台
                hosts: [10.1.2.3, "*.police.example"]
                connections: 32
                connectionsPerSecond: 4
                hours: ["07:00-19:00", "22:00-02:30"]
              - { id: traffic }
            cameras:
              - { id: a, source: "rtsp://10.1.2.3/a", input: { transport: udp } }
              - { id: b, source: "https://host/b.m3u8", platform: traffic, input: { userAgent: gw, verifyTLS: true } }
              - { id: c, source: "udp://@239.1.1.1:5000" }
            """
        let site = try SiteFile(text: text, file: "site.yaml").site
        #expect(
            site.platforms.first
                == Platform(
                    id: "police",
                    name: "公安视频平台",
                    hosts: ["10.1.2.3", "*.police.example"],
                    connections: 32,
                    connectionsPerSecond: 4,
                    hours: [.init(from: 420, to: 1140), .init(from: 1320, to: 150)]
                )
        )
        #expect(site.cameras.map(\.platform) == [nil, "traffic", nil])
        #expect(site.cameras[0].input.transport == .udp)
        #expect(site.cameras[1].input == SourceOptions(userAgent: "gw", verifyTLS: true))
        #expect(
            site.cameras.map { site.platforms.platform(of: $0.source, named: $0.platform)?.id } == [
                "police", "traffic", nil,
            ]
        )
    }

    static let mistakes = [
        Mistake(
            text: "site: { name: A }\ncameras:\n  - { id: a, source: \"rtsp://h/a\", input: { verifyTLS: true } }",
            line: 3,
            field: "cameras[0].input.verifyTLS",
            remedy: "https"
        ),
        Mistake(
            text: "site: { name: A }\nplatforms: [ { id: p, hours: [ \"7-19\" ] } ]",
            line: 2,
            field: "platforms[0].hours",
            remedy: "07:00-19:00"
        ),
        Mistake(
            text: "site: { name: A }\ncameras:\n  - { id: a, source: \"rtsp://h/a\", platform: p }",
            line: 3,
            field: "cameras[0].platform",
            remedy: "platforms:"
        ),
        Mistake(
            text: "site: { name: A }\ncameras:\n  - { id: a, source: \"rtsp://h/a\", input: { transport: pigeon } }",
            line: 3,
            field: "cameras[0].input.transport",
            remedy: "tcp"
        ),
        Mistake(text: "site: { name: A }\ncamera: []", line: 2, field: "camera", remedy: "known here"),
        Mistake(text: "site: { nme: A }", line: 1, field: "site.nme", remedy: "known here"),
        Mistake(text: "cameras: []", line: 1, field: "site", remedy: "add `site:"),
        Mistake(text: "site: { name: A, timeZone: Mars/Base }", line: 1, field: "site.timeZone", remedy: "IANA"),
        Mistake(
            text: "site: { name: A }\ncameras:\n  - { id: a, source: \"gopher://x/y\" }",
            line: 3,
            field: "cameras[0].source",
            remedy: "rtsp://"
        ),
        Mistake(
            text: "site: { name: A }\ncameras:\n  - { id: ../etc, source: \"rtsp://h/a\" }",
            line: 3,
            field: "cameras[0].id",
            remedy: "letters"
        ),
        Mistake(
            text: "site: { name: A }\ncameras:\n  - { id: a, source: \"rtsp://h/a\", record: { keepDays: soon } }",
            line: 3,
            field: "cameras[0].record.keepDays",
            remedy: "whole number"
        ),
        Mistake(
            text:
                "site: { name: A }\ncameras:\n  - { id: a, source: \"rtsp://h/a\" }\n  - { id: a, source: \"rtsp://h/b\" }",
            line: 4,
            field: "cameras[1].id",
            remedy: "its own id"
        ),
        Mistake(
            text:
                "site: { name: A }\ncameras:\n  - id: a\n    source: rtsp://h/a\n    zones:\n      - id: z\n        polygon: [[0, 0], [2, 0], [1, 1]]\n        rules: []",
            line: 7,
            field: "cameras[0].zones[0].polygon",
            remedy: "fractions"
        ),
        Mistake(
            text:
                "site: { name: A }\nsensors:\n  - { id: s, profile: x, rules: [ { kind: above, value: 1, for: 10 } ] }",
            line: 3,
            field: "sensors[0].rules[0].for",
            remedy: "60s"
        ),
        Mistake(
            text: "site: { name: A }\nsensors:\n  - { id: s, profile: x, rules: [ { kind: over, value: 1 } ] }",
            line: 3,
            field: "sensors[0].rules[0].kind",
            remedy: "above, below, between"
        ),
        Mistake(
            text: "site: { name: A }\nmqtt:\n  - { url: \"tcp://h\", subscribe: [] }",
            line: 3,
            field: "mqtt[0].url",
            remedy: "mqtt://"
        ),
        Mistake(
            text:
                "site: { name: A }\nmqtt:\n  - { url: \"mqtt://h\", subscribe: [ { topic: \"a/b+/c\", profile: x } ] }",
            line: 3,
            field: "mqtt[0].subscribe[0].topic",
            remedy: "`+` stands alone"
        ),
        Mistake(
            text: "site: { name: A }\ncases: { policy: { \"09009\": maybe } }",
            line: 2,
            field: "cases.policy",
            remedy: "open, ask, record"
        ),
        Mistake(text: "site: { name: \"${GW_NOT_SET}\" }", line: 1, field: "site.name", remedy: "set GW_NOT_SET"),
        Mistake(
            text: "site: { name: A }\ncameras: []\ncameras: []",
            line: 2,
            field: "",
            remedy: "indentation"
        ),
        Mistake(
            text: "site: { name: A }\ncameras:\n  - { id: a, source: \"rtsp://h:99999/a\" }",
            line: 3,
            field: "cameras[0].source",
            remedy: "SCHEME://HOST"
        ),
        Mistake(
            text: "site: { name: A }\ncameras:\n  - { id: a, source: \"file:a.mp4\" }",
            line: 3,
            field: "cameras[0].source",
            remedy: "whole path"
        ),
        Mistake(
            text:
                "site: { name: A }\ncameras:\n  - { id: a, source: x }\n  - { id: b, source: \"rtsp://h/b\" }\n  - { id: a, source: y }",
            line: 5,
            field: "cameras[2].id",
            remedy: "its own id"
        ),
        recording("volumes: [{ id: main, path: /mnt/b }]", "volumes[0].id", "another id"),
        recording("volumes: [{ id: b, path: mnt/b }]", "volumes[0].path", "whole path"),
        recording("volumes: [{ id: b, path: /b }, { id: b, path: /c }]", "volumes", "its own id"),
        recording("volumes: [{ id: b, path: /b }, { id: c, path: /b/ }]", "volumes", "keep one"),
        recording("volumes: [{ id: b }]", "volumes[0].path", "path:"),
        recording("keepBytes: 7", "keepBytes", "unit"),
        recording("keepBytes: 1MB", "keepBytes", "500MB"),
        recording("priorities: { \"0-12\": { keepDays: 3 } }", "priorities.0-12", "0 to 9"),
        recording("priorities: { \"0-3\": { keepDays: 3 }, 2: { keepDays: 4 } }", "priorities.2", "once"),
        recording("priorities: { 9: { keepDays: 0 } }", "priorities.9.keepDays", "whole number"),
        recording("priorities: { 9: { days: 1 } }", "priorities.9.days", "known here"),
        recording("priorities: { 9: 5 }", "priorities.9", "key: value"),
        record("gapAlarm: 10", "gapAlarm", "unit"),
        record("gapAlarm: 0s", "gapAlarm", "from 1s"),
        record("paused: maybe", "paused", "true or false"),
        record("audio: on air", "audio", "true or false"),
        record("volume: c", "volume", "main, b"),
        record("priority: 10", "priority", "0 to 9"),
        Mistake(
            text: "site: { name: A }\ncameras:\n  - { id: signatures, source: \"rtsp://h/a\" }",
            line: 3,
            field: "cameras[0].id",
            remedy: "another id"
        ),
        Mistake(text: "site: { name: \"\" }", line: 1, field: "site.name", remedy: "write a value"),
        Mistake(
            text: "site: { name: A }\ncameras:\n  - { id: a, name: \" \", source: \"rtsp://h/a\" }",
            line: 3,
            field: "cameras[0].name",
            remedy: "take the line out"
        ),
        polygon("[0.1, 0.2], [0.1, 0.2], [0.1, 0.2]"),
        polygon("[0, 0], [0.3, 0.3], [1, 1], [0.5, 0.5]"),
        Mistake(text: "site: [", line: 2, field: "", remedy: "indentation"),
    ]

    @Test("names line, field and remedy of a mistake", arguments: mistakes)
    func mistake(_ mistake: Mistake) throws {
        let error = try #require(throws: SiteFileError.self) {
            _ = try SiteFile(text: mistake.text, file: "site.yaml")
        }
        let found = error.diagnostics.contains {
            $0.line == mistake.line && $0.field == mistake.field && $0.remedy.contains(mistake.remedy)
        }
        #expect(found, "\(error)")
    }

    @Test("with several mistakes names them all at once")
    func severalMistakes() throws {
        let text = "site: { name: A, colour: red }\ncameras:\n  - { id: a b, source: x }\n  - {}"
        let error = try #require(throws: SiteFileError.self) { _ = try SiteFile(text: text, file: "site.yaml") }
        #expect(error.diagnostics.count >= 5)
    }

    @Test("leaves to others, good or not, what it can't judge itself: each with its place")
    func references() {
        let text = """
            site: { name: "" }
            cameras:
              - { id: a, source: "file:/srv/a%20b.mp4" }
            sensors:
              - { id: s, profile: waterLvl, rules: [ { kind: noData, for: 1m, class: "X-1" } ] }
            cases:
              grid: grid.geojson
              policy: { "09009": ask }
            """
        let reading = SiteFile.read(text: text, environment: [:])
        #expect(reading.diagnostics.map(\.field) == ["site.name"])
        #expect(
            reading.references.map { "\($0.line):\($0.column) \($0.field) \($0.kind) \($0.value)" } == [
                "3:22 cameras[0].source file /srv/a%20b.mp4", "5:23 sensors[0].profile profile waterLvl",
                "5:74 sensors[0].rules[0].class classCode X-1", "7:9 cases.grid baseData grid.geojson",
                "8:13 cases.policy classCode 09009",
            ]
        )
    }

    @Test("with a wrong latitude has no other mistake for it")
    func oneMistakeOnly() throws {
        let text = "site: { name: A }\ncameras:\n  - { id: a, source: \"rtsp://h/a\", position: { lat: 91, lon: 5 } }"
        let error = try #require(throws: SiteFileError.self) { _ = try SiteFile(text: text, file: "site.yaml") }
        #expect(error.diagnostics.map(\.field) == ["cameras[0].position.lat"])
    }

    @Test("never shows a password in a message")
    func noPassword() throws {
        let text =
            "site: { name: A }\ncameras:\n  - { id: a, source: \"http://gw:hunter2@h/a\" }\nmqtt:\n  - { url: \"tcp://gw:hunter2@h\" }"
        let error = try #require(throws: SiteFileError.self) { _ = try SiteFile(text: text, file: "site.yaml") }
        #expect(!error.description.contains("hunter2"))
    }

    @Test("warns of a class code that YAML reads as a number, with its line")
    func unquotedCode() throws {
        let text = """
            site: { name: A }
            sensors:
              - id: s
                profile: x
                rules:
                  - { kind: noData, for: 1m, class: 09009 }
            """
        let file = try SiteFile(text: text, file: "site.yaml")
        #expect(file.site.sensors.first?.rules.first?.classCode == "09009")
        #expect(file.warnings.map(\.line) == [6])
    }
}
