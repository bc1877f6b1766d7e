import Domain
import Foundation
import Media
import Synchronization
import TestSupport
import Testing

@testable import Recording

@Suite("faults of the disk and of power")
struct FaultTests {
    private static func record(_ range: Range<Int>, _ recorder: Recorder, clock: ManualClock) {
        for packet in SyntheticStream.packets(range) {
            recorder.append(packet)
            clock.advance(by: .milliseconds(40))
        }
    }

    /// Waits for a condition that other threads bring about.
    private static func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
        for _ in 0..<2000 {
            if try condition() { return true }
            usleep(5000)
        }
        return false
    }

    @Test("a segment cut anywhere gives back its whole fragments, and the gap after a crash is noted")
    func truncation() throws {
        let source = RecordingFolder()
        let clock = ManualClock()
        let volume = RecordingVolumes(layout: source.layout, clock: clock)
        volume.start()
        let recorder = try volume.recorder(cameraId: "cam")
        recorder.beginRun(info: SyntheticStream.info)
        Self.record(0..<100, recorder, clock: clock)
        recorder.endRun(reason: .restart)
        volume.stop()
        let (name, whole) = try #require(try source.segments("cam").first)
        let bytes = try source.bytes("cam", name)
        let journal = Array(try Data(contentsOf: URL(filePath: source.layout.journal("cam", name))))
        #expect(whole.fragments.count >= 8)

        for cut in stride(from: 0, through: bytes.count, by: 997) {
            // The journal may be ahead of the file (power cut), behind it (crash) or torn.
            for journalCut in [journal.count, journal.count / 2, 0] {
                let folder = RecordingFolder()
                try SystemFiles().createDirectory(folder.layout.dayFolder("cam", day: name.day))
                let path = folder.layout.segment("cam", name)
                try Data(bytes[..<cut]).write(to: URL(filePath: path))
                var lines = journal[..<journalCut]
                // Without its last line, which says that all is well.
                if journalCut == journal.count { lines = lines.dropLast(90) }
                try Data(lines).write(to: URL(filePath: folder.layout.journal("cam", name)))
                let recovery = SegmentRecovery(layout: folder.layout)
                let outcome = try recovery.recover(cameraId: "cam", now: clock.now())
                let expected = whole.fragments.filter { $0.end <= cut }
                if cut < whole.opened.initBytes {
                    #expect(outcome.recovered.isEmpty)
                    continue
                }
                let (_, index) = try #require(try folder.segments("cam").first)
                #expect(index.fragments == expected)
                #expect(index.closed?.cause == .recovered)
                #expect(index.closed?.sizeBytes == expected.last?.end ?? whole.opened.initBytes)
                #expect(try SystemFiles().size(path) == index.closed?.sizeBytes)
                if let last = expected.last {
                    #expect(outcome.openGap == GapRecord(from: last.wallEnd, to: nil, reason: .crash))
                }
                #expect(try recovery.recover(cameraId: "cam", now: clock.now()).recovered.isEmpty)
            }
        }
    }

    @Test("a full disk ends the segment, is reported once, and recording goes on when there is room")
    func fullDisk() throws {
        let disk = SimulatedDisk("/sim")
        let folder = RecordingFolder(on: disk)
        let files = folder.files
        let clock = ManualClock()
        let events = Mutex<[VolumeEvent]>([])
        let volume = RecordingVolumes(layout: folder.layout, files: files, clock: clock) { event in
            events.withLock { $0.append(event) }
        }
        volume.start()
        let recorder = try volume.recorder(cameraId: "cam")
        recorder.beginRun(info: SyntheticStream.info)
        Self.record(0..<60, recorder, clock: clock)
        #expect(Self.eventually { recorder.counters.fragments >= 4 })
        let used = disk.usedBytes
        disk.setFaults { $0.capacity = (used + 3000, ENOSPC) }
        Self.record(60..<140, recorder, clock: clock)
        #expect(Self.eventually { volume.isFailing })
        // All that waits is dealt with before there is room again.
        #expect(Self.eventually { recorder.waitingBytes == 0 })
        disk.setFaults { $0.capacity = (.max, ENOSPC) }
        Self.record(140..<240, recorder, clock: clock)
        recorder.endRun(reason: .restart)
        volume.stop()
        let seen = events.withLock { $0 }
        #expect(seen.count == 2)
        guard case .failed(let failure, _)? = seen.first else {
            Issue.record("no failure was reported")
            return
        }
        #expect(failure.isFull && seen.last == .recovered(volume: "main"))
        let segments = try folder.segments("cam")
        #expect(segments.count == 2)
        for (name, index) in segments {
            let bytes = try folder.bytes("cam", name)
            #expect(index.fragments.last?.end ?? index.opened.initBytes == bytes.count)
            #expect(index.fragments.first?.startsWithKey == true)
        }
        let gap = try #require(try folder.gaps("cam").first { $0.reason == .disk })
        #expect(gap.from == segments.first?.index.fragments.last?.wallEnd)
        #expect(gap.to == segments.last?.index.fragments.first?.wall)
        #expect(recorder.counters.droppedFragments > 0)
    }

    @Test("a failed sync is reported and every camera goes on in a new segment")
    func failedSync() throws {
        let disk = SimulatedDisk("/sim")
        let folder = RecordingFolder(on: disk)
        let files = folder.files
        let clock = ManualClock()
        let events = Mutex<[VolumeEvent]>([])
        let settings = RecordingSettings(syncBeat: .milliseconds(50))
        let volume = RecordingVolumes(layout: folder.layout, files: files, clock: clock, settings: settings) { event in
            events.withLock { $0.append(event) }
        }
        volume.start()
        let recorder = try volume.recorder(cameraId: "cam")
        recorder.beginRun(info: SyntheticStream.info)
        // The error is another file's: nothing of the camera is lost.
        disk.setFaults {
            $0.syncCode = EIO
            $0.syncLoses = "/another/"
        }
        Self.record(0..<40, recorder, clock: clock)
        #expect(Self.eventually { events.withLock { !$0.isEmpty } })
        disk.setFaults { $0.syncCode = nil }
        Self.record(40..<120, recorder, clock: clock)
        recorder.endRun(reason: .restart)
        volume.stop()
        let segments = try folder.segments("cam")
        #expect(segments.count == 2)
        #expect(segments.reduce(0) { $0 + $1.index.fragments.reduce(0) { $0 + $1.sampleCount } } == 120)
        #expect(try folder.gaps("cam").allSatisfy { $0.reason != .disk })
    }

    @Test("a disk that hangs blocks nobody: the backlog is bounded, what is left out is a gap")
    func slowDisk() throws {
        let disk = SimulatedDisk("/sim")
        let folder = RecordingFolder(on: disk)
        let files = folder.files
        let clock = ManualClock()
        let settings = RecordingSettings(backlogBytes: 40_000)
        let volume = RecordingVolumes(layout: folder.layout, files: files, clock: clock, settings: settings)
        volume.start()
        let recorder = try volume.recorder(cameraId: "cam")
        recorder.beginRun(info: SyntheticStream.info)
        disk.setFaults { $0.isStuck = true }
        Self.record(0..<500, recorder, clock: clock)
        #expect(recorder.counters.droppedFragments > 10)
        #expect(recorder.waitingBytes <= 40_000)
        disk.setFaults { $0.isStuck = false }
        #expect(Self.eventually { recorder.waitingBytes == 0 })
        Self.record(500..<600, recorder, clock: clock)
        recorder.endRun(reason: .restart)
        volume.stop()
        let fragments = try folder.segments("cam").flatMap(\.index.fragments)
        let gap = try #require(try folder.gaps("cam").first { $0.reason == .disk })
        let next = try #require(fragments.first { $0.wall == gap.to })
        #expect(next.startsWithKey)
        #expect(fragments.contains { $0.wallEnd == gap.from })
    }

    @Test("a follower sees every entry once and in order, also when it starts again in the middle")
    func follower() throws {
        let folder = RecordingFolder()
        let clock = ManualClock()
        let settings = RecordingSettings(segmentLength: .seconds(2))
        let volume = RecordingVolumes(layout: folder.layout, clock: clock, settings: settings)
        volume.start()
        let recorder = try volume.recorder(cameraId: "cam")
        recorder.beginRun(info: SyntheticStream.info)
        var follower = JournalFollower(layout: folder.layout)
        var events: [JournalEvent] = []
        for part in 0..<10 {
            Self.record(part * 50..<part * 50 + 50, recorder, clock: clock)
            #expect(Self.eventually { recorder.waitingBytes == 0 })
            events += try follower.poll()
            if part == 5 { follower = JournalFollower(layout: folder.layout, position: follower.position) }
        }
        recorder.endRun(reason: .restart)
        volume.stop()
        for _ in 0..<20 { events += try follower.poll() }
        let expected = try folder.segments("cam")
        let followed = events.compactMap { event -> FragmentRecord? in
            if case .fragment(let record) = event.entry { return record }
            return nil
        }
        #expect(followed == expected.flatMap(\.index.fragments))
        let opened = events.filter { if case .segmentOpened = $0.entry { true } else { false } }
        #expect(opened.map(\.segment) == expected.map(\.name))
        #expect(events.contains { if case .gap(let gap) = $0.entry { gap.reason == .restart } else { false } })
    }

    @Test("wall times never overlap when the host's clock is set back between two runs")
    func clockSetBack() throws {
        let folder = RecordingFolder()
        let clock = ManualClock()
        let volume = RecordingVolumes(layout: folder.layout, clock: clock)
        volume.start()
        let recorder = try volume.recorder(cameraId: "cam")
        recorder.beginRun(info: SyntheticStream.info)
        Self.record(0..<100, recorder, clock: clock)
        recorder.endRun(reason: .closed)
        clock.stepWall(by: .seconds(-3))
        recorder.beginRun(info: SyntheticStream.info)
        Self.record(0..<100, recorder, clock: clock)
        recorder.endRun(reason: .restart)
        volume.stop()
        let fragments = try folder.segments("cam").flatMap(\.index.fragments)
        for (one, two) in zip(fragments, fragments.dropFirst()) { #expect(two.wall >= one.wallEnd - .milliseconds(1)) }
    }

    @Test("a disk that fills up in the middle of a journal line leaves no torn line and no fragment without its line")
    func fullInJournal() throws {
        for room in stride(from: 0, through: 2400, by: 60) {
            let disk = SimulatedDisk("/sim")
            let folder = RecordingFolder(on: disk)
            let files = folder.files
            let clock = ManualClock()
            let volume = RecordingVolumes(layout: folder.layout, files: files, clock: clock)
            volume.start()
            let recorder = try volume.recorder(cameraId: "cam")
            recorder.beginRun(info: SyntheticStream.info)
            Self.record(0..<30, recorder, clock: clock)
            #expect(Self.eventually { recorder.waitingBytes == 0 })
            // One fragment is some 8000 bytes: the end of the room falls into it, its line, or the lines of the failure.
            let used = disk.usedBytes
            disk.setFaults { $0.capacity = (used + 7200 + room, ENOSPC) }
            Self.record(30..<110, recorder, clock: clock)
            #expect(Self.eventually { volume.isFailing && recorder.waitingBytes == 0 })
            disk.setFaults { $0.capacity = (.max, ENOSPC) }
            Self.record(110..<200, recorder, clock: clock)
            recorder.endRun(reason: .restart)
            volume.stop()
            let segments = try folder.segments("cam")
            #expect(segments.count == 2, "\(room)")
            for (name, index) in segments {
                var reader = JournalReader(path: folder.layout.journal("cam", name), files: files)
                _ = try reader.readAll()
                #expect(reader.damagedLines == 0, "\(room)")
                #expect(index.closed != nil, "\(room)")
                let size = try folder.bytes("cam", name).count
                #expect(index.fragments.last?.end ?? index.opened.initBytes == size, "\(room)")
            }
            let full = try folder.gaps("cam").filter { $0.reason == .disk }
            #expect(full.count == 1 && full.first?.to == segments.last?.index.fragments.first?.wall, "\(room)")
        }
    }

    @Test("a gap that was left open although frames follow is ended at the next start")
    func staleGap() throws {
        let folder = RecordingFolder()
        let clock = ManualClock()
        let volume = RecordingVolumes(layout: folder.layout, clock: clock)
        volume.start()
        let recorder = try volume.recorder(cameraId: "cam")
        let opened = try #require(try folder.gaps("cam").first)
        recorder.beginRun(info: SyntheticStream.info)
        Self.record(0..<60, recorder, clock: clock)
        recorder.endRun(reason: .restart)
        volume.stop()
        let first = try #require(try folder.segments("cam").first?.index.fragments.first)
        // The line with the end is lost.
        let day = try #require(try RecordingCatalogue(layout: folder.layout).days("cam").first)
        let path = folder.layout.dayJournal("cam", day: day)
        try Data(JournalLine.encode(.gap(opened))).write(to: URL(filePath: path))
        let outcome = try SegmentRecovery(layout: folder.layout).recover(cameraId: "cam", now: clock.now())
        let gaps = try folder.gaps("cam")
        #expect(gaps.first { $0.from == opened.from }?.to == first.wall)
        #expect(outcome.openGap?.reason == .crash && outcome.openGap?.to == nil)
    }

    @Test("a camera whose journals can't be read is named, and the others are followed")
    func unreadable() throws {
        let disk = SimulatedDisk("/sim")
        let folder = RecordingFolder(on: disk)
        let clock = ManualClock()
        let files = folder.files
        let volume = RecordingVolumes(layout: folder.layout, files: files, clock: clock)
        volume.start()
        var follower = JournalFollower(layout: folder.layout, files: files)
        var recorders: [Recorder] = []
        for camera in ["a", "b", "c"] {
            let recorder = try volume.recorder(cameraId: camera)
            recorder.beginRun(info: SyntheticStream.info)
            Self.record(0..<30, recorder, clock: clock)
            recorders.append(recorder)
        }
        #expect(Self.eventually { recorders.allSatisfy { $0.waitingBytes == 0 } })
        disk.setFaults { $0.unreadable = "/b/" }
        let events = try follower.poll()
        #expect(Set(events.map(\.cameraId)) == ["a", "c"])
        #expect(follower.failures.keys.sorted() == ["b"] && follower.failures["b"]?.code == EIO)
        disk.setFaults { $0.unreadable = nil }
        let later = try follower.poll()
        #expect(Set(later.map(\.cameraId)) == ["b"] && follower.failures.isEmpty)
        for recorder in recorders { recorder.endRun(reason: .restart) }
        volume.stop()
    }

    @Test("a new camera and a new segment are seen at the next poll, and idle cameras cost no listing")
    func discovery() throws {
        let disk = SimulatedDisk("/sim")
        let folder = RecordingFolder(on: disk)
        let clock = ManualClock()
        let settings = RecordingSettings(segmentLength: .seconds(2))
        let files = folder.files
        let volume = RecordingVolumes(layout: folder.layout, files: files, clock: clock, settings: settings)
        volume.start()
        var follower = JournalFollower(layout: folder.layout, files: files)
        #expect(try follower.poll().isEmpty)
        for number in 0..<8 {
            let recorder = try volume.recorder(cameraId: "cam\(number)")
            recorder.beginRun(info: SyntheticStream.info)
            Self.record(0..<40, recorder, clock: clock)
            #expect(Self.eventually { recorder.waitingBytes == 0 })
            let events = try follower.poll()
            #expect(events.contains { $0.cameraId == "cam\(number)" && $0.segment != nil })
            recorder.endRun(reason: .restart)
        }
        volume.stop()
        // Folders' times lie back far enough to be trusted; segments that were closed are looked behind for a while.
        usleep(150_000)
        for _ in 0..<35 { _ = try follower.poll() }
        disk.resetCounts()
        _ = try follower.poll()
        #expect(disk.counts.listings == 0)
        let system = SystemClock()
        let start = system.monotonic()
        for _ in 0..<30 { _ = try follower.poll() }
        print("a poll costs \((system.monotonic() - start).microseconds / 240) µs per idle camera")
    }

    @Test("each segment says by how much the camera's own clock is ahead, as soon as the camera tells")
    func cameraClock() throws {
        let folder = RecordingFolder()
        let clock = ManualClock()
        let volume = RecordingVolumes(
            layout: folder.layout,
            clock: clock,
            settings: RecordingSettings(segmentLength: .seconds(4))
        )
        volume.start()
        let recorder = try volume.recorder(cameraId: "cam")
        func record(_ range: Range<Int>, ahead: Duration?) {
            for packet in SyntheticStream.packets(range) {
                var told = packet
                told.cameraTime = ahead.map { clock.now() + $0 }
                recorder.append(told)
                clock.advance(by: .milliseconds(40))
            }
        }
        recorder.beginRun(info: SyntheticStream.info)
        record(0..<50, ahead: nil)
        // The first report comes; an hour slow. Then somebody sets the camera right but for 2 s.
        record(50..<210, ahead: .seconds(-3600))
        record(210..<300, ahead: .seconds(2))
        recorder.endRun(reason: .closed)
        // Another connection, another camera perhaps, which tells nothing.
        recorder.beginRun(info: SyntheticStream.info)
        record(0..<50, ahead: nil)
        recorder.endRun(reason: .restart)
        volume.stop()
        let offsets = try folder.segments("cam").map(\.index.opened.clockOffsetMicros)
        #expect(offsets.map { ($0 ?? 0) / 10_000 } == [-360_000, -360_000, 200, 0] && offsets.last == .some(nil))
    }

    @Test("a run that is ahead of a clock that was set back says by how much, until it has caught up")
    func clockOffset() throws {
        let folder = RecordingFolder()
        let clock = ManualClock()
        let events = Mutex<[VolumeEvent]>([])
        let volume = RecordingVolumes(layout: folder.layout, clock: clock) { event in
            events.withLock { $0.append(event) }
        }
        volume.start()
        let recorder = try volume.recorder(cameraId: "cam")
        recorder.beginRun(info: SyntheticStream.info)
        Self.record(0..<50, recorder, clock: clock)
        #expect(recorder.counters.clockOffset == 0)
        clock.stepWall(by: .milliseconds(-1500))
        Self.record(50..<100, recorder, clock: clock)
        #expect((1_400_000...1_500_000).contains(recorder.counters.clockOffset))
        #expect(events.withLock { $0 } == [.clockSetBack(cameraId: "cam", by: .milliseconds(1500))])
        // 500 ppm: half a second, the part that is noticed, takes a thousand.
        Self.record(100..<40_000, recorder, clock: clock)
        #expect(recorder.counters.clockOffset == 0)
        // A run that has to begin behind the one before, because of a longer step, says so too.
        recorder.endRun(reason: .closed)
        clock.stepWall(by: .seconds(-60))
        recorder.beginRun(info: SyntheticStream.info)
        Self.record(0..<10, recorder, clock: clock)
        #expect(recorder.counters.clockOffset > 50_000_000)
        recorder.endRun(reason: .restart)
        volume.stop()
    }
}
