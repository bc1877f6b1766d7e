import Domain
import GRDB

/// A month of UTC and the two tables that hold its days; made when the first day of it is compacted.
struct SeriesMonth: Hashable, Comparable {
    struct Tables {
        var block: String
        var summary: String
    }

    /// Months since year 0.
    let number: Int64

    init(day: Int64) {
        let (year, month, _) = WallTime.civil(fromDays: day)
        number = year * 12 + Int64(month) - 1
    }

    private init(number: Int64) {
        self.number = number
    }

    static func < (left: SeriesMonth, right: SeriesMonth) -> Bool { left.number < right.number }

    /// The last day of it, counted since 1970-01-01.
    var lastDay: Int64 {
        let next = number + 1
        return WallTime.days(year: next / 12, month: Int(next % 12) + 1, day: 1) - 1
    }

    var names: Tables {
        let digits = String(number % 12 + 1)
        let month = "\(number / 12)\(digits.count < 2 ? "0" : "")\(digits)"
        return Tables(block: "reading_block_\(month)", summary: "reading_summary_\(month)")
    }

    /// The tables, which are made where there are none.
    func tables(_ connection: GRDB.Database) throws -> Tables {
        let names = names
        try connection.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS \(names.block) (
                    source INTEGER NOT NULL, day INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (source, day)
                ) WITHOUT ROWID, STRICT;
                CREATE TABLE IF NOT EXISTS \(names.summary) (
                    source INTEGER NOT NULL, day INTEGER NOT NULL, span INTEGER NOT NULL, data BLOB NOT NULL,
                    PRIMARY KEY (source, span, day)
                ) WITHOUT ROWID, STRICT;
                """
        )
        return names
    }

    /// Every month that has a table, oldest first.
    static func all(_ connection: GRDB.Database) throws -> [SeriesMonth] {
        let names = try String.fetchAll(
            connection,
            sql: """
                SELECT name FROM sqlite_master WHERE type = 'table'
                    AND name GLOB 'reading_*_[0-9][0-9][0-9][0-9][0-9][0-9]'
                """
        )
        let months = names.compactMap { name -> SeriesMonth? in
            guard let digits = Int64(name.suffix(6)), (1...12).contains(digits % 100) else { return nil }
            return SeriesMonth(number: digits / 100 * 12 + digits % 100 - 1)
        }
        return Set(months).sorted()
    }

    /// The months of a range that have the table, oldest first.
    static func blocks(_ days: ClosedRange<Int64>, summary: Bool, _ connection: GRDB.Database) throws -> [String] {
        var found: [String] = []
        let (first, last) = (SeriesMonth(day: days.lowerBound), SeriesMonth(day: days.upperBound))
        for month in try all(connection) where month >= first && month <= last {
            let name = summary ? month.names.summary : month.names.block
            if try connection.tableExists(name) { found.append(name) }
        }
        return found
    }
}
