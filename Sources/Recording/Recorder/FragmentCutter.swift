import Domain
import Media

/// Decides where fragments and segments are cut; pure. Packets come with times on the run's time line, decoding times
/// strictly growing.
struct FragmentCutter {
    /// A fragment ready to be written.
    struct Cut: Equatable {
        var samples: [Packet]
        /// The sound that came meanwhile.
        var audio: [Packet]
        var sequence: UInt32
        var baseDecodeTicks: Int64
        var durationTicks: Int64
        var startsWithKey: Bool
    }

    enum Action: Equatable {
        /// A segment begins at this tick of the run; its first fragment follows.
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

    /// A fragment holds no more frames of sound and no more of their bytes: what exceeds them is left out and counted.
    static let maximumAudioSamples = 2048
    static let maximumAudioBytes = 2 << 20

    private let fragmentTicks: Int64
    private let segmentTicks: Int64
    /// Bounded by `fragmentTicks`, `maximumSamples` and `maximumBytes`: what exceeds them is cut.
    private var samples: [Packet] = []
    private var sampleBytes = 0
    /// Bounded by `maximumAudioSamples` and `maximumAudioBytes`.
    private var audio: [Packet] = []
    private var audioBytes = 0
    /// Frames of sound that were left out.
    private(set) var droppedAudio = 0
    private var sequence: UInt32 = 0
    private var segmentStart: Int64?
    private var segmentNumber = 0
    private var isOpen = false
    /// A segment is opened, and the one before closed, with its first fragment: none is without.
    private var beginsSegment = false
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
            if packet.isKey || isSilence || isFull || span > fragmentTicks {
                actions += flush(soundUntil: isSilence ? end + MediaTime.ticksPerSecond : nil)
            }
            if isSilence { actions.append(.pause(from: end, to: packet.dtsTicks)) }
        }
        if packet.isKey, let start = segmentStart, rotate || packet.dtsTicks - start >= segmentTicks {
            segmentStart = nil
        }
        if segmentStart == nil {
            segmentStart = packet.dtsTicks
            beginsSegment = true
        }
        samples.append(packet)
        sampleBytes += packet.bytes.count
        return actions
    }

    /// Takes a frame of sound; it goes into the fragment that is being filled. Sound alone makes no fragment.
    mutating func append(audio packet: Packet) {
        guard segmentStart != nil, audio.count < Self.maximumAudioSamples,
            audioBytes + packet.bytes.count <= Self.maximumAudioBytes
        else {
            droppedAudio += 1
            return
        }
        audio.append(packet)
        audioBytes += packet.bytes.count
    }

    /// Ends the run: what is held is cut, the segment closed.
    ///
    /// - Parameter next: where the next run begins, if it follows at once: the last frame lasts until then.
    mutating func end(at next: Int64? = nil) -> [Action] {
        if let next, let last = samples.indices.last {
            let step = next - samples[last].dtsTicks
            if step > 0, step <= Self.longestFrame { samples[last].durationTicks = step }
        }
        var actions = flush(soundUntil: nil)
        if isOpen { actions.append(.closeSegment) }
        isOpen = false
        segmentStart = nil
        beginsSegment = false
        droppedAudio += audio.count
        audio = []
        return actions
    }

    /// - Parameter limit: sound from there on lies in a silence of the pictures and is left out.
    private mutating func flush(soundUntil limit: Int64?) -> [Action] {
        guard let first = samples.first, let last = samples.last else { return [] }
        var actions: [Action] = []
        if beginsSegment, let segmentStart {
            if isOpen { actions.append(.closeSegment) }
            isOpen = true
            beginsSegment = false
            actions.append(.openSegment(number: segmentNumber, startTicks: segmentStart))
            segmentNumber += 1
        }
        sequence &+= 1
        var sound = audio
        audio = []
        audioBytes = 0
        if let limit, let end = sound.firstIndex(where: { $0.dtsTicks >= limit }) {
            droppedAudio += sound.count - end
            sound.removeSubrange(end...)
        }
        let cut = Cut(
            samples: samples,
            audio: sound,
            sequence: sequence,
            baseDecodeTicks: first.dtsTicks,
            durationTicks: last.dtsTicks + last.durationTicks - first.dtsTicks,
            startsWithKey: first.isKey
        )
        samples = []
        sampleBytes = 0
        actions.append(.write(cut))
        return actions
    }
}
