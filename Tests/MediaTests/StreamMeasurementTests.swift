import Domain
import Testing

@testable import Media

@Suite("What a probe says of a stream")
struct StreamMeasurementTests {
    /// Feeds `seconds` of a stream with `rate` frames a second and a key frame every `group` frames.
    private func report(
        rate: Int = 25,
        groups: [Int] = [50],
        seconds: Int = 12,
        clockPpm: Double = 0,
        jitter: Double = 0.01,
        declared: Double? = 25,
        hasSub: Bool = false,
        width: Int = 1280
    ) -> ProbeReport {
        var measurement = StreamMeasurement(startedAt: .seconds(100), isLive: true)
        measurement.connected(at: .seconds(100.2))
        var random = SeededRandom(seed: 7)
        var (group, left) = (0, 0)
        for frame in 0..<(rate * seconds) {
            let isKey = left == 0
            if isKey {
                left = groups[group % groups.count]
                group += 1
            }
            left -= 1
            let media = Double(frame) / Double(rate)
            let late = Double.random(in: 0...jitter, using: &random)
            measurement.take(
                Packet(
                    bytes: [UInt8](repeating: 0, count: isKey ? 20_000 : 1_000),
                    ptsTicks: Int64(media * (1 + clockPpm / 1e6) * 90_000),
                    dtsTicks: Int64(media * (1 + clockPpm / 1e6) * 90_000),
                    durationTicks: 3600,
                    isKey: isKey
                ),
                at: .seconds(100.5 + media + late)
            )
        }
        let info = StreamInfo(
            codec: .h264,
            width: width,
            height: 720,
            extradata: [],
            codecString: "avc1.64001f",
            averageFrameRate: declared
        )
        return measurement.report(source: "rtsp://camera/a", info: info, hasSub: hasSub, isFile: false)
    }

    @Test("An ordinary stream is described and nothing is said against it")
    func ordinary() throws {
        let report = report()
        #expect(report.profile == "High 3.1")
        #expect(abs(try #require(report.frameRate) - 25) < 0.01)
        #expect(report.keyFrameSeconds == 2)
        #expect(report.keyFrameFrames == 50)
        #expect(report.isConstant == true)
        // 50 frames of 69,000 bytes are 276 kbit/s.
        #expect(abs(report.bitRate - 276_000) < 3_000)
        #expect(abs(try #require(report.clockDriftMilliseconds)) < 2)
        #expect(abs(report.connectSeconds - 0.2) < 0.001)
        #expect(report.advice.map(\.code) == [.good])
    }

    @Test(
        "Each fault of a stream brings its advice, and no other",
        arguments: [
            (ProbeReport.Advice.Code.longGOP, [300], 25, 0.0, 25.0, 1280),
            (.shortGOP, [5], 25, 0, 25, 1280),
            (.variableGOP, [25, 75], 25, 0, 25, 1280),
            (.clockDrift, [50], 25, 3000, 25, 1280),
            (.clockDrift, [50], 25, -3000, 25, 1280),
            (.frameRateDiffers, [24], 12, 0, 25, 1280),
            (.useSub, [50], 25, 0, 25, 1920),
            (.lowFrameRate, [2], 1, 12_000, 1, 1280),
        ] as [(ProbeReport.Advice.Code, [Int], Int, Double, Double, Int)]
    )
    func faults(
        _ code: ProbeReport.Advice.Code,
        _ groups: [Int],
        _ rate: Int,
        _ ppm: Double,
        _ declared: Double,
        _ width: Int
    ) {
        let seconds = code == .longGOP ? 26 : 12
        let found = report(
            rate: rate,
            groups: groups,
            seconds: seconds,
            clockPpm: code == .lowFrameRate ? 20_000 : ppm,
            declared: declared,
            width: width
        )
        .advice.map(\.code)
        if code == .lowFrameRate {
            // A clock that runs 2 % fast makes 0.98 frames a second of one; its drift is said as well.
            #expect(found.contains(code))
        } else {
            #expect(found == [code])
        }
    }

    @Test("Drift is measured to a millisecond although packets come up to 60 ms late")
    func drift() throws {
        let report = report(clockPpm: 2000, jitter: 0.06)
        #expect(abs(try #require(report.clockDriftMilliseconds) - 20) < 6)
    }

    @Test("With a sub stream nobody is told to use one")
    func sub() {
        #expect(report(hasSub: true, width: 1920).advice.map(\.code) == [.good])
    }

    @Test("A stream with a single key frame says so")
    func single() {
        #expect(report(groups: [100_000]).advice.map(\.code) == [.oneKeyFrame])
    }
}
