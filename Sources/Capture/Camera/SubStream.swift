import Domain
import Media

/// A camera's second stream, received for analysis only: nothing of it is kept.
///
/// Its pictures get wall times by an anchor at arrival, renewed with a new run when they drift apart by more than
/// `driftLimit`.
final class SubStream: SourceObserver {
    static let driftLimit = Duration.seconds(2)

    private let analysis: AnalysisInput
    private let clock: any HostClock
    private var info: StreamInfo?
    private var anchor: (ticks: Int64, wall: WallTime)?
    private var runId: String?

    init(analysis: AnalysisInput, clock: any HostClock) {
        self.analysis = analysis
        self.clock = clock
    }

    func started() {}

    func attempting() {}

    func connected(_ info: StreamInfo) throws(MediaError) {
        self.info = info
        anchor = nil
    }

    func packet(_ packet: Packet) {
        guard let info else { return }
        let now = clock.now()
        var mapping = anchor
        if let anchor {
            let wall = anchor.wall + .microseconds(MediaTime.microseconds(packet.ptsTicks - anchor.ticks))
            let drift = now - wall
            if packet.isKey, drift > Self.driftLimit || drift < .zero - Self.driftLimit { mapping = nil }
        }
        if mapping == nil {
            guard packet.isKey else { return }
            mapping = (packet.ptsTicks, now)
            let run = UUIDv7.make(at: now)
            runId = run
            analysis.runBegan(.sub, run: run, info: info)
        }
        guard let mapping else { return }
        anchor = mapping
        let ticks = packet.ptsTicks - mapping.ticks
        analysis.packet(
            .sub,
            packet,
            mediaTicks: ticks,
            at: mapping.wall + .microseconds(MediaTime.microseconds(ticks))
        )
    }

    func lost(packets: Int) {}

    func parametersChanged(_ info: StreamInfo) throws(MediaError) {
        try connected(info)
    }

    func leftAlone(until: WallTime) {}

    func ended(reason: StateReason, detail: String?) {
        anchor = nil
        info = nil
        if let runId { analysis.runEnded(.sub, run: runId) }
        runId = nil
    }

    func finished() {}
}
