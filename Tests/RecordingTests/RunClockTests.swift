import Domain
import Foundation
import Media
import Testing

@testable import Recording

@Suite("mapping media time to wall time")
struct RunClockTests {
    /// How a network delays packets, in milliseconds beyond the shortest way.
    enum Network: String, CaseIterable, Sendable {
        case none
        case uniform40
        case exponential20
        case mobile
        /// Every half a minute or so nothing comes for up to 2 s, then all of it.
        case stalls
        /// Half an hour of each two a quarter of a second late, as a full queue makes it.
        case congestion
        /// Key frames take 150 ms longer.
        case largeKeys
        /// The first 2 s, the group of pictures that the camera had kept, come at once.
        case burst
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var network: Network
        /// What the camera's clock gains, in millionths.
        var ppm: Double
        /// How far that swings over a day, with the temperature.
        var swing: Double
        var hours: Double
        var framesPerSecond: Double

        var testDescription: String { "\(network) \(ppm) ppm ±\(swing), \(hours) h" }
    }

    static let isLong = ProcessInfo.processInfo.environment["GRIDWATCH_SOAK"] != nil

    static let cases: [Case] = Network.allCases.flatMap { network in
        let rates: [(Double, Double)] =
            isLong ? [(-500, 0), (-480, 20), (-33, 10), (0, 0), (37, 0), (480, 20), (500, 0)] : [(-500, 0), (480, 20)]
        return rates.map {
            Case(network: network, ppm: $0.0, swing: $0.1, hours: 24, framesPerSecond: isLong ? 25 : 3)
        }
    }

    @Test("wall time stays within 100 ms of the truth for 24 h, however the network delays packets", arguments: cases)
    func day(_ example: Case) {
        var random = SeededRandom(seed: 7)
        var network = NetworkModel(example.network)
        let epoch = WallTime(microseconds: 1_795_428_000_000_000)
        var clock: RunClock?
        var worst = 0.0
        var worstAt = 0.0
        var wentBack = 0
        var lastWall = WallTime.epoch
        let count = Int(example.hours * 3600 * example.framesPerSecond)
        var media = 0.0
        for index in 0..<count {
            let truth = Double(index) / example.framesPerSecond
            let rate = 1 + (example.ppm + example.swing * sin(truth / 86_400 * 2 * .pi)) * 1e-6
            if index > 0 { media += rate / example.framesPerSecond }
            let ticks = Int64((media * 90_000).rounded())
            let arrival = network.arrival(truth, frame: index, using: &random)
            let at = Duration.microseconds(Int64(arrival * 1e6))
            var current = clock ?? RunClock(arrival: epoch + at, monotonic: .seconds(500) + at)
            current.observe(ticks: ticks, arrival: epoch + at, monotonic: .seconds(500) + at)
            if !current.isSettled, current.canSettle(monotonic: .seconds(500) + at) {
                current.settle()
            }
            let wall = current.wall(ticks)
            if current.isSettled {
                let error = (wall - epoch).seconds - truth
                if abs(error) > abs(worst) { (worst, worstAt) = (error, truth) }
                if wall <= lastWall { wentBack += 1 }
                lastWall = wall
            }
            clock = current
        }
        print("\(example.testDescription): at most \((worst * 1000).rounded()) ms off, after \(Int(worstAt)) s")
        #expect(abs(worst) <= 0.1)
        #expect(wentBack == 0)
    }

    @Test("the map follows the delay by no more than 500 ppm of wall time and never goes back")
    func slew() {
        let start = WallTime(microseconds: 1_000_000_000)
        var clock = RunClock(arrival: start, monotonic: .zero)
        clock.settle()
        var last = start
        for step in 1...2000 {
            let ticks = Int64(step) * 9000
            // The camera's clock is 2000 ppm slow: more than may be followed.
            let media = MediaTime.microseconds(ticks)
            let late = Duration.microseconds(media + media / 500)
            clock.observe(ticks: ticks, arrival: start + late, monotonic: late)
            let wall = clock.wall(ticks)
            let advance = wall.microseconds - last.microseconds
            #expect(advance >= 99_949 && advance <= 100_051)
            last = wall
        }
        let lead = last.microseconds - start.microseconds - 200_000_000
        #expect(lead > 80_000 && lead <= 100_100)
    }

