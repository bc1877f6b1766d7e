import Domain
import Foundation
import Media
import TestSupport
import Testing

@testable import Recording

@Suite("what an audit finds")
struct AuditTests {
    /// 1,000 under `GRIDWATCH_SOAK`.
    static let flips = ProcessInfo.processInfo.environment["GRIDWATCH_SOAK"] == nil ? 150 : 1000

    /// Two volumes with twelve seconds of a camera, in order.
    private static func recorded() throws -> (RecordingRig, [SegmentName]) {
        let rig = RecordingRig(disks: 2, seed: 1, settings: Recording.RecordingSettings(segmentLength: .seconds(2)))
        try rig.begin(["a": 5])
        rig.run(.seconds(12))
        rig.end()
        let names = try rig.folder().segments("a").map(\.name)
        #expect(names.count >= 5 && Set(names.map(\.volume)).count == 2)
        return (rig, names)
    }

    private static func disk(_ rig: RecordingRig, _ name: SegmentName) -> SimulatedDisk {
        rig.disks[name.volume == "main" ? 0 : 1]
    }

    @Test("a flipped bit anywhere in a segment or its journal is found, in that segment")
    func bits() throws {
        let (rig, names) = try Self.recorded()
        let audit = RecordingAudit(layout: rig.layout, files: rig.files)
        #expect(try audit.check(cameraId: "a", .everything) == [])
        var random = SeededRandom(seed: 5)
        for flip in 0..<Self.flips {
            let name = names[Int.random(in: 0..<names.count, using: &random)]
            let path = flip % 4 == 0 ? rig.layout.journal("a", name) : rig.layout.segment("a", name)
            let size = try #require(try rig.files.size(path))
            let offset = Int.random(in: 0..<size, using: &random)
            Self.disk(rig, name).flipBit(path, at: offset)
            let found = try audit.check(cameraId: "a", .everything)
            #expect(found.first?.segment == name, "\(path) at \(offset): \(found)")
            #expect(found.contains { $0.segment == name && !$0.kind.isAdmitted || $0.kind == .unfinished })
            Self.disk(rig, name).flipBit(path, at: offset)
        }
        #expect(try audit.check(cameraId: "a", .everything) == [])
    }

    @Test("sound that drifts back against the pictures is in order")
    func driftingSound() throws {
        let folder = RecordingFolder()
        let clock = ManualClock()
        let volume = RecordingVolumes(layout: folder.layout, clock: clock)
        volume.start()
        let recorder = try volume.recorder(cameraId: "cam")
        var info = SyntheticStream.info
        info.audio = AudioInfo(codec: .alaw, sampleRate: 8000, channels: 1)
        recorder.beginRun(info: info)
        // Each frame of 40 ms begins 2 % before the last one ends, as `AudioTimeline` lays them.
        for packet in SyntheticStream.packets(0..<100) {
            recorder.append(packet)
            let ticks = packet.ptsTicks / 3600 * 3528
            let sound = [UInt8](repeating: 1, count: 320)
            recorder.append(
                Packet(
                    track: .audio,
                    bytes: sound,
                    ptsTicks: ticks,
                    dtsTicks: ticks,
                    durationTicks: 3600,
                    isKey: true
                )
            )
            clock.advance(by: .milliseconds(40))
        }
        recorder.endRun(reason: .closed)
        volume.stop()
        #expect(try RecordingAudit(layout: folder.layout).check(cameraId: "cam", .everything) == [])
    }

    enum Damage: CaseIterable {
        case journalGone, fileGone, cut, grown, unclosed, copied, exchanged
    }

    @Test("damage is called by its name", arguments: Damage.allCases)
    func damages(damage: Damage) throws {
        let (rig, names) = try Self.recorded()
        let name = names[2]
        let (path, journal) = (rig.layout.segment("a", name), rig.layout.journal("a", name))
        let disk = Self.disk(rig, name)
        func bytes(_ path: String) throws -> [UInt8] {
            try rig.files.read(path, offset: 0, count: try rig.files.size(path) ?? 0)
        }
        func write(_ bytes: [UInt8], _ path: String) throws {
            disk.lose(path)
            try rig.files.create(path).append(bytes)
        }
        let expected: [AuditFinding.Kind]
        switch damage {
        case .journalGone:
            disk.lose(journal)
            expected = [.missingJournal]
        case .fileGone:
            disk.lose(path)
            expected = [.missingFile]
        case .cut:
            try write(try bytes(path).dropLast(100), path)
            expected = [.missingBytes]
        case .grown:
            try write(try bytes(path) + [0], path)
            expected = [.trailingBytes]
        case .unclosed:
            let lines = try bytes(journal).split(separator: 10).dropLast().flatMap { $0 + [10] }
            try write(Array(lines), journal)
            expected = [.unfinished]
        case .copied:
            // The same pictures a second time, under the name of a later time.
            let copy = SegmentName(startedAt: rig.clock.now() + .seconds(60), volume: name.volume)
            for (from, to) in [(path, rig.layout.segment("a", copy)), (journal, rig.layout.journal("a", copy))] {
                try rig.files.create(to).append(try bytes(from))
            }
            expected = [.overlap]
        case .exchanged:
            // A journal made anew for pictures that were exchanged: the chain of the next segment tells.
            var index = try #require(
                try FragmentIndex.journal(cameraId: "a", name: name, layout: rig.layout, files: rig.files)
            )
            let dropped = index.fragments.removeLast()
            try write(Array(try bytes(path).prefix(dropped.offset)), path)
            let end = try #require(index.fragments.last)
            let closed = SegmentClosed(
                cause: .rotated,
                endedAt: end.wallEnd,
                fragmentCount: index.fragments.count,
                sizeBytes: end.end,
                head: index.head
            )
            let fragments = index.fragments.map { JournalEntry.fragment($0) }
            let entries = [.segmentOpened(index.opened)] + fragments + [.segmentClosed(closed)]
            try write(entries.flatMap { JournalLine.encode($0) }, journal)
            expected = [.brokenLink]
        }
        for depth in [SegmentAudit.Depth.journals, .everything] {
            let found = try RecordingAudit(layout: rig.layout, files: rig.files).check(cameraId: "a", depth)
            #expect(found.map(\.kind) == expected, "\(found)")
            if damage != .copied, damage != .exchanged { #expect(found.first?.segment == name) }
        }
    }
}
