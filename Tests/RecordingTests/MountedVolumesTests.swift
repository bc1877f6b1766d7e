import Domain
import Foundation
import Media
import Synchronization
import TestSupport
import Testing

@testable import Recording

@Suite("two mounted volumes", .serialized)
struct MountedVolumesTests {
    @Test("holds are copied to each volume once, also after lines that it missed or tore")
    func holdCopies() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gw-copies-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let (layout, files) = (RecordingLayout(dataDirectory: folder.path), SystemFiles())
        try files.createDirectory(folder.appending(path: "b").path)
        try files.createDirectory(layout.root)
        try files.link(layout.volumeLink("b"), to: folder.appending(path: "b").path)
        _ = try files.create(layout.volumeMarker("b"))
        let journal = HoldsJournal(layout: layout)
        let copy = layout.holdsCopy(volume: "b")
        func hold(_ id: String) throws {
            let time = WallTime(microseconds: 1_795_000_000_000_000)
            try journal.append(
                HoldRecord(
                    id: id,
                    cameraId: "a",
                    from: time,
                    to: time + .seconds(1),
                    reason: "r",
                    by: "m",
                    createdAt: time
                )
            )
        }
        try hold("one")
        try files.open(copy).append(Array("torn".utf8))
        for number in 0..<30 { try hold("h\(number)") }
        let whole = try #require(try files.size(layout.holdsJournal))
        let copied = try #require(try files.size(copy))
        #expect(copied == whole + "torn\n".utf8.count)
        #expect(try journal.load().count == 31)
    }

    @Test("only of cameras that this process writes it is known which segments are finished")
    func finished() throws {
        let rig = RecordingRig(disks: 1, seed: 4)
        let folder = FileManager.default.temporaryDirectory.appending(path: "gw-finished-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let layout = RecordingLayout(dataDirectory: folder.path)
        let settings = Recording.RecordingSettings(segmentLength: .seconds(1))
        let (own, other) = (
            RecordingVolumes(layout: layout, clock: rig.clock, settings: settings),
            RecordingVolumes(layout: layout, clock: rig.clock, settings: settings)
        )
        own.start()
        other.start()
        defer {
            own.stop()
            other.stop()
        }
        let recorder = try own.recorder(cameraId: "one")
        recorder.beginRun(info: SyntheticStream.info)
        for packet in SyntheticStream.packets(0..<200) {
            recorder.append(packet)
            rig.clock.advance(by: .milliseconds(40))
        }
        while recorder.waitingBytes > 0 { usleep(1000) }
        let names = try RecordingFolder(existing: layout, SystemFiles()).segments("one").map(\.name)
        try #require(names.count > 2)
        #expect(names.dropLast().allSatisfy { own.hasFinished("one", $0) })
        #expect(names.last.map { own.hasFinished("one", $0) } == false, "it is being written")
        #expect(names.allSatisfy { !other.hasFinished("one", $0) }, "another process doesn't know")
        recorder.endRun(reason: .restart)
    }

    @Test("a volume without a disk of its own is not written to, until one is mounted or the site says that it may")
    func unmounted() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gw-shared-\(UUID().uuidString)")
        let place = folder.appending(path: "b")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let layout = RecordingLayout(dataDirectory: folder.path, volumes: ["b": place.path])
        let log = RecordingRig.EventLog()
        func begin(_ layout: RecordingLayout, sharing: Set<String> = []) -> RecordingVolumes {
            var settings = Recording.RecordingSettings()
            settings.sharingVolumes = sharing
            let volumes = RecordingVolumes(layout: layout, settings: settings) { event in
                log.seen.withLock { $0.append(event) }
            }
            volumes.start()
            return volumes
        }
        func record(_ volumes: RecordingVolumes) throws -> Set<String> {
            for camera in ["one", "two"] {
                let recorder = try volumes.recorder(cameraId: camera)
                recorder.beginRun(info: SyntheticStream.info)
                for packet in SyntheticStream.packets(0..<50) { recorder.append(packet) }
                recorder.endRun(reason: .restart)
            }
            volumes.stop()
            let recorded = RecordingFolder(existing: volumes.layout, SystemFiles())
            let names = try ["one", "two"].compactMap { try recorded.segments($0).last?.name }
            #expect(names.count == 2)
            return Set(names.map(\.volume))
        }
        let unmounted = begin(layout)
        #expect(unmounted.statuses().map(\.state) == [.ok, .missing])
        let problem = unmounted.statuses().last?.failure?.description ?? ""
        for part in [place.path, "Mount the disk", "sameDevice: true"] { #expect(problem.contains(part), "\(problem)") }
        #expect(log.seen.withLock { $0.contains { if case .failed(_, "b") = $0 { true } else { false } } })
        #expect(try record(unmounted) == ["main"], "the cameras are recorded where there is a disk")
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path).isEmpty)

        let sharing = begin(layout, sharing: ["b"])
        #expect(sharing.statuses().map(\.state) == [.ok, .ok])
        #expect(try record(sharing) == ["main", "b"])
        let known = begin(layout)
        #expect(known.statuses().map(\.state) == [.ok, .ok], "what was recorded on once is known")
        known.stop()

        guard let disk = SmallVolume(megabytes: 16) else {
            print("skipped: mounting small volumes is not permitted here")
            return
        }
        disk.unmount()
        let other = folder.appending(path: "other")
        let clock = ManualClock()
        let late = RecordingVolumes(
            layout: RecordingLayout(dataDirectory: other.path, volumes: ["c": disk.folder.path]),
            clock: clock
        )
        late.prepare()
        #expect(late.statuses().map(\.state) == [.ok, .missing])
        #expect(disk.mount())
        clock.advance(by: .seconds(11))
        late.retry(1)
        #expect(late.statuses().map(\.state) == [.ok, .ok])
        late.start()
        #expect(try record(late) == ["main", "c"])
    }

    @Test("a disk that is mounted anew is the one that is synced")
    func mountedAnew() throws {
        guard let disk = SmallVolume(megabytes: 2) else {
            print("skipped: mounting small volumes is not permitted here")
            return
        }
        let descriptors = VolumeDescriptors()
        let first = try descriptors.descriptor(disk.folder.path)
        #expect(try descriptors.descriptor(disk.folder.path) == first)
        disk.unmount()
        #expect(disk.mount())
        let second = try descriptors.descriptor(disk.folder.path)
        var (mounted, opened) = (stat(), stat())
        #expect(stat(disk.folder.path, &mounted) == 0 && fstat(second, &opened) == 0)
        #expect(mounted.st_dev == opened.st_dev)
    }

    @Test("a real volume that runs full hands its cameras over to the other one, and not a frame goes unaccounted for")
    func full() throws {
        guard let small = SmallVolume(megabytes: 4), let large = SmallVolume(megabytes: 64) else {
            print("skipped: mounting small volumes is not permitted here")
            return
        }
        let layout = RecordingLayout(dataDirectory: small.folder.path, volumes: ["b": large.folder.path])
        let clock = ManualClock()
        let settings = Recording.RecordingSettings(
            segmentLength: .seconds(20),
            syncBeat: .milliseconds(100),
            hangLimit: .seconds(600)
        )
        let volumes = RecordingVolumes(layout: layout, clock: clock, settings: settings)
        volumes.start()
        #expect(volumes.statuses().map(\.state) == [.ok, .ok])
        let cameras = ["a", "b", "c"]
        var recorders: [Recorder] = []
        for camera in cameras {
            let recorder = try volumes.recorder(cameraId: camera)
            recorder.beginRun(info: SyntheticStream.info)
            recorders.append(recorder)
        }
        // 100 KB a second of 3 cameras: the small one is full after a while, whatever part of them it gets.
        for second in 0..<100 {
            for packet in SyntheticStream.packets(second * 25..<second * 25 + 25) {
                for recorder in recorders {
                    var packet = packet
                    packet.bytes += [UInt8](repeating: 9, count: 3000)
                    packet.bytes.replaceSubrange(0..<4, with: [0, 0, 0x0E, 0x0C])
                    recorder.append(packet)
                }
                clock.advance(by: .milliseconds(40))
            }
            for _ in 0..<2000 where volumes.waitingBytes > 0 { usleep(1000) }
            if second == 30 { try small.fill(leaving: 100_000) }
        }
        #expect(volumes.statuses().map(\.state) == [.full, .ok])
        for recorder in recorders { recorder.endRun(reason: .restart) }
        volumes.stop()
        let files = SystemFiles()
        for camera in cameras {
            let folder = RecordingFolder(existing: layout, files)
            let segments = try folder.segments(camera)
            #expect(segments.last?.name.volume == "b", "\(camera)")
            #expect(try RecordingAudit(layout: layout).check(cameraId: camera, .everything) == [], "\(camera)")
            let gaps = try folder.gaps(camera).filter { $0.to != $0.from }
            let fragments = segments.flatMap(\.index.fragments)
            for (one, two) in zip(fragments, fragments.dropFirst()) where two.wall - one.wallEnd > .milliseconds(1) {
                #expect(
                    gaps.contains { $0.from == one.wallEnd && $0.to == two.wall && $0.reason == .disk },
                    "\(camera)"
                )
            }
        }
        let places = try cameras.flatMap {
            try RecordingFolder(existing: layout, files).segments($0).map(\.name.volume)
        }
        #expect(places.contains("main"))
    }
}
