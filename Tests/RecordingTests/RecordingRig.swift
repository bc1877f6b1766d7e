import Domain
import Foundation
import Media
import Synchronization
import TestSupport
import Testing

@testable import Recording

/// Several cameras recorded on simulated disks, all in one thread and on a manual clock: what happens is the same each
/// time.
final class RecordingRig {
    let clock: ManualClock
    let disks: [SimulatedDisk]
    let files: SimulatedDisks
    let layout: RecordingLayout
    let settings: Recording.RecordingSettings
    let events = EventLog()
    private(set) var volumes: RecordingVolumes
    private(set) var recorders: [String: Recorder] = [:]
    /// The next picture of each camera's stream.
    private var picture = 0
    private var ticks = 0
    /// Until when a slow disk is busy, by disk.
    private let busyUntil: [BusyTime]

    /// What volumes reported.
    final class EventLog: Sendable {
        let seen = Mutex<[VolumeEvent]>([])
    }

    private final class BusyTime: Sendable {
        let until = Mutex(Duration.zero)
    }

    static let step = Duration.milliseconds(40)

    /// The seeds of a test that plays random histories: the first `few`, or `many` under `GRIDWATCH_SOAK`; those named by
    /// `GRIDWATCH_SEEDS`, like `65..<66`, to play one again.
    static func seeds(_ few: Int, many: Int) -> Range<Int> {
        let environment = ProcessInfo.processInfo.environment
        if let parts = environment["GRIDWATCH_SEEDS"]?.components(separatedBy: "..<"), parts.count == 2,
            let from = Int(parts[0]), let to = Int(parts[1]), from <= to
        {
            return from..<to
        }
        return 0..<(environment["GRIDWATCH_SOAK"] == nil ? few : many)
    }

    init(
        disks count: Int,
        seed: UInt64,
        settings: Recording.RecordingSettings = Recording.RecordingSettings(segmentLength: .seconds(4)),
        clock: ManualClock = ManualClock()
    ) {
        self.clock = clock
        self.settings = settings
        let busy = (0..<count).map { _ in BusyTime() }
        busyUntil = busy
        disks = (0..<count).map { index in
            SimulatedDisk("/disk\(index)", seed: seed &+ UInt64(index)) { duration in
                busy[index].until.withLock { $0 = max($0, clock.monotonic()) + duration }
            }
        }
        files = SimulatedDisks(disks)
        let further = disks.dropFirst().enumerated().map { ("v\($0.offset + 1)", $0.element.mountPoint) }
        layout = RecordingLayout(
            dataDirectory: "/disk0/data",
            volumes: Dictionary(uniqueKeysWithValues: further)
        )
        volumes = Self.make(layout, files, clock, settings, events)
    }

    private static func make(
        _ layout: RecordingLayout,
        _ files: SimulatedDisks,
        _ clock: ManualClock,
        _ settings: Recording.RecordingSettings,
        _ log: EventLog
    ) -> RecordingVolumes {
        RecordingVolumes(layout: layout, files: files, clock: clock, settings: settings, hangClock: clock) { event in
            log.seen.withLock { $0.append(event) }
        }
    }

    /// Begins to record, as a process does that starts.
    func begin(_ cameras: [String: Int], after end: StateReason = .crash) throws {
        var settings = settings
        settings.unexpectedEnd = end
        volumes = Self.make(layout, files, clock, settings, events)
        recorders = [:]
        // Cameras' streams go on while nobody records them, and each connects in the middle of a group of pictures.
        picture += 7
        for (camera, priority) in cameras.sorted(by: { $0.key < $1.key }) {
            let recorder = try volumes.recorder(cameraId: camera, priority: priority)
            recorder.beginRun(info: SyntheticStream.info)
            recorders[camera] = recorder
        }
    }

    /// One picture of each camera, and what the disks do meanwhile.
    func run(_ duration: Duration, each body: () -> Bool = { true }) {
        var left = duration
        while left > .zero {
            left -= Self.step
            for packet in SyntheticStream.packets(picture..<picture + 1) {
                for (_, recorder) in recorders.sorted(by: { $0.key < $1.key }) { recorder.append(packet) }
            }
            picture += 1
            clock.advance(by: Self.step)
            pump()
            guard body() else { return }
        }
    }

