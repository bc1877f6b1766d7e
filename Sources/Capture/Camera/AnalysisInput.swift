import Domain
import Media
import Synchronization

/// One camera's way to the analyse worker: chooses the stream (sub while it delivers, else main) and its packets.
final class AnalysisInput: Sendable {
    enum Stream: Sendable { case main, sub }

    private struct Run {
        var id: String
        var info: StreamInfo
        var sampler = AnalysisSampler()
        /// Shared storage with the packet that was recorded, not a copy.
        var lastKey: SampledPacket?
    }

    private struct SampledPacket {
        var mediaTicks: Int64
        var at: WallTime
        var bytes: [UInt8]
    }

    private struct State {
        var isAnalysed: Bool
        var hasRules: Bool
        var main: Run?
        var sub: Run?
        /// The run that the worker was told about.
        var announced: String?
    }

    private let cameraId: String
    private let feed: AnalysisFeed
    private let state: Mutex<State>

    /// - Parameters:
    ///   - isAnalysed: whether pictures are looked at.
    ///   - hasRules: whether for more than the activity map.
    init(cameraId: String, isAnalysed: Bool, hasRules: Bool, feed: AnalysisFeed) {
        self.cameraId = cameraId
        self.feed = feed
        state = Mutex(State(isAnalysed: isAnalysed, hasRules: hasRules))
    }

    /// Whether the camera's pictures are looked at; otherwise only those asked for are decoded.
    func setAnalysed(_ isAnalysed: Bool, hasRules: Bool) {
        state.withLock { state in
            state.isAnalysed = isAnalysed
            state.hasRules = hasRules
        }
    }

    func runBegan(_ stream: Stream, run: String, info: StreamInfo) {
        state.withLock { state in
            let begun = Run(id: run, info: info)
            switch stream {
            case .main: state.main = begun
            case .sub: state.sub = begun
            }
        }
    }

    /// The run delivers no more: a sub stream hands over to the main one. Of another run than the present one it says
    /// nothing.
    func runEnded(_ stream: Stream, run: String) {
        state.withLock { state in
            switch stream {
            case .main: if state.main?.id == run { state.main = nil }
            case .sub: if state.sub?.id == run { state.sub = nil }
            }
        }
    }

    func packet(_ stream: Stream, _ packet: Packet, mediaTicks: Int64, at: WallTime) {
        let (announce, choice): (Run?, AnalysisSampler.Choice) = state.withLock { state in
            let isActive = stream == .sub || state.sub == nil
            guard isActive, var run = stream == .sub ? state.sub : state.main else { return (nil, .skip) }
            if packet.isKey {
                run.lastKey = SampledPacket(mediaTicks: mediaTicks, at: at, bytes: packet.bytes)
            }
            let keysOnly = !state.hasRules
            let choice =
                state.isAnalysed
                ? run.sampler.choose(ptsTicks: mediaTicks, isKey: packet.isKey, keysOnly: keysOnly) : .skip
            if stream == .sub { state.sub = run } else { state.main = run }
            // The worker is told about a run with its first key frame, so that a stream is never announced for nothing.
            guard state.announced != run.id, packet.isKey else {
                return (nil, state.announced == run.id ? choice : .skip)
            }
            state.announced = run.id
            return (run, choice)
        }
        if let announce { self.announce(announce) }
        guard case .send(let wanted) = choice else { return }
        feed.packet(
            cameraId: cameraId,
            mediaTicks: mediaTicks,
            at: at,
            key: packet.isKey,
            wanted: wanted,
            bytes: packet.bytes
        )
    }

    /// Asks the worker for a picture; a camera that isn't looked at gets its latest key frame decoded for it.
    ///
    /// - Returns: false when there is none to give.
    func requestPicture(_ requestId: String) -> Bool {
        let key: SampledPacket? = state.withLock { state in
            guard !state.isAnalysed else { return nil }
            return (state.sub ?? state.main)?.lastKey
        }
        if let key {
            feed.packet(
                cameraId: cameraId,
                mediaTicks: key.mediaTicks,
                at: key.at,
                key: true,
                wanted: true,
                bytes: key.bytes
            )
        }
        return feed.picture(cameraId: cameraId, requestId: requestId)
    }

    private func announce(_ run: Run) {
        feed.stream(
            cameraId: cameraId,
            run: run.id,
            codec: run.info.codec.rawValue,
            width: run.info.width,
            height: run.info.height,
            extradata: run.info.extradata
        )
    }
}
