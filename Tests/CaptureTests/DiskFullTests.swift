import Domain
import Foundation
import Recording
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@testable import Capture

@Suite("A full disk", .serialized) struct DiskFullTests {
    /// What the threads that deal with disks have computed. Other suites run in this process, but theirs write little.
    private static func diskThreadTime() -> Duration {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        var ticks = 0
        for id in names {
            let stat = (try? String(contentsOfFile: "/proc/self/task/\(id)/stat", encoding: .utf8)) ?? ""
            // proc(5): the name in parentheses, then the state; utime and stime are fields 14 and 15.
            guard let name = stat.split(separator: "(").last?.split(separator: ")").first,
                ["space", "gw-writer", "gw-sync"].contains(String(name))
            else { continue }
            let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
            ticks += fields.dropFirst(11).prefix(2).reduce(0) { $0 + (Int($1) ?? 0) }
        }
        return .milliseconds(ticks * 1000 / Int(sysconf(Int32(_SC_CLK_TCK))))
    }

    @Test("room is made from the lowest priority; with only holds left recording stops, and goes on when there is room")
    func full() async throws {
        guard let volume = SmallVolume(megabytes: 48) else {
            print("skipped: mounting a small volume is not permitted here")
            return
        }
        let outside = FileManager.default.temporaryDirectory.appending(path: "gw-clip-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: outside) }
        let clip = try RecordedFiles.makeClip(bitRate: 4_000_000, in: outside)
        var cameras = ["high", "low"].map { RunningCapture.camera($0, "file:\(clip.path)") }
        cameras[0].record.priority = 9
        cameras[1].record.priority = 1
        let capture = try RunningCapture(
            cameras,
            segmentSeconds: 1.5,
            data: volume.folder,
            floorBytes: 4 << 20
        )
        func names(_ camera: String) -> [String] { capture.segments(camera).map(\.lastPathComponent) }
        #expect(await eventually(within: .seconds(20)) { names("low").count >= 4 && names("high").count >= 4 })

        // Somebody else takes the room: the oldest of the lowest priority goes, and both are recorded on.
        let before = (low: names("low"), high: names("high"))
        try volume.fill(leaving: 5 << 20)
        #expect(await eventually(within: .seconds(15)) { !names("low").contains(before.low[1]) })
        let meanwhile = names("low")
        #expect(names("high").starts(with: before.high))
        #expect(meanwhile == meanwhile.sorted() && !meanwhile.isEmpty)
        #expect(capture.statistics?.diskFailing != true)
        let newest = names("high")
        #expect(await eventually(within: .seconds(10)) { names("high").count > newest.count })

        // Everything is held: nothing may go, so recording stops.
        let holds = HoldsJournal(layout: RecordingLayout(dataDirectory: volume.folder.path))
        let (past, future) = (WallTime.epoch, SystemClock().now() + .seconds(3600))
        for id in ["low", "high"] {
            try holds.append(
                HoldRecord(id: id, cameraId: id, from: past, to: future, reason: "", by: "x", createdAt: past)
            )
        }
        let held = (low: names("low"), high: names("high"))
        try volume.fill(leaving: 0)
        #expect(await eventually(within: .seconds(10)) { capture.statistics?.diskFailing == true })
        try await Task.sleep(for: .seconds(2))
        let stopped = (low: names("low"), high: names("high"))
        let cpu = Self.diskThreadTime()
        try await Task.sleep(for: .seconds(4))
        #expect(Self.diskThreadTime() - cpu < .seconds(2), "no busy loop on a full disk")
        #expect(names("low") == stopped.low && names("high") == stopped.high, "nothing is begun on a full disk")
        #expect(stopped.low.starts(with: held.low.dropLast()) && stopped.high.starts(with: held.high.dropLast()))
        #expect(capture.status("high")?.state == .live, "the connections stay")
        #expect(capture.statistics?.diskFailing == true)

        // Room comes back by itself.
        try volume.makeRoom()
        let clock = ContinuousClock()
        let freed = clock.now
        #expect(
            await eventually(within: .seconds(10)) {
                names("low").count > stopped.low.count && names("high").count > stopped.high.count
            }
        )
        print("recording goes on \(clock.now - freed) after there is room again")
        #expect(await eventually(within: .seconds(10)) { capture.statistics?.diskFailing == false })
        try await Task.sleep(for: .seconds(3))
        #expect(await capture.stop()?.code == 0)
        for camera in ["low", "high"] { try check(camera, in: volume.folder, clip: clip) }
    }

