package import Domain

/// Work calendars as CSV: `kind,from,to,name`.
///
/// `hours,08:00,12:00`; `weekdays,1,5` (1 is Monday); `holiday,2026-10-01,2026-10-07`; `workday,2026-10-10` (调休);
/// `planting,03-01,04-15`.
package enum CalendarTable {
    package enum Kind: String, Sendable, CaseIterable {
        case hours, weekdays, holiday, workday, planting
    }

    /// - Throws: `BaseDataError` with every mistake; nothing is taken of a file that has one.
    package static func read(_ text: String, file: String = "calendar.csv") throws(BaseDataError) -> WorkCalendar {
        let columns = BaseSet.calendar.columns.map(\.name)
        let table = try CSVTable(text, file: file, required: ["kind", "from"], known: columns)
        var rows = RowReader(file: file)
        var calendar = WorkCalendar(hours: [], workWeekdays: [])
        for row in table.rows {
            switch rows.choice(row, "kind", Kind.self) {
            case .hours: readHours(row, &rows, &calendar)
            case .weekdays: readWeekdays(row, &rows, &calendar)
            case .holiday:
                for day in days(row, &rows) where !calendar.holidays.insert(day).inserted {
                    rows.note(row, "from", "\(LocalDay.text(day)) is a holiday twice", "keep one of the two")
                }
            case .workday:
                for day in days(row, &rows) where !calendar.shiftedWorkDays.insert(day).inserted {
                    rows.note(row, "from", "\(LocalDay.text(day)) is a shifted work day twice", "keep one of the two")
                }
            case .planting: readSeason(row, &rows, &calendar)
            case nil: break
            }
        }
        calendar.hours.sort { $0.lowerBound < $1.lowerBound }
        for (first, second) in zip(calendar.hours, calendar.hours.dropFirst())
        where first.upperBound > second.lowerBound {
            rows.note("working hours overlap", "let one period end before the next begins")
        }
        for day in calendar.holidays.intersection(calendar.shiftedWorkDays).sorted() {
            rows.note("\(LocalDay.text(day)) is both a holiday and a shifted work day", "decide for one")
        }
        for day in calendar.shiftedWorkDays.sorted() where calendar.workWeekdays.contains(WorkCalendar.weekday(day)) {
            rows.note("\(LocalDay.text(day)) is a work day anyway", "check the date of the shifted work day")
        }
        if calendar.hours.isEmpty { rows.note("no working hours in it", "add a line like hours,08:00,12:00") }
        if calendar.workWeekdays.isEmpty { rows.note("no work days in it", "add a line like weekdays,1,5") }
        try rows.finish()
        return calendar
    }

    private static func readHours(_ row: CSVTable.Row, _ rows: inout RowReader, _ calendar: inout WorkCalendar) {
        guard let from = seconds(row["from"]), let to = seconds(row["to"]), from < to else {
            rows.note(row, "from", "is no period of the day", "write from and to like 08:00 and 12:00")
            return
        }
        calendar.hours.append(from..<to)
    }

    private static func readWeekdays(_ row: CSVTable.Row, _ rows: inout RowReader, _ calendar: inout WorkCalendar) {
        guard let from = row["from"].flatMap({ Int($0) }), let to = Int(row["to"] ?? row["from"] ?? ""),
            (1...7).contains(from), (from...7).contains(to)
        else {
            rows.note(row, "from", "is no range of weekdays", "write numbers from 1 (Monday) to 7 (Sunday)")
            return
        }
        calendar.workWeekdays.formUnion((from...to).map { $0 - 1 })
    }

    private static func readSeason(_ row: CSVTable.Row, _ rows: inout RowReader, _ calendar: inout WorkCalendar) {
        guard let first = seasonDay(row["from"]), let last = seasonDay(row["to"]) else {
            rows.note(row, "from", "is no season", "write from and to like 03-01 and 04-15")
            return
        }
        if calendar.plantingSeason != nil { rows.note(row, "from", "is a second planting season", "keep one") }
        calendar.plantingSeason = WorkCalendar.Season(first: first, last: last)
    }

    private static func days(_ row: CSVTable.Row, _ rows: inout RowReader) -> [Int64] {
        guard let from = rows.day(row, "from") else { return [] }
        let to = row["to"] == nil ? from : rows.day(row, "to") ?? from
        guard from <= to, to - from < 60 else {
            rows.note(row, "to", "is before the start, or more than 60 days after it", "check the two dates")
            return []
        }
        return Array(from...to)
    }

    /// `08:30` as seconds of the day; `24:00` is its end.
    static func seconds(_ text: String?) -> Int64? {
        let parts = (text ?? "").split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let hour = Int64(parts[0]), let minute = Int64(parts[1]), (0...24).contains(hour),
            (0...59).contains(minute), hour * 60 + minute <= 1440
        else { return nil }
        return hour * 3600 + minute * 60
    }

    private static func seasonDay(_ text: String?) -> WorkCalendar.Season.Day? {
        // Any leap year: the 29th of February is a day of a season too.
        guard let text, let day = LocalDay.parse("2028-\(text)") else { return nil }
        let (_, month, dayOfMonth) = WallTime.civil(fromDays: day)
        return WorkCalendar.Season.Day(month: Int(month), day: Int(dayOfMonth))
    }

    /// The table of a calendar; reading it gives the same calendar.
    package static func table(of calendar: WorkCalendar) -> BaseTable {
        func time(_ seconds: Int64) -> String {
            LocalDay.pad(Int(seconds / 3600)) + ":" + LocalDay.pad(Int(seconds / 60 % 60))
        }
        var rows = calendar.hours.map { ["hours", time($0.lowerBound), time($0.upperBound), ""] }
        rows += runs(calendar.workWeekdays.map { Int64($0 + 1) }).map {
            ["weekdays", String($0.lowerBound), String($0.upperBound), ""]
        }
        rows += runs(Array(calendar.holidays)).map {
            ["holiday", LocalDay.text($0.lowerBound), LocalDay.text($0.upperBound), ""]
        }
        rows += calendar.shiftedWorkDays.sorted().map { ["workday", LocalDay.text($0), "", ""] }
        if let season = calendar.plantingSeason {
            func day(_ day: WorkCalendar.Season.Day) -> String { LocalDay.pad(day.month) + "-" + LocalDay.pad(day.day) }
            rows.append(["planting", day(season.first), day(season.last), ""])
        }
        return BaseTable(.calendar, rows: rows)
    }

    /// Numbers as ranges of consecutive ones.
    private static func runs(_ numbers: [Int64]) -> [ClosedRange<Int64>] {
        var found: [ClosedRange<Int64>] = []
        for number in numbers.sorted() {
            if let last = found.last, last.upperBound + 1 == number {
                found[found.count - 1] = last.lowerBound...number
            } else {
                found.append(number...number)
            }
        }
        return found
    }
}
