import Domain
import Foundation
import Testing

@testable import Telemetry

/// Collectors on their duty grids, and plans whose rounds end: S11-03.
@Suite("Duties of people and vehicles")
struct DutyTests {
    private static let start = SensorJudgeTests.start

    @Test("a collector who isn't heard of for 30 minutes on duty is absent, once, and off duty nobody is")
    func absent() {
        var rule = VehicleRule(kind: .absent, forSeconds: 1800)
        // 10:00 UTC on a Monday is `start`; the duty runs from 10:00 to 12:00.
        rule.schedule = WeeklySchedule(windows: [.init(fromMinute: 600, toMinute: 720)])
        let day = WallTime(microseconds: Self.start.microseconds / 86_400_000_000 * 86_400_000_000)
        var judge = VehicleJudge(vehicle: Vehicle(id: "v", kind: .collector, rules: [rule]))
        func tick(_ minute: Double, silent: Double) -> [String] {
            judge.tick(now: day + .seconds(minute * 60), silence: .seconds(silent * 60)).map { signal in
                "\(signal.phase == .raised ? "+" : "-")\(Int((signal.at - day).seconds / 60))"
            }
        }
        // Silent since the evening before: the half hour begins with the duty.
        #expect(tick(599, silent: 900) == [])
        #expect(tick(600, silent: 901) == [])
        #expect(tick(629, silent: 930) == [])
        #expect(tick(631, silent: 932) == ["+630"])
        #expect(tick(640, silent: 941) == [])
        var position = VehicleJudgeTests.report(0, 0).position
        position.occurredAt = day + .seconds(645 * 60)
        let back = judge.take(VehicleReport(position)).1
        #expect(back.map(\.phase) == [.cleared])
        #expect(tick(660, silent: 15) == [])
        #expect(tick(676, silent: 31) == ["+675"])
        // The end of the duty ends the alarm; the night is nobody's absence.
        #expect(tick(721, silent: 76) == ["-721"])
        #expect(tick(800, silent: 155) == [])
        #expect(judge.needsTicks)
    }

    @Test("the cells of a duty grid that were walked are told from those that nobody came to")
    func cells() throws {
        let corners = [(0.0, 0.0), (400, 0), (400, 400), (0, 400)].map { VehicleJudgeTests.point($0.0, $0.1) }
        var plan = CoveragePlan(id: "grid", vehicles: ["v"])
        plan.area = GeoArea(id: "duty", shape: .polygon(corners))
        // Along the southern edge, 50 m in, at walking pace; one fix a minute.
        let track = (0..<8).map { index in
            VehicleJudgeTests.report(Double(index) * 60, Double(index) * 55 + 5, 50, speed: 4).position
        }
        let cells = try #require(Coverage(plan: plan, tracks: ["v": track]).cells)
        #expect(cells.all == 16)
        #expect(cells.visited == 4 && cells.share == 0.25)
        #expect(cells.missed.count == 12)
        // A fix that can't be believed visits nothing.
        let jumps = track.map { position in
            var position = position
            position.quality = .jump
            return position
        }
        #expect(Coverage(plan: plan, tracks: ["v": jumps]).cells?.visited == 0)
    }

    @Test("a round is judged once when it has ended, and the next good one ends the alarm")
    func rounds() throws {
        var plan = CoveragePlan(
            id: "p",
            vehicles: ["v"],
            bins: [.init(id: "b", position: VehicleJudgeTests.point(0, 0))]
        )
        plan.schedule = WeeklySchedule(windows: [.init(fromMinute: 360, toMinute: 480)])
        let day = WallTime(microseconds: Self.start.microseconds / 86_400_000_000 * 86_400_000_000)
        func at(_ minute: Double) -> WallTime { day + .seconds(minute * 60) }
        var state = PlanState(since: at(-2000))
        let first = try #require(state.due(plan, now: at(491), utcOffset: 0))
        #expect(first.from == at(360) && first.to == at(480))
        // Before the backlogs have had their time it is yesterday's round that is over.
        #expect(state.due(plan, now: at(485), utcOffset: 0)?.to == at(480 - 1440))
        let signal = state.take(Coverage(plan: plan, tracks: [:]), of: plan, until: first.to)
        let missed = try #require(signal)
        #expect(missed.kind == "missed" && missed.phase == .raised && missed.value == 1)
        #expect(state.due(plan, now: at(600), utcOffset: 0) == nil)
        let next = try #require(state.due(plan, now: at(500 + 1440), utcOffset: 0))
        let track = [0.0, 30].map { VehicleJudgeTests.report($0, $0 / 10, speed: 1).position }
        let done = state.take(Coverage(plan: plan, tracks: ["v": track]), of: plan, until: next.to)
        #expect(done?.phase == .cleared)
        // A round that had begun before the plan was known is nobody's fault.
        #expect(PlanState(since: at(400)).due(plan, now: at(600), utcOffset: 0) == nil)
        let stored = try JSONDecoder().decode(PlanState.self, from: JSONEncoder().encode(state))
        #expect(stored == state && !stored.isOpen)
    }
}
