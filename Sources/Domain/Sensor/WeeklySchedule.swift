/// Hours of the week, in the site's zone.
package struct WeeklySchedule: Sendable, Hashable, Codable {
    /// From one minute of a day to another; where the end is not after the start it lies on the next day.
    package struct Window: Sendable, Hashable, Codable {
        /// The days it begins on: 0 is Monday … 6 is Sunday.
        package var days: Set<Int>
        /// Minutes since local midnight, 0...1439.
        package var fromMinute: Int
        /// Minutes since local midnight, 0...1440; not included.
        package var toMinute: Int

        package init(days: Set<Int> = Set(0...6), fromMinute: Int, toMinute: Int) {
            self.days = days
            self.fromMinute = fromMinute
            self.toMinute = toMinute
        }
    }

    package var windows: [Window]

    package init(windows: [Window]) {
        self.windows = windows
    }

    /// Whether `time` lies in one of the windows.
    ///
    /// - Parameter utcOffset: seconds that local time is ahead of UTC at that instant.
    package func contains(_ time: WallTime, utcOffset: Int) -> Bool {
        let minute = Self.floorDivide(time.microseconds, 60_000_000) + Int64(utcOffset / 60)
        let day = Self.floorDivide(minute, 1440)
        let ofDay = Int(minute - day * 1440)
        let today = WorkCalendar.weekday(day)
        let yesterday = WorkCalendar.weekday(day - 1)
        return windows.contains { window in
            if window.fromMinute < window.toMinute {
                return window.days.contains(today) && (window.fromMinute..<window.toMinute).contains(ofDay)
            }
            return (window.days.contains(today) && ofDay >= window.fromMinute)
                || (window.days.contains(yesterday) && ofDay < window.toMinute)
        }
    }

    /// The window that ended last, not after `time`; nil when none did within eight days.
    package func lastEnded(before time: WallTime, utcOffset: Int) -> (from: WallTime, to: WallTime)? {
        let minute = Self.floorDivide(time.microseconds, 60_000_000) + Int64(utcOffset / 60)
        let today = Self.floorDivide(minute, 1440)
        var last: (from: Int64, to: Int64)?
        for day in today - 8...today {
            for window in windows where window.days.contains(WorkCalendar.weekday(day)) {
                let from = day * 1440 + Int64(window.fromMinute)
                let isOvernight = window.toMinute <= window.fromMinute
                let to = day * 1440 + Int64(window.toMinute) + (isOvernight ? 1440 : 0)
                if to <= minute, last.map({ to > $0.to }) ?? true { last = (from, to) }
            }
        }
        let wall = { (local: Int64) in WallTime(microseconds: (local - Int64(utcOffset / 60)) * 60_000_000) }
        return last.map { (wall($0.from), wall($0.to)) }
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }
}
