import Domain
import Synchronization

/// Hands one live stream to all its readers. Keeps the frames since the last key frame, so that a reader that joins has
/// a picture at once; bounded: beyond 16 MiB or 128 frames they are let go and the reader waits for the next key frame.
final class LiveFanout: Sendable {
    private struct WeakReader {
        weak let reader: LiveReader?
    }

    private struct State {
        var readers: [WeakReader] = []
        var initialisation: LiveFrame?
        /// From the last fragment that starts with a key frame on; empty when that was too long.
        var group: [LiveFrame] = []
        var groupBytes = 0
        var ended = false
    }

    private let state = Mutex(State())

    /// Adds a reader, which gets what is at hand at once; false when the stream has ended.
    func join(_ reader: LiveReader) -> Bool {
        state.withLock { state in
            guard !state.ended else { return false }
            state.readers.append(WeakReader(reader: reader))
            if let initialisation = state.initialisation { reader.offer(initialisation) }
            for frame in state.group { reader.offer(frame) }
            return true
        }
    }

    /// Forgets readers that have gone; false (and ended) when none is left.
    func prune() -> Bool {
        state.withLock { state in
            state.readers.removeAll { $0.reader?.hasEnded ?? true }
            if state.readers.isEmpty { state.ended = true }
            return !state.ended
        }
    }

    /// Hands a frame to every reader; never waits.
    func publish(_ frame: LiveFrame) {
        state.withLock { state in
            switch frame.message {
            case .initialisation:
                state.initialisation = frame
                state.group = []
                state.groupBytes = 0
            case .fragment(_, _, _, _, _, _, let key):
                if key {
                    state.group = []
                    state.groupBytes = 0
                }
                if key || !state.group.isEmpty { state.group.append(frame) }
                state.groupBytes += frame.payload.count
                if state.groupBytes > LiveReader.maximumBytes || state.group.count > LiveReader.maximumFrames {
                    state.group = []
                }
            default: break
            }
            for entry in state.readers { entry.reader?.offer(frame) }
        }
    }

    /// Gives every reader a last frame and ends them.
    func finish(with frame: LiveFrame?) {
        let readers = state.withLock { state in
            state.ended = true
            defer { state.readers = [] }
            return state.readers.compactMap(\.reader)
        }
        for reader in readers { reader.finish(with: frame) }
    }
}
