import Domain
import Foundation
import Recording
import TestSupport
import Testing

@testable import Capture

/// A site with more than one disk.
@Suite("Several volumes", .serialized) struct VolumesTests {
    private static func clip() throws -> (file: URL, folder: URL) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gw-clip-\(UUID().uuidString)")
        return (try RecordedFiles.makeClip(bitRate: 4_000_000, in: folder), folder)
    }

    /// Segments of a camera by volume.
    private func counts(_ camera: String, in data: URL) -> [String: Int] {
        let catalogue = RecordingCatalogue(layout: RecordingLayout(dataDirectory: data.path))
        var counts: [String: Int] = [:]
        for day in (try? catalogue.days(camera)) ?? [] {
            for name in (try? catalogue.segments(camera, day: day)) ?? [] { counts[name.volume, default: 0] += 1 }
        }
        return counts
    }

    @Test("each volume keeps its own floor; recording stops when none has room, and not before")
    func floors() async throws {
        guard let main = SmallVolume(megabytes: 48), let other = SmallVolume(megabytes: 48) else {
            print("skipped: mounting a small volume is not permitted here")
            return
        }
        let (clip, outside) = try Self.clip()
        defer { try? FileManager.default.removeItem(at: outside) }
        let capture = try RunningCapture(
            ["one", "two"].map { RunningCapture.camera($0, "file:\(clip.path)") },
            segmentSeconds: 1.5,
            data: main.folder,
            floorBytes: 4 << 20,
            volumes: [VolumeDeclaration(id: "b", path: other.folder.path, freeSpaceFloorBytes: 8 << 20)]
        )
        func total() -> [String: Int] {
            counts("one", in: main.folder).merging(counts("two", in: main.folder)) { $0 + $1 }
        }
        #expect(await eventually(within: .seconds(20)) { (total()["main"] ?? 0) >= 2 && (total()["b"] ?? 0) >= 2 })
        #expect(await eventually(within: .seconds(10)) { capture.statistics?.volumes?.count == 2 })
        let facts = capture.statistics?.volumes ?? []
        #expect(facts.map(\.id) == ["main", "b"] && facts.map(\.floorBytes) == [4 << 20, 8 << 20])
        #expect(facts.allSatisfy { $0.state == .ok && $0.detail == nil && $0.totalBytes == 48 << 20 }, "\(facts)")

        // Something else fills one of them: its segments go, down to its own floor, and both cameras are recorded on.
        try other.fill(leaving: 6 << 20)
        #expect(await eventually(within: .seconds(10)) { other.freeBytes >= 8 << 20 })
        let before = total()["main"] ?? 0
        #expect(await eventually(within: .seconds(20)) { (total()["main"] ?? 0) > before + 2 })
        #expect(["one", "two"].allSatisfy { capture.status($0)?.state == .live })
        #expect(capture.statistics?.diskFailing != true)
        for camera in ["one", "two"] {
            let reasons = try RecordedFiles.gaps(camera, in: main.folder).map(\.reason)
            #expect(!reasons.contains(.disk), "\(reasons)")
        }
        #expect(await capture.stop()?.code == 0)
    }

    @Test("a disk that isn't mounted is told as missing, and nothing is written below its mount point")
    func missing() async throws {
        guard let other = SmallVolume(megabytes: 48) else {
            print("skipped: mounting a small volume is not permitted here")
            return
        }
        let (clip, outside) = try Self.clip()
        defer { try? FileManager.default.removeItem(at: outside) }
        let cameras = ["one", "two"].map { RunningCapture.camera($0, "file:\(clip.path)") }
        let volumes = [VolumeDeclaration(id: "b", path: other.folder.path)]
        let first = try RunningCapture(cameras, segmentSeconds: 1.5, volumes: volumes)
        let data = first.data
        defer { try? FileManager.default.removeItem(at: data) }
        #expect(
            await eventually(within: .seconds(20)) {
                cameras.contains { (counts($0.id, in: data)["b"] ?? 0) >= 1 }
            }
        )
        #expect(await first.stop()?.code == 0)

        other.unmount()
        let second = try RunningCapture(cameras, segmentSeconds: 1.5, data: data, volumes: volumes)
        #expect(
            await eventually(within: .seconds(10)) {
                second.statistics?.volumes?.first { $0.id == "b" }?.state == .missing
            }
        )
        #expect(second.statistics?.diskFailing == true)
        let before = counts("one", in: data)["main"] ?? 0
        #expect(await eventually(within: .seconds(20)) { (counts("one", in: data)["main"] ?? 0) > before + 1 })
        #expect(await second.stop()?.code == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: other.folder.path).isEmpty)
    }

    @Test("a volume without its own disk is recorded on only where the site says so", arguments: [nil, true])
    func sameDisk(sameDevice: Bool?) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gw-same-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let declared = VolumeDeclaration(id: "b", path: folder.path, sameDevice: sameDevice)
        let capture = try RunningCapture([], volumes: [declared])
        defer { try? FileManager.default.removeItem(at: capture.data) }
        #expect(await eventually(within: .seconds(10)) { capture.statistics?.volumes?.count == 2 })
        let facts = capture.statistics?.volumes?.last
        #expect(capture.statistics?.diskFailing == (sameDevice == nil))
        if sameDevice == nil {
            #expect(facts?.state == .missing && facts?.detail?.contains("sameDevice: true") == true)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        } else {
            #expect(facts?.state == .ok && facts?.detail == nil, "\(String(describing: facts))")
        }
        #expect(await capture.stop()?.code == 0)
    }
}
