import Domain
import Testing

@Suite("Deadlines")
struct DeadlineTests {
    private static let shanghai = DeadlineClock(calendar: .china, zone: ZoneOffsets(fixed: 8 * 3600))

    /// Central European Time of 2026: forward on 29 March 01:00 Z, back on 25 October 01:00 Z.
    static let centralEurope: ZoneOffsets = {
        let forward = WallTime.days(year: 2026, month: 3, day: 29) * 86_400 + 3600
        let back = WallTime.days(year: 2026, month: 10, day: 25) * 86_400 + 3600
        return ZoneOffsets(from: forward - 40_000_000, to: back + 40_000_000) {
            $0 >= forward && $0 < back ? 7200 : 3600
        }
    }()

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
        let clock = DeadlineClock(calendar: WorkCalendar(), zone: Self.centralEurope, years: 2025...2027)
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

    @Test("a calendar in which nobody works gives no deadline instead of searching for ever")
    func nobodyWorks() {
        for calendar in [WorkCalendar(workWeekdays: []), WorkCalendar(hours: [])] {
            let clock = DeadlineClock(calendar: calendar, zone: ZoneOffsets(fixed: 0))
            let start = WallTime(microseconds: 1_795_428_000_000_000)
            #expect(clock.deadline(from: start, limit: TimeLimit(value: 1, unit: .workHour)) == nil)
        }
    }

    @Test("a planting season begins at once within it, else with its next first day, also over the end of a year")
    func plantingSeason() {
        let spring = WorkCalendar.Season(first: .init(month: 2, day: 20), last: .init(month: 4, day: 10))
        let winter = WorkCalendar.Season(first: .init(month: 11, day: 15), last: .init(month: 3, day: 15))
        func day(_ year: Int64, _ month: Int, _ day: Int) -> Int64 { WallTime.days(year: year, month: month, day: day) }
        #expect(spring.begin(notBefore: day(2026, 3, 1)) == day(2026, 3, 1))
        #expect(spring.begin(notBefore: day(2026, 4, 11)) == day(2027, 2, 20))
        #expect(spring.begin(notBefore: day(2026, 1, 1)) == day(2026, 2, 20))
        #expect(winter.begin(notBefore: day(2026, 12, 31)) == day(2026, 12, 31))
        #expect(winter.begin(notBefore: day(2026, 6, 1)) == day(2026, 11, 15))
    }

    @Test("weekdays are right before and after 1970")
    func weekdays() {
        #expect(WorkCalendar.weekday(WallTime.days(year: 2026, month: 11, day: 23)) == 0)
        #expect(WorkCalendar.weekday(WallTime.days(year: 1969, month: 12, day: 28)) == 6)
        #expect(WorkCalendar.weekday(0) == 3)
    }
}
