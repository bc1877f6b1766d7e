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
        /// Frames of sound that found no place: more than a fragment takes, or while no pictures came.
        package var droppedAudio = 0
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
        var lastTicks: Int64 = -1
        /// What the cutter decided while the clock was not settled: about a second of the run. Bounded by
        /// `maximumUnsettled` and `maximumUnsettledBytes`, which settle the clock.
        var unsettled: [FragmentCutter.Action] = []
        var unsettledBytes = 0
        /// Microseconds that the host's clock was set back since the run's anchor, or lay behind the end of the run before.
        var setBack: Int64 = 0
        /// What of it is left after slewing.
        var clockOffset: Int64 = 0
        /// Microseconds by which the camera's own clock is ahead of the wall times; nil where it doesn't tell.
        var cameraClock: Int64?
    }

    /// A run's clock that the next run goes on with, because only the format changes: no gap, no step.
    private struct Continuation {
        var clock: RunClock
        var baseTicks: Int64
        var setBack: Int64
    }

    private static let maximumUnsettled = 16
    private static let maximumUnsettledBytes = 4 << 20
    /// A mapping that is further from arrival than this is not gone on with.
    private static let longestContinuation: Duration = .seconds(30)
    /// A camera's clock is noted again when it has moved by more, in microseconds.
    private static let cameraClockStep: Int64 = 50_000
    private static let longestOverlap: Duration = .milliseconds(100)

    /// Steps of the host's clock from here on are noticed.
    private static let clockStep: Duration = .seconds(1)

    private let volume: RecordingVolumes
    private let lane: CameraLane
    private var run: Run?
    /// Begins at the next key frame.
    private var nextStream: StreamInfo?
    private var continuation: Continuation?
    private var lastEnd: WallTime?
    private var skipsToKey = false
    /// Wall less monotonic time at the last packet.
    private var hostOffset: Duration?
    private var packets = 0
    private var bytes: Int64 = 0
    private var dropped = 0
    private var droppedAudio = 0
    /// What the writer was told of the camera's clock.
    private var notedCameraClock: Int64?

    init(volume: RecordingVolumes, lane: CameraLane, lastEnd: WallTime?) {
        self.volume = volume
        self.lane = lane
        self.lastEnd = lastEnd
    }

    /// Begins a run: call it after every connection and change of parameters. The run is anchored at its first key
    /// frame. While a run of the same video format is open its packets go on there until that key frame, so nothing is
    /// lost; packets that no run can take are not kept. A run that begins because the format or the sound changed goes on
    /// with the clock of the one before.
    package func beginRun(info: StreamInfo) {
        if let run, nextStream == nil, run.info.isSameFormat(as: info), run.info.audio == info.audio,
            run.info.ignoredStreams != info.ignoredStreams
        {
            // No more than a note on streams that are left out: the next segment has it.
            self.run?.info.ignoredStreams = info.ignoredStreams
            return
        }
        nextStream = info
    }

    /// Takes one packet of either track; nil for sound, and while waiting for the run's first key frame.
    @discardableResult
    package func append(_ packet: Packet) -> Position? {
        bytes += Int64(packet.bytes.count)
        if packet.track == .audio {
            append(audio: packet)
            return nil
        }
        packets += 1
        let arrival = volume.clock.now()
        let monotonic = volume.clock.monotonic()
        watchHostClock(arrival, monotonic)
        var starts = false
        if let info = nextStream, !packet.isKey, let run, !run.info.isSameFormat(as: info) {
            // Neither the old parameters nor the new ones, which begin at a key frame, can decode it.
            return nil
        }
        if packet.isKey, let info = nextStream {
            if run != nil { endRun(reason: .discontinuity, followedBy: packet) }
            nextStream = nil
            run = begin(info, at: packet.dtsTicks, arrival: arrival, monotonic: monotonic)
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
        current.clock.observe(ticks: placed.dtsTicks, arrival: arrival, monotonic: monotonic)
        if current.clock.isSettled {
            for action in actions { perform(action, current) }
        } else {
            current.unsettled += actions
            current.unsettledBytes += placed.bytes.count
            if current.clock.canSettle(monotonic: monotonic) || current.unsettled.count >= Self.maximumUnsettled
                || current.unsettledBytes >= Self.maximumUnsettledBytes
            {
                settle(&current)
            }
        }
        if let taken = packet.cameraTime {
            current.cameraClock = taken.microseconds - current.clock.wall(placed.ptsTicks).microseconds
        }
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

    private func begin(_ info: StreamInfo, at ticks: Int64, arrival: WallTime, monotonic: Duration) -> Run {
        var run = Run(
            id: UUIDv7.make(at: max(arrival, lastEnd ?? arrival)),
            info: info,
            baseTicks: ticks,
            // Runs never overlap, whatever the host's clock did.
            clock: RunClock(arrival: arrival, monotonic: monotonic, notBefore: lastEnd),
            cutter: FragmentCutter(settings: volume.settings),
            setBack: Self.notable((lastEnd ?? arrival) - arrival)
        )
        if let old = continuation {
            continuation = nil
            let clock = old.clock.rebased(to: ticks &- old.baseTicks)
            let anchor = clock.wall(0)
            let distance: Duration = anchor - arrival
            let overlap: Duration = (lastEnd ?? anchor) - anchor
            if distance < Self.longestContinuation, .zero - distance < Self.longestContinuation,
                overlap < Self.longestOverlap
            {
                run.clock = clock
                // What slewing took since the last fragment was placed.
                if let lastEnd { run.clock.advance(to: lastEnd) }
                run.setBack = old.setBack
            }
        }
        return run
    }

    /// Anchors the run and does what waited for that.
    private func settle(_ run: inout Run) {
        guard !run.clock.isSettled else { return }
        run.clock.settle()
        let actions = run.unsettled
        run.unsettled = []
        for action in actions { perform(action, run) }
    }

    /// Sound follows the pictures of the run: it begins and ends none.
    private func append(audio packet: Packet) {
        guard var current = run else { return }
        run = nil
        defer { run = current }
        var placed = packet
        placed.dtsTicks = packet.dtsTicks &- current.baseTicks
        placed.ptsTicks = placed.dtsTicks
        // Of another kind than the run's, or from before its first picture.
        guard let audio = current.info.audio, nextStream.map({ $0.audio == audio }) ?? true, placed.dtsTicks >= 0 else {
            return
        }
        current.cutter.append(audio: placed)
    }

    /// Ends the run, if there is one: its last fragment is written and the segment closed. `reason` becomes that of the
    /// gap; while no run is open it joins the gap's later reasons.
    package func endRun(reason: StateReason, detail: String? = nil) {
        endRun(reason: reason, detail: detail, followedBy: nil)
    }

    /// - Parameter next: the key frame with which the next run begins; nil where the stream ends.
    private func endRun(reason: StateReason, detail: String? = nil, followedBy next: Packet?) {
        defer { if next == nil { nextStream = nil } }
        continuation = nil
        if var current = run {
            run = nil
            if !current.clock.isSettled { settle(&current) }
            let stream = next == nil ? nil : nextStream
            let continues = stream.map { !$0.isSameFormat(as: current.info) || $0.audio != current.info.audio } ?? false
            let end = continues ? next.map { $0.dtsTicks &- current.baseTicks } : nil
            for action in current.cutter.end(at: end) { perform(action, current, closing: .runEnded) }
            droppedAudio += current.cutter.droppedAudio
            lastEnd = max(lastEnd ?? .epoch, current.clock.wall(current.lastTicks))
            if continues {
                continuation = Continuation(
                    clock: current.clock,
                    baseTicks: current.baseTicks,
                    setBack: current.setBack
                )
            }
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
            droppedAudio: droppedAudio + (run?.cutter.droppedAudio ?? 0),
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
            audio: cut.audio,
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
        note(cameraClock: run.cameraClock)
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

    private func note(cameraClock offset: Int64?) {
        if let offset, let noted = notedCameraClock, (offset - noted).magnitude <= Self.cameraClockStep { return }
        guard offset != notedCameraClock else { return }
        notedCameraClock = offset
        _ = volume.enqueue(.cameraClock(offset), lane)
    }

    /// Microseconds, where they are more than a camera's own delays make.
    private static func notable(_ duration: Duration) -> Int64 {
        duration > clockStep ? duration.microseconds : 0
    }

    private func watchHostClock(_ now: WallTime, _ monotonic: Duration) {
        let offset = .microseconds(now.microseconds) - monotonic
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
