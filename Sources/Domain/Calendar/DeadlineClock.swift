/// When a limit ends, exact to the microsecond it started with, in a site's zone.
///
/// Each unit of a limit is a measure of time: clock hours count every second, calendar days count local time, work
/// hours and work days count working time. A limit ends at the first instant at which its measure has risen by the
/// limit since the start, pauses left out.
package struct DeadlineClock: Sendable {
    package let calendar: WorkCalendar
    package let zone: ZoneOffsets
    private let work: WorkTimeTable

    /// The years that work time is counted out for unless told otherwise.
    package static let years: ClosedRange<Int64> = 2015...2045

    /// - Parameter years: those for which work time can be counted; a limit in work time outside has no deadline.
    package init(calendar: WorkCalendar, zone: ZoneOffsets, years: ClosedRange<Int64> = DeadlineClock.years) {
        self.calendar = calendar
        self.zone = zone
        work = WorkTimeTable(calendar, zone: zone, years: years)
    }

    /// The instant at which `limit`, running from `start`, is used up. A limit in work time that starts outside working
    /// hours begins with the next ones; one that is used up with the last second of a period ends at that period's end.
    ///
    /// - Parameter pauses: when it didn't run: in order, not overlapping.
    /// - Returns: nil when the calendar has too little working time within its years.
    package func deadline(from start: WallTime, limit: TimeLimit, pauses: [Range<WallTime>] = []) -> WallTime? {
        var left = amount(of: limit)
        var from = start
        for pause in pauses where pause.upperBound > from {
            if pause.lowerBound > from {
                guard let used = measure(limit.unit, from: from, to: pause.lowerBound) else { return nil }
                if used >= left { break }
                left -= used
            }
            from = pause.upperBound
        }
        return advance(from, by: left, limit.unit)
    }

    /// How much of a limit is left at `now`, in microseconds of its own measure; negative when it is overdue.
    package func left(
        of limit: TimeLimit,
        from start: WallTime,
        at now: WallTime,
        pauses: [Range<WallTime>] = []
    ) -> Int64? {
        var left = amount(of: limit)
        var from = start
        for pause in pauses where pause.upperBound > from && pause.lowerBound < now {
            if pause.lowerBound > from {
                guard let used = measure(limit.unit, from: from, to: pause.lowerBound) else { return nil }
                left -= used
            }
            from = min(pause.upperBound, now)
        }
        guard now > from else { return left }
        return measure(limit.unit, from: from, to: now).map { left - $0 }
    }

    /// The local day of an instant, counted since 1970-01-01.
    package func localDay(_ time: WallTime) -> Int64 {
        let local = localMicroseconds(time)
        return (local - floorMod(local, 86_400_000_000)) / 86_400_000_000
    }

    /// The local day of an instant, counted since 1970-01-01, and the minute of that day, 0...1439.
    package func localMinute(_ time: WallTime) -> (day: Int64, minute: Int) {
        (localDay(time), Int(floorMod(localMicroseconds(time), 86_400_000_000) / 60_000_000))
    }

    /// When people work within a range, by the calendar, in order.
    package func work(within range: Range<WallTime>) -> [Range<WallTime>] {
        (localDay(range.lowerBound)...localDay(range.upperBound)).filter(calendar.isWorkDay).flatMap { day in
            calendar.hours.map { hours in
                let instant = { (second: Int64) in
                    WallTime(microseconds: zone.instant(ofLocal: day * 86_400 + second) * 1_000_000)
                }
                return (instant(hours.lowerBound)..<instant(hours.upperBound)).clamped(to: range)
            }
        }.filter { !$0.isEmpty }
    }

    /// The instant at which a local day begins.
    package func begin(ofDay day: Int64) -> WallTime {
        WallTime(microseconds: zone.instant(ofLocal: day * 86_400) * 1_000_000)
    }

    /// A limit in microseconds of its own measure.
    private func amount(of limit: TimeLimit) -> Int64 {
        let unit: Int64 =
            switch limit.unit {
            case .minute: 60
            case .urgentHour, .workHour: 3600
            case .calendarDay: 86_400
            case .workDay: calendar.workSecondsPerDay
            }
        return Int64(limit.value) * unit * 1_000_000
    }

    private func measure(_ unit: TimeLimit.Unit, from: WallTime, to: WallTime) -> Int64? {
        switch unit {
        case .minute, .urgentHour: return to.microseconds - from.microseconds
        // A clock that is set back within it takes nothing away again.
        case .calendarDay: return max(0, localMicroseconds(to) - localMicroseconds(from))
        case .workHour, .workDay:
            guard let first = work.worked(until: from), let last = work.worked(until: to) else { return nil }
            return last - first
        }
    }

    private func advance(_ start: WallTime, by amount: Int64, _ unit: TimeLimit.Unit) -> WallTime? {
        switch unit {
        case .minute, .urgentHour: return WallTime(microseconds: start.microseconds + amount)
        case .calendarDay:
            let local = localMicroseconds(start) + amount
            let fraction = floorMod(local, 1_000_000)
            return WallTime(microseconds: zone.instant(ofLocal: (local - fraction) / 1_000_000) * 1_000_000 + fraction)
        case .workHour, .workDay:
            guard let worked = work.worked(until: start) else { return nil }
            return work.instant(atWorked: worked + amount)
        }
    }

    private func localMicroseconds(_ time: WallTime) -> Int64 {
        let seconds = (time.microseconds - floorMod(time.microseconds, 1_000_000)) / 1_000_000
        return time.microseconds + zone.seconds(at: seconds) * 1_000_000
    }

    private func floorMod(_ value: Int64, _ divisor: Int64) -> Int64 {
        let remainder = value % divisor
        return remainder < 0 ? remainder + divisor : remainder
    }
}
