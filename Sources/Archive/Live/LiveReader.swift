import Domain
import Synchronization

/// One reader's queue of a live stream.
///
/// Bounded: at most 16 MiB or 128 frames wait (the first frame always fits). Policy: when a reader is too slow,
/// everything that waits is dropped, then fragments are left out up to the next one that starts with a key frame, and a
/// `dropped` message says how many they were. Recording and other readers never notice.
final class LiveReader: Sendable {
    static let maximumBytes = 16 << 20
    static let maximumFrames = 128

    private struct State {
        var queue: [LiveFrame] = []
        var bytes = 0
        var dropped = 0
        /// True until a fragment comes at which decoding can start.
        var waitsForKey = true
        /// The reader has been given a fragment: what is left out from now on counts as dropped.
        var hasStarted = false
        var ended = false
        /// Nothing more comes in; what waits may still be taken.
        var isFinished = false
        var waiting: CheckedContinuation<LiveFrame?, Never>?
    }

    let cameraId: String
    private let state = Mutex(State())

    private let limit: Int
    /// Called when it ends or is let go, once at least.
    private let onEnd: (@Sendable () -> Void)?

    init(
        cameraId: String,
        maximumFrames: Int = LiveReader.maximumFrames,
        onEnd: (@Sendable () -> Void)? = nil
    ) {
        self.cameraId = cameraId
        limit = maximumFrames
        self.onEnd = onEnd
    }

    deinit { onEnd?() }

    /// Hands a frame over; never waits.
    func offer(_ frame: LiveFrame) {
        let resume: (() -> Void)? = state.withLock { state in
            guard !state.ended, !state.isFinished else { return nil }
            admit(frame, &state)
            guard let waiting = state.waiting, let next = take(&state) else { return nil }
            state.waiting = nil
            return { waiting.resume(returning: next) }
        }
        resume?()
    }

    /// The next frame; nil when the stream has ended or the reader's task was cancelled. One call at a time.
    func next() async -> LiveFrame? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready: LiveFrame?? = state.withLock { state in
                    if let frame = take(&state) { return .some(frame) }
                    if state.ended || state.isFinished || state.waiting != nil { return .some(nil) }
                    state.waiting = continuation
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            end()
        }
    }

    /// No more frames.
    func end() {
        let waiting = state.withLock { state in
            state.ended = true
            state.queue = []
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(returning: nil)
        onEnd?()
    }

    /// No more frames after those that wait and `last`.
    func finish(with last: LiveFrame?) {
        let resume: (() -> Void)? = state.withLock { state in
            guard !state.ended, !state.isFinished else { return nil }
            if let last { push(last, &state) }
            state.isFinished = true
            guard let waiting = state.waiting else { return nil }
            state.waiting = nil
            let next = take(&state)
            return { waiting.resume(returning: next) }
        }
        resume?()
    }

    var hasEnded: Bool { state.withLock { $0.ended } }

    private func admit(_ frame: LiveFrame, _ state: inout State) {
        guard case .fragment(_, _, _, _, _, _, let key) = frame.message else {
            // A new run starts with a key frame of its own; what waits of the old one stays in front of it.
            if case .initialisation = frame.message { state.waitsForKey = true }
            push(frame, &state)
            return
        }
        if state.bytes + frame.payload.count > Self.maximumBytes || state.queue.count >= limit,
            !state.queue.isEmpty
        {
            makeRoom(&state)
        }
        if state.waitsForKey, !key {
            state.dropped += state.hasStarted ? 1 : 0
            return
        }
        if state.dropped > 0 {
            push(LiveFrame(message: .dropped(cameraId: cameraId, fragments: state.dropped)), &state)
            state.dropped = 0
        }
        state.waitsForKey = false
        state.hasStarted = true
        push(frame, &state)
    }

    private func makeRoom(_ state: inout State) {
        // The newest init segment stays: what comes after it needs it.
        let initialisation = state.queue.last { if case .initialisation = $0.message { true } else { false } }
        for frame in state.queue {
            switch frame.message {
            case .fragment: state.dropped += 1
            case .dropped(_, let fragments): state.dropped += fragments
            default: break
            }
        }
        state.queue = []
        state.bytes = 0
        state.waitsForKey = true
        if let initialisation { push(initialisation, &state) }
    }

    private func push(_ frame: LiveFrame, _ state: inout State) {
        state.queue.append(frame)
        state.bytes += frame.payload.count
    }

    private func take(_ state: inout State) -> LiveFrame? {
        guard !state.queue.isEmpty else { return nil }
        let frame = state.queue.removeFirst()
        state.bytes -= frame.payload.count
        return frame
    }
}
