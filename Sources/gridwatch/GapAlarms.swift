import Domain
import Logging
import Store

/// Turns the gaps of recordings that last into alarms of their camera.
///
/// A gap that is still open when a camera is offline is the `offline` alarm's business; this one is about the disk: a
/// camera that delivers and isn't recorded.
actor GapAlarms {
    private var sink: (any AlarmSink)?
    private var clock: (any HostClock)?
    private var logger: Logger?

    func deliver(to sink: any AlarmSink, clock: any HostClock, logger: Logger) {
        self.sink = sink
        self.clock = clock
        self.logger = logger
    }

    func note(_ gap: Gap) async {
        guard gap.reason == .disk, let sink, let clock else { return }
        let signal = AlarmSignal(
            source: gap.cameraId,
            sourceKind: .camera,
            kind: "disk",
            phase: gap.to == nil ? .raised : .cleared,
            severity: .critical,
            at: gap.to ?? clock.now()
        )
        do {
            try await sink.receive(signal)
        } catch {
            logger?.error("alarm not stored", metadata: ["camera": "\(gap.cameraId)", "error": "\(error)"])
        }
    }
}
