import Domain
import Synchronization

/// Where cameras leave what the analyse worker shall see; never blocks them.
///
/// The queue's bounds and what it drops: see `WorkerQueue`. What a new worker has to be told again (cameras, zones,
/// running streams) is kept beside it.
final class AnalysisFeed: Sendable {
    /// Packets that may wait, in bytes, for the whole shard.
    static let limitBytes = 24 << 20

    private struct State {
        var queue = WorkerQueue(limitBytes: AnalysisFeed.limitBytes)
        var cameras: [AnalysedCamera] = []
        /// The running stream of each camera, encoded.
        var streams: [String: [UInt8]] = [:]
        var isOn = true
    }

    private let state = Mutex(State())
    private let wakePipe: WakePipe

    init(waking wakePipe: WakePipe) {
        self.wakePipe = wakePipe
    }

    /// Cameras and zones, from the first or a changed configuration.
    func configure(_ cameras: [AnalysedCamera], isOn: Bool) {
        state.withLock { state in
            state.cameras = cameras
            state.isOn = isOn
            let ids = Set(cameras.map(\.id))
            for gone in state.streams.keys.filter({ !ids.contains($0) }) {
                state.streams[gone] = nil
                state.queue.remove(camera: gone)
            }
            state.queue.order(Self.encode(.configure(cameras: cameras)))
        }
        wakePipe.wake()
    }

    /// A run of a camera begins.
    func stream(cameraId: String, run: String, codec: String, width: Int, height: Int, extradata: [UInt8]) {
        let bytes = Self.encode(
            .stream(cameraId: cameraId, run: run, codec: codec, width: width, height: height),
            payload: extradata
        )
        state.withLock { state in
            guard state.isOn else { return }
            state.streams[cameraId] = bytes
            state.queue.stream(camera: cameraId, bytes)
        }
        wakePipe.wake()
    }

    /// One chosen packet.
    func packet(cameraId: String, rank: WorkerQueue.Rank, _ chosen: AnalysisSampler.Chosen) {
        guard state.withLock({ $0.isOn }) else { return }
        let packet = chosen.packet
        let frame = Self.encode(
            .packet(
                cameraId: cameraId,
                mediaTicks: packet.mediaTicks,
                at: packet.at,
                key: packet.isKey,
                wanted: chosen.isWanted
            ),
            payload: packet.bytes
        )
        let accepted = state.withLock { $0.queue.packet(camera: cameraId, key: packet.isKey, rank: rank, frame) }
        if accepted { wakePipe.wake() }
    }

    /// How full the queue is, in 1/1024.
    var pressure: Int { state.withLock { $0.queue.pressure } }

    func droppedPackets(of cameraId: String) -> Int { state.withLock { $0.queue.droppedPackets(of: cameraId) } }

    /// - Returns: false when nothing will answer.
    func picture(cameraId: String, requestId: String) -> Bool {
        let bytes = Self.encode(.picture(cameraId: cameraId, requestId: requestId))
        let accepted = state.withLock { state in
            state.isOn && state.streams[cameraId] != nil && state.queue.picture(camera: cameraId, bytes)
        }
        if accepted { wakePipe.wake() }
        return accepted
    }

    /// Empties the queue and tells a new worker everything from the start.
    func restart(without quarantined: [String]) {
        state.withLock { state in
            state.queue.reset()
            state.queue.order(Self.encode(.configure(cameras: state.cameras)))
            for (camera, bytes) in state.streams.sorted(by: { $0.key < $1.key }) where !quarantined.contains(camera) {
                state.queue.stream(camera: camera, bytes)
            }
        }
    }

    /// Tells the worker about a camera's running stream again.
    func announceAgain(_ cameraId: String) {
        state.withLock { state in
            guard let bytes = state.streams[cameraId] else { return }
            state.queue.stream(camera: cameraId, bytes)
        }
    }

    func next() -> WorkerQueue.Entry? { state.withLock { $0.queue.next() } }

    var droppedPackets: Int { state.withLock { $0.queue.droppedPackets } }

    static func encode(_ request: WorkerRequest, payload: [UInt8] = []) -> [UInt8] {
        CaptureProtocol.frame(request, payload: payload)
    }
}
