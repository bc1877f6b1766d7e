import Archive
import Domain
import Logging
import Store

/// Turns the gaps of recordings that last into alarms of their camera: `recordingGap` by `GapJudge`, and `disk` at once
/// for a camera that delivers and can't be recorded.
actor GapAlarms {
    /// Where alarms go, and what is asked every few seconds.
    struct Surroundings: Sendable {
        var sink: any AlarmSink
        var clock: any HostClock
        var logger: Logger
        /// Cameras whose `offline` alarm is open.
        var offline: @Sendable () -> Set<String>
        /// The end of the last frame of every camera; nil while the index isn't up to date.
        var recordedUntil: @Sendable () async throws -> [String: WallTime]?
        /// The gaps that have no end, as the index has them at the start.
        var openGaps: @Sendable () async throws -> [Gap]
    }

    private static let period = Duration.seconds(2)

    private var cameras: [String: Camera]
    private var limits: [String: Double]
    private var judge: GapJudge
    private var surroundings: Surroundings?

    init(site: Site) {
        cameras = Dictionary(site.cameras.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        limits = Self.limits(of: site)
        judge = GapJudge(limits: limits)
    }

    /// A camera that the site doesn't record has no gaps.
    private static func limits(of site: Site) -> [String: Double] {
        let recorded = site.cameras.filter { !$0.record.paused }
        return Dictionary(recorded.map { ($0.id, $0.record.gapAlarmSeconds) }, uniquingKeysWith: { first, _ in first })
    }

    /// Takes over other cameras; an alarm of one that is gone ends.
    func configure(_ site: Site) async {
        cameras = Dictionary(site.cameras.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        limits = Self.limits(of: site)
        for id in judge.configure(limits: limits) { await clear(id, Self.kind) }
    }

    func deliver(to surroundings: Surroundings) { self.surroundings = surroundings }

    /// Judges what lasts until its task is cancelled.
    ///
    /// - Parameter openAlarms: those that an earlier run of the service left open.
    func run(openAlarms: [Alarm]) async {
        let mine = openAlarms.filter { $0.sourceKind == .camera && $0.kind == Self.kind }
        judge = GapJudge(limits: limits, raised: Set(mine.map(\.source).filter { limits[$0] != nil }))
        for alarm in mine where limits[alarm.source] == nil { await clear(alarm.source, Self.kind) }
        var isFirst = true
        while !Task.isCancelled {
            if let surroundings {
                do {
                    if isFirst {
                        for gap in try await surroundings.openGaps() { await note(gap) }
                        isFirst = false
                    }
                    let until = try await surroundings.recordedUntil()
                    let signals = judge.pass(
                        surroundings.clock.now(),
                        offline: surroundings.offline(),
                        recordedUntil: until
                    )
                    for signal in signals { await send(signal) }
                } catch {
                    surroundings.logger.error("gaps can't be judged", metadata: ["error": "\(error)"])
                }
            }
            try? await Task.sleep(for: Self.period)
        }
    }

    /// A gap's row changed.
    func note(_ gap: Gap) async {
        guard let surroundings else { return }
        if gap.reason == .disk {
            await receive(
                AlarmSignal(
                    source: gap.cameraId,
                    sourceKind: .camera,
                    kind: "disk",
                    phase: gap.to == nil ? .raised : .cleared,
                    severity: .critical,
                    at: gap.to ?? surroundings.clock.now()
                )
            )
        }
        for signal in judge.note(gap, now: surroundings.clock.now()) { await send(signal) }
    }

    private static let kind = "recordingGap"

    private func send(_ signal: GapJudge.Signal) async {
        let camera = cameras[signal.cameraId]
        await receive(
            AlarmSignal(
                source: signal.cameraId,
                sourceKind: .camera,
                kind: Self.kind,
                phase: signal.phase,
                at: signal.at,
                position: camera?.position,
                address: camera?.address,
                value: signal.seconds.rounded(),
                threshold: camera?.record.gapAlarmSeconds
            )
        )
    }

    private func clear(_ source: String, _ kind: String) async {
        guard let now = surroundings?.clock.now() else { return }
        await receive(AlarmSignal(source: source, sourceKind: .camera, kind: kind, phase: .cleared, at: now))
    }

    private func receive(_ signal: AlarmSignal) async {
        do {
            try await surroundings?.sink.receive(signal)
        } catch {
            surroundings?.logger.error(
                "alarm not stored",
                metadata: ["camera": "\(signal.source)", "kind": "\(signal.kind)", "error": "\(error)"]
            )
        }
    }
}
