import Domain
import Logging
import Synchronization

/// The live views that are turned into H.264: one process per camera and size, shared by all who watch it. It ends when
/// the last of them has gone.
final class LiveTranscodes: Sendable {
    private struct Key: Hashable {
        var cameraId: String
        var width: Int
    }

    private final class View: Sendable {
        let fanout = LiveFanout()
        let source: LiveReader
        let session: TranscodeSession

        init(source: LiveReader, session: TranscodeSession) {
            self.source = source
            self.session = session
        }

        /// Ends it when nobody watches any more.
        func endIfAlone() {
            guard !fanout.prune() else { return }
            source.end()
            session.end()
        }
    }

    /// Fragments of the source that may wait for the process: about 12 s. When it is slower than the camera, what waits
    /// is dropped up to the next key frame, and the viewers are told.
    private static let maximumWaiting = 24

    private let views = Mutex<[Key: View]>([:])
    private let hub: LiveHub
    private let slots: TranscodeSlots
    private let executable: String
    private let deadline: Duration
    private let logger: Logger

    init(hub: LiveHub, slots: TranscodeSlots, executable: String, deadline: Duration, logger: Logger) {
        self.hub = hub
        self.slots = slots
        self.executable = executable
        self.deadline = deadline
        self.logger = logger
    }

    /// A reader of the camera's fragments as H.264, no wider than `width`.
    ///
    /// - Throws: `ArchiveError` (`tooManyTranscodes`, `renderFailed`).
    func reader(cameraId: String, width: Int) throws -> LiveReader {
        let key = Key(cameraId: cameraId, width: width)
        let reader = LiveReader(cameraId: cameraId) { [weak self] in
            // Not at once: a reader ends in places where nothing may wait.
            Task { self?.view(key)?.endIfAlone() }
        }
        let started: View? = try views.withLock { views in
            if let view = views[key], view.fanout.join(reader) { return nil }
            let view = View(
                source: hub.reader(cameraId: cameraId, maximumFrames: Self.maximumWaiting),
                session: try TranscodeSession(
                    executable: executable,
                    lease: try slots.take(),
                    width: width,
                    keysOnly: false,
                    deadline: deadline
                )
            )
            _ = view.fanout.join(reader)
            views[key] = view
            return view
        }
        if let started {
            Task {
                await self.run(started, key)
                self.views.withLock { if $0[key] === started { $0[key] = nil } }
            }
        }
        return reader
    }

    private func view(_ key: Key) -> View? { views.withLock { $0[key] } }

    private func run(_ view: View, _ key: Key) async {
        var state = TranscodeSession.State()
        while let frame = await view.source.next() {
            do {
                for made in try await view.session.convert(frame, &state) { view.fanout.publish(made) }
            } catch {
                // Ended because nobody watches: no failure.
                if !view.source.hasEnded {
                    logger.warning(
                        "transcode.failed",
                        metadata: ["camera.id": "\(key.cameraId)", "error": "\(error)"]
                    )
                }
                view.source.end()
                view.session.end()
                let message = LiveMessage.failed(cameraId: key.cameraId, code: LiveMessage.transcodeFailed)
                return view.fanout.finish(with: LiveFrame(message: message))
            }
        }
        view.fanout.finish(with: nil)
    }
}
