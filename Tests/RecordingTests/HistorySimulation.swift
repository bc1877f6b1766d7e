import Domain
import Media

@testable import Media
@testable import Recording

/// One camera's life as a seed has it: jumps of its clock, wraps, B frames, changes of format and sound, connections that
/// end, steps of the host's clock, a network that delays. What it feeds to a recorder it remembers.
struct HistorySimulation {
    struct Sent {
        var id: UInt32
        /// What the wall clock would have shown when the frame was due, had nobody set it.
        var due: WallTime
        /// The recorder must keep it.
        var isKept: Bool
        var format: Int
    }

    private(set) var sent: [Sent] = []
    /// The source's times are true but for jumps, and nobody set the host's clock: wall times can be held to the truth.
    private(set) var isTruthKnown = true
    /// Where pictures are reordered, decoding times are made, and a frame of them is found out only with the second group.
    private(set) var reorders = false
    /// What happened, with the frame at which it did: for the message of a test that fails.
    private(set) var events: [String] = []
    private(set) var framesPerSecond: Double = 0

    private var random: SeededRandom
    private let clock: ManualClock
    private let recorder: Recorder

    init(seed: Int, recorder: Recorder, clock: ManualClock) {
        random = SeededRandom(seed: UInt64(seed))
        self.recorder = recorder
        self.clock = clock
    }

    private static func info(_ format: Int, sound: Bool) -> StreamInfo {
        var info = SyntheticStream.info
        info.width = 640 + 16 * format
        info.audio = sound ? AudioInfo(codec: .alaw, sampleRate: 8000, channels: 1) : nil
        return info
    }

    private mutating func chance(_ perSecond: Double) -> Bool {
        Double.random(in: 0..<1, using: &random) < perSecond / framesPerSecond
    }

