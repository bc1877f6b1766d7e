/// RFC 3339 texts: written in UTC with `Z`, read with any offset.
extension WallTime {
    /// `2026-11-23T10:00:00Z`, with three or six digits of fraction where there is one.
    package var rfc3339: String {
        let (days, dayMicroseconds) = Self.floorDivide(microseconds, 86_400_000_000)
        let (year, month, day) = Self.civil(fromDays: days)
        let seconds = dayMicroseconds / 1_000_000
        let fraction = dayMicroseconds % 1_000_000
        var text = "\(Self.pad(year, 4))-\(Self.pad(Int64(month), 2))-\(Self.pad(Int64(day), 2))T"
        text += "\(Self.pad(seconds / 3600, 2)):\(Self.pad(seconds / 60 % 60, 2)):\(Self.pad(seconds % 60, 2))"
        if fraction % 1000 != 0 {
            text += ".\(Self.pad(fraction, 6))"
        } else if fraction != 0 {
            text += ".\(Self.pad(fraction / 1000, 3))"
        }
        return text + "Z"
    }

    /// Reads an RFC 3339 `date-time`; nil when the text is none, or names a day or time that does not exist.
    ///
    /// Fractions beyond microseconds are cut off. A leap second (`:60`) becomes the following second. `t`, `z` and a
    /// blank between date and time are accepted (RFC 3339 §5.6).
    package init?(rfc3339 text: some StringProtocol) {
        var scanner = DigitScanner(Array(text.utf8))
        guard
            let year = scanner.number(digits: 4), scanner.skip("-"),
            let month = scanner.number(digits: 2), scanner.skip("-"),
            let day = scanner.number(digits: 2), scanner.skip(anyOf: "Tt "),
            let hour = scanner.number(digits: 2), scanner.skip(":"),
            let minute = scanner.number(digits: 2), scanner.skip(":"),
            let second = scanner.number(digits: 2),
            (1...12).contains(month), day >= 1, day <= Self.daysInMonth(year: year, month: Int(month)),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        var fraction: Int64 = 0
        if scanner.skip(".") {
            guard let read = scanner.fraction(digits: 6) else { return nil }
            fraction = read
        }
        guard let offsetMinutes = scanner.offsetMinutes(), scanner.atEnd else { return nil }
        let days = Self.days(year: year, month: Int(month), day: Int(day))
        let local = days * 86_400 + hour * 3600 + minute * 60 + second
        self.init(microseconds: (local - offsetMinutes * 60) * 1_000_000 + fraction)
    }

    /// Days since 1970-01-01 in the proleptic Gregorian calendar.
    ///
    /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
    package static func days(year: Int64, month: Int, day: Int) -> Int64 {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = Int64((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1)
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// Year, month and day of a count of days since 1970-01-01 (`civil_from_days` of the same source).
    package static func civil(fromDays days: Int64) -> (year: Int64, month: Int, day: Int) {
        let z = days + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let day = Int(dayOfYear - (153 * shifted + 2) / 5 + 1)
        let month = Int(shifted < 10 ? shifted + 3 : shifted - 9)
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    /// The number of days of a month in the Gregorian calendar.
    package static func daysInMonth(year: Int64, month: Int) -> Int64 {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let remainder = value % divisor
        return remainder < 0
            ? (value / divisor - 1, remainder + divisor) : (value / divisor, remainder)
    }

    private static func pad(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension WallTime: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let time = WallTime(rfc3339: text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "not an RFC 3339 time, like 2026-11-23T10:00:00Z: \(text.prefix(40))"
            )
        }
        self = time
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rfc3339)
    }
}

/// Reads fixed-width numbers and separators off ASCII bytes.
private struct DigitScanner {
    private let bytes: [UInt8]
    private var at = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var atEnd: Bool { at == bytes.count }

    mutating func number(digits: Int) -> Int64? {
        guard at + digits <= bytes.count else { return nil }
        var value: Int64 = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// One or more digits after the point, scaled to `digits` places; further ones are dropped.
    mutating func fraction(digits: Int) -> Int64? {
        var value: Int64 = 0
        var seen = 0
        while let digit = digit() {
            if seen < digits { value = value * 10 + digit }
            seen += 1
        }
        guard seen > 0 else { return nil }
        for _ in min(seen, digits)..<digits { value *= 10 }
        return value
    }

    mutating func offsetMinutes() -> Int64? {
        if skip(anyOf: "Zz") { return 0 }
        let negative: Bool
        if skip("+") { negative = false } else if skip("-") { negative = true } else { return nil }
        guard let hours = number(digits: 2), skip(":"), let minutes = number(digits: 2), hours < 24, minutes < 60
        else { return nil }
        return (hours * 60 + minutes) * (negative ? -1 : 1)
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard at < bytes.count, UInt32(bytes[at]) == character.value else { return false }
        at += 1
        return true
    }

    mutating func skip(anyOf characters: String) -> Bool {
        guard at < bytes.count, characters.utf8.contains(bytes[at]) else { return false }
        at += 1
        return true
    }

    private mutating func digit() -> Int64? {
        guard at < bytes.count, (48...57).contains(bytes[at]) else { return nil }
        at += 1
        return Int64(bytes[at - 1] - 48)
    }
}
