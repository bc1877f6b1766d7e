import Domain
import Logging
import Synchronization

/// Key frames of cameras as JPEGs, for browsers that can't decode the codec: one decode per camera and second, shared
/// by all who watch.
final class PictureFeed: Sendable {
    private struct Camera {
        /// Each buffers the newest picture only: an older one is of no use.
        var listeners: [UInt64: AsyncStream<LiveFrame>.Continuation] = [:]
        var task: Task<Void, Never>?
    }

    private struct State {
        var cameras: [String: Camera] = [:]
        var next: UInt64 = 0
    }

    private let state = Mutex(State())
    private let hub: LiveHub
    private let pool: RenderPool
    private let logger: Logger

    init(hub: LiveHub, pool: RenderPool, logger: Logger) {
        self.hub = hub
        self.pool = pool
        self.logger = logger
    }

    func pictures(cameraId: String) -> AsyncStream<LiveFrame> {
        let (stream, continuation) = AsyncStream.makeStream(of: LiveFrame.self, bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            state.next += 1
            state.cameras[cameraId, default: Camera()].listeners[state.next] = continuation
            if state.cameras[cameraId]?.task == nil {
                state.cameras[cameraId]?.task = Task { [weak self] in await self?.run(cameraId) }
            }
            return state.next
        }
        continuation.onTermination = { [weak self] _ in self?.leave(cameraId, id) }
        return stream
    }

    private func leave(_ cameraId: String, _ id: UInt64) {
        let task = state.withLock { state in
            state.cameras[cameraId]?.listeners[id] = nil
            guard let camera = state.cameras[cameraId], camera.listeners.isEmpty else {
                return nil as Task<Void, Never>?
            }
            state.cameras[cameraId] = nil
            return camera.task
        }
        task?.cancel()
    }

    private func run(_ cameraId: String) async {
        let reader = hub.reader(cameraId: cameraId)
        var initialisation: [UInt8] = []
        var last: WallTime?
        while let frame = await reader.next() {
            switch frame.message {
            case .initialisation: initialisation = frame.payload
            case .fragment(_, _, let at, _, _, _, key: true) where last.map({ at - $0 >= .milliseconds(950) }) ?? true:
                last = at
                do {
                    let jpeg = try await pool.keyPicture(media: initialisation + frame.payload, maximumWidth: 1280)
                    let picture = LiveFrame(message: .picture(cameraId: cameraId, at: at), payload: jpeg)
                    let listeners = state.withLock { Array($0.cameras[cameraId]?.listeners.values ?? [:].values) }
                    for listener in listeners { listener.yield(picture) }
                } catch {
                    logger.debug("live.picture.failed", metadata: ["camera.id": "\(cameraId)", "error": "\(error)"])
                }
            default: break
            }
        }
    }
}
