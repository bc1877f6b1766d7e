import Domain
import Testing

@testable import Telemetry

@Suite("Payloads")
struct PayloadReaderTests {
    static let now = WallTime(microseconds: 1_795_428_000_000_000)

    static func read(_ text: String, profile: String = "waterLevel", retained: Bool = false) -> PayloadResult<Reading> {
        PayloadReader.reading(
            Array(text.utf8),
            sensorId: "s",
            profile: .named(profile),
            receivedAt: now,
            retained: retained
        )
    }

    @Test(
        "a payload of a known shape becomes a reading",
        arguments: [
            (#"{"ts":"\#(now.rfc3339)","value":152.0}"#, "waterLevel", ["value": 152.0]),
            (#"{"ts":1795428000,"value":-1.5e1}"#, "waterLevel", ["value": -15]),
            (#"{"ts":1795428000000,"value":1}"#, "waterLevel", ["value": 1]),
            (#"{"ts":1795428000,"level":3,"battery":3.6}"#, "waterLevel", ["value": 3, "battery": 3.6]),
            (#"{"ts":1795428000,"values":{"a":1,"b":true,"c":null}}"#, "any", ["a": 1, "b": 1]),
            (#"{"ts":1795428000,"value":7,"unit":"mm","meta":{"x":[1]}}"#, "any", ["value": 7]),
            (#"{"ts":1795428000,"state":"ON"}"#, "streetlight", ["value": 1]),
            (#"{"ts":1795428000,"state":"off"}"#, "streetlight", ["value": 0]),
            (#"{"ts":1795428000,"value":"low","power":40}"#, "streetlight", ["value": 0.5, "power": 40]),
            (#"{"ts":1795428000,"\u0076alue":2}"#, "any", ["value": 2]),
            (#"{"ts":1795428000,"value":true}"#, "streetlight", ["value": 1]),
            (#"{"ts":1795428000,"value":false}"#, "manhole", ["value": 0]),
            (#"{"ts":1795428000,"level":3,"lowBattery":true}"#, "waterLevel", ["value": 3, "lowBattery": 1]),
        ]
    )
    func accepted(_ text: String, _ profile: String, _ values: [String: Double]) throws {
        guard case .accepted(let reading) = Self.read(text, profile: profile) else {
            Issue.record("rejected: \(Self.read(text, profile: profile))")
            return
        }
        #expect(reading.values == values)
        #expect(reading.occurredAt == Self.now)
        #expect(!reading.timeIsArrival)
    }

    @Test(
        "a payload that can't be believed is rejected with its reason",
        arguments: [
            ("", RejectionReason.notJSON), ("water is high", .notJSON), ("{", .notJSON), (#"{"value":1}x"#, .notJSON),
            (#"{"value":01}"#, .notJSON), (#"{"value":.5}"#, .notJSON), (#"{"value":+1}"#, .notJSON),
            ("\u{0}", .notJSON),
            (#"{"ts":1795428000,"value":NaN}"#, .notFinite), (#"{"ts":1795428000,"value":Infinity}"#, .notFinite),
            (#"{"ts":1795428000,"value":-Infinity}"#, .notFinite), (#"{"ts":1795428000,"value":1e400}"#, .notFinite),
            (#"{"ts":1795428000,"value":nan}"#, .notFinite),
            ("152", .wrongType), ("[1,2]", .wrongType), (#"{"ts":1795428000,"value":"152"}"#, .wrongType),
            (#"{"ts":1795428000,"value":true}"#, .wrongType), (#"{"ts":1795428000,"level":false}"#, .wrongType),
            (#"{"ts":1795428000,"values":{"value":true}}"#, .wrongType),
            (#"{"ts":1795428000,"value":[1]}"#, .wrongType), (#"{"ts":1795428000,"values":{"a":"x"}}"#, .wrongType),
            (#"{"ts":1795428000,"values":1}"#, .wrongType), (#"{"ts":1795428000,"level":"high"}"#, .wrongType),
            (#"{"ts":1795428000}"#, .noValue), ("{}", .noValue), (#"{"ts":1795428000,"value":null}"#, .noValue),
            (#"{"ts":"yesterday","value":1}"#, .badTime), (#"{"ts":true,"value":1}"#, .badTime),
            (#"{"ts":1e300,"value":1}"#, .badTime), (#"{"ts":"2026-02-30T00:00:00Z","value":1}"#, .badTime),
            (#"{"ts":"1970-01-01T00:00:00Z","value":1}"#, .tooOld), (#"{"ts":0,"value":1}"#, .tooOld),
            (#"{"ts":-1e17,"value":1}"#, .badTime),
            (#"{"ts":"2099-01-01T00:00:00Z","value":1}"#, .inFuture), (#"{"ts":1795428301,"value":1}"#, .inFuture),
            (#"{"value":"# + String(repeating: "[", count: 10_000), .tooDeep),
        ]
    )
    func rejected(_ text: String, _ expected: RejectionReason) {
        guard case .rejected(let reason, _) = Self.read(text) else {
            Issue.record("accepted")
            return
        }
        #expect(reason == expected)
    }

    @Test("a payload without a time counts as of its arrival and is marked; a retained one does not count")
    func withoutTime() {
        guard case .accepted(let reading) = Self.read(#"{"value":1}"#) else {
            Issue.record("rejected")
            return
        }
        #expect(reading.timeIsArrival && reading.occurredAt == Self.now)
        guard case .rejected(.retainedWithoutTime, _) = Self.read(#"{"value":1}"#, retained: true) else {
            Issue.record("a retained value of unknown age was accepted")
            return
        }
    }

    @Test("a position is read, and one off the globe is not")
    func positions() {
        func read(_ text: String) -> PayloadResult<VehiclePosition> {
            PayloadReader.position(Array(text.utf8), vehicleId: "v", receivedAt: Self.now)
        }
        guard case .accepted(let position) = read(#"{"ts":1795428000,"lat":32.5,"lon":119.9,"heading":-90}"#) else {
            Issue.record("rejected")
            return
        }
        #expect(position.heading == 270 && position.speedKmh == nil)
        for text in [#"{"ts":1795428000,"lat":91,"lon":0}"#, #"{"ts":1795428000,"lat":0,"lon":181}"#] {
            guard case .rejected(.badPosition, _) = read(text) else {
                Issue.record("accepted \(text)")
                continue
            }
        }
    }

    @Test("random bytes and cut or flipped payloads never crash the reader and never give a value that isn't finite")
    func fuzz() {
        var random = SeededGenerator(seed: 7)
        let good = Array(#"{"ts":1795428000,"values":{"a":1.5e3,"b":true,"ü\u00fc":-0.1},"x":[1,"y",null]}"#.utf8)
        for _ in 0..<20_000 {
            var bytes = good
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                bytes = (0..<Int.random(in: 0..<80, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
            case 1: bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
            default: bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let result = PayloadReader.reading(bytes, sensorId: "s", profile: .named("any"), receivedAt: Self.now)
            if case .accepted(let reading) = result { #expect(!reading.values.values.contains { !$0.isFinite }) }
        }
    }

    @Test(
        "the level of the first + names the sensor",
        arguments: [
            ("city/water/+/level", "city/water/c1/level", "c1"), ("city/+/+/x", "city/a/b/x", "a"),
            ("city/water/+/level", "city/water/c1/level/x", nil), ("city/+/#", "city/a/b/c", "a"),
            ("city/water", "city/water", ""), ("+/x", "$SYS/x", nil), ("$share/g/city/+", "city/a", "a"),
            ("city/+", "city/", ""), ("#", "a/b", ""),
        ] as [(String, String, String?)]
    )
    func filters(_ filter: String, _ topic: String, _ expected: String?) {
        let match = TopicFilter(filter).match(topic.split(separator: "/", omittingEmptySubsequences: false))
        #expect(match.map(String.init) == expected)
    }
}

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