    /// Lets the disks do what they can until now.
    func pump() {
        ticks += 1
        for index in disks.indices {
            func isFree() -> Bool { busyUntil[index].until.withLock { $0 } <= clock.monotonic() }
            while isFree(), volumes.writeNext(index) {}
            if ticks % 25 == 0, isFree() { volumes.beat(index) }
            if ticks % 50 == 0, isFree() { volumes.retry(index) }
        }
    }

    /// Ends the runs in order, as a process does that stops.
    func end() {
        for (_, recorder) in recorders { recorder.endRun(reason: .restart) }
        for _ in 0..<100_000 where volumes.waitingBytes > 0 {
            clock.advance(by: Self.step)
            pump()
        }
        for index in disks.indices {
            volumes.writeWaiting(index)
            volumes.beat(index)
            volumes.writeWaiting(index)
        }
        recorders = [:]
    }

    var isPowerGone: Bool { disks.contains { disk in disk.isPowerGone } }

    /// Ends the power of everything and brings it back.
    func cutPower() {
        for disk in disks { disk.cutPower() }
        recorders = [:]
    }

    func folder() -> RecordingFolder { RecordingFolder(existing: layout, files) }

    // MARK: - What must hold

    /// Every file is what its journal says, the chain holds, times are ordered; only what failures did and the recording
    /// admits is let pass.
    func findings(_ camera: String) throws -> [AuditFinding] {
        try RecordingAudit(layout: layout, files: files).check(cameraId: camera, .everything)
            .filter { $0.kind != .lostTail && $0.kind != .leftover }
    }

    /// What the journals of a camera's segments say and how large their files are, for a look at what went wrong.
    func journals(_ camera: String) throws -> String {
        var text = ""
        let catalogue = RecordingCatalogue(layout: layout, files: files)
        for day in try catalogue.days(camera) {
            for name in try catalogue.segments(camera, day: day) {
                let size = try files.size(layout.segment(camera, name)) ?? -1
                text += "\(layout.relativeSegment(camera, name)), \(size) bytes\n"
                guard let count = try files.size(layout.journal(camera, name)) else { continue }
                let lines = try files.read(layout.journal(camera, name), offset: 0, count: count).split(separator: 10)
                for line in lines {
                    let mark = JournalLine.decode(line) == nil ? "damaged" : "  "
                    text += "\(mark) \(String(decoding: line.prefix(90), as: UTF8.self))\n"
                }
            }
        }
        return text
    }

    /// Recorded + gaps = window: between two fragments without a gap line lies nothing, and where a gap line is there are
    /// no pictures.
    func accountingErrors(_ camera: String) throws -> [String] {
        let folder = folder()
        let gaps = try folder.gaps(camera).filter { $0.to != $0.from }
        let fragments = try folder.segments(camera).flatMap(\.index.fragments)
        var errors: [String] = []
        var at = 0
        for (one, two) in zip(fragments, fragments.dropFirst()) where two.wall - one.wallEnd > .milliseconds(1) {
            // Several gaps may follow each other without a picture between them.
            var from = one.wallEnd
            while at < gaps.count, gaps[at].from < from { at += 1 }
            while at < gaps.count, gaps[at].from == from, let to = gaps[at].to, to <= two.wall {
                from = to
                at += 1
            }
            if from != two.wall { errors.append("\(camera): nothing tells of \(from)…\(two.wall): \(gaps)") }
        }
        for gap in gaps {
            let within = fragments.filter { $0.wallEnd > gap.from + .milliseconds(1) && $0.wall < gap.to ?? $0.wallEnd }
            if !within.isEmpty { errors.append("\(camera): \(within.count) fragments in the gap \(gap)") }
        }
        if let last = fragments.last, gaps.last?.to != nil || gaps.last?.from != last.wallEnd {
            errors.append("\(camera): no open gap at the end \(last.wallEnd): \(gaps.suffix(3))")
        }
        return errors
    }

    /// The end of the last picture that is recorded.
    func lastEnd(_ camera: String) throws -> WallTime? {
        try folder().segments(camera).compactMap { $0.index.fragments.last?.wallEnd }.max()
    }
}
