import Domain
import Media

/// Decides where fragments and segments are cut; pure. Packets come with times on the run's time line, decoding times
/// strictly growing.
struct FragmentCutter {
    /// A fragment ready to be written.
    struct Cut: Equatable {
        var samples: [Packet]
        var sequence: UInt32
        var baseDecodeTicks: Int64
        var durationTicks: Int64
        var startsWithKey: Bool
    }

    enum Action: Equatable {
        /// A segment begins at this tick of the run.
        case openSegment(number: Int, startTicks: Int64)
        case write(Cut)
        /// Nothing came from the first tick to the second, inside the run.
        case pause(from: Int64, to: Int64)
        case closeSegment
    }

    /// A longer silence between two packets is a gap, not a long frame.
    static let longestFrame: Int64 = 5 * 90_000

    /// A fragment holds no more samples and no more of their bytes (but one sample at least): a source whose times stand
    /// still never fills it by its length.
    static let maximumSamples = 512
    static let maximumBytes = 8 << 20

    private let fragmentTicks: Int64
    private let segmentTicks: Int64
    /// Bounded by `fragmentTicks`, `maximumSamples` and `maximumBytes`: what exceeds them is cut.
    private var samples: [Packet] = []
    private var sampleBytes = 0
    private var sequence: UInt32 = 0
    private var segmentStart: Int64?
    private var segmentNumber = 0
    private var usualDuration: Int64 = 3600

    init(settings: RecordingSettings) {
        fragmentTicks = MediaTime.ticks(microseconds: settings.fragmentLength.microseconds)
        segmentTicks = MediaTime.ticks(microseconds: settings.segmentLength.microseconds)
    }

    /// Takes the next packet. Packets before the first key frame are not kept.
    ///
    /// - Parameter rotate: end the segment at this packet if it is a key frame, whatever its length.
    mutating func append(_ packet: Packet, rotate: Bool = false) -> [Action] {
        guard segmentStart != nil || packet.isKey else { return [] }
        var actions: [Action] = []
        if let last = samples.indices.last {
            let step = packet.dtsTicks - samples[last].dtsTicks
            let isSilence = step > Self.longestFrame
            samples[last].durationTicks = isSilence ? usualDuration : max(1, step)
            if !isSilence { usualDuration = max(1, step) }
            let end = samples[last].dtsTicks + samples[last].durationTicks
            let span = packet.dtsTicks + packet.durationTicks - samples[0].dtsTicks
            let isFull =
                samples.count >= Self.maximumSamples || sampleBytes + packet.bytes.count > Self.maximumBytes
            if packet.isKey || isSilence || isFull || span > fragmentTicks { actions += flush() }
            if isSilence { actions.append(.pause(from: end, to: packet.dtsTicks)) }
        }
        if packet.isKey, let start = segmentStart, rotate || packet.dtsTicks - start >= segmentTicks {
            actions.append(.closeSegment)
            segmentStart = nil
        }
        if segmentStart == nil {
            segmentStart = packet.dtsTicks
            actions.append(.openSegment(number: segmentNumber, startTicks: packet.dtsTicks))
            segmentNumber += 1
        }
        samples.append(packet)
        sampleBytes += packet.bytes.count
        return actions
    }

    /// Ends the run: what is held is cut, the segment closed.
    mutating func end() -> [Action] {
        var actions = flush()
        if segmentStart != nil { actions.append(.closeSegment) }
        segmentStart = nil
        return actions
    }

    private mutating func flush() -> [Action] {
        guard let first = samples.first, let last = samples.last else { return [] }
        sequence &+= 1
        let cut = Cut(
            samples: samples,
            sequence: sequence,
            baseDecodeTicks: first.dtsTicks,
            durationTicks: last.dtsTicks + last.durationTicks - first.dtsTicks,
            startsWithKey: first.isKey
        )
        samples = []
        sampleBytes = 0
        return [.write(cut)]
    }
}
