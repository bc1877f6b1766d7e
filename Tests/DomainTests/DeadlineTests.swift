import Domain
import Testing

@Suite("Deadlines")
struct DeadlineTests {
    private static let shanghai = DeadlineClock(calendar: .china) { _ in 8 * 3600 }

    @Test(
        "a limit ends when the calendar says",
        arguments: [
            // Clock hours run through the night and the weekend.
            ("2026-11-20T23:30:00+08:00", 3, .urgentHour, "2026-11-21T02:30:00+08:00"),
            // A lunch break and an evening lie between.
            ("2026-11-23T10:00:00+08:00", 4, .workHour, "2026-11-23T16:00:00+08:00"),
            ("2026-11-23T08:00:00+08:00", 4, .workHour, "2026-11-23T12:00:00+08:00"),
            ("2026-11-23T17:59:59+08:00", 1, .workHour, "2026-11-24T08:59:59+08:00"),
            // Outside working hours it begins with the next ones.
            ("2026-11-23T12:30:00+08:00", 2, .workHour, "2026-11-23T16:00:00+08:00"),
            ("2026-11-20T18:00:00+08:00", 1, .workHour, "2026-11-23T09:00:00+08:00"),
            ("2026-11-23T10:00:00+08:00", 1, .workDay, "2026-11-24T10:00:00+08:00"),
            ("2026-11-20T10:00:00+08:00", 5, .workDay, "2026-11-27T10:00:00+08:00"),
            // Spring Festival 2026: off from 15 to 23 February, worked on Saturdays the 14th and 28th.
            ("2026-02-13T10:00:00+08:00", 1, .workDay, "2026-02-14T10:00:00+08:00"),
            ("2026-02-14T10:00:00+08:00", 1, .workDay, "2026-02-24T10:00:00+08:00"),
            ("2026-02-27T10:00:00+08:00", 1, .workDay, "2026-02-28T10:00:00+08:00"),
            // National Day.
            ("2026-09-30T17:00:00+08:00", 2, .workHour, "2026-10-08T09:00:00+08:00"),
            ("2026-11-20T10:00:00.25+08:00", 2, .calendarDay, "2026-11-22T10:00:00.25+08:00"),
        ] as [(String, Int, TimeLimit.Unit, String)]
    )
    func table(start: String, value: Int, unit: TimeLimit.Unit, due: String) throws {
        let start = try #require(WallTime(rfc3339: start))
        let limit = TimeLimit(value: value, unit: unit)
        #expect(Self.shanghai.deadline(from: start, limit: limit) == WallTime(rfc3339: due))
    }

    @Test("a calendar day keeps its time of day across a change of the clock, and a skipped time moves on")
    func summerTime() throws {
        // Central European Time: forward on 2026-03-29 01:00 Z, back on 2026-10-25 01:00 Z.
        let forward = try #require(WallTime(rfc3339: "2026-03-29T01:00:00Z"))
        let back = try #require(WallTime(rfc3339: "2026-10-25T01:00:00Z"))
        let clock = DeadlineClock(calendar: WorkCalendar()) { $0 >= forward && $0 < back ? 7200 : 3600 }
        let day = TimeLimit(value: 1, unit: .calendarDay)
        for (start, due) in [
            ("2026-03-28T12:00:00+01:00", "2026-03-29T12:00:00+02:00"),
            ("2026-03-28T02:30:00+01:00", "2026-03-29T03:30:00+02:00"),
            ("2026-10-24T12:00:00+02:00", "2026-10-25T12:00:00+01:00"),
            ("2026-10-24T02:30:00+02:00", "2026-10-25T02:30:00+02:00"),
        ] {
            let start = try #require(WallTime(rfc3339: start))
            #expect(clock.deadline(from: start, limit: day) == WallTime(rfc3339: due))
        }
    }

    @Test("10,000 random limits end in the same second as counting minute by minute says")
    func reference() {
        var random = SeededRandom(seed: 3)
        let first = WallTime.days(year: 2026, month: 1, day: 1) * 86_400
        for round in 0..<10_000 {
            var calendar = round % 2 == 0 ? WorkCalendar.china : WorkCalendar()
            if round % 3 == 0 {
                calendar.hours = [7 * 3600 + 1800..<11 * 3600 + 2700, 13 * 3600..<17 * 3600 + 900]
                for _ in 0..<3 { calendar.holidays.insert(first / 86_400 + .random(in: 0..<365, using: &random)) }
                calendar.shiftedWorkDays.insert(first / 86_400 + .random(in: 0..<365, using: &random))
            }
            let offset = [8 * 3600, 0, -5 * 3600, 5 * 3600 + 1800][round % 4] as Int64
            let clock = DeadlineClock(calendar: calendar) { _ in offset }
            let start = first + .random(in: 0..<365 * 86_400, using: &random)
            let unit: TimeLimit.Unit = round % 5 == 0 ? .workDay : .workHour
            let limit = TimeLimit(value: .random(in: 1...(unit == .workDay ? 2 : 10), using: &random), unit: unit)
            let seconds = Int64(limit.value) * (unit == .workDay ? calendar.workSecondsPerDay : 3600)
            let expected = Self.countedByMinutes(start, seconds, calendar, offset)
            let due = clock.deadline(from: WallTime(microseconds: start * 1_000_000), limit: limit)
            guard due?.microseconds == expected * 1_000_000 else {
                Issue.record("round \(round): \(start) + \(limit) is \(String(describing: due)), not \(expected)")
                return
            }
        }
    }

    /// Walks from minute to minute and adds those that are worked; slow, and with no other thought in it.
    private static func countedByMinutes(
        _ start: Int64,
        _ seconds: Int64,
        _ calendar: WorkCalendar,
        _ offset: Int64
    ) -> Int64 {
        var left = seconds
        var now = start
        var day = Int64.min
        var isWorkDay = false
        while true {
            let local = now + offset
            let next = now - local % 60 + 60
            if local / 86_400 != day {
                day = local / 86_400
                isWorkDay = calendar.isWorkDay(day)
            }
            let second = local % 86_400
            var isWorked = false
            if isWorkDay { for hours in calendar.hours where hours.contains(second) { isWorked = true } }
            if isWorked {
                if next - now >= left { return now + left }
                left -= next - now
            }
            now = next
        }
    }

    @Test("a calendar in which nobody works gives no deadline instead of searching for ever")
    func nobodyWorks() {
        for calendar in [WorkCalendar(workWeekdays: []), WorkCalendar(hours: [])] {
            let clock = DeadlineClock(calendar: calendar) { _ in 0 }
            #expect(clock.deadline(from: .epoch, limit: TimeLimit(value: 1, unit: .workHour)) == nil)
        }
    }

    @Test("weekdays are right before and after 1970")
    func weekdays() {
        #expect(WorkCalendar.weekday(WallTime.days(year: 2026, month: 11, day: 23)) == 0)
        #expect(WorkCalendar.weekday(WallTime.days(year: 1969, month: 12, day: 28)) == 6)
        #expect(WorkCalendar.weekday(0) == 3)
    }
}
