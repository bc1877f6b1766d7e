/// When people work: hours of the day, days of the week, holidays and days worked instead (调休).
///
/// All of it is data of a city and a year. Days are counted since 1970-01-01 in the site's zone.
package struct WorkCalendar: Sendable, Hashable {
    /// Working hours in seconds of the local day, in order, not touching each other.
    package var hours: [Range<Int64>]
    /// 0 is Monday … 6 is Sunday.
    package var workWeekdays: Set<Int>
    /// Days off although their weekday is a work day.
    package var holidays: Set<Int64>
    /// Work days although their weekday is none.
    package var shiftedWorkDays: Set<Int64>

    package init(
        hours: [Range<Int64>] = [8 * 3600..<12 * 3600, 14 * 3600..<18 * 3600],
        workWeekdays: Set<Int> = [0, 1, 2, 3, 4],
        holidays: Set<Int64> = [],
        shiftedWorkDays: Set<Int64> = []
    ) {
        self.hours = hours
        self.workWeekdays = workWeekdays
        self.holidays = holidays
        self.shiftedWorkDays = shiftedWorkDays
    }

    /// Whether people work on a local day.
    package func isWorkDay(_ day: Int64) -> Bool {
        if shiftedWorkDays.contains(day) { return true }
        if holidays.contains(day) { return false }
        return workWeekdays.contains(Self.weekday(day))
    }

    /// Seconds of work in one work day.
    package var workSecondsPerDay: Int64 { hours.reduce(0) { $0 + $1.upperBound - $1.lowerBound } }

    /// 0 for Monday … 6 for Sunday. 1970-01-01 was a Thursday.
    package static func weekday(_ day: Int64) -> Int {
        Int(((day + 3) % 7 + 7) % 7)
    }
}

extension WorkCalendar {
    /// 08:00–12:00 and 14:00–18:00, Monday to Friday, with the public holidays of mainland China for 2026 as the State
    /// Council's office announced them. Later years count weekends only until their table is loaded.
    package static let china: WorkCalendar = {
        var calendar = WorkCalendar()
        let holidays: [(month: Int, days: ClosedRange<Int>)] = [
            (1, 1...3), (2, 15...23), (4, 4...6), (5, 1...5), (6, 19...21), (9, 25...27), (10, 1...7),
        ]
        for (month, days) in holidays {
            calendar.holidays.formUnion(days.map { WallTime.days(year: 2026, month: month, day: $0) })
        }
        let shifted = [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)]
        calendar.shiftedWorkDays = Set(shifted.map { WallTime.days(year: 2026, month: $0.0, day: $0.1) })
        return calendar
    }()
}

/// When a limit ends, exact to the second, in a site's zone.
package struct DeadlineClock: Sendable {
    package var calendar: WorkCalendar
    /// Seconds that local time is ahead of UTC at an instant.
    private let offset: @Sendable (WallTime) -> Int64

    package init(calendar: WorkCalendar, offset: @escaping @Sendable (WallTime) -> Int64) {
        self.calendar = calendar
        self.offset = offset
    }

    /// The instant at which `limit`, running from `start`, is used up. A limit in work time that starts outside working
    /// hours begins with the next ones; one that is used up with the last second of a period ends at that period's end.
    ///
    /// Nil when the calendar has no working time within the ten years after `start`.
    package func deadline(from start: WallTime, limit: TimeLimit) -> WallTime? {
        switch limit.unit {
        case .urgentHour: return start + .seconds(Int64(limit.value) * 3600)
        case .calendarDay:
            let local = localSeconds(start)
            let fraction = floorMod(start.microseconds, 1_000_000)
            return instant(ofLocal: local + Int64(limit.value) * 86_400) + .microseconds(fraction)
        case .workHour: return workDeadline(from: start, seconds: Int64(limit.value) * 3600)
        case .workDay: return workDeadline(from: start, seconds: Int64(limit.value) * calendar.workSecondsPerDay)
        }
    }

    /// The local day of an instant, counted since 1970-01-01.
    package func localDay(_ time: WallTime) -> Int64 { floorDiv(localSeconds(time), 86_400) }

    private func workDeadline(from start: WallTime, seconds: Int64) -> WallTime? {
        guard !calendar.hours.isEmpty else { return nil }
        var left = seconds * 1_000_000
        let firstDay = localDay(start)
        for day in firstDay...(firstDay + 3660) where calendar.isWorkDay(day) {
            for period in calendar.hours {
                let from = max(instant(ofLocal: day * 86_400 + period.lowerBound), start)
                let to = instant(ofLocal: day * 86_400 + period.upperBound)
                let length = to.microseconds - from.microseconds
                if length <= 0 { continue }
                if left <= length { return WallTime(microseconds: from.microseconds + left) }
                left -= length
            }
        }
        return nil
    }

    private func localSeconds(_ time: WallTime) -> Int64 {
        floorDiv(time.microseconds, 1_000_000) + offset(time)
    }

    /// The instant with this local time. One that a change of the clock skips becomes the instant as much later; of
    /// one that happens twice, the first counts.
    private func instant(ofLocal local: Int64) -> WallTime {
        let before = offset(WallTime(microseconds: (local - 86_400) * 1_000_000))
        let candidate = WallTime(microseconds: (local - before) * 1_000_000)
        let actual = offset(candidate)
        guard actual != before else { return candidate }
        let other = WallTime(microseconds: (local - actual) * 1_000_000)
        // With the offset from after the change it has to be a time after the change; else it fell into the gap.
        return offset(other) == actual ? other : candidate
    }

    private func floorDiv(_ value: Int64, _ divisor: Int64) -> Int64 {
        (value - floorMod(value, divisor)) / divisor
    }

    private func floorMod(_ value: Int64, _ divisor: Int64) -> Int64 {
        let remainder = value % divisor
        return remainder < 0 ? remainder + divisor : remainder
    }
}
