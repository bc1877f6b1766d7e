import Domain
import Testing

@Suite("A case's timers")
struct CaseTimerTests {
    private static let shanghai = ZoneOffsets(fixed: 8 * 3600)

    private func at(_ text: String) throws -> WallTime { try #require(WallTime(rfc3339: text + "+08:00")) }

    @Test("three timers run on one case, each with its own unit and start")
    func three() throws {
        let clock = DeadlineClock(calendar: .china, zone: Self.shanghai)
        let level = CaseClass.Level(
            level: 1,
            name: "燃气泄漏",
            limit: TimeLimit(value: 5, unit: .workDay),
            start: .dispatched,
            earlier: [
                TimedPhase(phase: .secure, limit: TimeLimit(value: 2, unit: .calendarDay)),
                TimedPhase(phase: .arrive, limit: TimeLimit(value: 1, unit: .urgentHour)),
            ]
        )
        var timers = level.timers
        #expect(timers.map(\.phase) == [.arrive, .secure, .finish])
        let filed = try at("2026-09-30T17:00:00")
        for index in timers.indices { timers[index].begin(with: .filed, at: filed, clock: clock) }
        #expect(timers[0].dueAt == (try at("2026-09-30T18:00:00")))
        #expect(timers[1].dueAt == (try at("2026-10-02T17:00:00")))
        #expect(timers[2].dueAt == nil)
        for index in timers.indices {
            timers[index].begin(with: .dispatched, at: try at("2026-09-30T17:30:00"), clock: clock)
        }
        // The holiday lasts until the 7th; Saturday the 10th is worked.
        #expect(timers[2].dueAt == (try at("2026-10-13T17:30:00")))
        #expect(timers[0].startedAt == filed)
    }

    @Test("a limit that starts at the public notice starts there and not at filing", arguments: [48, 72, 168])
    func publicNotice(hours: Int) throws {
        let clock = DeadlineClock(calendar: .china, zone: Self.shanghai)
        let limit = TimeLimit(value: hours, unit: .urgentHour)
        var timer = CaseTimer(TimedPhase(phase: .finish, limit: limit, start: .publicNotice))
        timer.begin(with: .filed, at: try at("2026-11-20T09:00:00"), clock: clock)
        timer.begin(with: .dispatched, at: try at("2026-11-20T10:00:00"), clock: clock)
        #expect(timer.dueAt == nil)
        let notice = try at("2026-11-23T08:30:15")
        timer.begin(with: .publicNotice, at: notice, clock: clock)
        #expect(timer.dueAt == notice + .seconds(hours * 3600))
    }

    @Test("a tree that may only be planted in its season waits for it")
    func plantingSeason() throws {
        var calendar = WorkCalendar.china
        calendar.plantingSeason = WorkCalendar.Season(first: .init(month: 3, day: 1), last: .init(month: 4, day: 15))
        let clock = DeadlineClock(calendar: calendar, zone: Self.shanghai)
        let phase = TimedPhase(phase: .finish, limit: TimeLimit(value: 1, unit: .workDay), start: .plantingSeason)
        var waiting = CaseTimer(phase)
        waiting.begin(with: .filed, at: try at("2026-11-23T10:00:00"), clock: clock)
        #expect(waiting.startedAt == (try at("2027-03-01T00:00:00")))
        #expect(waiting.dueAt == (try at("2027-03-01T18:00:00")))
        var within = CaseTimer(phase)
        within.begin(with: .filed, at: try at("2026-03-10T10:00:00"), clock: clock)
        #expect(within.dueAt == (try at("2026-03-11T10:00:00")))
    }

    @Test("a pause holds the deadline back, a second pause at once or a resumption without one changes nothing")
    func pauses() throws {
        let clock = DeadlineClock(calendar: .china, zone: Self.shanghai)
        var timer = CaseTimer(TimedPhase(phase: .finish, limit: TimeLimit(value: 4, unit: .workHour)))
        timer.resume(at: try at("2026-11-23T07:00:00"), clock: clock)
        timer.begin(with: .filed, at: try at("2026-11-23T09:00:00"), clock: clock)
        #expect(timer.dueAt == (try at("2026-11-23T15:00:00")))
        timer.pause(at: try at("2026-11-23T10:00:00"))
        timer.pause(at: try at("2026-11-23T11:00:00"))
        #expect(timer.dueAt == nil && timer.isPaused)
        timer.resume(at: try at("2026-11-24T08:30:00"), clock: clock)
        #expect(timer.dueAt == (try at("2026-11-24T11:30:00")))
        #expect(timer.pauses.count == 1)
    }

    @Test("a timer keeps the calendar that it is given when the data changes")
    func keeps() throws {
        let old = DeadlineClock(calendar: .china, zone: Self.shanghai)
        var changed = WorkCalendar.china
        changed.holidays.insert(WallTime.days(year: 2026, month: 11, day: 24))
        let new = DeadlineClock(calendar: changed, zone: Self.shanghai)
        var running = CaseTimer(TimedPhase(phase: .finish, limit: TimeLimit(value: 1, unit: .workDay)))
        running.begin(with: .filed, at: try at("2026-11-23T10:00:00"), clock: old)
        running.pause(at: try at("2026-11-23T11:00:00"))
        var later = CaseTimer(TimedPhase(phase: .finish, limit: TimeLimit(value: 1, unit: .workDay)))
        later.begin(with: .filed, at: try at("2026-11-23T10:00:00"), clock: new)
        running.resume(at: try at("2026-11-23T11:00:00"), clock: old)
        #expect(running.dueAt == (try at("2026-11-24T10:00:00")))
        #expect(later.dueAt == (try at("2026-11-25T10:00:00")))
    }
}
