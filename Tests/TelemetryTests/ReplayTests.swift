import Domain
import Foundation
import Store
import TestSupport
import Testing

@testable import Telemetry

/// One truth, told in every order that a network can make of it.
@Suite("Replays of one truth")
struct ReplayTests {
    private static let start = SensorJudgeTests.start
    /// Seconds between two readings.
    private static let period = 5.0

    private struct Sent {
        var second: Double
        var value: Double
        /// When it arrives.
        var arrival: Double
    }

    /// A level that rises and falls slowly: what is above stays so for a minute or more.
    private static func truth(_ random: inout SeededRandom) -> [(Double, Double)] {
        var truth: [(Double, Double)] = []
        var second = 0.0
        for stretch in 0..<8 {
            let isHigh = stretch % 2 == 1
            for _ in 0..<Int.random(in: 16...40, using: &random) {
                let value = Double.random(in: isHigh ? 155...190 : 60...115, using: &random)
                truth.append((second, value))
                second += period
            }
        }
        return truth
    }

    private static func signals(_ sent: [Sent], skew: Double = 0) -> [AlarmSignal] {
        let rules = [
            SensorRule(kind: .above, value: 150, clearBelow: 120, forSeconds: 20, classCode: "E-05-06"),
            SensorRule(kind: .below, value: 118, clearAbove: 140, forSeconds: 20),
        ]
        var judge = SensorJudge(sensor: Sensor(id: "s", profile: "p", rules: rules))
        return sent.sorted { $0.arrival < $1.arrival }.flatMap { item in
            judge.take(SensorJudgeTests.reading(item.second + skew, item.value, arrival: item.arrival))
        }
    }

    private static func words(_ signals: [AlarmSignal]) -> [String] {
        signals.map { "\($0.phase == .raised ? "+" : "-")\($0.kind)" }
    }

    @Test("doubled, late copies, backlogs and skewed clocks give the same alarms as the truth, each once")
    func same() {
        var random = SeededRandom(seed: 61)
        for _ in 0..<200 {
            let truth = Self.truth(&random)
            let plain = truth.map { Sent(second: $0.0, value: $0.1, arrival: $0.0) }
            let expected = Self.signals(plain)
            #expect(expected.count >= 12)
            // Everything twice, and copies of anything hours later.
            var noisy = plain
            for item in plain {
                noisy.append(Sent(second: item.second, value: item.value, arrival: item.arrival + 0.001))
                if Int.random(in: 0..<4, using: &random) == 0 {
                    let later = item.arrival + Double.random(in: 1...7200, using: &random)
                    noisy.append(Sent(second: item.second, value: item.value, arrival: later))
                }
            }
            #expect(Self.signals(noisy) == expected)
            // Held back for half an hour, then all at once, in order: S04-11.
            let cut = Double.random(in: 0...600, using: &random)
            let held = plain.enumerated().map { index, item in
                let isHeld = item.second >= cut && item.second < cut + 1800
                let arrival = isHeld ? cut + 1800 + Double(index) / 1000 : item.arrival
                return Sent(second: item.second, value: item.value, arrival: arrival)
            }
            #expect(Self.signals(held) == expected)
            // A clock that is wrong by up to five minutes: the same alarms, by that clock.
            let skew = Double.random(in: -290...290, using: &random)
            let skewed = Self.signals(plain, skew: skew)
            #expect(Self.words(skewed) == Self.words(expected))
            for (left, right) in zip(skewed, expected) {
                #expect(abs((left.at - right.at).seconds - skew) < 0.001)
            }
        }
    }

    @Test(
        "readings that overtake each other give the same alarms as the truth, each once, as early to within a reading"
    )
    func reordered() {
        var random = SeededRandom(seed: 62)
        for _ in 0..<200 {
            let truth = Self.truth(&random)
            let plain = truth.map { Sent(second: $0.0, value: $0.1, arrival: $0.0) }
            let expected = Self.signals(plain)
            // Each is late by up to two periods.
            let shuffled = plain.map { item in
                let late = Double.random(in: 0...Self.period * 2, using: &random)
                return Sent(second: item.second, value: item.value, arrival: item.arrival + late)
            }
            let found = Self.signals(shuffled)
            #expect(Self.words(found) == Self.words(expected))
            for (left, right) in zip(found, expected) {
                #expect(abs((left.at - right.at).seconds) <= Self.period * 3)
            }
        }
    }

    // MARK: Storms

