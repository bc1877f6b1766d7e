import Domain
import Testing

@Suite("RFC 3339 times")
struct WallTimeTests {
    @Test(
        "a text is read as the instant that it names",
        arguments: [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T08:00:00+08:00", 0),
            ("1969-12-31T23:59:59.5Z", -500_000),
            ("2026-11-23T10:00:00+08:00", 1_795_399_200_000_000),
            ("2026-11-23t02:00:00z", 1_795_399_200_000_000),
            ("2026-11-23 02:00:00.000001Z", 1_795_399_200_000_001),
            ("2026-11-23T02:00:00.1234567899Z", 1_795_399_200_123_456),
            ("2024-02-29T12:00:00-00:30", 1_709_209_800_000_000),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
        ] as [(String, Int64)]
    )
    func reads(text: String, microseconds: Int64) {
        #expect(WallTime(rfc3339: text)?.microseconds == microseconds)
    }

    @Test(
        "a text that names no instant is refused",
        arguments: [
            "", "2026", "2026-11-23", "2026-11-23T10:00:00", "2026-11-23T10:00Z", "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z", "2025-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-11-31T00:00:00Z",
            "2026-11-23T24:00:00Z", "2026-11-23T23:60:00Z", "2026-11-23T23:00:61Z", "2026-11-23T10:00:00.Z",
            "2026-11-23T10:00:00+8:00", "2026-11-23T10:00:00+0800", "2026-11-23T10:00:00+24:00",
            "2026-11-23T10:00:00Z ", " 2026-11-23T10:00:00Z", "２026-11-23T10:00:00Z", "-026-11-23T10:00:00Z",
        ]
    )
    func refuses(text: String) {
        #expect(WallTime(rfc3339: text) == nil)
    }

    @Test("what is written is read back, for 20,000 instants from 1900 to 2200")
    func roundTrip() {
        var random = SeededRandom(seed: 1)
        for _ in 0..<20_000 {
            let time = WallTime(
                microseconds: .random(in: -2_208_988_800_000_000...7_258_118_400_000_000, using: &random)
            )
            #expect(WallTime(rfc3339: time.rfc3339) == time)
        }
    }

    @Test("days and dates are each other's inverse over eight centuries")
    func civil() {
        var expected = (year: Int64(1600), month: 1, day: 1)
        for days in WallTime.days(year: 1600, month: 1, day: 1)..<WallTime.days(year: 2400, month: 1, day: 1) {
            let civil = WallTime.civil(fromDays: days)
            guard civil == expected else {
                Issue.record("day \(days) is \(civil), not \(expected)")
                return
            }
            expected.day += 1
            if Int64(expected.day) > WallTime.daysInMonth(year: expected.year, month: expected.month) {
                expected.day = 1
                expected.month += 1
            }
            if expected.month > 12 {
                expected.month = 1
                expected.year += 1
            }
        }
    }

    @Test("sums stop at the ends of the range")
    func saturates() {
        #expect((WallTime(microseconds: .max) + .seconds(1)).microseconds == .max)
        #expect((WallTime(microseconds: .min) - .seconds(1)).microseconds == .min)
        #expect(WallTime(microseconds: 5) - WallTime(microseconds: 2) == .microseconds(3))
    }
}
