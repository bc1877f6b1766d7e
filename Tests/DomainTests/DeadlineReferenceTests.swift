import Domain
import Foundation
import Testing

/// Deadlines against a walk from minute to minute that has no other thought in it.
@Suite("Deadlines, counted out")
struct DeadlineReferenceTests {
    private struct Centre {
        var clock: DeadlineClock
        var calendar: WorkCalendar
        var zone: ZoneOffsets
    }

    private static let firstDay = WallTime.days(year: 2026, month: 1, day: 1)

    private static func centres(_ count: Int, using random: inout SeededRandom) -> [Centre] {
        (0..<count).map { round in
            var calendar = round % 2 == 0 ? WorkCalendar.china : WorkCalendar()
            if round % 3 == 0 {
                calendar.hours = [7 * 3600 + 1800..<11 * 3600 + 2700, 13 * 3600..<17 * 3600 + 900]
                for _ in 0..<6 { calendar.holidays.insert(firstDay + .random(in: 0..<365, using: &random)) }
                for _ in 0..<3 { calendar.shiftedWorkDays.insert(firstDay + .random(in: 0..<365, using: &random)) }
            } else if round % 7 == 1 {
                calendar.hours = [0..<6 * 3600, 9 * 3600..<12 * 3600, 22 * 3600..<24 * 3600]
                calendar.workWeekdays = [0, 2, 4, 6]
            }
            let offsets: [Int64?] = [28_800, 0, -18_000, 19_800, nil]
            let fixed = offsets[round % offsets.count]
            let zone = fixed.map(ZoneOffsets.init(fixed:)) ?? DeadlineTests.centralEurope
            // Around the change of the clock nobody works in Europe's centre: which of two equal hours counts is
            // no question of the calendar.
            if fixed == nil { calendar.hours = [8 * 3600..<12 * 3600, 14 * 3600..<18 * 3600] }
            let clock = DeadlineClock(calendar: calendar, zone: zone, years: 2025...2028)
            return Centre(clock: clock, calendar: calendar, zone: zone)
        }
    }

    private static let rounds = ProcessInfo.processInfo.environment["GRIDWATCH_SOAK"] == "1" ? 100_000 : 2000

    @Test("random limits with pauses end in the same second as counting minute by minute says")
    func reference() {
        var random = SeededRandom(seed: 3)
        let centres = Self.centres(60, using: &random)
        for round in 0..<Self.rounds {
            let centre = centres[round % centres.count]
            let start = Self.firstDay * 86_400 + .random(in: 0..<365 * 86_400, using: &random)
            let unit = TimeLimit.Unit.allCases[Int.random(in: 0..<5, using: &random)]
            let most = [.minute: 600, .urgentHour: 72, .workHour: 12, .workDay: 3, .calendarDay: 4][unit] ?? 1
            let limit = TimeLimit(value: .random(in: 1...most, using: &random), unit: unit)
            var pauses: [Range<Int64>] = []
            var at = start - 7200
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let from = at + .random(in: 0..<86_400, using: &random)
                at = from + .random(in: 1..<129_600, using: &random)
                pauses.append(from..<at)
            }
            let expected = Self.counted(start, limit, pauses, centre.calendar, centre.zone)
            let spans = pauses.map { Self.time($0.lowerBound)..<Self.time($0.upperBound) }
            let due = centre.clock.deadline(from: Self.time(start), limit: limit, pauses: spans)
            guard due == Self.time(expected) else {
                Issue.record(
                    "round \(round): \(start) + \(limit) \(pauses) is \(String(describing: due)), not \(expected)"
                )
                return
            }
            // What is left agrees: something before the end, nothing at it.
            let left = centre.clock.left(of: limit, from: Self.time(start), at: Self.time(expected), pauses: spans)
            #expect(left == 0)
        }
    }

    private static func time(_ seconds: Int64) -> WallTime { WallTime(microseconds: seconds * 1_000_000) }

    /// Walks on from minute to minute (and to each end of a pause) and counts what counts.
    private static func counted(
        _ start: Int64,
        _ limit: TimeLimit,
        _ pauses: [Range<Int64>],
        _ calendar: WorkCalendar,
        _ zone: ZoneOffsets
    ) -> Int64 {
        let unit: Int64 =
            switch limit.unit {
            case .minute: 60
            case .urgentHour, .workHour: 3600
            case .calendarDay: 86_400
            case .workDay: calendar.workSecondsPerDay
            }
        var left = Int64(limit.value) * unit
        var now = start
        var day = Int64.min
        var isWorkDay = false
        while true {
            let local = now + zone.seconds(at: now)
            var next = now - local % 60 + 60
            for pause in pauses {
                if pause.lowerBound > now { next = min(next, pause.lowerBound) }
                if pause.upperBound > now { next = min(next, pause.upperBound) }
            }
            if local / 86_400 != day {
                day = local / 86_400
                isWorkDay = calendar.isWorkDay(day)
            }
            var counts = limit.unit != .workHour && limit.unit != .workDay
            if !counts, isWorkDay {
                for hours in calendar.hours where hours.contains(local % 86_400) { counts = true }
            }
            if pauses.contains(where: { $0.contains(now) }) { counts = false }
            if counts {
                // An hour that the clock leaves out is none that a calendar day has.
                let passed =
                    limit.unit == .calendarDay
                    ? next + zone.seconds(at: next) - local : next - now
                if passed >= left {
                    return limit.unit == .calendarDay ? zone.instant(ofLocal: local + left) : now + left
                }
                left -= passed
            }
            now = next
        }
    }

    @Test("a deadline takes no time that anybody would notice")
    func cost() {
        var random = SeededRandom(seed: 4)
        let clock = DeadlineClock(calendar: .china, zone: ZoneOffsets(fixed: 8 * 3600))
        let starts = (0..<1000).map { _ in
            Self.time(Self.firstDay * 86_400 + .random(in: 0..<365 * 86_400, using: &random))
        }
        let limit = TimeLimit(value: 5, unit: .workDay)
        var sum: Int64 = 0
        let clockBefore = ContinuousClock.now
        for start in starts { sum &+= clock.deadline(from: start, limit: limit)?.microseconds ?? 0 }
        let each = clockBefore.duration(to: .now) / starts.count
        #expect(sum != 0)
        // Unoptimised, beside other tests; Benchmarks/README.md has the figure of the release build.
        #expect(each < .milliseconds(1))
    }
}
