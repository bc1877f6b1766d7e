import Domain

/// Big-endian numbers and BCD digits of a message; nil beyond its end.
extension Span<UInt8> {
    func u8(_ at: Int) -> UInt8? { at >= 0 && at < count ? self[at] : nil }

    func u16(_ at: Int) -> UInt16? {
        guard at >= 0, at + 2 <= count else { return nil }
        return UInt16(self[at]) << 8 | UInt16(self[at + 1])
    }

    func u32(_ at: Int) -> UInt32? {
        guard let high = u16(at), let low = u16(at + 2) else { return nil }
        return UInt32(high) << 16 | UInt32(low)
    }

    func bytes(_ range: Range<Int>) -> [UInt8]? {
        guard range.lowerBound >= 0, range.upperBound <= count else { return nil }
        return range.map { self[$0] }
    }

    /// Digits as they stand; some terminals put letters (a–f) into a number.
    func digits(_ range: Range<Int>) -> String? {
        guard let bytes = bytes(range) else { return nil }
        let characters = Array("0123456789abcdef")
        return String(bytes.flatMap { [characters[Int($0 >> 4)], characters[Int($0 & 15)]] })
    }

    /// `YYMMDDhhmmss` in BCD, GMT+8 (JT/T 808 table 24); nil for what is no time.
    func time(_ at: Int) -> WallTime? {
        guard let text = digits(at..<at + 6), text.allSatisfy(\.isNumber) else { return nil }
        let digits = Array(text.utf8).map { Int64($0) - 48 }
        let parts = stride(from: 0, to: 12, by: 2).map { digits[$0] * 10 + digits[$0 + 1] }
        let (year, month, day) = (2000 + parts[0], Int(parts[1]), parts[2])
        guard (1...12).contains(month), day >= 1, day <= WallTime.daysInMonth(year: year, month: month),
            parts[3] < 24, parts[4] < 60, parts[5] < 60
        else { return nil }
        let local = WallTime.days(year: year, month: month, day: Int(day)) * 86_400
        return WallTime(microseconds: (local + parts[3] * 3600 + parts[4] * 60 + parts[5] - 8 * 3600) * 1_000_000)
    }
}
