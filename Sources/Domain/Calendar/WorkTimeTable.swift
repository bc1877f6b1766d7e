/// How much is worked up to every instant: a calendar in one zone, counted out once.
///
/// Work is a function of time that rises during working hours and stands still otherwise. A limit in work time ends
/// where that function has risen by the limit, so a deadline is one look-up forth and one back.
struct WorkTimeTable: Sendable {
    /// The local day of `before[0]`.
    private let firstDay: Int64
    /// Microseconds worked before each day of the table; one more than there are days.
    private let before: [Int64]
    private let isWorked: [Bool]
    private let hours: [Range<Int64>]
    private let zone: ZoneOffsets

    private static let second: Int64 = 1_000_000

    init(_ calendar: WorkCalendar, zone: ZoneOffsets, years: ClosedRange<Int64>) {
        firstDay = WallTime.days(year: years.lowerBound, month: 1, day: 1)
        let count = Int(WallTime.days(year: years.upperBound + 1, month: 1, day: 1) - firstDay)
        hours = calendar.hours
        self.zone = zone
        let firstWeekday = WorkCalendar.weekday(firstDay)
        let week = (0..<7).map(calendar.workWeekdays.contains)
        var isWorked = (0..<count).map { week[(firstWeekday + $0) % 7] }
        for day in calendar.holidays {
            let index = Int(day - firstDay)
            if isWorked.indices.contains(index) { isWorked[index] = false }
        }
        for day in calendar.shiftedWorkDays {
            let index = Int(day - firstDay)
            if isWorked.indices.contains(index) { isWorked[index] = true }
        }
        var before: [Int64] = [0]
        before.reserveCapacity(count + 1)
        var sum: Int64 = 0
        let usual = calendar.workSecondsPerDay
        for index in 0..<count {
            if isWorked[index] {
                let day = (firstDay + Int64(index)) * 86_400
                // A change of the clock makes a work day longer or shorter when it falls into working hours.
                if zone.seconds(at: day - 86_400) == zone.seconds(at: day + 2 * 86_400) {
                    sum += usual
                } else {
                    for period in hours {
                        sum += max(
                            0,
                            zone.instant(ofLocal: day + period.upperBound)
                                - zone.instant(ofLocal: day + period.lowerBound)
                        )
                    }
                }
            }
            before.append(sum * Self.second)
        }
        self.before = before
        self.isWorked = isWorked
    }

    /// Microseconds worked from the table's start to an instant; nil outside the table.
    func worked(until time: WallTime) -> Int64? {
        let seconds = Self.floorSeconds(time.microseconds)
        let day = Self.floorDay(seconds + zone.seconds(at: seconds))
        let index = Int(day - firstDay)
        guard isWorked.indices.contains(index) else { return nil }
        var sum = before[index]
        guard isWorked[index] else { return sum }
        for period in hours {
            let from = zone.instant(ofLocal: day * 86_400 + period.lowerBound) * Self.second
            let to = zone.instant(ofLocal: day * 86_400 + period.upperBound) * Self.second
            if time.microseconds <= from { break }
            sum += max(0, min(time.microseconds, to) - from)
        }
        return sum
    }

    /// The first instant at which as many microseconds have been worked; nil beyond the table.
    func instant(atWorked target: Int64) -> WallTime? {
        guard target > 0, target <= before[before.count - 1] else { return nil }
        // The last day before which less than `target` was worked.
        var low = 0
        var high = before.count - 1
        while high - low > 1 {
            let middle = (low + high) / 2
            if before[middle] < target { low = middle } else { high = middle }
        }
        var left = target - before[low]
        let day = (firstDay + Int64(low)) * 86_400
        for period in hours {
            let from = zone.instant(ofLocal: day + period.lowerBound) * Self.second
            let length = max(0, zone.instant(ofLocal: day + period.upperBound) * Self.second - from)
            if left <= length { return WallTime(microseconds: from + left) }
            left -= length
        }
        return nil
    }

    private static func floorSeconds(_ microseconds: Int64) -> Int64 {
        (microseconds - ((microseconds % second) + second) % second) / second
    }

    private static func floorDay(_ seconds: Int64) -> Int64 {
        (seconds - ((seconds % 86_400) + 86_400) % 86_400) / 86_400
    }
}
