import Domain
import Media
import Synchronization

/// One camera's way to the analyse worker: chooses the stream (sub while it delivers, else main) and its packets.
final class AnalysisInput: Sendable {
    enum Stream: Sendable { case main, sub }

    private struct Run {
        var id: String
        var info: StreamInfo
        var reader: SliceReader
        /// Shared storage with the packet that was recorded, not a copy.
        var lastKey: KeptPacket?
    }

    private struct State {
        var isAnalysed: Bool
        var main: Run?
        var sub: Run?
        /// The run that the worker was told about.
        var announced: String?
        var sampler: AnalysisSampler
    }

    private let cameraId: String
    private let priority: Int
    private let feed: AnalysisFeed
    private let state: Mutex<State>

    /// - Parameters:
    ///   - priority: 0–9; the lowest loses pictures first where the worker is too slow.
    ///   - isAnalysed: whether pictures are looked at.
    ///   - needs: of its rules.
    init(cameraId: String, priority: Int, isAnalysed: Bool, needs: SamplingNeeds, feed: AnalysisFeed) {
        self.cameraId = cameraId
        self.priority = priority
        self.feed = feed
        // Other cameras, other groups: so that not all are audited at the same moment.
        let seed = cameraId.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        let sampler = AnalysisSampler(needs: needs, seed: seed)
        state = Mutex(State(isAnalysed: isAnalysed, sampler: sampler))
    }

    /// Whether the camera's pictures are looked at; otherwise only those asked for are decoded.
    func setAnalysed(_ isAnalysed: Bool, needs: SamplingNeeds) {
        state.withLock { state in
            state.isAnalysed = isAnalysed
            state.sampler.setNeeds(needs)
        }
    }

    func runBegan(_ stream: Stream, run: String, info: StreamInfo) {
        state.withLock { state in
            let begun = Run(id: run, info: info, reader: SliceReader(info))
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
        // Under the lock as a whole: a group's packets reach the queue in order, and the queue never waits.
        state.withLock { state in
            let isActive = stream == .sub || state.sub == nil
            guard isActive, var run = stream == .sub ? state.sub : state.main else { return }
            var kept = KeptPacket(mediaTicks: mediaTicks, at: at, isKey: packet.isKey, bytes: packet.bytes)
            if packet.isKey {
                run.lastKey = kept
                if stream == .sub { state.sub = run } else { state.main = run }
            }
            // The worker is told about a run with its first key frame, so that a stream is never announced for nothing.
            if state.announced != run.id {
                guard packet.isKey else { return }
                state.announced = run.id
                announce(run)
                state.sampler.beginRun()
            }
            guard state.isAnalysed else { return }
            let facts = run.reader.facts(of: packet.bytes)
            kept.isDisposable = facts.isDisposable && !packet.isKey
            kept.quantiser = facts.quantiser
            for chosen in state.sampler.take(kept, pressure: feed.pressure) { send(chosen) }
        }
    }

    /// What the worker saw in pictures of this camera.
    func looked(_ looks: [PictureLook]) {
        state.withLock { state in
            for look in looks { state.sampler.looked(ticks: look.mediaTicks, isMoving: look.isMoving) }
        }
    }

    /// What was chosen so far; nil while nothing is looked at.
    var facts: SamplingFacts? {
        var facts = state.withLock { $0.isAnalysed ? $0.sampler.facts : nil }
        facts?.shed = feed.droppedPackets(of: cameraId)
        return facts
    }

    /// Asks the worker for a picture; a camera that isn't looked at gets its latest key frame decoded for it. Of one that
    /// is, more than the key frames is decoded from now on for a while, as the budget allows: who looks will ask again.
    ///
    /// - Returns: false when there is none to give.
    func requestPicture(_ requestId: String) -> Bool {
        state.withLock { state in
            if state.isAnalysed {
                for chosen in state.sampler.watch() { send(chosen) }
            } else if let key = (state.sub ?? state.main)?.lastKey {
                send(AnalysisSampler.Chosen(packet: key, isWanted: true, cause: .keyFrame))
            }
        }
        return feed.picture(cameraId: cameraId, requestId: requestId)
    }

    private func send(_ chosen: AnalysisSampler.Chosen) {
        feed.packet(cameraId: cameraId, rank: WorkerQueue.Rank(cause: chosen.cause, camera: priority), chosen)
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
