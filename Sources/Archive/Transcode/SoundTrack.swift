import Domain
import Logging
import Media

/// Takes the sound out of one view's recorded fragments, as fragments of its own: AAC and Opus as they are, G.711 and
/// MP2 as AAC made by a render process. Never a reason for the pictures to end: where it can't be had there is silence.
actor SoundTrack {
    private enum Way {
        case asRecorded(AudioInfo)
        case converted(RenderProcess)
    }

    private let executable: String
    private let slots: TranscodeSlots
    private let deadline: Duration
    private let logger: Logger
    private var way: Way?
    private var process: RenderProcess?
    private var lease: TranscodeSlots.Lease?
    private var sequence: UInt32 = 0

    init(executable: String, slots: TranscodeSlots, deadline: Duration, logger: Logger) {
        self.executable = executable
        self.slots = slots
        self.deadline = deadline
        self.logger = logger
    }

    /// The sound that comes with a frame; must see all frames of the view, in order.
    func frames(of frame: LiveFrame) async -> [LiveFrame] {
        switch frame.message {
        case .initialisation(let cameraId, let run, _, _, _, _):
            do {
                return try await open(frame, cameraId, run)
            } catch {
                lose(cameraId, error)
                return []
            }
        case .fragment(let cameraId, let run, let at, let tfdt, _, _, _):
            guard let bytes = frame.original, let way else { return [] }
            do {
                switch way {
                case .asRecorded: return try asRecorded(bytes, cameraId, run, at, tfdt)
                case .converted(let process): return try await converted(process, bytes, cameraId, run, at, tfdt)
                }
            } catch {
                lose(cameraId, error)
                return []
            }
        default: return []
        }
    }

    private func lose(_ cameraId: String, _ error: any Error) {
        logger.warning("sound.failed", metadata: ["camera.id": "\(cameraId)", "error": "\(error)"])
        way = nil
        process = nil
        lease = nil
    }

    private func open(_ frame: LiveFrame, _ cameraId: String, _ run: String) async throws -> [LiveFrame] {
        way = nil
        guard let bytes = frame.original, let audio = try FragmentParser.initSegment(bytes)?.stream.audio else {
            return []
        }
        switch audio.codec {
        case .aac, .opus:
            way = .asRecorded(audio)
            return [
                announcement(
                    cameraId,
                    run,
                    audio.codecString,
                    audio.codec.rawValue,
                    audio.sampleRate,
                    audio.channels,
                    AudioFragmentWriter.initSegment(audio)
                )
            ]
        case .alaw, .ulaw, .mp2:
            if lease == nil { lease = try slots.take() }
            let process = try self.process ?? RenderProcess(executable: executable)
            self.process = process
            let replies = try await ask(process, .openAudio, bytes)
            guard case .initialisation(let codec, _, _, let rate, let channels)? = replies.first?.reply else {
                throw ArchiveError(.renderFailed, "the render process answered with something else")
            }
            way = .converted(process)
            return [announcement(cameraId, run, codec, "aac", rate, channels, replies[0].payload)]
        }
    }

    private func announcement(
        _ cameraId: String,
        _ run: String,
        _ codecString: String,
        _ codec: String,
        _ sampleRate: Int,
        _ channels: Int,
        _ payload: [UInt8]
    ) -> LiveFrame {
        let message = LiveMessage.audioInitialisation(
            cameraId: cameraId,
            run: run,
            mime: "audio/mp4; codecs=\"\(codecString)\"",
            codec: codec,
            sampleRate: sampleRate,
            channels: channels
        )
        return LiveFrame(message: message, payload: payload)
    }

    private func asRecorded(
        _ bytes: [UInt8],
        _ cameraId: String,
        _ run: String,
        _ at: WallTime,
        _ tfdt: Int64
    ) throws -> [LiveFrame] {
        guard let audio = try FragmentParser.fragment(bytes)?.audio else { return [] }
        sequence &+= 1
        let samples = audio.samples.map {
            (bytes: Array(bytes[$0.offset..<$0.offset + $0.size]), durationTicks: $0.durationTicks)
        }
        let duration = samples.reduce(0) { $0 + $1.durationTicks }
        let made = AudioFragmentWriter.fragment(samples, sequence: sequence, baseDecodeTicks: audio.baseDecodeTicks)
        return [heard(cameraId, run, at, tfdt, audio.baseDecodeTicks, duration, made)]
    }

    private func converted(
        _ process: RenderProcess,
        _ bytes: [UInt8],
        _ cameraId: String,
        _ run: String,
        _ at: WallTime,
        _ tfdt: Int64
    ) async throws -> [LiveFrame] {
        try await ask(process, .fragment, bytes).compactMap { reply in
            guard case .fragment(let ticks, let duration, _) = reply.reply else { return nil }
            return heard(cameraId, run, at, tfdt, ticks, duration, reply.payload)
        }
    }

    /// - Parameters:
    ///   - at: wall time at `tfdt`.
    ///   - ticks: where the sound begins.
    private func heard(
        _ cameraId: String,
        _ run: String,
        _ at: WallTime,
        _ tfdt: Int64,
        _ ticks: Int64,
        _ duration: Int64,
        _ payload: [UInt8]
    ) -> LiveFrame {
        let message = LiveMessage.audioFragment(
            cameraId: cameraId,
            run: run,
            at: WallTime(microseconds: at.microseconds + (ticks - tfdt) * 100 / 9),
            tfdt: ticks,
            duration: duration,
            timescale: 90_000
        )
        return LiveFrame(message: message, payload: payload)
    }

    private func ask(
        _ process: RenderProcess,
        _ request: RenderRequest,
        _ payload: [UInt8]
    ) async throws -> [RenderProcess.Reply] {
        do {
            let replies = try await withTaskCancellationHandler {
                try await process.ask(request, payload, within: deadline)
            } onCancel: {
                process.end()
            }
            if case .failed(let message)? = replies.last?.reply { throw ArchiveError(.renderFailed, message) }
            return replies
        } catch is RenderProcessEnded {
            throw ArchiveError(.renderFailed, "the render process of this view's sound has ended")
        }
    }
}
