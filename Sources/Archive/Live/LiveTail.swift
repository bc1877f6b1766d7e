import Domain
import Foundation
import Logging
import Recording
import Synchronization

/// Follows the newest segment of one camera for all its live readers: each fragment is read from disk once.
///
/// Runs while it has readers. Keeps the frames since the last key frame, so that a reader that joins sees a picture at
/// once; bounded: beyond 16 MiB they are let go and the reader waits for the next key frame.
final class LiveTail: Sendable {
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

    private let cameraId: String
    private let interval: Duration
    private let logger: Logger
    private let state = Mutex(State())

    init(cameraId: String, interval: Duration, logger: Logger) {
        self.cameraId = cameraId
        self.interval = interval
        self.logger = logger
    }

    /// Adds a reader, which gets what is at hand at once; false when the tail has ended.
    func join(_ reader: LiveReader) -> Bool {
        state.withLock { state in
            guard !state.ended else { return false }
            state.readers.append(WeakReader(reader: reader))
            if let initialisation = state.initialisation { reader.offer(initialisation) }
            for frame in state.group { reader.offer(frame) }
            return true
        }
    }

    /// Follows until the last reader has gone.
    func run(layout: RecordingLayout) async {
        var source = LiveSource(cameraId: cameraId, layout: layout)
        var failing = false
        while prune() {
            do {
                let (frames, next) = try await BlockingWork.shared.run { [source] in
                    var source = source
                    let frames = try source.poll()
                    return (frames, source)
                }
                source = next
                for frame in frames { publish(frame) }
                failing = false
            } catch {
                // The disk or a file in it fails: recording says so itself; look for the next segment.
                if !failing {
                    logger.warning(
                        "live.read.failed",
                        metadata: ["camera.id": "\(cameraId)", "error": "\(error)"]
                    )
                }
                failing = true
                source = LiveSource(cameraId: cameraId, layout: layout)
                try? await Task.sleep(for: .seconds(1))
            }
            try? await Task.sleep(for: interval)
        }
    }

    /// Forgets readers that have gone; false (and ended) when none is left.
    private func prune() -> Bool {
        state.withLock { state in
            state.readers.removeAll { $0.reader?.hasEnded ?? true }
            state.ended = state.readers.isEmpty
            return !state.ended
        }
    }

    private func publish(_ frame: LiveFrame) {
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
}

/// The tails of all cameras that somebody watches.
final class LiveHub: Sendable {
    private let tails = Mutex<[String: LiveTail]>([:])
    private let layout: RecordingLayout
    private let interval: Duration
    private let logger: Logger

    init(layout: RecordingLayout, interval: Duration, logger: Logger) {
        self.layout = layout
        self.interval = interval
        self.logger = logger
    }

    /// How many cameras are followed.
    var watched: Int { tails.withLock { $0.count } }

    /// A reader of the camera's fragments; it leaves when it is let go or ended.
    func reader(cameraId: String) -> LiveReader {
        let reader = LiveReader(cameraId: cameraId)
        let started: LiveTail? = tails.withLock { tails in
            if let tail = tails[cameraId], tail.join(reader) { return nil }
            let tail = LiveTail(cameraId: cameraId, interval: interval, logger: logger)
            _ = tail.join(reader)
            tails[cameraId] = tail
            return tail
        }
        if let started {
            Task { [layout] in
                await started.run(layout: layout)
                self.tails.withLock { if $0[cameraId] === started { $0[cameraId] = nil } }
            }
        }
        return reader
    }
}
