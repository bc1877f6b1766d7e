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

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }
}