    @Test("2,000 levels above their threshold within a minute: all stored, one parent for each area")
    func storm() async throws {
        let gateway = Gateway(id: "gw", token: "0123456789abcdef0123")
        let rule = SensorRule(kind: .above, value: 150, clearBelow: 120, classCode: "E-05-06")
        let sensors = (0..<2000).map { Sensor(id: "level-\($0)", profile: "waterLevel", rules: [rule]) }
        let groups = (0..<4).map { area in
            SensorGroup(
                id: "area-\(area)",
                sensors: (0..<500).map { "level-\(area * 500 + $0)" },
                storm: SensorGroup.Storm(atLeast: 10, withinSeconds: 60)
            )
        }
        let site = Site(name: "test", gateways: [gateway], sensors: sensors, groups: groups)
        let fixture = try TelemetryFixture(site)
        let now = SystemClock().now()
        try await fixture.running {
            for part in stride(from: 0, to: 2000, by: 500) {
                let items = (part..<part + 500).map { index in
                    let at = (now - .seconds(60) + .milliseconds(Int64(index) * 30)).rfc3339
                    return #"{"source":"level-\#((index * 7) % 2000)","ts":"\#(at)","value":180}"#
                }
                let body = Array(#"{"items":[\#(items.joined(separator: ","))]}"#.utf8)
                try await expectEventually {
                    (try? await fixture.service.post(body, from: gateway))?.accepted == 500
                }
            }
            try await expectEventually { fixture.sink.signals.count == 2004 }
        }
        let signals = fixture.sink.signals
        let parents = signals.filter { $0.kind == "storm" }
        #expect(Set(parents.map(\.source)) == ["area-0", "area-1", "area-2", "area-3"])
        #expect(parents.count == 4 && parents.allSatisfy { $0.phase == .raised && $0.sourceKind == .group })
        // Those that came before the storm was one have no parent: the storm names them, and all but the first wait.
        let loose = signals.filter { $0.kind == "above" && $0.parent == nil }
        #expect(loose.count == 4 * 9)
        #expect(Set(parents.flatMap { $0.children ?? [] }) == Set(loose.map(\.source)))
        #expect(loose.count { $0.waitSeconds == 60 } == 4 * 8)
        #expect(signals.count { $0.kind == "above" } == 2000)
        let last = try await ReadingRepository(fixture.series).last()
        #expect(last.count == 2000)
    }

    @Test("three lamps in a row: one alarm of the row, and those of its lamps beneath it")
    func lampRow() async throws {
        let gateway = Gateway(id: "gw", token: "0123456789abcdef0123")
        var dark = SensorRule(kind: .below, value: 10, clearAbove: 20, field: "powerW", classCode: "P-01-37")
        dark.forSeconds = 20
        let lamps = (0..<8).map { Sensor(id: "lamp-\($0)", profile: "streetlight", rules: [dark]) }
        var row = SensorRule(kind: .count, classCode: "P-01-37")
        row.atLeast = 3
        row.adjacent = true
        row.of = [SensorRule(kind: .below, value: 10, field: "powerW")]
        let site = Site(
            name: "test",
            gateways: [gateway],
            sensors: lamps,
            groups: [SensorGroup(id: "row", sensors: lamps.map(\.id), rules: [row])]
        )
        let fixture = try TelemetryFixture(site)
        let start = SystemClock().now() - .seconds(100)
        try await fixture.running {
            for second in stride(from: 0.0, through: 60, by: 10) {
                let at = (start + .seconds(second)).rfc3339
                let items = (0..<8).map { lamp in
                    let power = (3...5).contains(lamp) && second >= 20 ? 0.5 : 84
                    return #"{"source":"lamp-\#(lamp)","ts":"\#(at)","state":"on","powerW":\#(power)}"#
                }
                let body = Array(#"{"items":[\#(items.joined(separator: ","))]}"#.utf8)
                try await expectEventually {
                    (try? await fixture.service.post(body, from: gateway))?.accepted == 8
                }
            }
            try await expectEventually { fixture.sink.signals.count == 4 }
        }
        let signals = fixture.sink.signals
        #expect(signals.count == 4)
        #expect(signals.filter { $0.kind == "count" }.map(\.source) == ["row"])
        let members = signals.filter { $0.kind == "below" }
        #expect(Set(members.map(\.source)) == ["lamp-3", "lamp-4", "lamp-5"])
        #expect(members.allSatisfy { $0.parent == "row" })
    }

    // MARK: Collectors

    @Test("190 collectors report every 30 s, S04-02: every position is stored, also after 30 minutes without a network")
    func collectors() async throws {
        let isLong = ProcessInfo.processInfo.environment["GRIDWATCH_SOAK"] == "1"
        let rounds = isLong ? 120 : 12
        let people = (0..<190).map { Vehicle(id: "collector-\($0)", kind: .collector) }
        let fixture = try TelemetryFixture(Site(name: "test", vehicles: people))
        let outbox = SignalOutbox(alarms: fixture.sink, series: fixture.series, logger: fixture.service.logger)
        let ingest = TelemetryIngest(
            site: Site(name: "test", vehicles: people),
            series: fixture.series,
            outbox: outbox,
            clock: SystemClock()
        )
        let begin = SystemClock().now() - .seconds(7200)
        func report(_ person: Int, _ round: Int) -> IngestPart {
            let at = begin + .seconds(Double(round) * 30)
            return .report(
                VehicleReport(
                    VehiclePosition(
                        vehicleId: "collector-\(person)",
                        occurredAt: at,
                        receivedAt: at,
                        point: GeoPoint(lat: 32.49 + Double(person) / 10_000, lon: 119.92 + Double(round) * 0.0003),
                        speedKmh: 4
                    )
                )
            )
        }
        // Number 7 comes with all of it at the end.
        for round in 0..<rounds {
            try ingest.take((0..<190).filter { $0 != 7 }.map { report($0, round) })
        }
        try ingest.take((0..<rounds).map { report(7, $0) })
        for person in [0, 7, 189] {
            let track = try await fixture.service.track(
                vehicleId: "collector-\(person)",
                from: begin,
                to: begin + .seconds(3600),
                page: PageRequest(limit: 1000)
            )
            #expect(track.items.map(\.occurredAt) == (0..<rounds).map { begin + .seconds(Double($0) * 30) })
        }
        let all = try await TrackRepository(fixture.series).last()
        #expect(all.count == 190)
    }
}