    @Test(
        "a volume on which every camera has one segment and nothing is held doesn't stay full; removed cameras go too"
    )
    func onlyNewest() async throws {
        guard let volume = SmallVolume(megabytes: 24) else {
            print("skipped: mounting a small volume is not permitted here")
            return
        }
        let outside = FileManager.default.temporaryDirectory.appending(path: "gw-clip-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: outside) }
        let clip = try RecordedFiles.makeClip(bitRate: 8_000_000, in: outside)
        let cameras = ["one", "two"].map { RunningCapture.camera($0, "file:\(clip.path)") }
        let capture = try RunningCapture(cameras, data: volume.folder, floorBytes: 6 << 20)
        let layout = RecordingLayout(dataDirectory: volume.folder.path)
        func names(_ camera: String) -> [String] { capture.segments(camera).map(\.lastPathComponent) }
        func size(_ camera: String) -> Int {
            capture.segments(camera).last.flatMap { try? SystemFiles().size($0.path) } ?? 0
        }
        #expect(await eventually(within: .seconds(30)) { size("one") > 4 << 20 && size("two") > 4 << 20 })
        let first = (one: names("one"), two: names("two"))
        #expect(first.one.count == 1 && first.two.count == 1)

        // What both are writing may not be deleted, so both stop; then it is closed, goes, and both go on.
        try volume.fill(leaving: 0)
        #expect(await eventually(within: .seconds(10)) { capture.statistics?.diskFailing == true })
        #expect(
            await eventually(within: .seconds(20)) {
                [("one", first.one), ("two", first.two)].allSatisfy { camera, old in
                    names(camera).last.map { !old.contains($0) } == true && size(camera) > 1 << 19
                }
            },
            "\(first) became \(names("one")), \(names("two")) with \(volume.freeBytes) bytes free"
        )
        #expect(!names("one").contains(first.one[0]) || !names("two").contains(first.two[0]))
        try volume.makeRoom()
        #expect(await eventually(within: .seconds(15)) { capture.statistics?.diskFailing == false })
        let gaps = try RecordedFiles.gaps("one", in: volume.folder).filter { $0.reason == .disk }
        #expect(!gaps.isEmpty)
        for detail in gaps.compactMap(\.detail) { #expect(!detail.contains("only held")) }

        // A removed camera's newest segment is closed and may be deleted; the one that is being written may not.
        try RunningCapture.write([cameras[0]], to: volume.folder, analyse: false, floorBytes: 6 << 20)
        #expect(capture.link.send(.reload))
        let removed = try #require(capture.segments("two").last)
        let journal = removed.deletingPathExtension().appendingPathExtension("journal").path
        #expect(await eventually(within: .seconds(10)) { (try? JournalReader.closing(journal)) != nil })
        let written = try #require(capture.segments("one").last)
        let wanted = try [("two", removed), ("one", written)].map { camera, file in
            let stem = file.deletingPathExtension().lastPathComponent
            return layout.relativeSegment(camera, try #require(SegmentName(stem)))
        }
        #expect(capture.link.send(.delete(segments: wanted)))
        #expect(await eventually(within: .seconds(5)) { !names("two").contains(removed.lastPathComponent) })
        #expect(names("one").contains(written.lastPathComponent))
        #expect(await capture.stop()?.code == 0)
    }

    /// Every file plays, every journal is whole, and between gaps not one frame is missing.
    private func check(_ camera: String, in data: URL, clip: URL) throws {
        let layout = RecordingLayout(dataDirectory: data.path)
        let catalogue = RecordingCatalogue(layout: layout)
        let gaps = try RecordedFiles.gaps(camera, in: data)
        let disk = gaps.filter { $0.reason == .disk || $0.laterReasons.contains(.disk) }
        #expect(!disk.isEmpty && disk.allSatisfy { $0.to != nil }, "\(camera): \(gaps)")
        var walks: [[URL]] = [[]]
        var end: WallTime?
        for day in try catalogue.days(camera) {
            var dayJournal = JournalReader(path: layout.dayJournal(camera, day: day))
            _ = try dayJournal.readAll()
            #expect(dayJournal.damagedLines == 0)
            for name in try catalogue.segments(camera, day: day) {
                var reader = JournalReader(path: layout.journal(camera, name))
                let index = try #require(FragmentIndex(try reader.readAll()), "\(camera) \(name)")
                #expect(reader.damagedLines == 0)
                let file = URL(filePath: layout.segment(camera, name))
                #expect(index.closed != nil, "\(camera) \(name)")
                #expect(try SystemFiles().size(file.path) == index.fragments.last?.end ?? index.opened.initBytes)
                guard let first = index.fragments.first, let last = index.fragments.last else { continue }
                let samples = index.fragments.reduce(0) { $0 + $1.sampleCount }
                #expect(try RecordedFiles.packets(of: file) == samples)
                if let end, gaps.contains(where: { $0.from >= end - .milliseconds(1) && $0.from <= first.wall }) {
                    walks.append([])
                }
                walks[walks.count - 1].append(file)
                end = last.wallEnd
            }
        }
        for files in walks {
            guard case .unbroken(_, let count) = try RecordedFiles.walk(files, clip: clip) else {
                Issue.record("\(camera): frames are missing without a gap")
                continue
            }
            #expect(count > 0)
        }
    }
}
