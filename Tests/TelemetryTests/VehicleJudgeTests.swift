import Domain
import Testing

@testable import Telemetry

@Suite("Rules of a vehicle")
struct VehicleJudgeTests {
    static let start = SensorJudgeTests.start
    /// A straight street to the east, 1 km long.
    static let centre = GeoPoint(lat: 32.49, lon: 119.92)
    static let plane = LocalPlane(origin: centre)
    static let places = VehicleRuleState.Places(
        areas: [
            "old-town": GeoArea(
                id: "old-town",
                shape: .polygon([point(400, -50), point(600, -50), point(600, 50), point(400, 50)])
            ),
            "site": GeoArea(id: "site", shape: .circle(centre: centre, metres: 100)),
        ],
        routes: ["main": GeoRoute(id: "main", line: [centre, point(1000, 0)])]
    )

    static func point(_ x: Double, _ y: Double) -> GeoPoint { plane.point(.init(x: x, y: y)) }

    static func report(_ second: Double, _ x: Double, _ y: Double = 0, speed: Double = 30, ignition: Bool? = true)
        -> VehicleReport
    {
        var position = VehiclePosition(
            vehicleId: "v",
            occurredAt: start + .seconds(second),
            receivedAt: start + .seconds(second),
            point: point(x, y),
            speedKmh: speed
        )
        position.ignition = ignition
        return VehicleReport(position)
    }

    static func judge(_ rule: VehicleRule) -> VehicleJudge {
        VehicleJudge(vehicle: Vehicle(id: "v", kind: .muck, rules: [rule]), places: places)
    }

    static func words(_ rule: VehicleRule, _ reports: [VehicleReport]) -> [String] {
        var judge = judge(rule)
        return reports.flatMap { judge.take($0).1 }.map(SensorJudgeTests.word)
    }

    @Test("an area's border has to be left by 15 m to have been left")
    func areas() {
        let xs: [(Double, Double)] = [
            (0, 300), (10, 390), (20, 410), (30, 395), (40, 405), (50, 590), (60, 610), (70, 620),
        ]
        let reports = xs.map { Self.report($0.0, $0.1) }
        #expect(Self.words(VehicleRule(kind: .inArea, areas: ["old-town"]), reports) == ["+20", "-70"])
        // Outside its area: the far end counts from the edge on, the way back from 15 m inside.
        let out = [(0.0, 50.0), (10, 130), (20, 95), (30, 80)].map { Self.report($0.0, $0.1) }
        #expect(Self.words(VehicleRule(kind: .outOfArea, areas: ["site"]), out) == ["+10", "-30"])
    }

    @Test("more than 50 m off the route for more than a minute is one event, S05-22")
    func route() {
        let rule = VehicleRule(kind: .offRoute, value: 50, route: "main", forSeconds: 60)
        let away = stride(from: 0.0, through: 300, by: 10).map { second in
            Self.report(second, second * 3, second > 60 && second < 200 ? 70 : 0)
        }
        #expect(Self.words(rule, away) == ["+130", "-200"])
        let short = stride(from: 0.0, through: 300, by: 10).map { second in
            Self.report(second, second * 3, second > 60 && second < 120 ? 70 : 0)
        }
        #expect(Self.words(rule, short) == [])
    }

    @Test("speed, long stops and idling last for their time")
    func motion() {
        let fast = [(0.0, 50.0), (10, 70), (20, 72), (40, 65), (50, 58), (60, 40)].map {
            Self.report($0.0, $0.0 * 15, speed: $0.1)
        }
        var overspeed = VehicleRule(kind: .overspeed, value: 60, forSeconds: 20)
        overspeed.clearForSeconds = 5
        #expect(Self.words(overspeed, fast) == ["+30"])
        let stop = stride(from: 0.0, through: 900, by: 30).map { second in
            if second < 100 { return Self.report(second, second * 5) }
            if second > 800 { return Self.report(second, 500 + (second - 800) * 5) }
            let wandering = 500 + second.truncatingRemainder(dividingBy: 20)
            return Self.report(second, wandering, speed: 0, ignition: second < 400)
        }
        #expect(Self.words(VehicleRule(kind: .longStop, forSeconds: 600), stop) == ["+720", "-810"])
        #expect(Self.words(VehicleRule(kind: .idle, forSeconds: 200), stop) == ["+320", "-420"])
    }

    @Test("a vehicle that falls silent while moving is noticed, one that stands isn't")
    func silent() {
        var judge = Self.judge(VehicleRule(kind: .silent, forSeconds: 300))
        _ = judge.take(Self.report(0, 0, speed: 0, ignition: false))
        let parked = judge.tick(now: Self.start + .seconds(400), silence: .seconds(400))
        #expect(parked.isEmpty)
        _ = judge.take(Self.report(500, 0, speed: 30))
        let early = judge.tick(now: Self.start + .seconds(700), silence: .seconds(200))
        let deaf = judge.tick(now: Self.start + .seconds(900), silence: nil)
        #expect(early.isEmpty && deaf.isEmpty)
        let raised = judge.tick(now: Self.start + .seconds(810), silence: .seconds(310))
        #expect(raised.map(SensorJudgeTests.word) == ["+800"])
        #expect(judge.take(Self.report(900, 100)).1.map(SensorJudgeTests.word) == ["-900"])
    }