    @Test(
        "a step of the host's clock is slewed, not jumped, and the past is not moved",
        arguments: [-30.0, -1, -0.4, 0.4, 0.9]
    )
    func step(_ seconds: Double) {
        let start = WallTime(microseconds: 1_795_428_000_000_000)
        var clock = RunClock(arrival: start, monotonic: .zero)
        clock.settle()
        var last = start
        var extremes: ClosedRange<Int64> = 40_000...40_000
        for frame in 1...200_000 {
            let at = Duration.milliseconds(40 * frame)
            let wall = start + at + (frame > 1000 ? .seconds(seconds) : .zero)
            clock.observe(ticks: Int64(frame) * 3600, arrival: wall, monotonic: at)
            let mapped = clock.wall(Int64(frame) * 3600)
            let advance = mapped.microseconds - last.microseconds
            extremes = min(extremes.lowerBound, advance)...max(extremes.upperBound, advance)
            last = mapped
        }
        #expect(extremes.lowerBound >= 39_979 && extremes.upperBound <= 40_021)
        // 199,000 frames of 40 ms allow 3.98 s.
        let left = (start + .seconds(8000) + .seconds(seconds)) - last
        #expect(abs(left.seconds) <= max(0.002, abs(seconds) - 3.975))
    }

    @Test("a run that begins where another ends goes on with its clock")
    func continuation() {
        let start = WallTime(microseconds: 1_795_428_000_000_000)
        var clock = RunClock(arrival: start, monotonic: .zero)
        for frame in 0..<50_000 {
            let at = Duration.milliseconds(40 * frame)
            clock.observe(ticks: Int64(frame) * 3601, arrival: start + at, monotonic: at)
            if frame == 30 { clock.settle() }
        }
        var next = clock.rebased(to: 50_000 * 3601)
        let difference: Duration = next.wall(7200) - clock.wall(50_000 * 3601 + 7200)
        #expect(abs(difference.microseconds) <= 1)
        var worst: Int64 = 0
        for frame in 0..<50_000 {
            let at = Duration.milliseconds(40 * (50_000 + frame))
            next.observe(ticks: Int64(frame) * 3601, arrival: start + at, monotonic: at)
            let error: Duration = next.wall(Int64(frame) * 3601) - (start + at)
            worst = max(worst, abs(error.microseconds))
        }
        #expect(worst <= 12_000)
    }
}

/// Gives a frame's arrival from when it was taken; in order, as TCP delivers.
private struct NetworkModel {
    private let kind: RunClockTests.Network
    private var last = 0.0
    private var stallEnd = -1.0
    private var nextStall = 20.0

    init(_ kind: RunClockTests.Network) { self.kind = kind }

    /// Seconds.
    mutating func arrival(_ truth: Double, frame: Int, using random: inout SeededRandom) -> Double {
        var delay = 0.005
        switch kind {
        case .none: break
        case .uniform40: delay += Double.random(in: 0...0.04, using: &random)
        case .exponential20: delay += Self.exponential(0.02, &random)
        case .mobile:
            delay += 0.03 + Self.exponential(0.05, &random)
            if Int.random(in: 0..<50, using: &random) == 0 { delay += Double.random(in: 0...0.6, using: &random) }
        case .stalls:
            delay += Double.random(in: 0...0.01, using: &random)
            if truth > nextStall {
                stallEnd = truth + Double.random(in: 0.3...2, using: &random)
                nextStall = stallEnd + Double.random(in: 5...55, using: &random)
            }
        case .congestion:
            let within = truth.truncatingRemainder(dividingBy: 7200)
            delay += Double.random(in: 0...0.03, using: &random)
            if within > 1800, within < 3600 { delay += 0.25 * min(1, (within - 1800) / 20) }
        case .largeKeys:
            delay += Double.random(in: 0...0.01, using: &random)
            if frame % 50 == 0 { delay += 0.15 }
        case .burst:
            delay += Double.random(in: 0...0.02, using: &random)
            if truth < 2 { delay += 2 - truth }
        }
        last = max(last, max(truth + delay, stallEnd))
        return last
    }

    private static func exponential(_ mean: Double, _ random: inout SeededRandom) -> Double {
        -mean * log(Double.random(in: 1e-9...1, using: &random))
    }
}
