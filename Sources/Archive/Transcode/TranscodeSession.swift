import Domain
import Recording

/// One view's render process, which turns its fragments into H.264. One caller at a time.
///
/// Fragments go in one by one and nothing is read ahead: memory is what one fragment takes. A process that dies or takes
/// longer than the deadline ends this view and no other.
final class TranscodeSession: Sendable {
    /// The sizes that views are made at: the smallest that is not smaller than what was asked for, so that viewers of
    /// the same camera can share a process.
    private static let widths = [160, 320, 480, 640, 960, 1280, 1920, 2560, 3840]

    private let process: RenderProcess
    private let lease: TranscodeSlots.Lease
    private let width: Int
    private let keysOnly: Bool
    private let deadline: Duration

    /// Starts the process.
    ///
    /// - Throws: `ArchiveError` (`renderFailed`).
    init(
        executable: String,
        lease: TranscodeSlots.Lease,
        width: Int,
        keysOnly: Bool,
        deadline: Duration
    ) throws {
        process = try RenderProcess(executable: executable)
        self.lease = lease
        self.width = width
        self.keysOnly = keysOnly
        self.deadline = deadline
    }

    /// The width that a view of `asked` pixels is made at; nil: 1280.
    static func width(_ asked: Int?) -> Int {
        let asked = asked ?? 1280
        return widths.first { $0 >= asked } ?? 3840
    }

    /// What a frame of the source becomes. Must be called with all of them, in order.
    ///
    /// - Throws: `ArchiveError` (`renderFailed`); the session is of no use after that.
    func convert(_ frame: LiveFrame, _ state: inout State) async throws -> [LiveFrame] {
        switch frame.message {
        case .initialisation(let cameraId, let run, _, _, _, _):
            let held = try await flush(&state)
            let replies = try await ask(.openVideo(maximumWidth: width, keysOnly: keysOnly), frame.payload)
            guard case .initialisation(let codec, let width, let height, _, _)? = replies.first?.reply else {
                throw Self.misunderstood
            }
            state = State(cameraId: cameraId, run: run)
            let message = LiveMessage.initialisation(
                cameraId: cameraId,
                run: run,
                mime: "video/mp4; codecs=\"\(codec)\"",
                codec: "h264",
                width: width,
                height: height
            )
            return held + [LiveFrame(message: message, payload: replies[0].payload)]
        case .fragment(_, _, let at, let tfdt, let duration, _, _):
            state.anchor = (at, tfdt)
            if keysOnly { state.keyDuration = duration }
            return try frames(await ask(.fragment, frame.payload), state)
        case .gap, .dropped, .end:
            return try await flush(&state) + [frame]
        case .state, .picture, .ping, .audioInitialisation, .audioFragment, .refused, .failed:
            return [frame]
        }
    }

    /// What it knows of the run that it is in.
    struct State: Sendable {
        var cameraId = ""
        var run: String?
        /// A moment of the run: its wall time, and 90 kHz ticks on the run's time line.
        var anchor: (at: WallTime, ticks: Int64) = (.epoch, 0)
        /// How long the last key frame stands for, where only those are sent.
        var keyDuration: Int64?
        /// Something was sent to the decoder that it may still hold back.
        var isOpen: Bool { run != nil }
    }

    /// Kills the process; what is under way fails.
    func end() { process.end() }

    private func flush(_ state: inout State) async throws -> [LiveFrame] {
        guard state.isOpen else { return [] }
        return try frames(await ask(.flush, []), state)
    }

    private func ask(_ request: RenderRequest, _ payload: [UInt8]) async throws -> [RenderProcess.Reply] {
        do {
            // A view that is closed doesn't wait for its process.
            let replies = try await withTaskCancellationHandler {
                try await process.ask(request, payload, within: deadline)
            } onCancel: {
                process.end()
            }
            if case .failed(let message)? = replies.last?.reply { throw ArchiveError(.renderFailed, message) }
            return replies
        } catch is RenderProcessEnded {
            throw ArchiveError(.renderFailed, "the render process of this view has ended")
        }
    }

    private func frames(_ replies: [RenderProcess.Reply], _ state: State) throws -> [LiveFrame] {
        var frames: [LiveFrame] = []
        for reply in replies {
            switch reply.reply {
            case .fragment(let ticks, let duration, let key):
                let message = LiveMessage.fragment(
                    cameraId: state.cameraId,
                    run: state.run ?? "",
                    at: WallTime(
                        microseconds: state.anchor.at.microseconds + (ticks - state.anchor.ticks) * 100 / 9
                    ),
                    tfdt: ticks,
                    duration: state.keyDuration ?? duration,
                    timescale: 90_000,
                    key: key
                )
                frames.append(LiveFrame(message: message, payload: reply.payload))
            case .done: break
            default: throw Self.misunderstood
            }
        }
        return frames
    }

    private static let misunderstood = ArchiveError(
        .renderFailed,
        "the render process answered with something else"
    )
}
