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
    /// The time of year in which trees are planted; nil where a city names none.
    package var plantingSeason: Season?

    package init(
        hours: [Range<Int64>] = [8 * 3600..<12 * 3600, 14 * 3600..<18 * 3600],
        workWeekdays: Set<Int> = [0, 1, 2, 3, 4],
        holidays: Set<Int64> = [],
        shiftedWorkDays: Set<Int64> = [],
        plantingSeason: Season? = nil
    ) {
        self.hours = hours
        self.workWeekdays = workWeekdays
        self.holidays = holidays
        self.shiftedWorkDays = shiftedWorkDays
        self.plantingSeason = plantingSeason
    }

    /// A stretch of every year, by month and day; it may run over the end of the year.
    package struct Season: Sendable, Hashable {
        /// A day of the year.
        package struct Day: Sendable, Hashable, Comparable {
            package var month: Int
            package var day: Int

            package init(month: Int, day: Int) {
                self.month = month
                self.day = day
            }

            package static func < (left: Day, right: Day) -> Bool {
                (left.month, left.day) < (right.month, right.day)
            }
        }

        package var first: Day
        package var last: Day

        package init(first: Day, last: Day) {
            self.first = first
            self.last = last
        }

        /// The first local day, from `day` on, that lies in the season.
        package func begin(notBefore day: Int64) -> Int64 {
            let (year, month, dayOfMonth) = WallTime.civil(fromDays: day)
            let today = Day(month: Int(month), day: Int(dayOfMonth))
            let isWithin = first <= last ? (first...last).contains(today) : today >= first || today <= last
            if isWithin { return day }
            return WallTime.days(year: today < first ? year : year + 1, month: first.month, day: first.day)
        }
    }

    /// The years of which holidays or shifted work days are known; of others only the weekends are.
    package var knownYears: Set<Int64> {
        Set(holidays.union(shiftedWorkDays).map { WallTime.civil(fromDays: $0).year })
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
