package import Domain
package import Media

/// Records one camera: cuts its packets into fragments and segments. One thread uses it, the one that reads the
/// camera; nothing in it waits for the disk.
package final class Recorder {
    init() {}

    /// Where a packet came to lie.
    package struct Position: Sendable, Hashable {
        package var runId: String
        /// Presentation time on the run's time line (the one of `tfdt`), in 90 kHz ticks.
        package var mediaTicks: Int64
        package var wall: WallTime
        /// The packet opened a run: whoever decodes starts afresh.
        package var startsRun: Bool
    }

    /// Begins a run: call it after every connection and change of parameters. The run is anchored at its first key
    /// frame; packets before that are not kept.
    package func beginRun(info: StreamInfo) {}

    /// Takes one packet; nil while waiting for the run's first key frame.
    @discardableResult
    package func append(_ packet: Packet) -> Position? { nil }

    /// Ends the run, if there is one: its last fragment is written and the segment closed. `reason` becomes that of the
    /// gap; while no run is open it joins the gap's later reasons.
    package func endRun(reason: StateReason, detail: String? = nil) {}

    /// Notes a change of the camera's state in the day journal.
    package func note(_ status: CameraStatus) {}

    /// The run that is open.
    package var runId: String? { nil }

    package struct Counters: Sendable, Hashable {
        package var packets = 0
        package var bytes: Int64 = 0
        package var fragments = 0
        package var droppedFragments = 0
    }

    package var counters: Counters { Counters() }
}