    mutating func run(seconds: Double) {
        framesPerSecond = [5, 8, 12.5, 15, 25].randomElement(using: &random) ?? 10
        let step = 1 / framesPerSecond
        let group = Int.random(in: 4...40, using: &random)
        reorders = Int.random(in: 0..<3, using: &random) == 0
        // Files have decoding times, and disorder in them; live sources have arrival.
        let isFile = Int.random(in: 0..<4, using: &random) == 0
        let ppm = Double.random(in: -500...500, using: &random)
        let jitters: [Double] = [0, 0.005, 0.03]
        let jitter = jitters[Int.random(in: 0..<3, using: &random)]
        let periods: [Int64?] = [nil, 1 << 32, 1 << 33]
        let period = periods[Int.random(in: 0..<3, using: &random)]
        let changesHost = Int.random(in: 0..<3, using: &random) == 0
        let smear = changesHost ? Double.random(in: -12e-6...12e-6, using: &random) : 0
        // Half of them shortly before a wrap.
        var offset = Int64.random(in: 0...1 << 31, using: &random)
        if let period, Bool.random(using: &random) { offset = period - Int64.random(in: 0...2_000_000, using: &random) }
        var format = 0
        var hasSound = Bool.random(using: &random)
        var repair = TimestampRepair(
            hasDecodingTimes: isFile,
            reorderDepth: reorders ? 2 : 0,
            frameRate: framesPerSecond
        )
        // Disorder of decoding times is itself untrue.
        if isFile { isTruthKnown = false }
        events.append(
            "\(framesPerSecond) frames/s, groups of \(group), \(ppm) ppm, jitter \(jitter), reorders \(reorders)"
        )
        var waits = true
        recorder.beginRun(info: Self.info(format, sound: hasSound))
        var held = 0.0
        var soundTicks = 0.0
        for index in 0..<Int(seconds * framesPerSecond) {
            let inGroup = index % group
            let isKey = inGroup == 0
            // The frame is due now; the network holds it, and what comes behind it.
            let delay: Double = max(held - step, Double.random(in: 0...1, using: &random) * jitter)
            let wait = step + delay - held
            held = delay
            clock.advance(by: .microseconds(Int64(wait * 1e6)))
            if smear != 0 { clock.stepWall(by: .microseconds(Int64(wait * 1e6 * smear))) }
            if changesHost, chance(0.03) {
                isTruthKnown = false
                let steps: [Duration] = [
                    .seconds(-30), .seconds(30), .seconds(-1), .seconds(1), .milliseconds(-400), .seconds(3600),
                    .seconds(-3600),
                ]
                events.append("\(sent.count) sets the host's clock")
                clock.stepWall(by: steps.randomElement(using: &random) ?? .zero)
            }
            if chance(0.02) {
                events.append("\(sent.count) reconnects")
                recorder.endRun(reason: .closed)
                clock.advance(by: .milliseconds(Int64.random(in: 0...8000, using: &random)))
                held = 0
                recorder.beginRun(info: Self.info(format, sound: hasSound))
                repair = TimestampRepair(
                    hasDecodingTimes: isFile,
                    reorderDepth: reorders ? 2 : 0,
                    frameRate: framesPerSecond
                )
                waits = true
            }
            if chance(0.02) {
                events.append("\(sent.count) jumps")
                // Which picture of a reordered group it was can't be known.
                if reorders { isTruthKnown = false }
                offset += [-324_000_000, 324_000_000, -3_000_000_000, 1_234_567_890].randomElement(using: &random) ?? 0
            }
            if isKey, Int.random(in: 0..<12, using: &random) == 0 {
                format += 1
                events.append("\(sent.count) changes format")
                recorder.beginRun(info: Self.info(format, sound: hasSound))
            }
            if chance(0.03) {
                hasSound.toggle()
                events.append("\(sent.count) changes sound")
                recorder.beginRun(info: Self.info(format, sound: hasSound))
            }
            var dts = Int64(Double(index) * step * (1 + ppm * 1e-6) * 90_000) + offset
            let frame = Int64(step * 90_000)
            var pts = dts
            if reorders {
                // I P B B P B B: a B frame shows before the P frame that came ahead of it. The rest of a group has none.
                let isWhole = inGroup > 0 && (inGroup - 1) / 3 * 3 + 3 < group
                pts += !isWhole ? frame : inGroup % 3 == 1 ? 3 * frame : 0
            }
            if isFile, Int.random(in: 0..<40, using: &random) == 0 {
                dts -= Int64.random(in: 0...40_000, using: &random)
            }
            if let period { (pts, dts) = (pts & (period - 1), dts & (period - 1)) }
            let arrival = MediaTime.ticks(microseconds: clock.monotonic().microseconds)
            let times = repair.next(pts: pts, dts: isFile ? dts : nil, arrival: isFile ? nil : arrival)
            if times.jumped { recorder.beginRun(info: Self.info(format, sound: hasSound)) }
            if isKey { waits = false }
            let id = UInt32(sent.count)
            sent.append(
                Sent(
                    id: id,
                    due: clock.now() - .microseconds(Int64(delay * 1e6)),
                    isKept: !waits,
                    format: format
                )
            )
            recorder.append(
                Packet(
                    bytes: [0, 0, 0, 4] + (0..<4).map { UInt8(truncatingIfNeeded: id >> (24 - 8 * $0)) },
                    ptsTicks: times.pts,
                    dtsTicks: times.dts,
                    durationTicks: frame,
                    isKey: isKey
                )
            )
            // Sound of any times: it must disturb nothing.
            if hasSound {
                soundTicks += step * 90_000
                let wild = chance(0.1) ? Int64.random(in: -1 << 40...1 << 40, using: &random) : 0
                recorder.append(
                    Packet(
                        track: .audio,
                        bytes: [1, 2, 3],
                        ptsTicks: times.dts + wild,
                        dtsTicks: times.dts + wild,
                        durationTicks: frame,
                        isKey: true
                    )
                )
            }
        }
        recorder.endRun(reason: .closed)
        clock.advance(by: .seconds(5))
    }
}
