import Domain
import Foundation
import Logging
import Recording
import Synchronization

/// Follows the newest segment of one camera for all its live readers: each fragment is read from disk once. Runs while
/// it has readers.
final class LiveTail: Sendable {
    private let cameraId: String
    private let interval: Duration
    private let logger: Logger
    private let fanout = LiveFanout()

    init(cameraId: String, interval: Duration, logger: Logger) {
        self.cameraId = cameraId
        self.interval = interval
        self.logger = logger
    }

    /// Adds a reader, which gets what is at hand at once; false when the tail has ended.
    func join(_ reader: LiveReader) -> Bool { fanout.join(reader) }

    /// Follows until the last reader has gone.
    func run(layout: RecordingLayout) async {
        var source = LiveSource(cameraId: cameraId, layout: layout)
        var failing = false
        while fanout.prune() {
            do {
                let (frames, next) = try await BlockingWork.shared.run { [source] in
                    var source = source
                    let frames = try source.poll()
                    return (frames, source)
                }
                source = next
                for frame in frames { fanout.publish(frame) }
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
    ///
    /// - Parameter maximumFrames: what may wait for it.
    func reader(cameraId: String, maximumFrames: Int = LiveReader.maximumFrames) -> LiveReader {
        let reader = LiveReader(cameraId: cameraId, maximumFrames: maximumFrames)
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
