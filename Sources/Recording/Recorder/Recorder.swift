package import Domain
package import Media
import Synchronization

/// Records one camera: cuts its packets into fragments and segments. One thread uses it, the one that reads the
/// camera; nothing in it waits for the disk.
package final class Recorder {
    /// Where a packet came to lie.
    package struct Position: Sendable, Hashable {
        package var runId: String
        /// Presentation time on the run's time line (the one of `tfdt`), in 90 kHz ticks.
        package var mediaTicks: Int64
        package var wall: WallTime
        /// The packet opened a run: whoever decodes starts afresh.
        package var startsRun: Bool
    }

    package struct Counters: Sendable, Hashable {
        package var packets = 0
        package var bytes: Int64 = 0
        package var fragments = 0
        package var droppedFragments = 0
        /// Microseconds by which the run's wall times are ahead of the host's clock because that was set back; 0 when it
        /// was not, or when slewing has caught up.
        package var clockOffset: Int64 = 0
    }

    private struct Run {
        var id: String
        var info: StreamInfo
        /// The source's decoding time at tick 0.
        var baseTicks: Int64
        var clock: RunClock
        var cutter: FragmentCutter
        var lastTicks: Int64
        /// Microseconds that the host's clock was set back since the run's anchor, or lay behind the end of the run before.
        var setBack: Int64 = 0
        /// What of it is left after slewing.
        var clockOffset: Int64 = 0
    }

    /// Steps of the host's clock from here on are noticed.
    private static let clockStep: Duration = .seconds(1)

    private let volume: RecordingVolumes
    private let lane: CameraLane
    private var run: Run?
    /// Begins at the next key frame.
    private var nextStream: StreamInfo?
    private var lastEnd: WallTime?
    private var skipsToKey = false
    /// Wall less monotonic time at the last packet.
    private var hostOffset: Duration?
    private var packets = 0
    private var bytes: Int64 = 0
    private var dropped = 0

    init(volume: RecordingVolumes, lane: CameraLane, lastEnd: WallTime?) {
        self.volume = volume
        self.lane = lane
        self.lastEnd = lastEnd
    }

    /// Begins a run: call it after every connection and change of parameters. The run is anchored at its first key
    /// frame. While a run of the same format is open its packets go on there until that key frame, so nothing is lost;
    /// packets that no run can take are not kept.
    package func beginRun(info: StreamInfo) {
        nextStream = info
        if let run, !run.info.isSameFormat(as: info) { endRun(reason: .discontinuity, keepNext: true) }
    }

    /// Takes one packet; nil while waiting for the run's first key frame.
    @discardableResult
    package func append(_ packet: Packet) -> Position? {
        packets += 1
        bytes += Int64(packet.bytes.count)
        let arrival = volume.clock.now()
        watchHostClock(arrival)
        var starts = false
        if packet.isKey, let info = nextStream {
            if run != nil { endRun(reason: .discontinuity, keepNext: true) }
            nextStream = nil
            // Runs never overlap, whatever the host's clock did.
            let anchor = max(arrival, lastEnd ?? arrival)
            run = Run(
                id: UUIDv7.make(at: anchor),
                info: info,
                baseTicks: packet.dtsTicks,
                clock: RunClock(anchor: anchor),
                cutter: FragmentCutter(settings: volume.settings),
                lastTicks: -1,
                setBack: Self.notable(anchor - arrival)
            )
            skipsToKey = false
            starts = true
        }
        guard var current = run else { return nil }
        run = nil  // so that what it holds is not copied when it is changed
        defer { run = current }
        var placed = packet
        placed.dtsTicks = max(packet.dtsTicks &- current.baseTicks, current.lastTicks + 1)
        placed.ptsTicks = packet.ptsTicks &- current.baseTicks
        current.lastTicks = placed.dtsTicks
        let rotate = packet.isKey && lane.wantsRotation.exchange(false, ordering: .relaxed)
        let actions = current.cutter.append(placed, rotate: rotate)
        for action in actions { perform(action, current) }
        current.clock.observe(ticks: placed.dtsTicks, arrival: arrival)
        if current.setBack > 0 {
            let ahead = current.clock.wall(placed.dtsTicks) - arrival
            current.clockOffset = min(current.setBack, max(0, Self.notable(ahead)))
        }
        return Position(
            runId: current.id,
            mediaTicks: placed.ptsTicks,
            wall: current.clock.wall(placed.ptsTicks),
            startsRun: starts
        )
    }

    /// Ends the run, if there is one: its last fragment is written and the segment closed. `reason` becomes that of the
    /// gap; while no run is open it joins the gap's later reasons.
    package func endRun(reason: StateReason, detail: String? = nil) {
        endRun(reason: reason, detail: detail, keepNext: false)
    }

    private func endRun(reason: StateReason, detail: String? = nil, keepNext: Bool) {
        if !keepNext { nextStream = nil }
        if var current = run {
            run = nil
            for action in current.cutter.end() { perform(action, current, closing: .runEnded) }
            lastEnd = max(lastEnd ?? .epoch, current.clock.wall(current.lastTicks))
        }
        _ = volume.enqueue(.gapBegins(reason: reason, detail: detail), lane)
    }

    /// Notes a change of the camera's state in the day journal.
    package func note(_ status: CameraStatus) {
        _ = volume.enqueue(.state(status), lane)
    }

    /// The run that is open.
    package var runId: String? { run?.id }

    package var counters: Counters {
        Counters(
            packets: packets,
            bytes: bytes,
            fragments: lane.written.load(ordering: .relaxed),
            droppedFragments: dropped + lane.dropped.load(ordering: .relaxed),
            clockOffset: run?.clockOffset ?? 0
        )
    }

    /// Bytes that wait for the disk.
    package var waitingBytes: Int { lane.waitingBytes.load(ordering: .relaxed) }

    private func perform(
        _ action: FragmentCutter.Action,
        _ run: borrowing Run,
        closing cause: SegmentClosed.Cause = .rotated
    ) {
        switch action {
        case .openSegment(let number, _):
            // The writer makes the file with its first fragment, because the chain goes on from what is written then.
            _ = volume.enqueue(.openSegment(runId: run.id, number: number, info: run.info), lane)
        case .write(let cut):
            write(cut, run)
        case .pause(let from, let to):
            let seconds = (to - from) / MediaTime.ticksPerSecond
            _ = volume.enqueue(.gapBegins(reason: .noPackets, detail: "no packets for \(seconds) s"), lane)
        case .closeSegment:
            _ = volume.enqueue(.closeSegment(cause), lane)
        }
    }

    private func write(_ cut: FragmentCutter.Cut, _ run: borrowing Run) {
        if skipsToKey, !cut.startsWithKey {
            dropped += 1
            return
        }
        let wall = run.clock.wall(cut.baseDecodeTicks)
        var fragment = FragmentWriter.fragment(
            samples: cut.samples,
            sequence: cut.sequence,
            baseDecodeTicks: cut.baseDecodeTicks,
            wall: wall
        )
        let (moofHash, payloadHash) = FragmentSeal.apply(to: &fragment)
        let record = FragmentRecord(
            offset: 0,
            sizeBytes: fragment.bytes.count,
            moofBytes: fragment.moofBytes,
            baseDecodeTicks: cut.baseDecodeTicks,
            durationTicks: fragment.durationTicks,
            wall: wall,
            startsWithKey: cut.startsWithKey,
            sampleCount: cut.samples.count,
            moofHash: moofHash,
            payloadHash: payloadHash
        )
        lastEnd = max(lastEnd ?? record.wallEnd, record.wallEnd)
        if volume.enqueue(.fragment(bytes: fragment.bytes, record: record), lane) {
            skipsToKey = false
        } else {
            // Later fragments of the same group of pictures could not be decoded without this one.
            dropped += 1
            if !skipsToKey {
                skipsToKey = true
                _ = volume.enqueue(.gapBegins(reason: .disk, detail: "the disk is too slow"), lane)
            }
        }
    }

    /// Microseconds, where they are more than a camera's own delays make.
    private static func notable(_ duration: Duration) -> Int64 {
        duration > clockStep ? duration.microseconds : 0
    }

    private func watchHostClock(_ now: WallTime) {
        let offset = .microseconds(now.microseconds) - volume.clock.monotonic()
        defer { hostOffset = offset }
        guard let hostOffset else { return }
        if offset - hostOffset > Self.clockStep {
            // Forward: media time mapped by the old clock would lag for ever, so a new run is anchored.
            if let run, nextStream == nil { nextStream = run.info }
        } else if hostOffset - offset > Self.clockStep {
            run?.setBack += (hostOffset - offset).microseconds
            volume.onEvent(.clockSetBack(cameraId: lane.cameraId, by: hostOffset - offset))
        }
    }
}
