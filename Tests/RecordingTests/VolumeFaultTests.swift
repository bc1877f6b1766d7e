import Domain
import Foundation
import Media
import Synchronization
import TestSupport
import Testing

@testable import Recording

@Suite("volumes that fail, fill up, hang and are slow")
struct VolumeFaultTests {
    /// 1,000 under `GRIDWATCH_SOAK`.
    static let histories = RecordingRig.seeds(60, many: 1000)

    @Test("whatever the disks do, all time is told of, nothing is claimed that isn't there, and the backlog is bounded")
    func anyFaults() throws {
        let settings = Recording.RecordingSettings(
            segmentLength: .seconds(4),
            backlogBytes: 150_000,
            volumeBacklogBytes: 300_000,
            retryAfter: .seconds(3)
        )
        let cameras = ["a": 9, "b": 5, "c": 5, "d": 0]
        var dropped = [String: Int]()
        for seed in Self.histories {
            var random = SeededRandom(seed: UInt64(seed) &* 977)
            let rig = RecordingRig(disks: 1 + seed % 3, seed: UInt64(seed), settings: settings)
            try rig.begin(cameras)
            for _ in 0..<6 {
                let disk = rig.disks[Int.random(in: 0..<rig.disks.count, using: &random)]
                let used = disk.usedBytes
                let room = Int.random(in: 0..<40_000, using: &random)
                let call = disk.counts.changes + Int.random(in: 0..<40, using: &random)
                let camera = cameras.keys.sorted()[Int.random(in: 0..<4, using: &random)]
                switch Int.random(in: 0..<6, using: &random) {
                case 0: disk.setFaults { $0.writeCode = EIO }
                case 1: disk.setFaults { $0.capacity = (used + room, ENOSPC) }
                case 2:
                    disk.setFaults {
                        $0.syncCode = EIO
                        $0.syncLoses = "/\(camera)/"
                    }
                case 3: disk.setFaults { $0.syncCode = EIO }
                case 4: disk.setFaults { $0.bytesPerSecond = 20_000 }
                default: disk.setFaults { $0.failing = (call, 3, EIO) }
                }
                rig.run(.milliseconds(Int.random(in: 500..<5000, using: &random))) {
                    let statuses = rig.volumes.waitingBytes
                    // A bound for each volume, and the one fragment that may always be taken.
                    #expect(statuses <= rig.disks.count * (settings.volumeBacklogBytes + 20_000), "\(seed)")
                    for recorder in rig.recorders.values {
                        #expect(recorder.waitingBytes <= settings.backlogBytes, "\(seed)")
                    }
                    return true
                }
                disk.setFaults { $0 = SimulatedDisk.Faults() }
                rig.run(.milliseconds(Int.random(in: 0..<4000, using: &random)))
            }
            rig.run(.seconds(8))
            for (camera, recorder) in rig.recorders {
                dropped[camera, default: 0] += recorder.counters.droppedFragments
            }
            #expect(!rig.volumes.isFailing, "\(seed): \(rig.volumes.statuses())")
            rig.end()
            if seed % 2 == 0 {
                rig.cutPower()
                try rig.begin(cameras, after: .power)
            }
            for camera in cameras.keys.sorted() {
                let findings = try rig.findings(camera).map { "\($0.kind) \($0.path) \($0.offset ?? -1)" }
                if !findings.isEmpty { try print(rig.journals(camera)) }
                #expect(findings == [], "seed \(seed)")
                let errors = try rig.accountingErrors(camera)
                #expect(errors == [], "seed \(seed)")
            }
        }
        let lost = dropped.sorted { $0.key < $1.key }
        print("fragments left out in \(Self.histories.count) histories of faults: \(lost)")
    }

    @Test("a disk that is too slow costs pictures of the least important cameras first")
    func leastImportantFirst() throws {
        let settings = Recording.RecordingSettings(
            segmentLength: .seconds(60),
            backlogBytes: 400_000,
            volumeBacklogBytes: 400_000
        )
        let cameras = ["p9": 9, "p7": 7, "p5": 5, "p0": 0]
        let rig = RecordingRig(disks: 1, seed: 1, settings: settings)
        try rig.begin(cameras)
        rig.run(.seconds(5))
        // A camera takes some 19,000 bytes a second with its journal: room for two and a half.
        rig.disks[0].setFaults { $0.bytesPerSecond = 48_000 }
        rig.run(.seconds(60)) {
            #expect(rig.volumes.waitingBytes <= settings.volumeBacklogBytes)
            return true
        }
        let dropped = rig.recorders.mapValues(\.counters.droppedFragments)
        print("left out by a disk for 2.5 of 4 cameras: \(dropped.sorted { $0.key < $1.key })")
        #expect(dropped["p9"] == 0 && dropped["p7"] == 0)
        #expect(dropped["p0", default: 0] > 60 && dropped["p5", default: 0] > 10)
        #expect(dropped["p0", default: 0] > dropped["p5", default: 0])
        rig.disks[0].setFaults { $0.bytesPerSecond = nil }
        rig.run(.seconds(5))
        rig.end()
        for camera in cameras.keys.sorted() {
            let findings = try rig.findings(camera).map { "\($0.kind) \($0.path)" }
            #expect(findings == [])
            let errors = try rig.accountingErrors(camera)
            #expect(errors == [])
            let disk = try rig.folder().gaps(camera).filter { $0.reason == .disk }
            #expect(disk.isEmpty == ["p9", "p7"].contains(camera), "\(camera) \(disk)")
        }
    }