    @Test("a muck truck may be at its site, at its dump and on its route, within its hours")
    func licence() {
        var rule = VehicleRule(kind: .licence, value: 50, areas: ["site", "old-town"], route: "main")
        let reports = [(0.0, 0.0, 0.0), (60, 300, 10), (120, 300, 120), (180, 300, 10), (240, 500, 0)].map {
            Self.report($0.0, $0.1, $0.2, speed: 20)
        }
        #expect(Self.words(rule, reports) == ["+120", "-180"])
        // Outside its hours every way is wrong, and standing on the site isn't.
        rule.schedule = WeeklySchedule(windows: [])
        #expect(Self.words(rule, reports) == ["+60", "-240"])
    }

    @Test("jumps, drift and missing fixes are marked, judged by no rule of places, and hide no alarm bit")
    func filters() {
        var judge = Self.judge(VehicleRule(kind: .inArea, areas: ["old-town"]))
        var marks: [VehiclePosition.Quality] = []
        var signals: [AlarmSignal] = []
        func give(_ report: VehicleReport, bits: UInt32? = nil, fix: Bool = true) {
            var report = report
            report.alarmBits = bits
            if !fix { report.position.quality = .noFix }
            let (position, found) = judge.take(report)
            marks.append(position.quality)
            signals += found
        }
        give(Self.report(0, 0))
        give(Self.report(10, 500), bits: 1)
        give(Self.report(20, 100))
        give(Self.report(30, 110, speed: 0))
        give(Self.report(40, 500, speed: 0), fix: false)
        #expect(marks == [.good, .jump, .good, .drift, .noFix])
        #expect(signals.map(\.kind) == ["sos"])
        // A place that three positions in a row agree on is believed.
        for second in [50.0, 60, 70] { give(Self.report(second, 90_000 + second)) }
        #expect(marks.suffix(3) == [.jump, .jump, .good])
    }

    @Test("other coordinates are converted once, and marked", arguments: [Datum.gcj02, .bd09])
    func datum(_ datum: Datum) {
        // 32.49, 119.92 has a GCJ-02 offset of some hundred metres.
        let other = datum.fromWGS84(Self.centre)
        #expect(Self.centre.distance(to: other) > 300)
        #expect(datum.toWGS84(other).distance(to: Self.centre) < 0.01)
        var judge = VehicleJudge(vehicle: Vehicle(id: "v", kind: .muck, datum: datum))
        var report = Self.report(0, 0)
        report.position.point = other
        let once = judge.take(report).0
        #expect(once.point.distance(to: Self.centre) < 0.01 && once.datum == datum)
        report.position = once
        report.position.occurredAt = Self.start + .seconds(10)
        #expect(judge.take(report).0.point == once.point)
        let paris = GeoPoint(lat: 48.85, lon: 2.35)
        #expect(datum.toWGS84(paris) == paris)
    }

    @Test("a known point of GCJ-02 and BD-09 comes out where others' programs put it")
    func knownPoint() {
        // Tian'anmen: 39.908823, 116.397470 (GCJ-02) is 39.907420, 116.391227 in WGS-84.
        let wgs = Datum.gcj02.toWGS84(GeoPoint(lat: 39.908823, lon: 116.397470))
        #expect(wgs.distance(to: GeoPoint(lat: 39.907420, lon: 116.391227)) < 2)
    }

    @Test("coverage tells swept streets from driven and skipped ones, and emptied bins from missed ones")
    func coverage() {
        let plan = CoveragePlan(
            id: "p",
            vehicles: ["v"],
            sections: [
                .init(name: "swept", line: [Self.point(0, 0), Self.point(400, 0)]),
                .init(name: "half", line: [Self.point(400, 0), Self.point(800, 0)]),
                .init(name: "skipped", line: [Self.point(0, 300), Self.point(400, 300)]),
            ],
            bins: [.init(id: "b1", position: Self.point(200, 10)), .init(id: "b2", position: Self.point(700, 10))]
        )
        // 10 km/h along the street to 600 m, then on at 60 km/h.
        var x = 0.0
        let track = (0..<80).map { index -> VehiclePosition in
            defer { x += x < 600 ? 27.8 : 166.7 }
            return Self.report(Double(index) * 10, x).position
        }
        let coverage = Coverage(plan: plan, tracks: ["v": track])
        #expect(coverage.sections.map(\.isDone) == [true, false, false])
        #expect(abs(coverage.sections[1].share - 0.55) < 0.06)
        #expect(coverage.sections[2].share == 0 && coverage.sections[2].proofs.isEmpty)
        #expect(coverage.sections[0].proofs.count == 1 && coverage.sections[0].proofs.first?.from == Self.start)
        #expect(coverage.bins.map { $0.at != nil } == [true, false])
    }
}