    /// What the failure of a volume is.
    enum Failure: String, CaseIterable {
        case eio, full, sync, away
    }

    @Test(
        "a volume that fails hands its cameras over at their next key frames, and is used again",
        arguments: Failure.allCases
    )
    func handOver(failure: Failure) throws {
        let settings = Recording.RecordingSettings(segmentLength: .seconds(600), retryAfter: .seconds(5))
        let rig = RecordingRig(disks: 2, seed: 1, settings: settings)
        let cameras = ["a": 9, "b": 5, "c": 5, "d": 0]
        try rig.begin(cameras)
        rig.run(.seconds(6))
        let newest = try cameras.keys.map { try #require(try rig.folder().segments($0).last?.name) }
        #expect(Set(newest.map(\.volume)) == ["main", "v1"], "cameras spread over the volumes")
        let disk = rig.disks[1]
        let used = disk.usedBytes
        disk.setFaults {
            switch failure {
            case .eio: $0.writeCode = EIO
            case .full: $0.capacity = (used + 5000, ENOSPC)
            case .sync: $0.syncCode = EIO
            case .away: $0.isAway = true
            }
        }
        rig.run(.seconds(6))
        let statuses = rig.volumes.statuses()
        #expect(statuses.map(\.state) == [.ok, failure == .full ? .full : failure == .away ? .missing : .failing])
        let events = rig.events.seen.withLock { $0 }
        #expect(events.filter { if case .failed(_, "v1") = $0 { true } else { false } }.count == 1)
        for (camera, recorder) in rig.recorders {
            #expect(try #require(try rig.folder().segments(camera).last?.name.volume) == "main", "\(camera)")
            // Two groups of pictures at most: the one in which it failed, and the one in which that was noticed.
            #expect(recorder.counters.droppedFragments <= 4, "\(camera)")
        }
        disk.setFaults { $0 = SimulatedDisk.Faults() }
        rig.run(.seconds(12))
        #expect(rig.volumes.statuses().map(\.state) == [.ok, .ok])
        #expect(rig.events.seen.withLock { $0.contains(.recovered(volume: "v1")) })
        rig.end()
        // A new process spreads them again.
        try rig.begin(cameras)
        rig.run(.seconds(3))
        rig.end()
        for camera in cameras.keys.sorted() {
            let findings = try rig.findings(camera).map { "\($0.kind) \($0.path)" }
            #expect(findings == [])
            let errors = try rig.accountingErrors(camera)
            #expect(errors == [])
        }
        let last = try cameras.keys.map { try #require(try rig.folder().segments($0).last?.name.volume) }
        #expect(Set(last) == ["main", "v1"])
    }

    @Test("a camera that was given a volume is recorded there while that works")
    func givenVolume() throws {
        let settings = Recording.RecordingSettings(segmentLength: .seconds(2), retryAfter: .seconds(3))
        let rig = RecordingRig(disks: 3, seed: 1, settings: settings)
        try rig.begin(["a": 5, "b": 5, "c": 5])
        rig.volumes.setPreferredVolumes(["a": "v2", "b": "v2", "c": "gone"])
        rig.run(.seconds(8))
        func places(_ camera: String) throws -> [String] { try rig.folder().segments(camera).map(\.name.volume) }
        #expect(try Set(places("a")) == ["v2"] && Set(places("b")) == ["v2"])
        #expect(try !places("c").contains("v2"), "the one without a volume goes where there is least")
        rig.disks[2].setFaults { $0.writeCode = EIO }
        rig.run(.seconds(6))
        #expect(try places("a").last != "v2")
        rig.disks[2].setFaults { $0.writeCode = nil }
        rig.run(.seconds(10))
        #expect(try places("a").last == "v2" && places("b").last == "v2")
        rig.end()
        #expect(try rig.accountingErrors("a") == [])
    }

    @Test("a volume that isn't mounted is not written to, and is taken up when it comes")
    func notMounted() throws {
        let settings = Recording.RecordingSettings(segmentLength: .seconds(3), retryAfter: .seconds(2))
        let rig = RecordingRig(disks: 2, seed: 1, settings: settings)
        try rig.begin(["a": 5, "b": 5])
        rig.run(.seconds(5))
        rig.end()
        let used = rig.disks[1].usedBytes
        #expect(used > 0 && rig.files.linkTarget(rig.layout.root + "/@v1") == "/disk1/recordings")
        // Its mount point is there, empty.
        rig.disks[1].setFaults { $0.isAway = true }
        try rig.begin(["a": 5, "b": 5])
        rig.run(.seconds(8))
        #expect(rig.volumes.statuses().map(\.state) == [.ok, .missing])
        #expect(rig.disks[1].usedBytes == used)
        #expect(try RecordingCatalogue(layout: rig.layout, files: rig.files).unreachableVolumes() == ["v1"])
        rig.disks[1].setFaults { $0.isAway = false }
        rig.run(.seconds(12))
        #expect(rig.volumes.statuses().map(\.state) == [.ok, .ok] && rig.disks[1].usedBytes > used)
        rig.end()
        for camera in ["a", "b"] {
            // Nor can the segment that is the newest there be linked to.
            let findings = try rig.findings(camera).map(\.kind).filter { $0 != .missingLink }
            #expect(findings == [])
            // What lies on a volume that isn't there can't be known: a gap line may reach into it.
            let errors = try rig.accountingErrors(camera).filter {
                !$0.contains("nothing tells") && !$0.contains("in the gap")
            }
            #expect(errors == [])
        }
    }

    @Test("a disk that doesn't answer any more keeps no camera from going on elsewhere")
    func hang() throws {
        let disks = [SimulatedDisk("/main"), SimulatedDisk("/b")]
        let files = SimulatedDisks(disks)
        let layout = RecordingLayout(dataDirectory: "/main/data", volumes: ["b": "/b"])
        let clock = ManualClock()
        let settings = Recording.RecordingSettings(segmentLength: .seconds(600), hangLimit: .milliseconds(300))
        let volumes = RecordingVolumes(layout: layout, files: files, clock: clock, settings: settings)
        volumes.start()
        var recorders: [Recorder] = []
        for camera in 0..<4 {
            let recorder = try volumes.recorder(cameraId: "cam\(camera)")
            recorder.beginRun(info: SyntheticStream.info)
            recorders.append(recorder)
        }
        var picture = 0
        func record(_ count: Int) {
            for packet in SyntheticStream.packets(picture..<picture + count) {
                for recorder in recorders { recorder.append(packet) }
                clock.advance(by: .milliseconds(40))
            }
            picture += count
        }
        func settled() -> Bool {
            for _ in 0..<2000 where volumes.waitingBytes > 0 { usleep(5000) }
            return volumes.waitingBytes == 0
        }
        record(60)
        #expect(settled())
        let folder = RecordingFolder(existing: layout, files)
        let there = try (0..<4).filter { try folder.segments("cam\($0)").last?.name.volume == "b" }
        #expect(!there.isEmpty)
        disks[1].setFaults { $0.isStuck = true }
        record(50)
        usleep(400_000)
        // Noticed with the next fragment; the key frames behind it open segments on the other disk.
        record(100)
        var isElsewhere = false
        for _ in 0..<2000 where !isElsewhere {
            isElsewhere = try (0..<4).allSatisfy { try folder.segments("cam\($0)").last?.name.volume == "main" }
            usleep(5000)
        }
        #expect(isElsewhere)
        #expect(volumes.statuses().map(\.state) == [.ok, .failing])
        disks[1].setFaults { $0.isStuck = false }
        record(100)
        for recorder in recorders { recorder.endRun(reason: .restart) }
        volumes.stop()
        // What the disk had taken and not told of is closed by the next start.
        for camera in 0..<4 {
            _ = try SegmentRecovery(layout: layout, files: files).recover(cameraId: "cam\(camera)", now: clock.now())
            let findings = try RecordingAudit(layout: layout, files: files).check(cameraId: "cam\(camera)", .everything)
            #expect(findings.filter { $0.kind != .lostTail } == [], "cam\(camera)")
        }
    }

    @Test("a recording that lost its closing line to a full disk gets it when there is room, whatever came between")
    func closingLater() throws {
        let rig = RecordingRig(disks: 1, seed: 4, settings: Recording.RecordingSettings(segmentLength: .seconds(3)))
        try rig.begin(["a": 5])
        for round in 0..<20 {
            rig.run(.seconds(2))
            let used = rig.disks[0].usedBytes
            rig.disks[0].setFaults { $0.capacity = (used + 100 + round * 37, ENOSPC) }
            rig.run(.seconds(3))
            rig.disks[0].setFaults { $0.capacity = (.max, ENOSPC) }
        }
        rig.run(.seconds(3))
        rig.end()
        #expect(try rig.findings("a") == [])
        #expect(try rig.accountingErrors("a") == [])
    }
}
